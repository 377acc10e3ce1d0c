// The head of a request: Beast's parser, and what it leaves open.
//
// Beast knows the grammar, and refuses what is ambiguous about a body's length. Refused here on top: a
// Transfer-Encoding that is not just "chunked", or that an HTTP/1.0 client sends (Beast would take the message for one
// without a body, and its body for the next request); no Host, two, or one that is neither a name nor
// an address; a value that goes on in the next line, which RFC 9112 calls obsolete. A trailer never becomes a header.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <boost/container/small_vector.hpp>
#include <string>

#include "http/request_head.h"

namespace weft::http {

class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  RequestParser();

  /// Parses more of the head, which begins with `bytes` and so does whatever it was given before. True: all of it was
  /// there, in the first head_bytes() of them. False: it goes on, unless status() says what to refuse it with.
  bool parse_head(std::string_view bytes);
  /// The bytes that were parsed lie at `to` now and not at `from`.
  void moved(const char* from, const char* to) noexcept;

  std::size_t head_bytes() const noexcept { return parsed_; }
  /// 0, or the status that refuses it.
  int status() const noexcept { return status_; }
  /// For a reason that is not in the bytes.
  void refuse(int status) noexcept { status_ = status; }

  std::string_view method() const noexcept { return method_; }
  std::string_view target() const noexcept { return target_; }
  int http_version() const noexcept { return version_; }
  std::span<const HeaderField> fields() const noexcept { return {fields_.data(), fields_.size()}; }
  RequestHead head() const noexcept { return {method_, target_, version_, fields()}; }
  /// "Expect: 100-continue".
  bool expects_continue() const noexcept { return expects_continue_; }

  /// Parses bytes of a chunked body, at least one; what they carry is appended to `out`. Returns how many were used:
  /// fewer than all when more are needed, or at the end, where is_done() says so. On an error status() is set.
  std::size_t parse_chunked(std::string_view bytes, std::string& out);

 private:
  using Verb = boost::beast::http::verb;
  using Field = boost::beast::http::field;
  using Error = boost::system::error_code;
  using View = boost::core::string_view;

  void on_request_impl(Verb verb, View method, View target, int version, Error& ec) override;
  void on_response_impl(int, View, int, Error&) override {}
  void on_field_impl(Field field, View name, View value, Error& ec) override;
  void on_header_impl(Error& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
  std::size_t on_body_impl(View body, Error&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t size, View, Error&) override { left_of_chunk_ = size; }
  std::size_t on_chunk_body_impl(std::uint64_t remain, View body, Error& ec) override;
  void on_finish_impl(Error&) override {}

  // The first refusal counts.
  void refuse(int status, Error& ec) noexcept;

  std::string_view input_;  // of the call under way
  std::size_t parsed_ = 0;
  int status_ = 0;
  int version_ = 0;
  std::string_view method_, target_;
  int hosts_ = 0;
  bool expects_continue_ = false;
  std::string* chunk_out_ = nullptr;
  std::uint64_t left_of_chunk_ = 0;
  boost::container::small_vector<HeaderField, 20> fields_;
};

}  // namespace weft::http
