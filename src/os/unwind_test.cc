// libunwind is for looking at stacks; throwing is the compiler's own runtime's.
#include <gtest/gtest.h>

#include <dlfcn.h>
#include <array>
#include <cstdint>
#include <string>

#include "os/unwind.h"

namespace weft::os {
namespace {

TEST(UnwindTest, ExceptionsStayWithTheCompilersRuntime) {
  Dl_info info{};
  void* function = ::dlsym(RTLD_DEFAULT, "_Unwind_RaiseException");
  ASSERT_NE(function, nullptr);
  ASSERT_NE(::dladdr(function, &info), 0);
  EXPECT_EQ(std::string(info.dli_fname).find("libunwind"), std::string::npos) << info.dli_fname;
}

TEST(UnwindTest, OnesOwnStackIsWalkedToThisFunctionsCaller) {
  std::array<std::uintptr_t, 64> addresses{};
  EXPECT_GT(unwind_here(addresses), 2u);
}

}  // namespace
}  // namespace weft::os
