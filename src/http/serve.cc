// The requests of one connection, one after the other.
#include <fmt/format.h>
#include <array>

#include "http/exchange.h"
#include "http/http1_carrier.h"
#include "http/reason.h"
#include "http/serve.h"
#include "http/server_impl.h"

namespace weft::http {
namespace {

enum class Head { kComplete, kHttp2, kIdle, kEnd, kRefused };

// Between two requests. A server that drains takes what is there and waits for no more, but for a client's first
// request: and where the last call has passed, what has come in spite of that counts, for it may be the server that was
// held up.
ssize_t read_first(Connection& connection, std::span<char> room, std::error_code& ec) noexcept {
  ssize_t count = -1;
  if (!connection.server().draining() || connection.is_fresh()) {
    count = connection.read_or_become_idle(room, ec);
    if (ec != errc::deadline_exceeded || !connection.server().draining()) return count;
    connection.limit_reads(Connection::Wait::kHead);
  }
  return connection.read_now(room, ec, count) ? count : 0;
}

bool speaks_http2(const ServerImpl& server) noexcept {
  return kSpeaksHttp2 && server.limits.max_concurrent_streams != 0;
}

// Reads until there is the whole head of a request, or what an HTTP/2 client begins with.
Head read_head(Connection& connection, Input& input, RequestParser& parser) {
  const std::size_t most = connection.server().limits.max_header_bytes;
  bool waited_for_rest = false;
  bool may_be_http2 = connection.is_fresh() && speaks_http2(connection.server());
  while (true) {
    if (may_be_http2 && input.bytes().starts_with(kHttp2Preface)) return Head::kHttp2;
    may_be_http2 = may_be_http2 && kHttp2Preface.starts_with(input.bytes());  // the rest of it may come yet
    if (!input.bytes().empty() && !may_be_http2) {
      const bool complete = parser.parse_head(input.bytes());
      if (parser.status() == 0 && (complete ? parser.head_bytes() : input.bytes().size()) > most) parser.refuse(431);
      if (parser.status() != 0) return Head::kRefused;
      if (complete) return Head::kComplete;
    }
    const char* const before = input.bytes().data();
    std::span<char> room = input.room();
    if (room.empty()) {
      parser.refuse(431);
      return Head::kRefused;
    }
    if (input.bytes().data() != before) parser.moved(before, input.bytes().data());
    std::error_code ec;
    ssize_t count;
    if (input.bytes().empty()) {
      count = read_first(connection, room, ec);
      if (count == net::Descriptor::kWatching) return Head::kIdle;
    } else {
      if (!waited_for_rest) connection.limit_reads(Connection::Wait::kHead);
      waited_for_rest = true;
      count = static_cast<ssize_t>(connection.read(room, ec));
      if (ec == errc::deadline_exceeded) {
        parser.refuse(408);
        return Head::kRefused;
      }
    }
    if (count <= 0) return Head::kEnd;
    input.received(static_cast<std::size_t>(count));
  }
}

// No handler hears of it: whoever sent this may have meant several requests by it.
void refuse(Connection& connection, int status) noexcept {
  connection.server().counters.bad_requests.fetch_add(1, std::memory_order_relaxed);
  std::array<char, 128> head;
  const auto end =
      fmt::format_to_n(head.data(), head.size(), "HTTP/1.1 {} {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                       status, reason(status));
  iovec parts[] = {{head.data(), end.size}};
  std::error_code ec;
  connection.write(parts, ec);
  if (!ec) connection.linger();
}

}  // namespace

Served serve_requests(Connection& connection, ServerImpl& server) {
  Input input(server.limits.max_header_bytes);
  while (true) {
    RequestParser parser;
    switch (read_head(connection, input, parser)) {
      case Head::kIdle:
        return Served::kIdle;
      case Head::kHttp2:
        return connection.start_http2(input.bytes());
      case Head::kEnd:
        return Served::kEnd;
      case Head::kRefused:
        refuse(connection, parser.status());
        return Served::kEnd;
      case Head::kComplete:
        break;
    }
    connection.has_been_asked();
    connection.limit_reads(Connection::Wait::kNothing);  // a handler takes what time it needs
    Http1Carrier carrier(connection, input, parser);
    Exchange(carrier).answer();
    if (!carrier.make_room_for_next()) return Served::kEnd;
    connection.limit_reads(Connection::Wait::kRequest);
  }
}

}  // namespace weft::http
