// Channels under load: nothing lost, nothing doubled, each sender's order kept, waiters served in turn, close at any
// moment.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "stress/chan_stress_support.h"
#include "sync/chan_test_support.h"
#include "weft/chan.h"
#include "weft/context.h"
#include "weft/runtime.h"
#include "weft/select.h"

namespace weft::stress {
namespace {

using weft::testing::Census;

/// What travels: who sent it and its place in the line. Counted, so that a lost or doubled object shows.
class Item {
 public:
  Item(Census& census, int sender, int sequence) : census_(&census), sender_(sender), sequence_(sequence) {
    ++census_->alive;
  }
  Item(Item&& o) noexcept : census_(o.census_), sender_(o.sender_), sequence_(o.sequence_) { ++census_->alive; }
  Item& operator=(Item&&) = delete;
  ~Item() { --census_->alive; }
  int sender() const { return sender_; }
  int sequence() const { return sequence_; }

 private:
  Census* census_;
  int sender_;
  int sequence_;
};

// Two that only try never meet on an unbuffered channel, so who has tried often enough waits.
constexpr int kTries = 20;

void send_somehow(const Chan<Item>& c, Item item, const Context& ctx, Random& random) {
  switch (pick(random, 0, 3)) {
    case 0:
      return c.send(std::move(item));
    case 1:
      return c.send(std::move(item), ctx);
    case 2:
      for (int tries = 0; tries < kTries; ++tries) {
        if (c.try_send(item)) return;
        yield();
      }
      return c.send(std::move(item));
    default:
      select(on_send(c, item), on_recv(Chan<int>()));
  }
}

std::optional<Item> recv_somehow(const Chan<Item>& c, const Context& ctx, Random& random) {
  switch (pick(random, 0, 3)) {
    case 0:
      return c.recv();
    case 1:
      return c.recv(ctx);
    case 2:
      for (int tries = 0; tries < kTries; ++tries) {
        TryRecv<Item> r = c.try_recv();
        if (!r.empty) return std::move(r.value);
        yield();
      }
      return c.recv();
    default: {
      std::optional<Item> got;
      select(on_recv(c, [&](std::optional<Item> v) {
        if (v) got.emplace(std::move(*v));
      }));
      return got;
    }
  }
}

/// Counts what one receiver gets; of each sender in order.
class Ledger {
 public:
  explicit Ledger(int senders) : last_(static_cast<std::size_t>(senders), -1) {}
  void enter(const Item& item) {
    int& last = last_[static_cast<std::size_t>(item.sender())];
    EXPECT_LT(last, item.sequence()) << "sender " << item.sender() << " was overtaken by itself";
    last = item.sequence();
    ++count_;
    sum_ += item.sequence();
  }
  long count() const { return count_; }
  long sum() const { return sum_; }

