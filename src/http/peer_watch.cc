#include "http/peer_watch.h"

#include "base/backoff.h"

namespace weft::http {

PeerWatch::PeerWatch(net::Descriptor& descriptor, const Context& parent)
    : descriptor_(descriptor), context_(with_cancel(parent)) {
  on_readable = [](net::Watcher& watcher) noexcept { static_cast<PeerWatch&>(watcher).look(); };
  look();
}

// More of the client's bytes are no reason to end.
void PeerWatch::look() noexcept {
  if (!descriptor_.peer_has_ended() && descriptor_.watch_from_now_on(*this)) {
    if (!descriptor_.peer_has_ended() || !descriptor_.unwatch(*this)) return;  // whom it tells looks again
  }
  context_.cancel();
  told_.store(true, std::memory_order_release);
}

PeerWatch::~PeerWatch() {
  detail::Backoff backoff;
  while (!descriptor_.unwatch(*this) && !told_.load(std::memory_order_acquire)) backoff.wait();
  context_.cancel();
}

}  // namespace weft::http
