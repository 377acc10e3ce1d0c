// The model's weft/detail/machine.h: nobody takes processors, so a section is nothing. The protocol by which they are
// taken is explored with the real header, in steal_request_model.cc.
#pragma once

#ifdef WEFT_MODEL_REAL_MACHINE
#include "../../../../../include/weft/detail/machine.h"
#else

#include <cstdint>

#include "weft/detail/atomic.h"

namespace weft::detail {

struct Goroutine;
struct Processor;

enum class StealRequest : std::uint32_t { kNone, kRequested, kTaken };

struct MachineHead {
  Atomic<bool> inside{true};
  Atomic<StealRequest> request{StealRequest::kNone};
  Atomic<Processor*> p{nullptr};
  Atomic<Goroutine*> g{nullptr};
  int processor_index = 0;
};

inline MachineHead* current_machine() noexcept { return static_cast<MachineHead*>(model::thread_slot()); }

inline void enter_slow() noexcept {}

class Section {
 public:
  Section() noexcept {}  // not defaulted: an unused guard is no mistake
  ~Section() {}
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;
};

}  // namespace weft::detail

#endif  // WEFT_MODEL_REAL_MACHINE
