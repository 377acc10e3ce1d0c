#include "http/connection.h"

#include <sys/socket.h>

#include "http/limit.h"
#include "http/serve.h"
#include "http/server_impl.h"
#include "net/descriptor.h"
#include "weft/runtime.h"
#include "weft/time.h"

namespace weft::http {
namespace {

using Direction = net::Descriptor::Direction;

}  // namespace

Connection::Connection(ServerImpl& server, net::TcpStream stream) noexcept
    : server_(server), stream_(std::move(stream)), descriptor_(net::StreamAccess::descriptor(stream_)) {
  on_readable = [](net::Watcher& watcher) noexcept { static_cast<Connection&>(watcher).start_goroutine(); };
}

// Most clients send at once: but then the kernel says so before the acceptor has made another goroutine.
void Connection::begin() noexcept {
  if (!descriptor_.watch_unless_ready(*this)) start_goroutine();
}

// Without memory for a stack, which would have to be waited for with everybody, the client may come again. This may run
// on a scheduler's stack, where nothing may park.
void Connection::start_goroutine() noexcept {
  try {
    go({.name = "http"}, [this] { serve(); });
  } catch (const std::exception&) {
    descriptor_.close();
    server_.end_later(*this);
  }
}

bool Connection::take_if_idle() noexcept {
  if (!is_fresh()) return descriptor_.unwatch(*this);
  give_last_call();
  return false;
}

void Connection::renew_last_call() noexcept {
  constexpr auto kLastCall = std::chrono::seconds(1);
  descriptor_.set_deadline(Direction::kRead, detail::deadline_after(kLastCall));
}

void Connection::give_last_call() noexcept {
  last_call_.give([this] { renew_last_call(); });
}

void Connection::abort() noexcept { descriptor_.close(); }

net::Endpoint Connection::remote_endpoint() const {
  if (hijacked_) return hijacked_->remote_endpoint();
  return secure_ ? secure_->remote_endpoint() : stream_.remote_endpoint();
}

// Whoever finds it idle may end it at once: then nothing of it is touched here any more.
void Connection::serve() noexcept {
  if (multiplexer_) return multiplexer_->serve();
  server_.counters.serving.fetch_add(1, std::memory_order_relaxed);
  Served served = Served::kEnd;
  try {
    const bool speaks = !server_.make_secure || secure_ || shake_hands();
    if (speaks) served = secure_ && secure_->speaks_http2() ? start_http2({}) : serve_requests(*this, server_);
  } catch (const std::exception&) {
    // No memory for this request.
  }
  if (served == Served::kIdle) return;
  server_.counters.serving.fetch_sub(1, std::memory_order_relaxed);
  served == Served::kMultiplexed ? multiplexer_->serve() : server_.end(*this);
}

Served Connection::start_http2(std::string_view received) {
  multiplexer_ = make_http2(*this, received);
  return multiplexer_ ? Served::kMultiplexed : Served::kEnd;
}

void Connection::end_unserved() noexcept { multiplexer_ ? multiplexer_->end() : server_.end(*this); }

#ifndef WEFT_HTTP2
const bool kSpeaksHttp2 = false;
std::unique_ptr<Multiplexer> make_http2(Connection&, std::string_view) { return nullptr; }
#endif

bool Connection::shake_hands() {
  const std::chrono::nanoseconds limit = server_.limits.read_header_timeout;
  const Context& base = server_.base_context();
  std::error_code ec;
  secure_ = server_.make_secure(stream_, limit.count() > 0 ? with_timeout(base, limit) : base, ec);
  if (ec) server_.counters.bad_requests.fetch_add(1, std::memory_order_relaxed);
  return !ec;
}

void Connection::limit_reads(Wait what) noexcept {
  if (what == Wait::kNothing) return descriptor_.set_deadline(Direction::kRead, detail::kNever);
  const Limits& limits = server_.limits;
  const auto limit = what == Wait::kRequest ? limits.idle_timeout
                     : what == Wait::kHead  ? limits.read_header_timeout
                                            : limits.read_body_timeout;
  descriptor_.set_deadline(Direction::kRead, end_of(limit));
}

ssize_t Connection::read_or_become_idle(std::span<char> into, std::error_code& ec) noexcept {
  detail::Atomic<std::uint64_t>& serving = server_.counters.serving;
  serving.fetch_sub(1, std::memory_order_relaxed);
  const ssize_t count = read_or_watch(into, ec);
  if (count == net::Descriptor::kWatching) return count;  // nothing here is ours any more
  serving.fetch_add(1, std::memory_order_relaxed);
  return count;
}

ssize_t Connection::read_or_watch(std::span<char> into, std::error_code& ec) noexcept {
  if (secure_) return secure_->read_or_watch(*this, into, ec);
  const auto receive = [&](int fd) { return ::recv(fd, into.data(), into.size(), 0); };
  return descriptor_.read_or_watch(*this, ec, receive, into.size());
}

bool Connection::read_now(std::span<char> into, std::error_code& ec, ssize_t& count) noexcept {
  if (secure_) return secure_->read_now(into, ec, count);
  const auto receive = [&](int fd) { return ::recv(fd, into.data(), into.size(), 0); };
  return descriptor_.perform_now(Direction::kRead, ec, receive, count);
}

std::size_t Connection::read(std::span<char> into, std::error_code& ec) noexcept {
  if (secure_) return secure_->read(into, ec);
  const auto receive = [&](int fd) { return ::recv(fd, into.data(), into.size(), 0); };
  const ssize_t count = descriptor_.perform(Direction::kRead, {}, ec, receive, into.size());
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

void Connection::write(std::span<iovec> parts, std::error_code& ec) noexcept {
  if (!secure_) return write_plain(parts, ec);
  constexpr std::size_t kPiece = 64 << 10;  // what the client has to take within the timeout
  for (const iovec& part : parts) {
    std::string_view rest(static_cast<const char*>(part.iov_base), part.iov_len);
    for (; !rest.empty(); rest.remove_prefix(std::min(kPiece, rest.size()))) {
      descriptor_.set_deadline(Direction::kWrite, end_of(server_.limits.write_timeout));
      secure_->write(rest.substr(0, kPiece), ec);
      if (ec) return;
    }
  }
  descriptor_.set_deadline(Direction::kWrite, detail::kNever);
}

// The deadline is for the client that does not take it: who does costs no clock.
void Connection::write_plain(std::span<iovec> parts, std::error_code& ec) noexcept {
  bool limited = false;
  while (!parts.empty()) {
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const auto send = [&](int fd) -> ssize_t {
      return parts.size() == 1 ? ::send(fd, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL)
                               : ::sendmsg(fd, &message, MSG_NOSIGNAL);
    };
    ssize_t sent = -1;
    if (limited) {
      descriptor_.set_deadline(Direction::kWrite, end_of(server_.limits.write_timeout));
      sent = descriptor_.perform(Direction::kWrite, {}, ec, send);
    } else if (!descriptor_.perform_now(Direction::kWrite, ec, send, sent)) {
      limited = true;
      continue;
    }
    if (sent < 0) return;
    for (auto left = static_cast<std::size_t>(sent); !parts.empty();) {
      iovec& part = parts.front();
      const std::size_t taken = std::min(left, part.iov_len);
      part.iov_base = static_cast<char*>(part.iov_base) + taken;
      part.iov_len -= taken;
      left -= taken;
      if (part.iov_len != 0) break;
      parts = parts.subspan(1);
    }
  }
  if (limited) descriptor_.set_deadline(Direction::kWrite, detail::kNever);
}

std::size_t Connection::write_now(std::string_view bytes, std::error_code& ec) noexcept {
  if (secure_) return secure_->write_now(bytes, ec);
  const auto send = [&](int fd) { return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL); };
  ssize_t sent = 0;
  if (!descriptor_.perform_now(Direction::kWrite, ec, send, sent) || sent < 0) return 0;
  return static_cast<std::size_t>(sent);
}

void Connection::linger() noexcept {
  constexpr auto kLongest = std::chrono::milliseconds(500);
  std::error_code ec;
  descriptor_.set_deadline(Direction::kWrite, detail::deadline_after(kLongest));
  secure_ ? secure_->shutdown_write() : stream_.shutdown_write(ec);
  descriptor_.set_deadline(Direction::kRead, detail::deadline_after(kLongest));
  std::array<char, 4096> dropped;
  while (!ec && read(dropped, ec) != 0) {
  }
}

std::shared_ptr<Wire> Connection::hijack() {
  hijacked_ = secure_ ? secure_->hijack() : std::make_shared<WireOf<net::TcpStream>>(std::move(stream_));
  return hijacked_;
}

void Connection::reset() noexcept {
  descriptor_.use([](int fd) {
    const ::linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  });
}

}  // namespace weft::http
