// explorer/execution.h: one execution of a model: its threads, their next steps, and what each step does.
//
// PROTOCOL  a thread announces its next visible step and stops; the driver picks one of the announced steps that can be
//           made and its outcome; the execution makes it, and the thread runs to its next announcement
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "explorer/fiber.h"
#include "explorer/memory.h"
#include "explorer/model.h"
#include "explorer/operation.h"
#include "explorer/plain_access.h"

namespace model {

/// Picks the steps. `next` returns false to end the execution.
class Driver {
 public:
  virtual bool next(int& thread, Choice& choice) = 0;
  virtual void made(Event& event) = 0;

 protected:
  ~Driver() = default;
};

struct Thread {
  std::string name;
  const std::function<void()>* body =
      nullptr;          // in the arena, never destroyed: an abandoned execution may still use it
  bool daemon = false;  // may be left waiting at the end
  bool finished = false;
  bool permit = false;  // ready() came and the park has not taken it yet
  View permit_view;
  Operation pending;
  std::uint64_t result = 0;
  bool succeeded = false;
  std::vector<Stamp> last_read;  // for each location in pending.watched, the stamp read
  decltype(Operation::watched) watched{};
  bool gave_up = false;  // a spin loop, and has done nothing since: an endless loop, which must wait for a change
  std::int64_t clock_nanos = 0;
  int impatient = 0;     // turns left of a spin loop that has given up: it reads what it has read
  void* slot = nullptr;  // see thread_slot() in model.h
};

class Execution {
 public:
  Execution();

  /// Runs `setup` (which adds threads), then the threads as `driver` says, then what setup gave finally().
  void run(const std::function<void()>& setup, Driver& driver);
  void add_thread(const std::string& name, std::function<void()> body, bool daemon);
  void configure(const Options& options) { options_ = options; }
  void set_finally(std::function<void()> check);

  // For the driver.
  int thread_count() const { return static_cast<int>(threads_.size()); }
  const Thread& thread(int index) const { return threads_[static_cast<std::size_t>(index)]; }
  bool can_run(int thread) const;
  bool sees_change(const Thread& thread) const;
  bool may_give_up(const Thread& thread) const { return options_.bounded_spins && !thread.gave_up; }
  void outcomes(int thread, std::vector<Choice>& choices) const;
  bool all_done() const;
  Memory& memory() { return memory_; }

  // For the shim.
  void visible(const Operation& operation);  // the caller's step: returns once it is made
  bool threads_running() const { return running_ >= 0; }
  int running() const { return running_; }
  Thread& current() { return threads_[static_cast<std::size_t>(running_)]; }
  std::uint32_t number() const { return number_; }
  /// The running thread has this defect.
  bool has(Defect defect) const {
    return options_.defect == defect && (options_.defect_thread < 0 || options_.defect_thread == running_);
  }
  int clock_values() const { return options_.clock_values; }
  int random_values() const { return options_.random_values; }

  void fail(std::string why);  // ends the execution; returns only outside of the threads
  const std::string& failure() const { return failure_; }
  PlainAccesses& plain() { return plain_; }

 private:
  static void thread_main(void* execution);
  void start_threads();
  void leave(Context& from);
  void watch(int location, Stamp stamp);
  void make(int thread, Choice choice);
  void make_access(Thread& thread, int index, Choice choice, Event& event);
  void make_lock(Thread& thread, int index, Choice choice);
  void make_wait(Thread& thread, int index);
  void make_relax(Thread& thread, int index);

  std::vector<Thread> threads_;
  std::array<Fiber, kMaxThreads> fibers_;
  Context driver_context_;
  Memory memory_;
  PlainAccesses plain_;
  Driver* driver_ = nullptr;
  const std::function<void()>* finally_ = nullptr;
  std::string failure_;
  std::uint32_t number_ = 0;
  int running_ = -1;
  bool starting_ = false;
  bool ended_ = false;  // nobody can run any more, as opposed to: the driver gave the execution up
  Options options_;
};

/// The execution that runs now, or null.
Execution* execution() noexcept;

}  // namespace model
