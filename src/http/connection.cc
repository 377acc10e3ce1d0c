#include "http/connection.h"

#include <sys/socket.h>

#include "http/exchange.h"
#include "http/server_impl.h"
#include "net/descriptor.h"
#include "weft/runtime.h"
#include "weft/time.h"

namespace weft::http {
namespace {

using Direction = net::Descriptor::Direction;
using detail::MonotonicNanos;

MonotonicNanos after(std::chrono::nanoseconds limit) noexcept {
  return limit.count() <= 0 ? detail::kNever : detail::deadline_after(limit);
}

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

void Connection::give_last_call() noexcept {
  constexpr auto kLastCall = std::chrono::seconds(1);
  if (!last_call_.exchange(true, std::memory_order_relaxed))
    descriptor_.set_deadline(Direction::kRead, detail::deadline_after(kLastCall));
}

void Connection::abort() noexcept { descriptor_.close(); }

net::Endpoint Connection::remote_endpoint() const {
  return secure_ ? secure_->remote_endpoint() : stream_.remote_endpoint();
}

// Whoever finds it idle may end it at once: then nothing of it is touched here any more.
void Connection::serve() noexcept {
  server_.counters.serving.fetch_add(1, std::memory_order_relaxed);
  try {
    const bool speaks = !server_.make_secure || secure_ || shake_hands();
    if (speaks && serve_requests(*this, server_) == Served::kIdle) return;
  } catch (const std::exception&) {
    // No memory for this request.
  }
  server_.counters.serving.fetch_sub(1, std::memory_order_relaxed);
  server_.end(*this);
}

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
  descriptor_.set_deadline(Direction::kRead, after(limit));
}

ssize_t Connection::read_or_become_idle(std::span<char> into, std::error_code& ec) noexcept {
  detail::Atomic<std::uint64_t>& serving = server_.counters.serving;
  serving.fetch_sub(1, std::memory_order_relaxed);
  const auto receive = [&](int fd) { return ::recv(fd, into.data(), into.size(), 0); };
  const ssize_t count =
      secure_ ? secure_->read_or_watch(*this, into, ec) : descriptor_.read_or_watch(*this, ec, receive, into.size());
  if (count == net::Descriptor::kWatching) return count;  // nothing here is ours any more
  serving.fetch_add(1, std::memory_order_relaxed);
  return count;
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
      descriptor_.set_deadline(Direction::kWrite, after(server_.limits.write_timeout));
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
      descriptor_.set_deadline(Direction::kWrite, after(server_.limits.write_timeout));
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

void Connection::reset() noexcept {
  descriptor_.use([](int fd) {
    const ::linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  });
}

}  // namespace weft::http
