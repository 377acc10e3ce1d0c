#include "net/lookup.h"

#include <netdb.h>
#include <cerrno>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "sched/scheduler.h"
#include "weft/chan.h"
#include "weft/detail/atomic.h"
#include "weft/runtime.h"
#include "weft/sync.h"

namespace weft::net {
namespace {

// What getaddrinfo() fails with.
class ResolverCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "resolver"; }
  std::string message(int value) const override { return ::gai_strerror(value); }
};

const std::error_category& resolver_category() noexcept {
  static const ResolverCategory category;
  return category;
}

Answer ask_system(const Query& query) {
  const auto or_null = [](const std::string& text) { return text.empty() ? nullptr : text.c_str(); };
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = query.to_listen ? AI_PASSIVE : AI_ADDRCONFIG;
  const char* service = or_null(query.service);
  if (query.host.empty() && service == nullptr) service = "0";  // one of the two it must have
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(or_null(query.host), service, &hints, &found);
  if (failed == EAI_SYSTEM) return {{}, {errno, std::generic_category()}};
  if (failed != 0) return {{}, {failed, resolver_category()}};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  Answer answer;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next)
    answer.endpoints.push_back(Endpoint::from(each->ai_addr, each->ai_addrlen));
  return answer;
}

std::function<Answer(const Query&)>& lookup_function() {
  static auto* const function = new std::function<Answer(const Query&)>(&ask_system);
  return *function;
}

// One question under way, and those who wait for its answer.
struct Flight {
  explicit Flight(Query q) : query(std::move(q)) {}
  const Query query;
  const Chan<void> done = make_chan<void>();
  const CancelContext wanted = with_cancel({});  // cancelled when it is not any more
  Answer answer;                                 // see I1
  int waiting = 0;                               // under the mutex, as what follows
  bool begun = false;
};

class Lookups {
 public:
  explicit Lookups(std::uint8_t of_generation) : generation(of_generation) {}

  Answer ask(const Query& query, const Context& ctx) {
    const std::shared_ptr<Flight> flight = join(query);
    std::error_code ec;
    flight->done.recv(ctx, ec);
    leave(*flight);
    if (ec) return {{}, ec};
    return flight->answer;
  }

  const std::uint8_t generation;  // of forks: the goroutines that fly stay with the parent

 private:
  std::shared_ptr<Flight> join(const Query& query) {
    const std::lock_guard lock(mutex_);
    const auto known = flights_.find(query);
    std::shared_ptr<Flight> flight = known != flights_.end() ? known->second : nullptr;
    if (flight == nullptr) {
      flight = std::make_shared<Flight>(query);
      const auto place = flights_.emplace(query, flight).first;
      try {
        go({.name = "resolver", .stack_bytes = 512 << 10}, [this, flight] { fly(*flight); });  // NSS modules are hungry
      } catch (...) {
        flights_.erase(place);  // nobody would ever end it
        throw;
      }
    }
    ++flight->waiting;
    return flight;
  }

  void leave(Flight& flight) {
    const std::lock_guard lock(mutex_);
    if (--flight.waiting != 0 || flight.begun) return;
    flights_.erase(flight.query);
    flight.wanted.cancel();
  }

  void fly(Flight& flight) {
    std::error_code unwanted;
    budget_.acquire(1, flight.wanted.context, unwanted);
    if (unwanted) return;
    if (begin(flight)) {
      flight.answer = blocking([&] { return answer_to(flight.query); });
      end(flight);
    }
    budget_.release(1);
  }

  static Answer answer_to(const Query& query) noexcept {
    try {
      return lookup_function()(query);
    } catch (const std::bad_alloc&) {
      return {{}, std::make_error_code(std::errc::not_enough_memory)};
    }
  }

  bool begin(Flight& flight) {
    const std::lock_guard lock(mutex_);
    flight.begun = flight.waiting != 0;
    return flight.begun;
  }

  void end(Flight& flight) {
    const std::lock_guard lock(mutex_);
    flights_.erase(flight.query);
    flight.done.close();
  }

  Mutex mutex_;
  std::map<Query, std::shared_ptr<Flight>> flights_;  // see I2
  Semaphore budget_{kMostLookups};
};

// A child of fork() begins anew: what its parent asks for is answered to the parent.
Lookups& lookups() {
  static detail::Atomic<Lookups*> current{nullptr};
  const std::uint8_t generation = sched::scheduler().fork_generation.load(std::memory_order_relaxed);
  Lookups* found = current.load(std::memory_order_acquire);
  while (found == nullptr || found->generation != generation) {
    auto* const made = new Lookups(generation);
    if (current.compare_exchange_strong(found, made, std::memory_order_acq_rel, std::memory_order_acquire)) {
      found = made;  // the one before stays: somebody may be in it
    } else {
      delete made;
    }
  }
  return *found;
}

}  // namespace

Answer lookup(const Query& query, const Context& ctx) {
  if (const std::error_code ec = ctx.error()) return {{}, ec};
  // After run() has returned: whoever is asked, or has the mutex, may be a goroutine that was paused then.
  if (!detail::on_goroutine()) detail::resume();
  return lookups().ask(query, ctx);
}

void set_lookup_for_testing(std::function<Answer(const Query&)> function) {
  lookup_function() = function ? std::move(function) : &ask_system;
}

}  // namespace weft::net
