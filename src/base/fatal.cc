#include "base/fatal.h"

#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace weft::base {

void write_all(int fd, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

LineBuffer& LineBuffer::text(std::string_view s) noexcept {
  const std::size_t room = sizeof data_ - size_;
  const std::size_t n = s.size() < room ? s.size() : room;
  std::memcpy(data_ + size_, s.data(), n);
  size_ += n;
  return *this;
}

LineBuffer& LineBuffer::printable(std::string_view s) noexcept {
  for (const char& c : s) text(is_control(c) ? "?" : std::string_view(&c, 1));
  return *this;
}

LineBuffer& LineBuffer::number(std::int64_t n) noexcept {
  char digits[24];
  std::size_t at = sizeof digits;
  std::uint64_t rest = n < 0 ? 0 - static_cast<std::uint64_t>(n) : static_cast<std::uint64_t>(n);
  do {
    digits[--at] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (n < 0) digits[--at] = '-';
  return text({digits + at, sizeof digits - at});
}

LineBuffer& LineBuffer::hex(std::uintptr_t n) noexcept {
  char digits[2 + 2 * sizeof n];
  std::size_t at = sizeof digits;
  do {
    digits[--at] = "0123456789abcdef"[n % 16];
    n /= 16;
  } while (n != 0);
  digits[--at] = 'x';
  digits[--at] = '0';
  return text({digits + at, sizeof digits - at});
}

void fatal(std::string_view message) noexcept {
  LineBuffer().text("fatal error: weft: ").text(message).text("\n").write(STDERR_FILENO);
  std::abort();
}

void fatal(std::string_view message, std::int64_t number) noexcept {
  LineBuffer().text("fatal error: weft: ").text(message).text(" ").number(number).text("\n").write(STDERR_FILENO);
  std::abort();
}

}  // namespace weft::base
