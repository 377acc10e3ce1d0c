// An answer, as a client reads it: Beast's parser, the head kept, the body handed on piece by piece.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "weft/http/client.h"

namespace weft::http {

class ResponseParser final : public boost::beast::http::basic_parser<false> {
 public:
  /// `to_head`: the request's method was HEAD, so no body follows whatever the head says.
  ResponseParser(std::size_t max_header_bytes, std::optional<std::uint64_t> max_body_bytes, bool to_head);

  /// Parses the answer's next bytes; returns how many were used: at the head's end, and at the answer's, not all; fewer
  /// too when more are needed. What they carry of the body is appended to body().
  std::size_t parse(std::string_view bytes, std::error_code& ec);
  /// No more will come. Sets `ec` unless that is where the answer ends.
  void parse_end(std::error_code& ec);

  int status() const noexcept { return status_; }
  HeaderList& headers() noexcept { return headers_; }
  /// What was parsed of the body and not taken from here yet.
  std::string& body() noexcept { return body_; }

 private:
  using Verb = boost::beast::http::verb;
  using Field = boost::beast::http::field;
  using Error = boost::system::error_code;
  using View = boost::core::string_view;

  void on_request_impl(Verb, View, View, int, Error&) override {}
  void on_response_impl(int code, View, int, Error&) override { status_ = code; }
  void on_field_impl(Field, View name, View value, Error&) override;
  void on_header_impl(Error&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
  std::size_t on_body_impl(View body, Error&) override;
  void on_chunk_header_impl(std::uint64_t size, View, Error&) override { left_of_chunk_ = size; }
  std::size_t on_chunk_body_impl(std::uint64_t remain, View body, Error&) override;
  void on_finish_impl(Error&) override {}

  const std::size_t max_header_bytes_;
  std::size_t head_bytes_ = 0;
  int status_ = 0;
  HeaderList headers_;
  std::string body_;
  std::uint64_t left_of_chunk_ = 0;
};

}  // namespace weft::http
