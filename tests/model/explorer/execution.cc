#include "explorer/execution.h"

#include <utility>

#include "explorer/arena.h"

namespace model {
namespace {
constexpr int kImpatientTurns = 1000;  // more than any bounded spin loop has
Execution* current_execution = nullptr;
}  // namespace

Execution* execution() noexcept { return current_execution; }

Execution::Execution() { threads_.reserve(kMaxThreads); }

void Execution::run(const std::function<void()>& setup, Driver& driver) {
  ++number_;
  driver_ = &driver;
  memory_.reset();
  plain_.reset();
  failure_.clear();
  current_execution = this;
  {
    InModel in_model;
    setup();
  }
  start_threads();
  leave(driver_context_);
  // Outside of the arena: what it gathers outlives the execution.
  if (failure_.empty() && ended_ && finally_ != nullptr) (*finally_)();
  finally_ = nullptr;
  threads_.clear();
  current_execution = nullptr;
  reset_arena();
}

void Execution::add_thread(const std::string& name, std::function<void()> body, bool daemon) {
  const auto* kept_body = new std::function<void()>(std::move(body));
  OutOfModel out_of_model;
  if (threads_.size() == kMaxThreads) fail("more threads than kMaxThreads");
  Thread& thread = threads_.emplace_back();
  thread.name = name;
  thread.body = kept_body;
  thread.daemon = daemon;
  thread.last_read.assign(kMaxLocations, 0);
}

void Execution::set_finally(std::function<void()> check) { finally_ = new std::function<void()>(std::move(check)); }

// Runs each thread to its first announcement: nothing before that is visible to another.
void Execution::start_threads() {
  starting_ = true;
  for (int i = 0; i < thread_count() && failure_.empty(); ++i) {
    running_ = i;
    fibers_[static_cast<std::size_t>(i)].prepare(&Execution::thread_main, this);
    Fiber::switch_to(driver_context_, fibers_[static_cast<std::size_t>(i)]);
  }
  starting_ = false;
  running_ = -1;
}

void Execution::thread_main(void* argument) {
  auto* self = static_cast<Execution*>(argument);
  {
    InModel in_model;
    (*self->current().body)();
  }
  Thread& thread = self->current();
  thread.finished = true;
  if (thread.permit) self->fail(thread.name + " was readied after its last park");
  self->leave(self->fibers_[static_cast<std::size_t>(self->running_)].context());
}

void Execution::visible(const Operation& operation) {
  OutOfModel out_of_model;
  current().pending = operation;
  leave(fibers_[static_cast<std::size_t>(running_)].context());
}

// Makes the next step and goes to the thread that made it; returns when it is `from`'s turn again.
void Execution::leave(Context& from) {
  if (starting_) return Fiber::switch_to(from, driver_context_);
  bool runnable = false;
  for (int i = 0; i < thread_count(); ++i) runnable |= can_run(i);
  if (!runnable && failure_.empty() && !all_done()) {
    failure_ = "nobody can run, and these wait:";
    for (const Thread& thread : threads_) {
      if (!thread.finished && !thread.daemon) failure_ += " " + thread.name;
    }
  }
  ended_ = !runnable;
  int next = -1;
  Choice choice = kSucceeds;
  if (runnable && failure_.empty() && driver_->next(next, choice)) make(next, choice);
  if (next < 0 || !failure_.empty()) {
    running_ = -1;
    if (&from != &driver_context_) Fiber::switch_to(from, driver_context_);
    return;
  }
  const int previous = std::exchange(running_, next);
  if (previous != next) Fiber::switch_to(from, fibers_[static_cast<std::size_t>(next)]);
}

void Execution::fail(std::string why) {
  OutOfModel out_of_model;
  if (failure_.empty()) failure_ = std::move(why);
  if (running_ < 0) return;
  Context& from = fibers_[static_cast<std::size_t>(running_)].context();
  running_ = -1;
  Fiber::switch_to(from, driver_context_);
}

bool Execution::all_done() const {
  for (const Thread& thread : threads_) {
    if (!thread.finished && !thread.daemon) return false;
  }
  return true;
}

bool Execution::can_run(int index) const {
  const Thread& thread = this->thread(index);
  if (thread.finished) return false;
  const Operation& operation = thread.pending;
  if (operation.kind == Kind::kPark) return thread.permit;
  if (operation.kind == Kind::kLock) return const_cast<Memory&>(memory_).lock(operation.object).holder < 0;
  return operation.kind != Kind::kRelax || may_give_up(thread) || sees_change(thread);
}

bool Execution::sees_change(const Thread& thread) const {
  bool watches_any = false;
  for (int location = 0; location < static_cast<int>(kMaxLocations); ++location) {
    if (!thread.pending.watches(location)) continue;
    watches_any = true;
    if (memory_.newest(location) != thread.last_read[static_cast<std::size_t>(location)]) return true;
  }
  return !watches_any;
}

void Execution::outcomes(int index, std::vector<Choice>& choices) const {
  const Operation& operation = thread(index).pending;
  choices.clear();
  switch (operation.kind) {
    case Kind::kLoad:
      memory_.readable(index, operation.object, operation.sequential(), choices);
      return;
    case Kind::kCompareExchange: {
      const std::vector<Message>& messages = memory_.messages(operation.object);
      memory_.readable(index, operation.object, operation.sequential(), choices);
      std::erase_if(choices, [&](Choice stamp) { return messages[stamp].value == operation.expected; });
      if (messages.back().value == operation.expected) choices.insert(choices.begin(), kSucceeds);
      return;
    }
    case Kind::kTryLock:
      choices.push_back(const_cast<Memory&>(memory_).lock(operation.object).holder < 0 ? kSucceeds : Choice{0});
      return;
    case Kind::kRelax:
      if (sees_change(thread(index))) choices.push_back(kSucceeds);
      if (may_give_up(thread(index))) choices.push_back(kGivesUp);
      return;
    case Kind::kChoose:
      for (std::uint64_t i = 0; i < operation.operand; ++i) choices.push_back(static_cast<Choice>(i));
      return;
    default:
      choices.push_back(kSucceeds);
  }
}

void Execution::watch(int location, Stamp stamp) {
  Thread& thread = current();
  const auto index = static_cast<std::size_t>(location);
  thread.watched[index / 64] |= std::uint64_t{1} << (index % 64);
  thread.last_read[index] = stamp;
}

void Execution::make(int index, Choice choice) {
  Thread& thread = threads_[static_cast<std::size_t>(index)];
  const int before = std::exchange(running_, index);
  Event event;
  event.operation = thread.pending;
  event.thread = index;
  event.choice = choice;
  thread.succeeded = choice == kSucceeds;
  switch (thread.pending.kind) {
    case Kind::kLoad:
    case Kind::kStore:
    case Kind::kReadModifyWrite:
    case Kind::kCompareExchange:
      make_access(thread, index, choice, event);
      break;
    case Kind::kFence:
      memory_.fence(index);
      break;
    case Kind::kCompilerBarrier:
      memory_.compiler_barrier(index);
      break;
    case Kind::kMembarrier:
      memory_.membarrier(index, thread_count());
      break;
    case Kind::kLock:
    case Kind::kTryLock:
    case Kind::kUnlock:
      make_lock(thread, index, choice);
      break;
    case Kind::kPark:
    case Kind::kReady:
      make_wait(thread, index);
      break;
    case Kind::kRelax:
      make_relax(thread, index);
      break;
    case Kind::kChoose:
      thread.result = choice;
      break;
  }
  running_ = before;
  driver_->made(event);
}

void Execution::make_access(Thread& thread, int index, Choice choice, Event& event) {
  const Operation& operation = thread.pending;
  const int location = operation.object;
  if (is_write(operation, choice)) {
    const std::uint64_t old = memory_.newest_value(location);
    thread.result = old;
    if (operation.kind == Kind::kStore) {
      event.written = memory_.store(index, location, operation.operand, operation.order);
    } else {
      const std::uint64_t value =
          operation.modify != nullptr ? operation.modify(old, operation.operand) : operation.operand;
      event.written = memory_.replace(index, location, value, operation.order);
    }
    watch(location, event.written);
    return;
  }
  const bool failed_exchange = operation.kind == Kind::kCompareExchange;
  thread.result = memory_.load(index, location, choice, failed_exchange ? operation.failure_order : operation.order);
  watch(location, choice);
}

void Execution::make_lock(Thread& thread, int index, Choice choice) {
  Lock& lock = memory_.lock(thread.pending.object);
  if (is_acquisition(thread.pending, choice)) {
    lock.holder = index;
    memory_.acquire(index, lock.view);
  } else if (thread.pending.kind == Kind::kUnlock) {
    if (lock.holder != index) failure_ = thread.name + " unlocks a lock that it does not hold";
    lock.holder = -1;
    memory_.release(index, lock.view);
  }
}

void Execution::make_wait(Thread& thread, int index) {
  const Operation& operation = thread.pending;
  if (operation.kind == Kind::kPark) {
    thread.permit = false;
    memory_.acquire(index, thread.permit_view);
    memory_.compiler_barrier(index);
  } else if (operation.kind == Kind::kReady) {
    Thread& woken = threads_[static_cast<std::size_t>(operation.object)];
    if (woken.permit) failure_ = thread.name + " readies " + woken.name + ", which is ready already";
    if (woken.finished) failure_ = thread.name + " readies " + woken.name + ", which has finished";
    woken.permit = true;
    memory_.release(index, woken.permit_view);
  }
}

void Execution::make_relax(Thread& thread, int index) {
  const Operation& operation = thread.pending;
  thread.gave_up = !thread.succeeded;
  if (thread.gave_up) {
    thread.impatient = kImpatientTurns;
  } else {
    for (int location = 0; location < static_cast<int>(kMaxLocations); ++location) {
      if (operation.watches(location)) memory_.catch_up(index, location);
    }
    thread.watched = {};
  }
}

}  // namespace model
