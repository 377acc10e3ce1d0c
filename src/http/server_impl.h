// What a server's connections share.
#pragma once

#include <vector>
#include "weft/detail/atomic.h"

#include "http/connection.h"
#include "http/router.h"
#include "weft/sync/mutex.h"
#include "weft/sync/semaphore.h"
#include "weft/sync/wait_group.h"

namespace weft::http {

/// The open ones. Thread safety: any.
class ConnectionList {
 public:
  void add(Connection& connection) noexcept;
  void remove(Connection& connection) noexcept;
  /// Under the list's lock: a connection that is visited does not go.
  template <class Visit>
  void for_each(Visit&& visit) {
    const std::lock_guard guard(mutex_);
    for (Connection* each = first_; each != nullptr; each = each->next_) visit(*each);
  }

 private:
  Mutex mutex_;
  Connection* first_ = nullptr;
};

class ServerImpl {
 public:
  explicit ServerImpl(const Limits& limits);
  ~ServerImpl();

  void serve(net::TcpListener listener);
  void shutdown(const Context& ctx, std::error_code& ec);
  void close() noexcept;

  /// Of a connection that nobody owns any more.
  void end(Connection& connection) noexcept;
  /// The same for whom no goroutine could be made; from a scheduler's stack too. It is closed, and goes when the next
  /// one comes or at the end.
  void end_later(Connection& connection) noexcept;
  bool draining() const noexcept { return draining_.load(std::memory_order_seq_cst); }
  /// Done once the end has begun.
  const Context& stopping_context() const noexcept { return stopping_.context; }
  /// Done at close().
  const Context& base_context() const noexcept { return base_.context; }

  struct Counters {
    detail::Atomic<std::uint64_t> requests{0}, active{0}, connections{0}, serving{0};
    detail::Atomic<std::uint64_t> bad_requests{0}, handler_errors{0}, accept_errors{0};
  };

  const Limits limits;
  Router router;
  std::vector<Middleware> middleware;
  MakeSecure make_secure;  // empty: plain HTTP
  detail::Atomic<bool> started{false};
  Counters counters;

 private:
  void stop_listening() noexcept;
  void end_idle_connections();
  void accept_from(net::TcpListener& listener);
  void take(net::TcpStream stream);
  void end_orphans() noexcept;
  // False: the server stops.
  bool wait_after_failed_accept(std::error_code failed, std::chrono::milliseconds& pause);

  detail::Atomic<bool> draining_{false};
  CancelContext stopping_ = with_cancel({}), base_ = with_cancel({});
  ConnectionList connections_;
  detail::Atomic<Connection*> orphans_{nullptr};
  Semaphore places_;
  WaitGroup open_;     // connections, and those who accept
  WaitGroup serving_;  // calls of serve(), which wait for open_ themselves
};

}  // namespace weft::http
