// Cancels a request's context once its client has left.
#pragma once

#include "net/descriptor.h"
#include "weft/context.h"

namespace weft::http {

class PeerWatch final : net::Watcher {
 public:
  /// For who reads from the descriptor, if anybody does.
  PeerWatch(net::Descriptor& descriptor, const Context& parent);
  ~PeerWatch();
  PeerWatch(const PeerWatch&) = delete;
  PeerWatch& operator=(const PeerWatch&) = delete;

  const Context& context() const noexcept { return context_.context; }

 private:
  void look() noexcept;

  net::Descriptor& descriptor_;
  CancelContext context_;
  detail::Atomic<bool> told_{false};  // it will not be called again
};

}  // namespace weft::http
