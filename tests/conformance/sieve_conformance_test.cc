// Prime sieves: a chain of filters, and a merge of the primes' multiples with a buffer that has no bound.
#include <deque>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include "conformance/conformance.h"
#include "weft/chan.h"
#include "weft/select.h"

namespace {

using conformance::in_runtime;
using weft::Chan;
using weft::make_chan;

const std::vector<int> kPrimesToHundred{2,  3,  5,  7,  11, 13, 17, 19, 23, 29, 31, 37, 41,
                                        43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97};

// Processes that end when `done` is closed, each at its next send or receive.
struct Stopped {};

class Network {
 public:
  ~Network() {
    done_.close();
    for (weft::Task<void>& process : processes_) process.join();
  }

  template <class F>
  void process(F body) {
    processes_.push_back(weft::spawn([body = std::move(body)]() mutable {
      try {
        body();
      } catch (const Stopped&) {  // the network was taken down
      }
    }));
  }

  void send(const Chan<int>& c, int value) const {
    weft::select(weft::on_send(c, value, [] {}), weft::on_recv(done_, [](bool) { throw Stopped{}; }));
  }

  int receive(const Chan<int>& c) const {
    int value = 0;
    weft::select(weft::on_recv(c, [&value](std::optional<int> v) { value = v.value(); }),
                 weft::on_recv(done_, [](bool) { throw Stopped{}; }));
    return value;
  }

  const Chan<void>& done() const { return done_; }

 private:
  Chan<void> done_ = make_chan<void>();
  std::vector<weft::Task<void>> processes_;  // grows only while process() is called from one goroutine
};

TEST(SieveConformance, AChainOfFiltersYieldsThePrimes) {
  for (int processors : {1, 2, 4}) {
    in_runtime(processors, [] {
      Network network;
      Chan<int> candidates = make_chan<int>();
      network.process([&network, candidates] {
        for (int n = 2;; ++n) network.send(candidates, n);
      });
      for (int expected : kPrimesToHundred) {
        const int prime = network.receive(candidates);
        ASSERT_EQ(prime, expected);
        Chan<int> rest = make_chan<int>();
        network.process([&network, candidates, rest, prime] {
          for (;;) {
            const int n = network.receive(candidates);
            if (n % prime != 0) network.send(rest, n);
          }
        });
        candidates = rest;
      }
    });
  }
}

// Passes values on in order and never makes its sender wait: the output is left out of the select while nothing is
// queued.
void buffer_without_bound(const Network& network, const Chan<int>& in, const Chan<int>& out) {
  std::deque<int> queued;
  for (;;) {
    const Chan<int> target = queued.empty() ? Chan<int>{} : out;
    int head = queued.empty() ? 0 : queued.front();
    weft::select(weft::on_recv(in, [&](std::optional<int> value) { queued.push_back(value.value()); }),
                 weft::on_send(target, head, [&] { queued.pop_front(); }),
                 weft::on_recv(network.done(), [](bool) { throw Stopped{}; }));
  }
}

// The odd multiples of each prime from its square on, by the next of them.
class Composites {
 public:
  explicit Composites(const Network& network, Chan<int> primes) : network_(network), primes_(std::move(primes)) {
    next_prime_ = network_.receive(primes_);
  }

  int next() {
    while (multiples_.empty() || next_prime_ * next_prime_ <= multiples_.top().first) {
      multiples_.emplace(next_prime_ * next_prime_, next_prime_);
      next_prime_ = network_.receive(primes_);
    }
    const auto [composite, prime] = multiples_.top();
    while (multiples_.top().first == composite) {
      const auto [multiple, of] = multiples_.top();
      multiples_.pop();
      multiples_.emplace(multiple + 2 * of, of);
    }
    return composite;
  }

 private:
  using Multiple = std::pair<int, int>;  // the multiple, the prime
  const Network& network_;
  Chan<int> primes_;
  int next_prime_ = 0;
  std::priority_queue<Multiple, std::vector<Multiple>, std::greater<>> multiples_;
};

// The primes that come out go back in through the unbounded buffer; with a bounded one the loop would lock up.
TEST(SieveConformance, ASieveThatFeedsOnItsOwnOutputYieldsThePrimes) {
  for (int processors : {1, 2, 4}) {
    in_runtime(processors, [] {
      Network network;
      const Chan<int> found = make_chan<int>(10);
      const Chan<int> feedback = make_chan<int>();
      const Chan<int> primes_again = make_chan<int>();
      const Chan<int> composites = make_chan<int>(50);
      network.process([&, feedback, primes_again] { buffer_without_bound(network, feedback, primes_again); });
      network.process([&, primes_again, composites] {
        Composites merged(network, primes_again);
        for (;;) network.send(composites, merged.next());
      });
      network.process([&, found, feedback, composites] {
        network.send(found, 2);
        for (int prime : {3, 5}) {  // enough to know the first composites, 9 to 21
          network.send(found, prime);
          network.send(feedback, prime);
        }
        int candidate = 7;
        for (;; candidate += 2) {
          const int composite = network.receive(composites);
          for (; candidate < composite; candidate += 2) {
            network.send(found, candidate);
            network.send(feedback, candidate);
          }
        }
      });
      for (int expected : kPrimesToHundred) ASSERT_EQ(network.receive(found), expected);
    });
  }
}

}  // namespace
