// Cancels a request's context once its client has left.
#pragma once

#include "net/descriptor.h"
#include "weft/context.h"

namespace weft::http {

class PeerWatch final : net::Watcher {
 public:
  /// For who reads from the descriptor, if anybody does.
  PeerWatch(net::Descriptor& descriptor, const Context& parent);
  /// For who has no client any more: as one that was stopped.
  explicit PeerWatch(const Context& parent) : context_(with_cancel(parent)), told_(true) {}
  ~PeerWatch();
  PeerWatch(const PeerWatch&) = delete;
  PeerWatch& operator=(const PeerWatch&) = delete;

  const Context& context() const noexcept { return context_.context; }
  /// Watches no more: the context ends with this object, its parent, or by this function.
  const CancelFunction& stop() noexcept;

 private:
  void look() noexcept;

  net::Descriptor* const descriptor_ = nullptr;
  CancelContext context_;
  detail::Atomic<bool> told_{false};  // it will not be called again
};

}  // namespace weft::http
