// The names are real ones: of captured profiles (Go 1.27), of Go's sources (1.19 on), of weft's symbol table.
#include "doctor/frame_class.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string_view>

#include "doctor/cpp_name.h"

namespace weft::doctor {
namespace {

using enum FrameClass;

void expect_all(FrameClass classes, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    EXPECT_EQ(static_cast<std::uint32_t>(classify(name)), static_cast<std::uint32_t>(classes)) << name;
  }
}

TEST(FrameClass, KnowsTheAllocatorOfEveryGo) {
  expect_all(kAlloc | kRuntime,
             {"runtime.mallocgc", "runtime.mallocgcTiny", "runtime.mallocgcSmallScanNoHeaderSC7", "runtime.newobject",
              "runtime.mallocgcSmallNoScanSC2", "runtime.makeslice64", "runtime.growslice", "runtime.growsliceNoAlias",
              "runtime.makemap_small", "runtime.rawstringtmp", "runtime.slicebytetostringtmp", "runtime.concatstring5",
              "runtime.stringtoslicebyte", "runtime.concatbytes", "runtime.makechan"});
}

TEST(FrameClass, KnowsTheCollector) {
  expect_all(kGcBackground | kGcAll | kRuntime, {"runtime.gcBgMarkWorker", "runtime.gcBgMarkWorker.func2"});
  expect_all(kAssist | kGcAll | kRuntime,
             {"runtime.gcAssistAlloc", "runtime.gcAssistAlloc1", "runtime.gcParkAssist", "runtime.deductAssistCredit"});
  expect_all(kGcAll | kRuntime,
             {"runtime.gcDrainMarkWorkerIdle", "runtime.gcDrainN", "runtime.wbBufFlush.func1", "runtime.bgsweep",
              "runtime.bulkBarrierPreWrite", "runtime.(*sweepLocked).sweep", "runtime.gcWriteBarrier2",
              "runtime.gcWriteBarrierCX", "gcWriteBarrier", "gcWriteBarrier4", "runtime.gcStart.func3",
              "runtime.gcMarkTermination", "runtime.markroot.func1", "runtime.sweepone.func1", "runtime._GC"});
  expect_all(kScan | kRuntime,
             {"runtime.scanobject", "runtime.scanObject", "runtime.scanObjectsSmall", "runtime.scanSpan",
              "runtime.greyobject", "internal/runtime/gc/scan.scanSpanPackedAVX512"});
  expect_all(kScavenge | kRuntime, {"runtime.bgscavenge", "runtime.sysUnusedOS", "runtime.(*pageAlloc).scavengeOne",
                                    "runtime.(*mheap).scavengeAll"});
}

TEST(FrameClass, KnowsStacksAndPreemption) {
  expect_all(kGrow | kRuntime, {"runtime.copystack", "runtime.adjustframe"});
  expect_all(kShrink | kRuntime, {"runtime.shrinkstack"});
  expect_all(kPreempt | kRuntime,
             {"runtime.morestack", "runtime.morestack_noctxt", "runtime.newstack", "runtime.morestack_noctxt.abi0"});
  expect_all(kLanding | kRuntime, {"runtime.asyncPreempt", "runtime.asyncPreempt2", "runtime.asyncPreempt.abi0"});
}

TEST(FrameClass, KnowsTheRestOfGosRuntime) {
  expect_all(kBox | kRuntime, {"runtime.convT", "runtime.convT64", "runtime.convTstring", "runtime.convTslice"});
  expect_all(kCgo | kRuntime,
             {"runtime.cgocall", "runtime.asmcgocall", "runtime.asmcgocall.abi0", "runtime.asmcgocall_no_g"});
  expect_all(kCross | kRuntime, {"runtime.entersyscall", "runtime.reentersyscall", "runtime.exitsyscallfast",
                                 "runtime.exitsyscallfast_pidle"});
  expect_all(kLocked | kRuntime, {"runtime.stoplockedm"});
  expect_all(kFind | kSched | kRuntime, {"runtime.findRunnable", "runtime.findrunnable"});
  expect_all(kSched | kRuntime, {"runtime.schedule", "runtime.park_m", "runtime.stopm", "runtime.wakep"});
  expect_all(kSched | kNewGoroutine | kRuntime, {"runtime.goexit0"});
  expect_all(kNewGoroutine | kRuntime, {"runtime.newproc", "runtime.newproc1", "runtime.gfget", "runtime.gdestroy"});
  expect_all(kChan | kRuntime, {"runtime.chansend1", "runtime.chanrecv2", "runtime.selectgo", "runtime.closechan"});
  expect_all(kMapIterate | kRuntime, {"runtime.mapiternext", "runtime.mapIterNext", "runtime.mapiternext_fast",
                                      "internal/runtime/maps.(*Iter).Next"});
  expect_all(kFutex | kRuntime, {"runtime.futex"});
  expect_all(kLock | kRuntime, {"runtime.lock2", "runtime.unlock2"});
  expect_all(kNetPoll | kRuntime, {"runtime.netpoll", "runtime.epollwait", "internal/runtime/syscall/linux.EpollWait",
                                   "internal/runtime/syscall.EpollWait", "runtime/internal/syscall.EpollWait"});
  expect_all(kInit | kRuntime, {"runtime.doInit1", "runtime.doInit"});
  expect_all(kInit, {"main.init", "main.init.0", "example.com/a.b/pkg.init.12"});
  expect_all(kRuntime, {"runtime.main", "runtime.memmove", "internal/runtime/maps.(*Iter).Init", "_.goready.func1",
                        "gogo", "runtime/internal/atomic.Cas64"});
}

TEST(FrameClass, UserCodeIsOfNoClass) {
  expect_all(kNone,
             {"main.main", "main.mallocgc", "runtime/pprof.writeHeap", "sync.(*Mutex).Lock", "main.newobject",
              "encoding/json.Marshal", "fmt.(*fmt).init", "main.initialize", "main.init.func1", "example.com/x.init.x",
              "main.(*T).malloc", "cmpbody", "runtimex.schedule", "", ".", "/", "a::b", "main.free", "main.madvise"});
}

TEST(FrameClass, ANameIsMatchedWhole) {
  expect_all(kRuntime,
             {"runtime.newobjects", "runtime.mallocgc.x", "runtime.convTx", "runtime.lock2x", "runtime.futexsleep",
              "runtime.schedule.func1", "runtime.netpollBreak", "runtime.gcBgMarkWorkers"});
}

TEST(FrameClass, KnowsWeft) {
  expect_all(kFind | kSched | kRuntime,
             {"weft::sched::pick(weft::sched::Machine&)", "weft::sched::pick_local",
              "weft::sched::RunRing<weft::detail::Goroutine, 256u>::steal_into(weft::sched::RunRing<"
              "weft::detail::Goroutine, 256u>&)"});
  expect_all(kSched | kRuntime, {"weft::sched::run_scheduler_loop(weft::sched::Machine&)", "weft::yield()",
                                 "weft::sched::(anonymous namespace)::finish_switch()", "weft_switch_context"});
  expect_all(kLocked | kSched | kRuntime, {"weft::sched::push_pinned(weft::detail::Goroutine*)"});
  expect_all(kNewGoroutine | kRuntime,
             {"weft::detail::new_goroutine(weft::GoOptions const&, void (*)(void*), unsigned long, unsigned long)",
              "void weft::detail::spawn_goroutine<main::{lambda()#1}>(weft::GoOptions const&, main::{lambda()#1}&&)",
              "weft::sched::StackPool::take(unsigned char)"});
  expect_all(kChan | kRuntime, {"weft::detail::ChanCore::send_slow(void*, bool)", "weft::Chan<int>::send(int) const",
                                "weft::detail::ElementTraffic<std::vector<int> >::deliver(void*, void*)",
                                "weft::detail::select_wait(weft::detail::SelectRequest const&)"});
  expect_all(kCgo | kRuntime, {"decltype(auto) weft::blocking<work()::{lambda()#1}>(work()::{lambda()#1}&&)"});
  expect_all(kCgo | kCross | kRuntime, {"weft::detail::BlockingScope::~BlockingScope()"});
  expect_all(kScavenge | kRuntime, {"weft::sched::StackPool::trim_class(unsigned char, weft::sched::StackPool::Trim)"});
  expect_all(kFutex | kRuntime, {"weft::os::futex_wait_until(std::atomic<unsigned int>&, unsigned int, long)"});
  expect_all(kRuntime,
             {"weft::Mutex::lock_slow(weft::detail::WaitReason, void const*)", "weft::sched::goroutine_main()"});
}

TEST(FrameClass, UserCodeInAWeftFrameIsNotTheRuntime) {
  expect_all(kLibrary,
             {"void weft::detail::invoke_and_destroy<handle()::{lambda()#1}>(void*)",
              "weft::detail::spawn_goroutine<F>(weft::GoOptions const&, F&&)::{lambda()#1}::operator()() const"});
  expect_all(kNone, {"void run<weft::Chan<int> >(weft::Chan<int>&)", "lab::work(weft::Context const&)"});
}

TEST(FrameClass, KnowsAllocatorsOfCAndCpp) {
  expect_all(kAlloc | kRuntime, {"malloc", "free", "_int_free", "operator new(unsigned long)",
                                 "operator delete[](void*)", "__libc_malloc", "je_malloc", "tc_new", "mi_free",
                                 "tcmalloc::CentralFreeList::Populate()", "__rust_alloc", "malloc(unsigned long)"});
  expect_all(kLibrary,
             {"std::vector<int, std::allocator<int> >::_M_realloc_insert(int*)",
              "void std::__introsort_loop<int*, long>(int*, int*, long)", "__gnu_cxx::new_allocator<int>::allocate"});
  expect_all(kRuntime, {"start_thread", "clone3", "__libc_start_call_main"});
}

TEST(FrameClass, KnowsGosLibraryByItsPackages) {
  for (const char* name : {"time.Sleep", "net/http.(*conn).serve", "sync.(*Mutex).Lock", "internal/poll.(*FD).Read"}) {
    EXPECT_TRUE(is_go_library(name)) << name;
  }
  for (const char* name :
       {"main.main.func1", "timers.Sleep", "example.com/net.Dial", "net::Socket::read()", "time", ""}) {
    EXPECT_FALSE(is_go_library(name)) << name;
  }
}

TEST(CppName, IsTheQualifiedNameAlone) {
  EXPECT_EQ(qualified_name("void a::(anonymous namespace)::f<int>(long) [clone .cold]"), "a::f");
  EXPECT_EQ(qualified_name("a::b"), "a::b");
  EXPECT_EQ(qualified_name("a::B<c::d>::e(c::d) const"), "a::B::e");
  EXPECT_EQ(qualified_name("a::f(int)::{lambda(int)#2}::operator()(int) const"), "a::f::{lambda}::operator");
  EXPECT_EQ(qualified_name("std::optional<a::b> a::f<int>(int)"), "a::f");
  EXPECT_EQ(qualified_name("a::B::operator<(a::B const&) const"), "a::B::operator");
  EXPECT_EQ(qualified_name("a::my_operator<int>(int)"), "a::my_operator");
  EXPECT_EQ(qualified_name("a::f[abi:cxx11](int)"), "a::f");
  EXPECT_EQ(qualified_name(""), "");
  for (const char* open : {"(", "a<", "a::(((", "a<<<b", ">", ")", "a->", "{", "}", "(anonymous namespace)::"}) {
    EXPECT_LE(qualified_name(open).size(), 20u) << open;
  }
}

}  // namespace
}  // namespace weft::doctor
