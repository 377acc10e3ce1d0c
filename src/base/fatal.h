// Ending the process when the runtime itself cannot go on; and printing without allocation, stdio or locks.
#pragma once

#include <cstdint>
#include <string_view>

namespace weft::base {

/// Writes all of `text` to `fd`, retrying; async-signal-safe.
void write_all(int fd, std::string_view text) noexcept;

constexpr bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// A line under construction in a fixed buffer; what does not fit is cut. Async-signal-safe.
class LineBuffer {
 public:
  LineBuffer& text(std::string_view s) noexcept;
  /// With a '?' for each control character: what comes from outside must not forge lines or colour the terminal.
  LineBuffer& printable(std::string_view s) noexcept;
  LineBuffer& number(std::int64_t n) noexcept;
  LineBuffer& hex(std::uintptr_t n) noexcept;
  std::string_view view() const noexcept { return {data_, size_}; }
  void write(int fd) noexcept {
    write_all(fd, view());
    size_ = 0;
  }

 private:
  char data_[512];
  std::size_t size_ = 0;
};

/// "fatal error: weft: <message>" on stderr, then abort (exit code 134). For broken invariants; allocates nothing.
[[noreturn]] void fatal(std::string_view message) noexcept;

/// The same with an errno or another number behind it.
[[noreturn]] void fatal(std::string_view message, std::int64_t number) noexcept;

}  // namespace weft::base
