// Dumps as Go and weft print them.
#include "doctor/goroutine_dump.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "doctor/recorded_test_support.h"
#include "doctor/unreadable.h"

namespace weft::doctor {
namespace {

const DumpedGoroutines* find_state(const GoroutineDump& dump, std::string_view state) {
  const auto found = std::find_if(dump.goroutines.begin(), dump.goroutines.end(),
                                  [&](const DumpedGoroutines& g) { return g.state == state; });
  return found == dump.goroutines.end() ? nullptr : &*found;
}

TEST(GoroutineDump, ReadsGroupsOfDebug1) {
  const GoroutineDump dump = read_goroutine_dump(recorded("http-capture/goroutine_d1.body"));
  EXPECT_EQ(dump.total(), 10);
  ASSERT_GE(dump.goroutines.size(), 5u);
  EXPECT_EQ(dump.goroutines[0].count, 2);
  EXPECT_EQ(dump.goroutines[0].state, "");
  EXPECT_EQ(dump.goroutines[0].stack.front(), "internal/poll.runtime_pollWait");
  EXPECT_EQ(dump.goroutines[0].stack.back(), "net/http.(*conn).serve");
  EXPECT_EQ(dump.goroutines[0].stack.size(), 10u);
}

TEST(GoroutineDump, ReadsDebug2AndMergesTheSame) {
  const std::string text = recorded("http-capture/goroutine_d2.body");
  EXPECT_TRUE(has_goroutine_dump(text));
  const GoroutineDump dump = read_goroutine_dump(text);
  std::int64_t headers = 0;
  for (std::size_t at = text.find("goroutine "); at != std::string::npos; at = text.find("goroutine ", at + 1)) {
    headers += at == 0 || text[at - 1] == '\n' ? 1 : 0;
  }
  EXPECT_EQ(dump.total(), headers);
  EXPECT_LT(dump.goroutines.size(), static_cast<std::size_t>(headers));
  const DumpedGoroutines* receiver = find_state(dump, "chan receive");
  ASSERT_NE(receiver, nullptr);
  EXPECT_EQ(receiver->stack, (std::vector<std::string>{"main.main.func1"}));
}

TEST(GoroutineDump, ReadsWaitsAndLocksBehindAPanic) {
  const GoroutineDump dump = read_goroutine_dump(
      "some log\npanic: boom\n\n[signal SIGSEGV: segmentation violation]\n\n"
      "goroutine 1 gp=0xc000002380 m=0 mp=0x5 [running, locked to thread]:\nmain.main()\n\t/a/main.go:5 +0x1d\n\n"
      "goroutine 7 [select (scan), 12 minutes]:\nmain.(*T[...]).run(0xc0, {0x1, 0x2})\n\t/a/t.go:5 +0x1d\n"
      "created by main.main in goroutine 1\n\t/a/main.go:9 +0x2\n\n"
      "goroutine 9 [select, 3 minutes]:\nmain.(*T[...]).run(0xc8, {0x1, 0x2})\n\t/a/t.go:5 +0x1d\n"
      "created by main.main in goroutine 1\n\t/a/main.go:9 +0x2\n\n"
      "goroutine 8 [chan send (leaked), 5 minutes] {\"a\": b}:\nmain.f(...)\n\t/a/t.go:8\n\n"
      "goroutine 0 [idle]:\nruntime.futex()\n\nrax    0xca\n");
  EXPECT_EQ(dump.total(), 4);
  EXPECT_TRUE(dump.goroutines[0].locked_to_thread);
  EXPECT_EQ(dump.goroutines[0].stack, std::vector<std::string>{"main.main"});
  const DumpedGoroutines* selecting = find_state(dump, "select");
  ASSERT_NE(selecting, nullptr);
  EXPECT_EQ(selecting->count, 2);
  EXPECT_DOUBLE_EQ(selecting->waiting_minutes, 12);
  EXPECT_EQ(selecting->stack, std::vector<std::string>{"main.(*T[...]).run"});
  const DumpedGoroutines* sender = find_state(dump, "chan send");
  ASSERT_NE(sender, nullptr);
  EXPECT_TRUE(sender->leaked);
  EXPECT_EQ(sender->stack, std::vector<std::string>{"main.f"});
}

TEST(GoroutineDump, ReadsWeftsDump) {
  const GoroutineDump dump = read_goroutine_dump(recorded("weft_dump.txt"));
  EXPECT_EQ(dump.total(), 3);
  const DumpedGoroutines* receiver = find_state(dump, "chan receive");
  ASSERT_NE(receiver, nullptr);
  EXPECT_EQ(receiver->stack.front(), "weft::detail::ChanCore::recv_slow(void*, bool)");
  EXPECT_NE(find_state(dump, "Mutex.lock"), nullptr);
  EXPECT_NE(find_state(dump, "running"), nullptr);
}

TEST(GoroutineDump, ReadsWeftsHeaders) {
  const GoroutineDump dump = read_goroutine_dump(
      "goroutine 4 \"a ]: [b\" [chan send, 30 s, on 0x7f, pinned to its thread]:\nmain::work()\n\t/a.cc:5 +0x1\n\n"
      "goroutine 5 [Mutex.lock, 2 minutes, on 0x7f, long runner]:\n0x55aa\n\t/lib.so\n\n");
  ASSERT_EQ(dump.goroutines.size(), 2u);
  EXPECT_EQ(dump.goroutines[0].state, "chan send");
  EXPECT_DOUBLE_EQ(dump.goroutines[0].waiting_minutes, 0.5);
  EXPECT_TRUE(dump.goroutines[0].locked_to_thread);
  EXPECT_EQ(dump.goroutines[0].stack, std::vector<std::string>{"main::work()"});
  EXPECT_DOUBLE_EQ(dump.goroutines[1].waiting_minutes, 2);
  EXPECT_EQ(dump.goroutines[1].stack, std::vector<std::string>{"0x55aa"});
}

TEST(GoroutineDump, RejectsWhatIsNone) {
  EXPECT_FALSE(has_goroutine_dump("the goroutine 5 [running]: was fine\ngoroutine pool [on]\n"));
  EXPECT_THROW(read_goroutine_dump("nothing\n"), Unreadable);
  EXPECT_EQ(read_goroutine_dump("goroutine profile: total 0\n").total(), 0);
}

}  // namespace
}  // namespace weft::doctor
