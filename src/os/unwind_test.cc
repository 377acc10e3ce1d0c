// Each way of walking finds the function that is there, and nothing of the walker's own.
#include "os/unwind.h"

#include <gtest/gtest.h>

#include <unwind.h>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <memory>

#include "os/context.h"

namespace weft::os {
namespace {

using Frames = std::array<std::uintptr_t, 64>;

// Where in the trace a return address into the function stands; `count` where none does.
template <class Function>
std::size_t place_of(const Frames& frames, std::size_t count, Function* function) {
  const auto end = frames.begin() + static_cast<std::ptrdiff_t>(count);
  return static_cast<std::size_t>(std::find_if(frames.begin(), end,
                                               [&](std::uintptr_t pc) {
                                                 return _Unwind_FindEnclosingFunction(reinterpret_cast<void*>(pc)) ==
                                                        reinterpret_cast<void*>(function);
                                               }) -
                                  frames.begin());
}

Frames the_frames;
std::size_t the_count = 0;

[[gnu::noinline]] void walk_here() {
  the_count = unwind_here(the_frames);
  asm volatile("");  // no tail call: the frame must be there
}

TEST(Unwind, HereStartsWithTheCaller) {
  walk_here();
  EXPECT_EQ(place_of(the_frames, the_count, &walk_here), 0u);
  EXPECT_GT(the_count, 1u);
}

TEST(Unwind, StopsWhereTheRoomEnds) {
  std::array<std::uintptr_t, 2> little;
  EXPECT_EQ(unwind_here(little), 2u);
  EXPECT_EQ(unwind_here({}), 0u);
}

void* main_sp = nullptr;
void* other_sp = nullptr;

[[gnu::noinline]] void deep_in_the_other(int depth) {
  if (depth > 0) {
    deep_in_the_other(depth - 1);
  } else {
    weft_switch_context(&other_sp, main_sp);
  }
  asm volatile("");
}

void entry() {
  deep_in_the_other(3);
  weft_switch_context(&other_sp, main_sp);
  std::abort();
}

TEST(Unwind, ASavedContextIsWalkedFromItsSwitchToItsStart) {
  constexpr std::size_t kStackBytes = 256 << 10;
  const auto stack = std::make_unique<std::byte[]>(kStackBytes);
  const auto top = reinterpret_cast<std::uintptr_t>(stack.get() + kStackBytes) & ~std::uintptr_t{15};
  other_sp = make_context(reinterpret_cast<void*>(top), &entry);
  weft_switch_context(&main_sp, other_sp);
  the_count = unwind_saved(other_sp, the_frames);
#ifdef WEFT_CONTEXT_BOOST
  EXPECT_EQ(the_count, 0u) << "the layout of this context is not known";
#else
  EXPECT_EQ(place_of(the_frames, the_count, &deep_in_the_other), 0u);
  EXPECT_EQ(place_of(the_frames, the_count, &entry), 4u);
  EXPECT_EQ(the_count, 6u) << "the last is weft_context_start";
#endif
  weft_switch_context(&main_sp, other_sp);  // it went on undisturbed
  EXPECT_EQ(unwind_saved(other_sp, the_frames), the_count == 0 ? 0u : 2u);
}

void on_signal(int) { the_count = unwind_interrupted(the_frames); }

[[gnu::noinline]] void interrupt_oneself() {
  std::raise(SIGUSR1);
  asm volatile("");
}

TEST(Unwind, AnInterruptedStackIsWalkedFromTheSignalStack) {
  prepare_to_unwind();
  constexpr std::size_t kSignalStackBytes = 64 << 10;
  const auto memory = std::make_unique<std::byte[]>(kSignalStackBytes);
  stack_t signal_stack{};
  stack_t stack_before{};
  signal_stack.ss_sp = memory.get();
  signal_stack.ss_size = kSignalStackBytes;
  ASSERT_EQ(::sigaltstack(&signal_stack, &stack_before), 0);
  struct sigaction action{};
  struct sigaction action_before{};
  action.sa_handler = &on_signal;
  action.sa_flags = SA_ONSTACK;
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &action_before), 0);
  interrupt_oneself();
  ::sigaction(SIGUSR1, &action_before, nullptr);
  ::sigaltstack(&stack_before, nullptr);
  EXPECT_EQ(place_of(the_frames, the_count, &on_signal), the_count);
  EXPECT_LT(place_of(the_frames, the_count, &interrupt_oneself), the_count);
}

}  // namespace
}  // namespace weft::os
