#include "explorer/memory.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace model {
namespace {

bool acquires(std::memory_order order) noexcept {
  return order != std::memory_order_relaxed && order != std::memory_order_release;
}
bool releases(std::memory_order order) noexcept {
  return order == std::memory_order_release || order == std::memory_order_acq_rel || order == std::memory_order_seq_cst;
}

}  // namespace

void View::join_stamps(const View& other) noexcept {
  for (std::size_t i = 0; i < kMaxLocations; ++i) oldest[i] = std::max(oldest[i], other.oldest[i]);
}

void View::join(const View& other) noexcept {
  join_stamps(other);
  for (std::size_t i = 0; i < kMaxThreads; ++i) known[i] = std::max(known[i], other.known[i]);
}

void Memory::reset() {
  for (ThreadMemory& thread : threads_) thread = ThreadMemory{};
  used_locations_ = 0;
  locks_.clear();
  sequential_ = View{};
}

int Memory::add_location(std::uint64_t initial) {
  if (used_locations_ == kMaxLocations) {
    std::fputs("model: more atomics in one execution than kMaxLocations\n", stderr);
    std::abort();
  }
  if (used_locations_ == locations_.size()) locations_.emplace_back();
  std::vector<Message>& messages = locations_[used_locations_];
  messages.clear();
  messages.push_back({initial, View{}});
  return static_cast<int>(used_locations_++);
}

int Memory::add_lock() {
  locks_.emplace_back();
  return static_cast<int>(locks_.size() - 1);
}

void Memory::readable(int thread, int location, bool sequential, std::vector<Choice>& stamps) const {
  const auto index = static_cast<std::size_t>(location);
  Stamp oldest = threads_[static_cast<std::size_t>(thread)].now.oldest[index];
  if (sequential) oldest = std::max(oldest, sequential_.oldest[index]);
  for (int stamp = newest(location); stamp >= oldest; --stamp) stamps.push_back(static_cast<Choice>(stamp));
}

std::uint64_t Memory::load(int thread, int location, Stamp stamp, std::memory_order order) {
  ThreadMemory& memory = this->thread(thread);
  const Message& message = messages(location)[stamp];
  Stamp& oldest = memory.now.oldest[static_cast<std::size_t>(location)];
  oldest = std::max(oldest, stamp);
  (acquires(order) ? memory.now : memory.read).join(message.view);
  return message.value;
}

Stamp Memory::store(int thread, int location, std::uint64_t value, std::memory_order order) {
  const ThreadMemory& memory = this->thread(thread);
  return append(thread, location, value, releases(order) ? memory.now : memory.released, order);
}

Stamp Memory::replace(int thread, int location, std::uint64_t value, std::memory_order order) {
  load(thread, location, newest(location), order);
  const ThreadMemory& memory = this->thread(thread);
  View view = releases(order) ? memory.now : memory.released;
  view.join(messages(location).back().view);
  return append(thread, location, value, view, order);
}

Stamp Memory::append(int thread, int location, std::uint64_t value, View view, std::memory_order order) {
  ThreadMemory& memory = this->thread(thread);
  const auto index = static_cast<std::size_t>(location);
  const auto stamp = static_cast<Stamp>(newest(location) + 1);
  memory.now.oldest[index] = stamp;
  view.oldest[index] = stamp;
  if (releases(order)) view.known[static_cast<std::size_t>(thread)] = memory.epoch++;
  if (order == std::memory_order_seq_cst) sequential_.oldest[index] = stamp;
  locations_[index].push_back({value, view});
  return stamp;
}

void Memory::fence(int thread) {
  ThreadMemory& memory = this->thread(thread);
  memory.now.join(memory.read);
  memory.now.join_stamps(sequential_);
  sequential_.join_stamps(memory.now);
  release(thread, memory.released);
  compiler_barrier(thread);
}

void Memory::compiler_barrier(int thread) {
  ThreadMemory& memory = this->thread(thread);
  memory.now.join_stamps(memory.pushed);
  memory.at_barrier = memory.now;
}

void Memory::membarrier(int thread, int threads) {
  fence(thread);
  for (int other = 0; other < threads; ++other) sequential_.join_stamps(this->thread(other).at_barrier);
  for (int other = 0; other < threads; ++other) this->thread(other).pushed.join_stamps(sequential_);
  fence(thread);
}

void Memory::release(int thread, View& into) {
  ThreadMemory& memory = this->thread(thread);
  into.join(memory.now);
  into.known[static_cast<std::size_t>(thread)] = memory.epoch++;
}

void Memory::catch_up(int thread, int location) {
  this->thread(thread).now.oldest[static_cast<std::size_t>(location)] = newest(location);
}

}  // namespace model
