// What a channel refuses: capacities that can't be, and the usage faults of send and close.
#include <cerrno>
#include <new>
#include <string>
#include <system_error>

#include "weft/detail/chan_send.h"
#include "weft/error.h"

namespace weft::detail {

namespace {

constexpr unsigned long long kMaxCapacity = 1ull << 30;
constexpr unsigned long long kMaxBytes = 1ull << 40;

[[noreturn]] void refuse_capacity(const std::string& capacity, unsigned long long allowed, std::size_t element_bytes) {
  throw usage_error("weft::make_chan: capacity " + capacity + ": allowed are 0 to " + std::to_string(allowed) +
                    " for elements of " + std::to_string(element_bytes) + " bytes");
}

unsigned long long max_capacity(std::size_t element_bytes) {
  if (element_bytes == 0 || kMaxBytes / element_bytes > kMaxCapacity) return kMaxCapacity;
  return kMaxBytes / element_bytes;
}

}  // namespace

std::uint32_t checked_capacity(unsigned long long capacity, std::size_t element_bytes) {
  const unsigned long long allowed = max_capacity(element_bytes);
  if (capacity > allowed) refuse_capacity(std::to_string(capacity), allowed, element_bytes);
  return static_cast<std::uint32_t>(capacity);
}

std::uint32_t checked_capacity(long long capacity, std::size_t element_bytes) {
  if (capacity < 0) refuse_capacity(std::to_string(capacity), max_capacity(element_bytes), element_bytes);
  return checked_capacity(static_cast<unsigned long long>(capacity), element_bytes);
}

void* allocate_chan(std::size_t bytes, std::size_t align) {
  void* const memory = ::operator new(bytes, std::align_val_t{align}, std::nothrow);
  if (memory == nullptr) {
    throw std::system_error(ENOMEM, std::generic_category(),
                            "weft::make_chan: no memory for a channel of " + std::to_string(bytes) + " bytes");
  }
  return memory;
}

void throw_send_on_closed() { throw closed_channel("weft::Chan::send: send on a closed channel"); }
void throw_close_of_closed() { throw closed_channel("weft::Chan::close: the channel is closed already"); }
void throw_close_of_nil() { throw usage_error("weft::Chan::close: close of a nil channel"); }
void throw_context_error(std::error_code error, const char* what) { throw std::system_error(error, what); }

}  // namespace weft::detail
