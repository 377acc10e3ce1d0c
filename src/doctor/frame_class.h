// doctor/frame_class.h: which cost of a runtime a stack frame stands for, by its function's name: Go 1.19 to 1.27,
// weft, the C and C++ allocators.
//
// Rules ask for classes, never for names: a cost moves from function to function between releases of Go.
#pragma once

#include <cstdint>
#include <string_view>

namespace weft::doctor {

/// A set of classes. A function may be of several.
enum class FrameClass : std::uint32_t {
  kNone = 0,
  kAlloc = 1u << 0,         // makes a heap object
  kBox = 1u << 1,           // puts a value behind an interface
  kGcBackground = 1u << 2,  // marks in the background
  kAssist = 1u << 3,        // marks on behalf of an allocation
  kGcAll = 1u << 4,         // collects at all: the two above, sweeping, write barriers
  kScan = 1u << 5,          // reads objects for pointers; a detail of marking
  kScavenge = 1u << 6,      // gives memory back
  kGrow = 1u << 7,          // copies a stack to a larger one
  kShrink = 1u << 8,        // to a smaller one
  kPreempt = 1u << 9,       // stops a goroutine; in Go also the way into kGrow
  kCgo = 1u << 10,          // is around a call of C, or of weft::blocking()
  kCross = 1u << 11,        // goes into such a call or comes back
  kLocked = 1u << 12,       // hands over to or from a goroutine locked to its thread
  kFind = 1u << 13,         // looks for a goroutine to run
  kSched = 1u << 14,        // schedules: kFind, and sleeping and waking threads
  kNewGoroutine = 1u << 15,
  kChan = 1u << 16,
  kMapIterate = 1u << 17,
  kFutex = 1u << 18,
  kLock = 1u << 19,  // a lock of the runtime's own
  kNetPoll = 1u << 20,
  kInit = 1u << 21,     // initializes a package
  kRuntime = 1u << 22,  // belongs to the runtime, or to what every thread begins with
  kLibrary = 1u << 23,  // C++'s library, between the user's code and the allocator: user code, but no place to name
  kLanding = 1u << 24,  // where a signal that preempts lands: its time is its caller's
};

constexpr FrameClass operator|(FrameClass a, FrameClass b) noexcept {
  return static_cast<FrameClass>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
constexpr FrameClass operator&(FrameClass a, FrameClass b) noexcept {
  return static_cast<FrameClass>(static_cast<std::uint32_t>(a) & static_cast<std::uint32_t>(b));
}
constexpr FrameClass operator~(FrameClass a) noexcept {
  return static_cast<FrameClass>(~static_cast<std::uint32_t>(a));
}
/// True if the sets have a class in common.
constexpr bool share_class(FrameClass a, FrameClass b) noexcept { return (a & b) != FrameClass::kNone; }

/// The classes of a function, by its full name as profiles have it: "runtime.mallocgc",
/// "weft::sched::pick(weft::sched::Machine&)".
FrameClass classify(std::string_view function);
/// True for a function of Go's standard library: "time.Sleep", "net/http.(*conn).serve".
bool is_go_library(std::string_view function) noexcept;

}  // namespace weft::doctor
