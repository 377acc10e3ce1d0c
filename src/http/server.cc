#include "weft/http/server.h"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <new>
#include <utility>

#include "base/fatal.h"
#include "http/server_impl.h"
#include "weft/runtime.h"
#include "weft/select.h"
#include "weft/time.h"

namespace weft::http {

using std::chrono::milliseconds;

void ConnectionList::add(Connection& connection) noexcept {
  const std::lock_guard guard(mutex_);
  connection.next_ = first_;
  if (first_ != nullptr) first_->prev_ = &connection;
  first_ = &connection;
}

void ConnectionList::remove(Connection& connection) noexcept {
  const std::lock_guard guard(mutex_);
  (connection.prev_ != nullptr ? connection.prev_->next_ : first_) = connection.next_;
  if (connection.next_ != nullptr) connection.next_->prev_ = connection.prev_;
}

namespace {

const Limits& checked(const Limits& limits) {
  const auto refuse_zero = [](std::size_t value, const char* name) {
    if (value == 0)
      throw usage_error(std::string("weft::http::Server: Limits::") + name + " is 0: nothing would get in");
  };
  refuse_zero(limits.max_header_bytes, "max_header_bytes");
  refuse_zero(limits.max_connections, "max_connections");
  return limits;
}

}  // namespace

ServerImpl::ServerImpl(const Limits& limits_given)
    : limits(checked(limits_given)),
      places_(static_cast<std::int64_t>(std::min<std::size_t>(limits_given.max_connections, INT64_MAX / 2))) {}

ServerImpl::~ServerImpl() {
  close();
  for (std::error_code ec = errc::deadline_exceeded; ec;) {
    end_orphans();
    open_.wait(with_timeout({}, milliseconds(100)), ec);
  }
  serving_.wait();
}

void ServerImpl::end(Connection& connection) noexcept {
  connections_.remove(connection);
  delete &connection;
  counters.connections.fetch_sub(1, std::memory_order_relaxed);
  places_.release();
  open_.done();
}

void ServerImpl::end_later(Connection& connection) noexcept {
  counters.accept_errors.fetch_add(1, std::memory_order_relaxed);
  connection.next_taken_ = orphans_.load(std::memory_order_relaxed);
  while (!orphans_.compare_exchange_weak(connection.next_taken_, &connection, std::memory_order_release,
                                         std::memory_order_relaxed)) {
  }
}

void ServerImpl::end_orphans() noexcept {
  Connection* each = orphans_.exchange(nullptr, std::memory_order_acquire);
  while (each != nullptr) std::exchange(each, each->next_taken_)->end_unserved();
}

bool ServerImpl::wait_after_failed_accept(std::error_code failed, milliseconds& pause) {
  if (draining() || failed == errc::closed) return false;
  counters.accept_errors.fetch_add(1, std::memory_order_relaxed);
  if (pause == milliseconds(0))
    base::write_all(STDERR_FILENO, fmt::format("weft::http: accept: {}; it tries again\n", failed.message()));  // once
  pause = std::clamp(2 * pause, milliseconds(5), milliseconds(1000));
  select(on_timeout(pause), on_done(stopping_.context));
  return true;
}

// One for whom there is no memory is closed.
void ServerImpl::take(net::TcpStream stream) {
  auto* connection = new (std::nothrow) Connection(*this, std::move(stream));
  if (connection == nullptr) return places_.release();
  connection->limit_reads(Connection::Wait::kRequest);
  open_.add();
  counters.connections.fetch_add(1, std::memory_order_relaxed);
  connections_.add(*connection);
  // Who came in while the others were told of the end is told now.
  if (draining()) connection->give_last_call();
  if (base_.context.error()) connection->abort();
  connection->begin();
}

void ServerImpl::accept_from(net::TcpListener& listener) {
  milliseconds pause{0};
  while (!draining()) {
    std::error_code ec;
    places_.acquire(1, stopping_.context, ec);
    if (ec) break;
    net::TcpStream stream = listener.accept(stopping_.context, ec);
    end_orphans();
    if (!ec) {
      pause = milliseconds(0);
      take(std::move(stream));
      continue;
    }
    places_.release();
    if (!wait_after_failed_accept(ec, pause)) break;
  }
  // Those whom the kernel has let in: closing the listener would reset them. They may come as fast as they are taken:
  // not for ever.
  constexpr milliseconds kLongestTaking{1000};
  const detail::MonotonicNanos end = detail::deadline_after(kLongestTaking);
  while (!base_.context.error() && detail::monotonic_now() < end && places_.try_acquire()) {
    std::error_code ec;
    net::TcpStream stream = listener.try_accept(ec);
    if (ec) return places_.release();
    take(std::move(stream));
  }
}

void ServerImpl::serve(net::TcpListener listener) {
  listener.local_endpoint();  // usage_error for one that was never opened
  started.store(true, std::memory_order_relaxed);
  struct Counted {
    WaitGroup& group;
    explicit Counted(WaitGroup& g) : group(g) { group.add(); }
    ~Counted() { group.done(); }
  };
  const Counted serving(serving_);
  {
    const Counted open(open_);
    detail::fence_seq_cst();                 // partner: stop_listening()
    if (!draining()) accept_from(listener);  // else shutdown() may have returned, and no handler may begin any more
    listener.close();
  }
  open_.wait();  // shutdown() or close() sees to the rest
}

void ServerImpl::stop_listening() noexcept {
  draining_.store(true, std::memory_order_seq_cst);
  detail::fence_seq_cst();  // partner: serve(), which this may not wait for if it has yet to begin
  stopping_.cancel();
}

// What a client has sent already is answered first.
void ServerImpl::end_idle_connections() {
  end_orphans();
  Connection* idle = nullptr;
  connections_.for_each([&](Connection& each) {
    if (each.take_if_idle()) each.next_taken_ = std::exchange(idle, &each);
  });
  while (idle != nullptr) std::exchange(idle, idle->next_taken_)->serve_last();
}

void ServerImpl::shutdown(const Context& ctx, std::error_code& ec) {
  stop_listening();
  // Those that become idle in this moment are found by the next look.
  for (milliseconds pause(1);; pause = std::min(2 * pause, milliseconds(100))) {
    end_idle_connections();
    open_.wait(with_timeout(ctx, pause), ec);
    if (!ec || ctx.error()) break;
  }
  if (ec) ec = ctx.error();
}

void ServerImpl::close() noexcept {
  stop_listening();
  base_.cancel();
  connections_.for_each([](Connection& each) { each.abort(); });
}

Server::Server(const Limits& limits) : impl_(std::make_unique<ServerImpl>(limits)) {}
Server::~Server() = default;

void Server::handle(std::string_view pattern, Handler handler) {
  if (impl_->started.load(std::memory_order_relaxed)) throw usage_error("weft::http::Server::handle: after serve()");
  impl_->router.add(pattern, std::move(handler));
}

void Server::use(Middleware middleware) {
  if (impl_->started.load(std::memory_order_relaxed)) throw usage_error("weft::http::Server::use: after serve()");
  if (!middleware) throw usage_error("weft::http::Server::use: the function is empty");
  impl_->middleware.push_back(std::move(middleware));
}

void Server::serve(net::TcpListener listener) { impl_->serve(std::move(listener)); }
void Server::listen_and_serve(std::string_view address) { serve(net::TcpListener::listen(address)); }

void Server::listen_and_serve(std::string_view address, std::error_code& ec) {
  net::TcpListener listener = net::TcpListener::listen(address, ec);
  if (!ec) serve(std::move(listener));
}

void Server::shutdown(const Context& ctx, std::error_code& ec) { impl_->shutdown(ctx, ec); }

void Server::shutdown(const Context& ctx) {
  std::error_code ec;
  impl_->shutdown(ctx, ec);
  if (ec) throw std::system_error(ec, "weft::http::Server::shutdown");
}

void Server::close() noexcept { impl_->close(); }

ServerStats Server::stats() const noexcept {
  const ServerImpl::Counters& c = impl_->counters;
  constexpr auto kRelaxed = std::memory_order_relaxed;
  const std::uint64_t serving = c.serving.load(kRelaxed), connections = c.connections.load(kRelaxed);
  return {.requests = c.requests.load(kRelaxed),
          .active = c.active.load(kRelaxed),
          .connections = connections,
          .idle = connections - std::min(serving, connections),
          .bad_requests = c.bad_requests.load(kRelaxed),
          .handler_errors = c.handler_errors.load(kRelaxed),
          .accept_errors = c.accept_errors.load(kRelaxed)};
}

}  // namespace weft::http
