// Names are matched by hand-written tables, one bucket for each first character.
//
// REJECTED   the same classes as regular expressions (bench/doctor/frame_class_bench.cc, the 3,233 functions of 23
//            captured profiles, a busy machine): a name takes the tables 70 to 120 ns, one RE2::Set of 20 patterns for
//            Go alone 170 to 380, std::regex 12,500 to 24,000; and a table tells what it means without a regular
//            expression's escapes
#include "doctor/frame_class.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "doctor/cpp_name.h"

namespace weft::doctor {
namespace {

using enum FrameClass;

enum class Match {
  kExact,
  kWord,    // letters, digits and _ may follow
  kDot,     // nothing may follow, or what a function has inside: ".func1"
  kPrefix,  // anything may follow
};

struct Rule {
  std::string_view text;
  Match match;
  FrameClass classes;
};

constexpr FrameClass kMark = kGcBackground | kGcAll;
constexpr FrameClass kHelp = kAssist | kGcAll;
constexpr FrameClass kSearch = kFind | kSched;

// Of package runtime, without its name. Each release's names stand side by side: mallocgc was cut up in 1.24, 1.27 has
// one for each size; findrunnable got its capital in 1.19; scanobject its in 1.26; write barriers had a register's
// name to 1.20.
constexpr std::array kGoRuntime = {
    Rule{"mallocgc", Match::kWord, kAlloc},
    Rule{"newobject", Match::kExact, kAlloc},
    Rule{"newarray", Match::kExact, kAlloc},
    Rule{"makeslice", Match::kWord, kAlloc},
    Rule{"growslice", Match::kWord, kAlloc},
    Rule{"makechan", Match::kWord, kAlloc},
    Rule{"makemap", Match::kWord, kAlloc},
    Rule{"rawstring", Match::kWord, kAlloc},
    Rule{"rawbyteslice", Match::kExact, kAlloc},
    Rule{"rawruneslice", Match::kExact, kAlloc},
    Rule{"slicebytetostring", Match::kWord, kAlloc},
    Rule{"stringtoslice", Match::kWord, kAlloc},
    Rule{"concatstring", Match::kWord, kAlloc},
    Rule{"concatbyte", Match::kWord, kAlloc},
    Rule{"convT", Match::kExact, kBox},
    Rule{"convT16", Match::kExact, kBox},
    Rule{"convT32", Match::kExact, kBox},
    Rule{"convT64", Match::kExact, kBox},
    Rule{"convTstring", Match::kExact, kBox},
    Rule{"convTslice", Match::kExact, kBox},
    Rule{"convTnoptr", Match::kExact, kBox},
    Rule{"gcBgMarkWorker", Match::kDot, kMark},
    Rule{"gcAssistAlloc", Match::kWord, kHelp},
    Rule{"deductAssistCredit", Match::kExact, kHelp},
    Rule{"gcParkAssist", Match::kExact, kHelp},
    Rule{"bgsweep", Match::kPrefix, kGcAll},
    Rule{"sweepone", Match::kPrefix, kGcAll},
    Rule{"deductSweepCredit", Match::kPrefix, kGcAll},
    Rule{"gcStart", Match::kPrefix, kGcAll},
    Rule{"gcMarkDone", Match::kPrefix, kGcAll},
    Rule{"gcMarkTermination", Match::kPrefix, kGcAll},
    Rule{"gcDrain", Match::kPrefix, kGcAll},
    Rule{"wbBufFlush", Match::kPrefix, kGcAll},
    Rule{"bulkBarrier", Match::kPrefix, kGcAll},
    Rule{"gcmarknewobject", Match::kPrefix, kGcAll},
    Rule{"markroot", Match::kPrefix, kGcAll},
    Rule{"gcSweep", Match::kPrefix, kGcAll},
    Rule{"(*sweepLocked).sweep", Match::kPrefix, kGcAll},
    Rule{"gcWriteBarrier", Match::kWord, kGcAll},
    Rule{"_GC", Match::kExact, kGcAll},  // what stands for a stack that could not be walked while the world was stopped
    Rule{"scanobject", Match::kExact, kScan},
    Rule{"scanObject", Match::kWord, kScan},
    Rule{"scanSpan", Match::kWord, kScan},
    Rule{"tryDeferToSpanScan", Match::kExact, kScan},
    Rule{"greyobject", Match::kExact, kScan},
    Rule{"bgscavenge", Match::kDot, kScavenge},
    Rule{"madvise", Match::kExact, kScavenge},
    Rule{"sysUnused", Match::kWord, kScavenge},
    Rule{"(*pageAlloc).scavenge", Match::kWord, kScavenge},
    Rule{"(*mheap).scavenge", Match::kWord, kScavenge},
    Rule{"copystack", Match::kExact, kGrow},
    Rule{"adjustframe", Match::kExact, kGrow},
    Rule{"shrinkstack", Match::kExact, kShrink},
    Rule{"morestack", Match::kWord, kPreempt},
    Rule{"newstack", Match::kExact, kPreempt},
    Rule{"asyncPreempt", Match::kWord, kLanding},
    Rule{"cgocall", Match::kExact, kCgo},
    Rule{"asmcgocall", Match::kWord, kCgo},
    Rule{"entersyscall", Match::kWord, kCross},
    Rule{"reentersyscall", Match::kExact, kCross},
    Rule{"exitsyscall", Match::kWord, kCross},
    Rule{"startlockedm", Match::kExact, kLocked | kSched},
    Rule{"stoplockedm", Match::kExact, kLocked},
    Rule{"findRunnable", Match::kExact, kSearch},
    Rule{"findrunnable", Match::kExact, kSearch},
    Rule{"schedule", Match::kExact, kSched},
    Rule{"park_m", Match::kExact, kSched},
    Rule{"goschedImpl", Match::kExact, kSched},
    Rule{"goexit0", Match::kExact, kSched | kNewGoroutine},
    Rule{"stopm", Match::kExact, kSched},
    Rule{"startm", Match::kExact, kSched},
    Rule{"wakep", Match::kExact, kSched},
    Rule{"handoffp", Match::kExact, kSched},
    Rule{"resetspinning", Match::kExact, kSched},
    Rule{"injectglist", Match::kExact, kSched},
    Rule{"newproc", Match::kWord, kNewGoroutine},
    Rule{"gdestroy", Match::kExact, kNewGoroutine},
    Rule{"gfget", Match::kExact, kNewGoroutine},
    Rule{"gfput", Match::kExact, kNewGoroutine},
    Rule{"malg", Match::kExact, kNewGoroutine},
    Rule{"chansend", Match::kWord, kChan},
    Rule{"chanrecv", Match::kWord, kChan},
    Rule{"selectgo", Match::kExact, kChan},
    Rule{"closechan", Match::kExact, kChan},
    Rule{"mapiternext", Match::kWord, kMapIterate},
    Rule{"mapIterNext", Match::kWord, kMapIterate},
    Rule{"futex", Match::kExact, kFutex},
    Rule{"lock2", Match::kExact, kLock},
    Rule{"unlock2", Match::kExact, kLock},
    Rule{"netpoll", Match::kExact, kNetPoll},
    Rule{"epollwait", Match::kExact, kNetPoll},
    Rule{"doInit", Match::kWord, kInit},
};

// Other names of Go's runtime: they moved between internal/runtime and runtime/internal, and assembly has no package.
constexpr std::array kGoElsewhere = {
    Rule{"internal/runtime/maps.(*Iter).Next", Match::kExact, kMapIterate | kRuntime},
    Rule{"internal/runtime/gc/scan.", Match::kPrefix, kScan | kRuntime},
    Rule{"internal/runtime/", Match::kPrefix, kRuntime},
    Rule{"runtime/internal/", Match::kPrefix, kRuntime},
    Rule{"gcWriteBarrier", Match::kWord, kGcAll | kRuntime},
    Rule{"gogo", Match::kExact, kRuntime},
    Rule{"gosave_systemstack_switch", Match::kExact, kRuntime},
    Rule{"_.", Match::kPrefix, kRuntime},
};

// Of namespace weft, as qualified_name() gives it. The runtime grows no stacks and collects nothing.
constexpr std::array kWeft = {
    Rule{"sched::pick", Match::kWord, kSearch},
    Rule{"sched::find", Match::kWord, kSearch},
    Rule{"sched::search", Match::kExact, kSearch},
    Rule{"sched::steal_round", Match::kExact, kSearch},
    Rule{"sched::RunRing::steal_into", Match::kExact, kSearch},
    Rule{"sched::run_scheduler_loop", Match::kExact, kSched},
    Rule{"sched::leave_goroutine", Match::kExact, kSched},
    Rule{"sched::switch_to", Match::kExact, kSched},
    Rule{"sched::finish_switch", Match::kExact, kSched},
    Rule{"sched::begin_run", Match::kExact, kSched},
    Rule{"sched::become_idle", Match::kExact, kSched},
    Rule{"sched::sleep_as_idle", Match::kExact, kSched},
    Rule{"sched::stop_machine", Match::kExact, kSched},
    Rule{"sched::start_machine_with", Match::kExact, kSched},
    Rule{"sched::wake_", Match::kPrefix, kSched},
    Rule{"sched::hand_off_processor", Match::kExact, kSched},
    Rule{"sched::hand_to_idle_machine_locked", Match::kExact, kSched},
    Rule{"sched::push_pinned", Match::kExact, kLocked | kSched},
    Rule{"sched::hand_off_to_unpinned", Match::kExact, kLocked | kSched},
    Rule{"sched::serve_pinned", Match::kPrefix, kLocked | kSched},
    Rule{"sched::wait_for_processor_locked", Match::kExact, kLocked | kSched},
    Rule{"yield", Match::kExact, kSched},
    Rule{"detail::new_goroutine", Match::kExact, kNewGoroutine},
    Rule{"detail::spawn_goroutine", Match::kExact, kNewGoroutine},
    Rule{"detail::launch", Match::kExact, kNewGoroutine},
    Rule{"sched::recycle", Match::kExact, kNewGoroutine | kSched},
    Rule{"sched::StackPool::trim", Match::kWord, kScavenge},
    Rule{"sched::StackPool::take_surplus", Match::kExact, kScavenge},
    Rule{"os::release_pages", Match::kExact, kScavenge},
    Rule{"sched::StackPool::", Match::kPrefix, kNewGoroutine},
    Rule{"detail::ChanCore::", Match::kPrefix, kChan},
    Rule{"detail::chan_", Match::kPrefix, kChan},
    Rule{"detail::allocate_chan", Match::kExact, kChan},
    Rule{"detail::select_", Match::kPrefix, kChan},
    Rule{"detail::SelectorCases::", Match::kPrefix, kChan},
    Rule{"detail::ElementTraffic::", Match::kPrefix, kChan},
    Rule{"blocking", Match::kExact, kCgo},
    Rule{"detail::BlockingScope::", Match::kPrefix, kCgo | kCross},
    Rule{"detail::enter_slow", Match::kExact, kPreempt},
    Rule{"sched::answer_hold_request", Match::kExact, kPreempt},
    Rule{"sched::interrupt_thread", Match::kExact, kPreempt},
    Rule{"os::futex_", Match::kPrefix, kFutex},
    Rule{"detail::SpinLock::lock_slow", Match::kExact, kLock},
    Rule{"detail::Backoff::wait", Match::kExact, kLock},
};

constexpr FrameClass kHeap = kAlloc | kRuntime;

// Functions of C and of other libraries; C++'s by their qualified names.
constexpr std::array kForeign = {
    Rule{"malloc", Match::kExact, kHeap},
    Rule{"calloc", Match::kExact, kHeap},
    Rule{"realloc", Match::kExact, kHeap},
    Rule{"reallocarray", Match::kExact, kHeap},
    Rule{"free", Match::kExact, kHeap},
    Rule{"memalign", Match::kExact, kHeap},
    Rule{"aligned_alloc", Match::kExact, kHeap},
    Rule{"posix_memalign", Match::kExact, kHeap},
    Rule{"_int_", Match::kPrefix, kHeap},  // glibc's: _int_malloc, _int_free
    Rule{"__libc_malloc", Match::kWord, kHeap},
    Rule{"__libc_calloc", Match::kWord, kHeap},
    Rule{"__libc_realloc", Match::kWord, kHeap},
    Rule{"__libc_free", Match::kWord, kHeap},
    Rule{"__GI___libc_malloc", Match::kWord, kHeap},
    Rule{"__GI___libc_free", Match::kWord, kHeap},
    Rule{"malloc_consolidate", Match::kExact, kHeap},
    Rule{"sysmalloc", Match::kExact, kHeap},
    Rule{"unlink_chunk", Match::kDot, kHeap},
    Rule{"tc_", Match::kWord, kHeap},
    Rule{"je_", Match::kWord, kHeap},
    Rule{"mi_", Match::kWord, kHeap},
    Rule{"tcmalloc::", Match::kPrefix, kHeap},
    Rule{"__rust_alloc", Match::kWord, kHeap},
    Rule{"__rust_dealloc", Match::kExact, kHeap},
    Rule{"__rust_realloc", Match::kExact, kHeap},
    Rule{"__rdl_", Match::kWord, kHeap},
    Rule{"malloc_trim", Match::kExact, kScavenge},
    Rule{"madvise", Match::kExact, kScavenge},
    Rule{"epoll_wait", Match::kExact, kNetPoll},
    Rule{"epoll_pwait", Match::kExact, kNetPoll},
    Rule{"__futex_", Match::kWord, kFutex},
    Rule{"__lll_lock_wait", Match::kWord, kFutex},
    Rule{"weft_switch_context", Match::kExact, kSched | kRuntime},
    Rule{"weft_context_start", Match::kExact, kRuntime},
    Rule{"clone", Match::kExact, kRuntime},
    Rule{"clone3", Match::kExact, kRuntime},
    Rule{"__clone", Match::kWord, kRuntime},
    Rule{"start_thread", Match::kExact, kRuntime},
    Rule{"_start", Match::kExact, kRuntime},
    Rule{"__libc_start_", Match::kWord, kRuntime},
    Rule{"std::", Match::kPrefix, kLibrary},
    Rule{"__gnu_cxx::", Match::kPrefix, kLibrary},
};

bool is_word_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_number(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool matches(const Rule& rule, std::string_view name) noexcept {
  if (!name.starts_with(rule.text)) return false;
  const std::string_view rest = name.substr(rule.text.size());
  switch (rule.match) {
    case Match::kExact:
      return rest.empty();
    case Match::kWord:
      return std::all_of(rest.begin(), rest.end(), is_word_character);
    case Match::kDot:
      return rest.empty() || rest.front() == '.';
    case Match::kPrefix:
      return true;
  }
  return false;
}

// Rules in the order of their first characters; else as they were written.
template <std::size_t N>
class Table {
 public:
  explicit consteval Table(const std::array<Rule, N>& rules) : rules_(rules) {
    std::size_t filled = 0;
    for (std::size_t c = 0; c < kFirsts; ++c) {
      for (const Rule& rule : rules) {
        if (bucket(rule.text) == c) rules_[filled++] = rule;
      }
      end_[c] = static_cast<std::uint8_t>(filled);
    }
  }

  /// The classes of the first rule that matches.
  FrameClass look_up(std::string_view name) const noexcept {
    if (name.empty()) return kNone;
    const std::size_t c = bucket(name);
    for (std::size_t i = c == 0 ? 0 : end_[c - 1]; i < end_[c]; ++i) {
      if (matches(rules_[i], name)) return rules_[i].classes;
    }
    return kNone;
  }

 private:
  static constexpr std::size_t kFirsts = 128;
  static_assert(N < 256);
  static constexpr std::size_t bucket(std::string_view text) noexcept {
    return static_cast<unsigned char>(text.front()) % kFirsts;
  }

  std::array<Rule, N> rules_;
  std::array<std::uint8_t, kFirsts> end_{};
};

constexpr Table kGoRuntimeTable(kGoRuntime);
constexpr Table kGoElsewhereTable(kGoElsewhere);
constexpr Table kWeftTable(kWeft);
constexpr Table kForeignTable(kForeign);

// "example.com/pkg.init", "pkg.init.0"; not a method or a function inside one.
bool is_package_init(std::string_view name) noexcept {
  name = name.substr(name.rfind('/') + 1);
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos || !name.substr(dot + 1).starts_with("init")) return false;
  const std::string_view rest = name.substr(dot + 1 + std::string_view("init").size());
  return rest.empty() || (rest.front() == '.' && is_number(rest.substr(1)));
}

FrameClass classify_go(std::string_view name) noexcept {
  constexpr std::string_view kPackage = "runtime.";
  if (name.starts_with(kPackage)) return kGoRuntimeTable.look_up(name.substr(kPackage.size())) | kRuntime;
  const FrameClass found = kGoElsewhereTable.look_up(name);
  if (name.ends_with(".EpollWait")) return found | kNetPoll;
  return is_package_init(name) ? found | kInit : found;
}

// User code may be compiled into these, or is what they are.
bool holds_user_code(std::string_view name) noexcept {
  return name == "detail::invoke_and_destroy" || name.find("{lambda}") != std::string_view::npos;
}

FrameClass classify_cpp(std::string_view demangled) {
  constexpr std::string_view kNamespace = "weft::";
  const std::string name = qualified_name(demangled);
  if (!name.starts_with(kNamespace)) return kForeignTable.look_up(name);
  const std::string_view inner = std::string_view(name).substr(kNamespace.size());
  if (holds_user_code(inner)) return kLibrary;
  const FrameClass found = kWeftTable.look_up(inner);
  if (inner.starts_with("Chan::") || inner.starts_with("SendChan::") || inner.starts_with("RecvChan::")) {
    return found | kChan | kRuntime;
  }
  return found | kRuntime;
}

// perf and the symbol table name the assembly's calling convention.
std::string_view without_abi(std::string_view name) noexcept {
  for (const std::string_view ending : {".abi0", ".abiinternal"}) {
    if (name.ends_with(ending)) name.remove_suffix(ending.size());
  }
  return name;
}

}  // namespace

bool is_go_library(std::string_view function) noexcept {
  // Where its packages begin; "main" and a module's name with a dot are others.
  constexpr std::string_view kRoots[] = {
      "archive", "bufio",    "bytes",   "cmp",    "compress", "container", "context", "crypto",  "database", "debug",
      "embed",   "encoding", "errors",  "expvar", "flag",     "fmt",       "go",      "hash",    "html",     "image",
      "index",   "internal", "io",      "iter",   "log",      "maps",      "math",    "mime",    "net",      "os",
      "path",    "plugin",   "reflect", "regexp", "runtime",  "slices",    "sort",    "strconv", "strings",  "sync",
      "syscall", "testing",  "text",    "time",   "unicode",  "unique",    "unsafe",  "vendor",  "weak"};
  const std::string_view root = function.substr(0, function.find_first_of("./"));
  return root.size() < function.size() && std::ranges::binary_search(kRoots, root);
}

FrameClass classify(std::string_view function) {
  if (function.starts_with("operator new") || function.starts_with("operator delete")) return kHeap;
  if (function.find("::") != std::string_view::npos) return classify_cpp(function);
  const std::string_view name = without_abi(function);
  const FrameClass found = classify_go(name);
  return found == kNone ? kForeignTable.look_up(name.substr(0, name.find('('))) : found;
}

}  // namespace weft::doctor
