#include "explorer/shim.h"

#include "explorer/arena.h"
#include "explorer/execution.h"
#include "explorer/model.h"

namespace model {
namespace {

// The location of a word in the running execution; -1 outside of any.
int location_of(Word& word) {
  Execution* now = execution();
  if (now == nullptr) return -1;
  if (word.execution != now->number()) {
    OutOfModel out_of_model;
    word.execution = now->number();
    word.location = now->memory().add_location(word.initial);
  }
  return word.location;
}

int index_of(LockWord& word) {
  Execution* now = execution();
  if (now == nullptr) return -1;
  if (word.execution != now->number()) {
    OutOfModel out_of_model;
    word.execution = now->number();
    word.index = now->memory().add_lock();
  }
  return word.index;
}

bool explored() { return execution() != nullptr && execution()->threads_running(); }

// In setup and finally there is one thread and one value.
std::uint64_t& lone_value(Word& word) {
  const int location = location_of(word);
  return location < 0 ? word.initial : execution()->memory().newest_value(location);
}

// `where` is the atomic or the lock, if the operation has one: it must still be there when the operation is made.
Thread& make(const Operation& operation, const void* where = nullptr) {
  Thread& thread = execution()->current();
  thread.impatient = 0;
  if (operation.kind != Kind::kLoad && operation.kind != Kind::kRelax) thread.gave_up = false;
  const int index = execution()->running();
  const std::uint32_t epoch = execution()->memory().thread(index).epoch;
  execution()->visible(operation);
  if (where == nullptr) return execution()->current();
  const auto address = reinterpret_cast<std::uintptr_t>(where);
  if (execution()->plain().is_freed(address))
    execution()->fail("use of freed memory: an atomic or a lock, by " + execution()->current().name);
  execution()->plain().note_atomic(index, epoch, address);
  return execution()->current();
}

Operation access(Kind kind, Word& word, std::uint64_t operand, std::memory_order order) {
  Operation operation;
  operation.kind = kind;
  operation.object = location_of(word);
  operation.operand = operand;
  operation.order = execution()->has(Defect::kRelaxedOrders) ? std::memory_order_relaxed : order;
  return operation;
}

void plain_step(Kind kind, Defect defect, int object = -1, const void* where = nullptr) {
  if (!explored() || (defect != Defect::kNone && execution()->has(defect))) return;
  Operation operation;
  operation.kind = kind;
  operation.object = object;
  make(operation, where);
}

}  // namespace

std::uint64_t load(Word& word, std::memory_order order) {
  if (!explored()) return lone_value(word);
  Thread& thread = execution()->current();
  const int location = location_of(word);
  const auto index = static_cast<std::size_t>(location);
  if (thread.impatient > 0 && (thread.watched[index / 64] >> (index % 64) & 1) != 0) {
    return execution()->memory().messages(location)[thread.last_read[index]].value;
  }
  return make(access(Kind::kLoad, word, 0, order), &word).result;
}

void store(Word& word, std::uint64_t value, std::memory_order order) {
  if (!explored()) {
    lone_value(word) = value;
    return;
  }
  make(access(Kind::kStore, word, value, order), &word);
}

std::uint64_t read_modify_write(Word& word, std::uint64_t operand, Modify modify, std::memory_order order) {
  if (!explored()) {
    std::uint64_t& value = lone_value(word);
    const std::uint64_t old = value;
    value = modify(old, operand);
    return old;
  }
  if (execution()->has(Defect::kTornExchange)) {
    const std::uint64_t old = load(word, order);
    store(word, modify(old, operand), order);
    return old;
  }
  Operation operation = access(Kind::kReadModifyWrite, word, operand, order);
  operation.modify = modify;
  return make(operation, &word).result;
}

bool compare_exchange(Word& word, std::uint64_t& expected, std::uint64_t desired, std::memory_order success,
                      std::memory_order failure) {
  if (!explored()) {
    std::uint64_t& value = lone_value(word);
    const bool equal = value == expected;
    if (equal) {
      value = desired;
    } else {
      expected = value;
    }
    return equal;
  }
  if (execution()->has(Defect::kTornExchange)) {
    const std::uint64_t found = load(word, success);
    const bool equal = found == expected;
    if (equal) store(word, desired, success);
    expected = found;
    return equal;
  }
  Operation operation = access(Kind::kCompareExchange, word, desired, success);
  operation.expected = expected;
  operation.failure_order = execution()->has(Defect::kRelaxedOrders) ? std::memory_order_relaxed : failure;
  const Thread& thread = make(operation, &word);
  if (!thread.succeeded) expected = thread.result;
  return thread.succeeded;
}

void fence_seq_cst() { plain_step(Kind::kFence, Defect::kNoFence); }
void compiler_barrier() { plain_step(Kind::kCompilerBarrier, Defect::kNoCompilerBarrier); }
void membarrier() { plain_step(Kind::kMembarrier, Defect::kNoMembarrier); }

void relax() {
  if (!explored()) return;
  Thread& thread = execution()->current();
  if (thread.impatient > 0 && --thread.impatient > 0) return;
  Operation operation;
  operation.kind = Kind::kRelax;
  operation.watched = thread.watched;
  make(operation);
}

void lock(LockWord& word) { plain_step(Kind::kLock, Defect::kNoLocks, index_of(word), &word); }
void unlock(LockWord& word) { plain_step(Kind::kUnlock, Defect::kNoLocks, index_of(word), &word); }

bool try_lock(LockWord& word) {
  if (!explored() || execution()->has(Defect::kNoLocks)) return true;
  Operation operation;
  operation.kind = Kind::kTryLock;
  operation.object = index_of(word);
  return make(operation, &word).succeeded;
}

void park() { plain_step(Kind::kPark, Defect::kNone, thread_index()); }
void ready(int thread) { plain_step(Kind::kReady, Defect::kNone, thread); }

void thread(std::string name, std::function<void()> body) { execution()->add_thread(name, std::move(body), false); }
void daemon(std::string name, std::function<void()> body) { execution()->add_thread(name, std::move(body), true); }
void finally(std::function<void()> check) { execution()->set_finally(std::move(check)); }

void check(bool holds, const std::string& what) {
  if (!holds) execution()->fail(what);
}

std::uint64_t choose(std::uint64_t choices) {
  if (!explored() || choices < 2) return 0;
  Operation operation;
  operation.kind = Kind::kChoose;
  operation.operand = choices;
  return make(operation).result;
}

std::uint32_t random_value() {
  if (!explored()) return 0;
  const auto values = static_cast<std::uint64_t>(execution()->random_values());
  return values < 2 ? 0 : static_cast<std::uint32_t>(choose(values) * 0xffffffffu / (values - 1));
}

std::int64_t clock_nanos() {
  constexpr std::int64_t kMuch = 1'000'000'000;
  if (!explored()) return 0;
  const auto passed = choose(static_cast<std::uint64_t>(execution()->clock_values()));
  return execution()->current().clock_nanos += static_cast<std::int64_t>(passed) * kMuch;
}

int thread_index() { return execution() == nullptr ? -1 : execution()->running(); }

void*& thread_slot() {
  static void* none = nullptr;
  return explored() ? execution()->current().slot : none;
}

}  // namespace model
