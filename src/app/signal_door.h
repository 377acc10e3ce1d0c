// Where signals come in: the one handler, which notes the number and rings the poller.
//
// The handler runs on any thread, between any two instructions: it touches atomics and calls write(2), nothing else.
// The rest happens where the poller tells of the ring: on a scheduler's stack, or the monitor's.
//
// INVARIANTS [signal.I1] no signal is lost: the handler notes the number, then rings; who is told of the ring looks at
//                        what was noted after. What is noted meanwhile has a ring of its own to come
//            [signal.I2] who is taken over stands in `before` from the first take_signal() until give_signal_back()
// EVIDENCE   src/app/signal_test.cc: raised in a loop against a reader; removing the ring, or ringing before the
//            number is noted, hangs it
#pragma once

#include <cstdint>

#include "app/signal_arrivals.h"

namespace weft::app {

inline constexpr int kMostSignals = 64;

constexpr std::uint64_t signal_bit(int number) noexcept { return std::uint64_t{1} << (number - 1); }

using ArrivedSignals = SignalArrivals<kMostSignals>::Taken;

/// Takes what has arrived since the last call. By one thread at a time: under the caller's lock.
ArrivedSignals take_arrived_signals() noexcept;

/// Makes the wake-up and starts the runtime, once; `on_arrival` is the same for all callers. It runs inside a section,
/// on a scheduler's stack or the monitor's: must not park, block or allocate. Throws std::system_error.
void open_signal_door(void (*on_arrival)() noexcept);

/// Has the handler called for `number` from now on; remembers who handled it.
void take_signal(int number) noexcept;
/// Has the kernel discard it; remembers as well.
void discard_signal(int number) noexcept;
/// Puts back who handled it before take_signal() or discard_signal(); nothing if neither was.
void give_signal_back(int number) noexcept;

/// The last resort of who shuts down: of the signals in `numbers`, taken or to be taken, the first is delivered like
/// any other, and the next ends the process at once with exit code 128 + its number: from the handler, whatever the
/// runtime is busy with. 0: no more.
void end_at_second_signal(std::uint64_t numbers) noexcept;

}  // namespace weft::app