 private:
  std::vector<int> last_;
  long count_ = 0;
  long sum_ = 0;
};

struct Total {
  std::atomic<long> count{0};
  std::atomic<long> sum{0};
  void add(const Ledger& ledger) {
    count += ledger.count();
    sum += ledger.sum();
  }
};

TEST(ChanStress, NothingIsLostOrDoubledAndEachSendersOrderIsKept) {
  rounds([](Random& random) {
    Census census;
    Total total;
    const int senders = pick(random, 1, 8);
    const int receivers = pick(random, 1, 8);
    const int each = pick(random, 1, 300);
    {
      auto [ctx, cancel] = with_cancel(Context());
      const Context& until = ctx;
      auto c = make_chan<Item>(pick(random, 0, 3) == 0 ? 0 : pick(random, 0, 20));
      std::vector<Task<void>> sending;
      std::vector<Task<void>> receiving;
      for (int s = 0; s < senders; ++s) {
        sending.push_back(spawn([&, s, mine = Random(random())]() mutable {
          for (int i = 0; i < each; ++i) send_somehow(c, Item(census, s, i), until, mine);
        }));
      }
      for (int r = 0; r < receivers; ++r) {
        receiving.push_back(spawn([&, mine = Random(random())]() mutable {
          Ledger ledger(senders);
          while (std::optional<Item> item = recv_somehow(c, until, mine)) ledger.enter(*item);
          total.add(ledger);
        }));
      }
      for (auto& task : sending) task.join();
      c.close();
      for (auto& task : receiving) task.join();
      EXPECT_TRUE(weft::testing::sound(c));
    }
    EXPECT_EQ(total.count, static_cast<long>(senders) * each);
    EXPECT_EQ(total.sum, static_cast<long>(senders) * each * (each - 1) / 2);
    EXPECT_EQ(census.alive, 0);
  });
}

TEST(ChanStress, CloseAtAnyMomentKeepsTheBooks) {
  rounds([](Random& random) {
    Census census;
    std::atomic<long> sent{0};
    std::atomic<long> received{0};
    std::atomic<long> refused{0};
    const int senders = pick(random, 1, 6);
    const int close_after = pick(random, 0, 200);
    {
      auto c = make_chan<Item>(pick(random, 0, 4));
      std::vector<Task<void>> tasks;
      for (int s = 0; s < senders; ++s) {
        tasks.push_back(spawn([&, s] {
          for (int i = 0;; ++i) {
            Item item(census, s, i);
            try {
              c.send(std::move(item));
              ++sent;
            } catch (const closed_channel&) {
              ++refused;
              return;
            }
          }
        }));
      }
      for (int r = pick(random, 1, 6); r > 0; --r) {
        tasks.push_back(spawn([&, senders] {
          Ledger ledger(senders);
          for (Item& item : c) {
            ledger.enter(item);
            ++received;
          }
        }));
      }
      while (received < close_after) yield();
      c.close();
      EXPECT_THROW(c.close(), closed_channel);
      for (auto& task : tasks) task.join();
      EXPECT_TRUE(weft::testing::sound(c));
      EXPECT_EQ(c.len(), 0u);
    }
    EXPECT_EQ(refused, senders);
    EXPECT_EQ(sent, received);
    EXPECT_EQ(census.alive, 0);
  });
}

TEST(ChanStress, WaitingReceiversTakeTurns) {
  rounds([](Random& random) {
    const int receivers = pick(random, 1, 12);
    const int laps = pick(random, 1, 20);
    auto c = make_chan<int>();
    std::vector<Task<int>> tasks;
    for (int r = 0; r < receivers; ++r) {
      tasks.push_back(spawn([&] {
        int got = 0;
        for (int lap : c) {
          EXPECT_EQ(lap, got) << "a receiver was served twice, or not at all, while all were waiting";
          ++got;
        }
        return got;
      }));
    }
    for (int lap = 0; lap < laps; ++lap) {
      weft::testing::wait_for_receivers(c, static_cast<std::size_t>(receivers));
      for (int r = 0; r < receivers; ++r) c.send(lap);
    }
    weft::testing::wait_for_receivers(c, static_cast<std::size_t>(receivers));
    c.close();
    for (auto& task : tasks) EXPECT_EQ(task.join(), laps);
  });
}

TEST(ChanStress, ThreadsAndGoroutinesMix) {
  rounds([](Random& random) {
    const int each = pick(random, 1, 200);
    auto c = make_chan<std::unique_ptr<int>>(pick(random, 0, 3));
    auto done = make_chan<long>(4);
    const auto produce = [&] {
      for (int i = 1; i <= each; ++i) c.send(std::make_unique<int>(i));
    };
    const auto consume = [&] {
      long sum = 0;
      for (const std::unique_ptr<int>& p : c) sum += *p;
      done.send(sum);
    };
    std::thread producing_thread(produce);
    std::thread consuming_thread(consume);
    go(consume);
    auto producer = spawn(produce);
    producer.join();
    blocking([&] { producing_thread.join(); });
    c.close();
    const long sum = *done.recv() + *done.recv();
    EXPECT_EQ(sum, static_cast<long>(each) * (each + 1));
    blocking([&] { consuming_thread.join(); });
  });
}

TEST(ChanStress, CancelledWaitsLoseNothing) {
  rounds([](Random& random) {
    Census census;
    std::atomic<long> sent{0};
    std::atomic<long> received{0};
    {
      auto c = make_chan<Item>(pick(random, 0, 2));
      std::vector<Task<void>> tasks;
      for (int pair = pick(random, 1, 4); pair > 0; --pair) {
        auto [send_until, cancel_send] = with_cancel(Context());
        auto [recv_until, cancel_recv] = with_cancel(Context());
        tasks.push_back(spawn([&, until = send_until] {
          for (std::error_code error;;) {
            Item item(census, 0, 0);
            c.send(std::move(item), until, error);
            if (error) return;
            ++sent;
          }
        }));
        tasks.push_back(spawn([&, until = recv_until] {
          for (std::error_code error;;) {
            if (!c.recv(until, error)) return;
            ++received;
          }
        }));
        tasks.push_back(
            spawn([cancel_first = cancel_send, cancel_second = cancel_recv, spins = pick(random, 0, 100)]() mutable {
              for (int i = 0; i < spins; ++i) yield();
              cancel_first();
              for (int i = 0; i < spins; ++i) yield();
              cancel_second();
            }));
      }
      for (auto& task : tasks) task.join();
      EXPECT_EQ(sent, received + static_cast<long>(c.len()));
      EXPECT_TRUE(weft::testing::sound(c));
    }
    EXPECT_EQ(census.alive, 0);
  });
}

}  // namespace
}  // namespace weft::stress
