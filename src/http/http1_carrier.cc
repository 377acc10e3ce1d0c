#include "http/http1_carrier.h"

#include "http/server_impl.h"

namespace weft::http {
namespace {

constexpr std::size_t kSkippedBody = 256 << 10;  // of a body that no handler read, to keep the connection

Http1ResponseWriter::Terms terms_of(const RequestParser& head) noexcept {
  const bool old = head.http_version() < 11;
  const bool keep = head.keep_alive();
  return {.http_1_0 = old, .head_only = head.method() == "HEAD", .keep_alive = keep, .said_keep_alive = keep && old};
}

}  // namespace

Http1Carrier::Http1Carrier(Connection& connection, Input& input, RequestParser& parser)
    : connection_(connection),
      head_(parser.head()),
      body_(connection, input, parser, writer_),
      writer_(connection, terms_of(parser)) {}

Context Http1Carrier::context() {
  if (!peer_) peer_.emplace(connection_.descriptor(), connection_.server().base_context());
  return peer_->context();
}

HijackedStream Http1Carrier::hijack() {
  if (body_.was_read()) throw usage_error("weft::http::Response::hijack: the body was read already");
  if (!peer_) peer_.emplace(connection_.server().base_context());
  shutdown_ = after_func(connection_.server().stopping_context(), peer_->stop());
  std::string unread(body_.buffered());
  return {connection_.hijack(), std::move(unread)};
}

void Http1Carrier::finish() noexcept {
  shutdown_ = {};
  if (body_.broken() || body_.client_waits()) writer_.close_after();
  goes_on_ = writer_.finish();
  peer_.reset();
}

bool Http1Carrier::make_room_for_next() noexcept {
  if (goes_on_ && body_.skip(kSkippedBody)) {
    body_.finish();
    return true;
  }
  if (!connection_.is_hijacked()) writer_.failed() ? connection_.reset() : connection_.linger();
  return false;
}

}  // namespace weft::http
