// An answer over HTTP/1.x: with its length, in chunks, or until the end of the connection.
#pragma once

#include "http/connection.h"
#include "http/response_writer.h"

namespace weft::http {

class Http1ResponseWriter final : public ResponseWriter {
 public:
  struct Terms {
    bool http_1_0 = false;
    bool head_only = false;        // the answer to HEAD
    bool keep_alive = false;       // the client would send another request
    bool said_keep_alive = false;  // an HTTP/1.0 client asked for it, and is told
  };
  Http1ResponseWriter(Connection& connection, const Terms& terms) noexcept
      : ResponseWriter(terms.head_only), connection_(connection), terms_(terms) {}

  /// Sends what is not sent yet. False: the connection cannot go on.
  bool finish() noexcept { return send_rest() && goes_on(); }

 private:
  bool goes_on() const noexcept { return terms_.keep_alive && !closes_after(); }
  void begin(std::optional<std::uint64_t> length) override;
  void put(std::string_view body, bool last) override;
  void write_all(std::span<iovec> parts);

  Connection& connection_;
  const Terms terms_;
  bool chunked_ = false;
  boost::container::small_vector<char, 1024> head_;  // to go out with the next part of the body
};

}  // namespace weft::http
