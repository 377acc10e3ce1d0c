// The body of a request that came over HTTP/1.x: what its length or its chunks say.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "http/carrier.h"
#include "http/connection.h"
#include "http/input.h"
#include "http/request_parser.h"

namespace weft::http {

class Http1BodyReader final : public BodyReader {
 public:
  /// The head was parsed from the beginning of `input` and stays there.
  Http1BodyReader(Connection& connection, Input& input, RequestParser& parser, const ResponseWriter& writer) noexcept;

  std::string_view all(std::error_code& ec) override;
  std::size_t read(std::span<std::byte> into, std::error_code& ec) override;

  /// Reads the rest, to get at the next request, if it is no more than `most`. False: it is more, or does not come.
  bool skip(std::size_t most) noexcept;
  /// Takes the request out of the input. After skip() has succeeded.
  void finish() noexcept;

  bool was_read() const noexcept { return reading_; }
  /// What came behind the head and was not read.
  std::string_view buffered() const noexcept { return input_.bytes().substr(parser_.head_bytes() + used_); }
  /// The client waits for "100 Continue" still, and may send the body or not.
  bool client_waits() const noexcept { return client_waits_ && !at_end(); }
  /// It did not come whole: where the next request begins is not known.
  bool broken() const noexcept { return static_cast<bool>(error_); }

 private:
  bool at_end() const noexcept { return chunked_ ? parser_.is_done() : left_ == 0; }
  void begin_reading();
  void fail(std::errc why) noexcept { error_ = std::make_error_code(why); }
  // At least one byte, or sets error_.
  std::size_t receive(std::span<char> into);
  std::size_t take(std::span<char> into);
  std::size_t take_parsed(std::span<char> into);
  void read_chunks();
  void receive_text();
  void read_all();

  Connection& connection_;
  Input& input_;
  RequestParser& parser_;
  const ResponseWriter& writer_;
  const bool chunked_;
  bool client_waits_;
  bool reading_ = false;
  std::error_code error_;                // stays, and nothing is read any more
  std::uint64_t length_ = 0, left_ = 0;  // not of a chunked one
  std::size_t used_ = 0;                 // of the input's bytes behind the head
  std::string raw_;                      // of a chunked one: what was received and not parsed
  std::string text_;                     // what all() returns, or what was parsed and not read
  std::size_t text_read_ = 0;
  bool has_all_ = false;
  std::string_view all_;
};

}  // namespace weft::http
