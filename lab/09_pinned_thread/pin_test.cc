// Code that needs its thread keeps it: across waits, yields and nested pins, however many others compete.
#include <gtest/gtest.h>
#include <unistd.h>

#include "weft/chan.h"
#include "weft/runtime.h"
#include "weft/sync.h"

namespace {

thread_local int t_mark = 0;

// Reads through one door: a compiler may keep a thread_local's address across a call that moves the goroutine.
[[gnu::noinline]] int& mark() {
  int* address = &t_mark;
  asm volatile("" : "+r"(address));
  return *address;
}

// Keeps the processors busy with goroutines that come and go, so that an unpinned one would move.
class Crowd {
 public:
  Crowd() {
    for (int i = 0; i < 8; ++i) {
      pending_.go([this] {
        while (!stop_.try_recv().closed) weft::yield();
      });
    }
  }
  ~Crowd() {
    stop_.close();
    pending_.wait();
  }

 private:
  weft::Chan<void> stop_ = weft::make_chan<void>();
  weft::WaitGroup pending_;
};

TEST(ThreadPin, KeepsItsThreadWhereverItWaits) {
  weft::run([] {
    Crowd crowd;
    auto there = weft::make_chan<int>();
    auto back = weft::make_chan<int>();
    weft::go([there, back] {
      for (int value : there) back.send(value);
    });
    {
      weft::ThreadPin pin;
      const pid_t thread = ::gettid();
      mark() = 7;
      for (int i = 0; i < 2000; ++i) {
        there.send(i);
        ASSERT_EQ(back.recv(), i);
        weft::yield();
        ASSERT_EQ(::gettid(), thread) << "after round trip " << i;
        ASSERT_EQ(mark(), 7);
      }
      mark() = 0;
    }
    there.close();
  });
}

TEST(ThreadPin, NestsAndEndsWithTheOuterOne) {
  weft::run([] {
    Crowd crowd;
    weft::ThreadPin outer;
    const pid_t thread = ::gettid();
    for (int i = 0; i < 100; ++i) {
      {
        weft::ThreadPin inner;
      }
      weft::yield();
      ASSERT_EQ(::gettid(), thread) << "the inner pin's end must not end the outer one";
    }
  });
}

TEST(ThreadPin, SeveralPinnedKeepTheirOwn) {
  weft::run([] {
    weft::WaitGroup pending;
    for (int g = 0; g < 6; ++g) {
      pending.go([] {
        weft::ThreadPin pin;
        const pid_t thread = ::gettid();
        for (int i = 0; i < 200; ++i) {
          weft::yield();
          ASSERT_EQ(::gettid(), thread);
        }
      });
    }
    pending.wait();
  });
}

}  // namespace
