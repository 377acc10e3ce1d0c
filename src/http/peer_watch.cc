#include "http/peer_watch.h"

#include <poll.h>

#include "base/backoff.h"

namespace weft::http {
namespace {

// The kernel is asked: what the poller told may have been meant for who had the descriptor before [poll.I4].
bool has_left(net::Descriptor& descriptor) noexcept {
  bool left = true;  // closed
  descriptor.use([&](int fd) {
    pollfd state{fd, POLLRDHUP, 0};
    left = ::poll(&state, 1, 0) > 0 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
  });
  return left;
}

}  // namespace

PeerWatch::PeerWatch(net::Descriptor& descriptor, const Context& parent)
    : descriptor_(&descriptor), context_(with_cancel(parent)) {
  on_readable = [](net::Watcher& watcher) noexcept { static_cast<PeerWatch&>(watcher).look(); };
  look();
}

// More of the client's bytes are no reason to end. Once it is registered again this object may go, so nothing of it is
// read after that.
void PeerWatch::look() noexcept {
  net::Descriptor& descriptor = *descriptor_;
  if (!has_left(descriptor) && descriptor.watch_from_now_on(*this)) {
    if (!has_left(descriptor) || !descriptor.unwatch(*this)) return;  // whom it tells looks again
  }
  context_.cancel();
  told_.store(true, std::memory_order_release);
}

const CancelFunction& PeerWatch::stop() noexcept {
  detail::Backoff backoff;
  while (!told_.load(std::memory_order_acquire) && !descriptor_->unwatch(*this)) backoff.wait();
  told_.store(true, std::memory_order_release);
  return context_.cancel;
}

PeerWatch::~PeerWatch() {
  stop();
  context_.cancel();
}

}  // namespace weft::http
