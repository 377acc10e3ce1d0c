// What streams and listeners share; see weft/net/tcp.h.
#include <sys/socket.h>
#include <string>

#include "net/descriptor.h"
#include "weft/net/tcp.h"

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

}  // namespace weft::detail
