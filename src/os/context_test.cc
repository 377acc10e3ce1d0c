// The switch itself: registers, floating point control, first frames. Walking what was saved: unwind_test.cc.
#include "os/context.h"

#include <gtest/gtest.h>

#include <cfenv>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace weft::os {
namespace {

struct Pair {
  void* main_sp = nullptr;
  void* other_sp = nullptr;
  int steps = 0;
  void (*body)(Pair&) = nullptr;
};
Pair* the_pair = nullptr;

void entry() {
  Pair& pair = *the_pair;
  pair.body(pair);
  while (true) weft_switch_context(&pair.other_sp, pair.main_sp);
}

class ContextTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kStackBytes = 256 << 10;
  void start(void (*body)(Pair&)) {
    pair_.body = body;
    the_pair = &pair_;
    const auto top = reinterpret_cast<std::uintptr_t>(stack_.get() + kStackBytes) & ~std::uintptr_t{15};
    pair_.other_sp = make_context(reinterpret_cast<void*>(top), &entry);
  }
  void resume() { weft_switch_context(&pair_.main_sp, pair_.other_sp); }

  std::unique_ptr<std::byte[]> stack_ = std::make_unique<std::byte[]>(kStackBytes);
  Pair pair_;
};

void back(Pair& pair) { weft_switch_context(&pair.other_sp, pair.main_sp); }

TEST_F(ContextTest, GoesToAndFro) {
  start([](Pair& pair) {
    for (int i = 0; i < 3; ++i) {
      ++pair.steps;
      back(pair);
    }
  });
  for (int i = 1; i <= 3; ++i) {
    resume();
    EXPECT_EQ(pair_.steps, i);
  }
}

TEST_F(ContextTest, TheFirstFrameIsAligned) {
  static std::uintptr_t misaligned;
  misaligned = 1;
  start([](Pair& pair) {
    alignas(16) volatile char probe[16];
    probe[0] = 1;
    misaligned = reinterpret_cast<std::uintptr_t>(&probe) % 16;
    back(pair);
  });
  resume();
  EXPECT_EQ(misaligned, 0u);
}

#if defined(__x86_64__)
// Both sides fill every callee-saved register with their own values across the switch. All operands are in registers
// that the switch may change, and what is needed afterwards waits on the stack: sanitizers leave hardly a register
// free.
[[gnu::noinline]] bool registers_survive(void** save_sp, void** load_sp, std::uint64_t mark) {
  std::uint64_t after[5] = {};
  std::uint64_t* values = after;
  asm volatile(
      "subq $128, %%rsp\n\tmovq %%rsp, %%rax\n\tandq $-16, %%rsp\n\tpushq %%rax\n\tpushq %%rcx\n\t"
      "movq %%rdx, %%rbx\n\tleaq 1(%%rbx), %%r12\n\tleaq 2(%%rbx), %%r13\n\tleaq 3(%%rbx), %%r14\n\tleaq 4(%%rbx), "
      "%%r15\n\t"
      "movq (%%rsi), %%rsi\n\tcall weft_switch_context\n\t"
      "popq %%rcx\n\tpopq %%rsp\n\taddq $128, %%rsp\n\t"
      "movq %%rbx, (%%rcx)\n\tmovq %%r12, 8(%%rcx)\n\tmovq %%r13, 16(%%rcx)\n\tmovq %%r14, 24(%%rcx)\n\tmovq %%r15, "
      "32(%%rcx)\n\t"
      : "+D"(save_sp), "+S"(load_sp), "+d"(mark), "+c"(values)
      :
      : "rax", "rbx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
  const std::uint64_t first = after[0];
  for (std::uint64_t i = 0; i < 5; ++i) {
    if (after[i] != first + i) return false;
  }
  return first >> 48 == 0x1111 || first >> 48 == 0x2222;
}

TEST_F(ContextTest, CalleeSavedRegistersSurvive) {
  static bool other_side;
  other_side = false;
  start([](Pair& pair) {
    other_side = registers_survive(&pair.other_sp, &pair.main_sp, 0x2222000000000000);
    back(pair);
  });
  EXPECT_TRUE(registers_survive(&pair_.main_sp, &pair_.other_sp, 0x1111000000000000));
  resume();
  EXPECT_TRUE(other_side);
}

std::uint16_t x87_control() {
  std::uint16_t word = 0;
  asm volatile("fnstcw %0" : "=m"(word));
  return word;
}
#endif

TEST_F(ContextTest, FloatingPointControlTravelsWithTheContext) {
#ifdef WEFT_NO_FP_CONTROL
  GTEST_SKIP() << "built with WEFT_FP_CONTROL=OFF";
#endif
  static int inside;
  inside = -1;
  start([](Pair& pair) {
    std::fesetround(FE_UPWARD);  // both mxcsr and the x87 word
    back(pair);
    inside = std::fegetround();
    back(pair);
  });
  ASSERT_EQ(std::fegetround(), FE_TONEAREST);
#if defined(__x86_64__)
  const std::uint16_t before = x87_control();
#endif
  resume();
  EXPECT_EQ(std::fegetround(), FE_TONEAREST);
#if defined(__x86_64__)
  EXPECT_EQ(x87_control(), before);
#endif
  resume();
  EXPECT_EQ(inside, FE_UPWARD);
}

TEST_F(ContextTest, ExceptionsAreThrownAndCaughtOnTheOtherStack) {
  start([](Pair& pair) {
    try {
      throw std::runtime_error("below");
    } catch (const std::runtime_error&) {
      ++pair.steps;
    }
    back(pair);
  });
  resume();
  EXPECT_EQ(pair_.steps, 1);
}

}  // namespace
}  // namespace weft::os
