// The run queue's ring, shrunk to four slots: nothing is lost, nothing is taken twice, and what the owner wrote into a
// goroutine before it pushed it is there for whoever takes it.
#include "sched/run_ring.h"

#include <gtest/gtest.h>

#include <array>

#include "explorer/model.h"

namespace {

struct Item {
  int ready = 0;  // plain: written before push, read by the taker
  int taken = 0;  // plain: two takers would race
};
using Ring = weft::sched::RunRing<Item, 4>;

struct Queue {
  Ring ring;
  std::array<Item, 6> items;

  void push(std::size_t i) {
    items[i].ready = 1;
    model::check(ring.push(&items[i]), "there is room");
  }
  static void take(Item* item) {
    if (item == nullptr) return;
    model::check(item->ready == 1, "a taker sees what was done before the push");
    model::check(++item->taken == 1, "nobody takes what another has taken");
  }
  void drain() {
    while (Item* item = ring.pop()) take(item);
  }
  void expect_all_taken(std::size_t count) const {
    for (std::size_t i = 0; i < count; ++i) model::check(items[i].taken == 1, "a goroutine is lost");
  }
};

// A thief with a ring of its own: one goes to run at once, the others into its ring.
void steal(Queue& from) {
  Ring own;
  Queue::take(from.ring.steal_into(own));
  while (Item* item = own.pop()) Queue::take(item);
}

model::Report explore_thieves(int thieves, model::Defect defect) {
  return model::explore({.name = "run ring, thieves " + std::to_string(thieves), .defect = defect}, [thieves] {
    auto* queue = new Queue;
    model::thread("owner", [queue] {
      queue->push(0);
      queue->push(1);
      queue->push(2);
      Queue::take(queue->ring.pop());
      queue->drain();
    });
    for (int i = 0; i < thieves; ++i) model::thread("thief", [queue] { steal(*queue); });
    model::finally([queue] { queue->expect_all_taken(3); });
  });
}

TEST(RunRing, ThievesAndOwnerTakeEachItemOnce) {
  model::expect_holds(explore_thieves(1, model::Defect::kNone));
  model::expect_holds(explore_thieves(2, model::Defect::kNone));
}

// The owner goes once around: it reuses slots that a slow thief is still reading.
model::Report explore_wrap(model::Defect defect) {
  return model::explore({.name = "run ring, reuse", .defect = defect}, [] {
    auto* queue = new Queue;
    queue->push(0);
    queue->push(1);
    model::thread("owner", [queue] {
      queue->push(2);
      queue->push(3);
      Queue::take(queue->ring.pop());
      Queue::take(queue->ring.pop());
      for (std::size_t i = 4; i < 6; ++i) {
        queue->items[i].ready = 1;
        if (!queue->ring.push(&queue->items[i])) queue->items[i].taken = 1;  // full: to the global queue
      }
      queue->drain();
    });
    model::thread("thief", [queue] { steal(*queue); });
    model::finally([queue] { queue->expect_all_taken(6); });
  });
}

TEST(RunRing, AReusedSlotIsNotTakenForTheOldOne) { model::expect_holds(explore_wrap(model::Defect::kNone)); }

// The owner moves half to the global queue while a thief steals.
TEST(RunRing, OverflowAndTheftShareTheRing) {
  const auto report = model::explore({.name = "run ring, overflow"}, [] {
    auto* queue = new Queue;
    for (std::size_t i = 0; i < 4; ++i) queue->push(i);
    model::thread("owner", [queue] {
      Item* half[2];
      const std::uint32_t count = queue->ring.take_half(half);
      for (std::uint32_t i = 0; i < count; ++i) Queue::take(half[i]);
      queue->drain();
    });
    model::thread("thief", [queue] { steal(*queue); });
    model::finally([queue] { queue->expect_all_taken(4); });
  });
  model::expect_holds(report);
}

TEST(RunRing, ControlWithoutOrderingsItBreaks) {
  model::expect_breaks(explore_thieves(1, model::Defect::kRelaxedOrders), "");
}

TEST(RunRing, ControlWithoutAtomicTakingItBreaks) {
  model::expect_breaks(explore_thieves(1, model::Defect::kTornExchange), "data race");
}

}  // namespace
