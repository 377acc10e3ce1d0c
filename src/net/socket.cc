#include "weft/detail/socket.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <string>

#include "net/descriptor.h"

namespace weft::detail {

using net::Descriptor;
using net::Endpoint;

Socket::~Socket() {
  if (descriptor_ != nullptr) descriptor_->disown();
}

Descriptor& Socket::get(const char* what) const {
  if (descriptor_ == nullptr) {
    throw usage_error(std::string("weft::net::") + what + ": on a socket that was moved from, or never opened");
  }
  return *descriptor_;
}

void Socket::close() noexcept {
  if (descriptor_ != nullptr) descriptor_->close();
}

bool Socket::is_open() const noexcept { return descriptor_ != nullptr && !descriptor_->is_closed(); }

void Socket::set_deadline(bool reads, bool writes, MonotonicNanos when) {
  Descriptor& descriptor = get("set_deadline");
  if (reads) descriptor.set_deadline(Descriptor::Direction::kRead, when);
  if (writes) descriptor.set_deadline(Descriptor::Direction::kWrite, when);
}

namespace {

// A closed one, or one without a peer, has the default endpoint.
template <class Ask>
Endpoint asked(Descriptor& descriptor, Ask&& ask) {
  Endpoint endpoint;
  descriptor.use([&](int fd) {
    sockaddr_storage address{};
    socklen_t bytes = sizeof address;
    if (ask(fd, reinterpret_cast<sockaddr*>(&address), &bytes) == 0)
      endpoint = Endpoint::from(reinterpret_cast<sockaddr*>(&address), bytes);
  });
  return endpoint;
}

}  // namespace

Endpoint Socket::local_endpoint() const { return asked(get("local_endpoint"), &::getsockname); }
Endpoint Socket::remote_endpoint() const { return asked(get("remote_endpoint"), &::getpeername); }

std::size_t Socket::read(IoVector& into, std::error_code& ec) {
  Descriptor& descriptor = get("read_some");
  ec.clear();
  if (into.bytes() == 0) return 0;
  const auto receive = [&](int fd) -> ssize_t {
    if (into.count() == 1) return ::recv(fd, into.data()->iov_base, into.data()->iov_len, 0);
    return ::readv(fd, into.data(), static_cast<int>(into.count()));
  };
  const ssize_t count = descriptor.perform(Descriptor::Direction::kRead, {}, ec, receive, into.bytes());
  if (count == 0) ec = errc::end_of_stream;
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::size_t Socket::write(IoVector& from, std::error_code& ec) {
  Descriptor& descriptor = get("write_some");
  ec.clear();
  if (from.bytes() == 0) return 0;
  const ssize_t count = descriptor.perform(Descriptor::Direction::kWrite, {}, ec, [&](int fd) -> ssize_t {
    if (from.count() == 1) return ::send(fd, from.data()->iov_base, from.data()->iov_len, MSG_NOSIGNAL);
    msghdr message{};
    message.msg_iov = from.data();
    message.msg_iovlen = from.count();
    return ::sendmsg(fd, &message, MSG_NOSIGNAL);
  });
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

void Socket::shutdown_write(std::error_code& ec) {
  get("shutdown_write").perform(Descriptor::Direction::kWrite, {}, ec, [](int fd) -> ssize_t {
    return ::shutdown(fd, SHUT_WR);
  });
}

void throw_if(const std::error_code& ec, const char* what) {
  if (ec) throw std::system_error(ec, std::string("weft::net::") + what);
}

}  // namespace weft::detail
