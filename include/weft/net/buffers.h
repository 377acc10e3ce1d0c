// weft/net/buffers.h: what may be read into and written from: a span, a string_view, one buffer, or a range of them.
// Not here: the streams (net/tcp.h).
#pragma once

#include <sys/uio.h>
#include <concepts>
#include <cstddef>
#include <ranges>
#include <span>

namespace weft::net {

/// Contiguous bytes: std::span<std::byte>, std::string, std::vector<char>, Asio's mutable_buffer and const_buffer.
template <class T>
concept ByteBuffer = requires(const T& buffer) {
  { buffer.data() } -> std::convertible_to<const void*>;
  { buffer.size() } -> std::convertible_to<std::size_t>;
} && (!std::ranges::range<T> || sizeof(std::ranges::range_value_t<T>) == 1);

/// A range of buffers, as Asio's buffer sequences are.
template <class T>
concept ByteBuffers = std::ranges::range<const T> && !ByteBuffer<T> &&
                      ByteBuffer<std::remove_cvref_t<std::ranges::range_reference_t<const T>>>;

}  // namespace weft::net

namespace weft::detail {

/// What one system call takes: the first 16 buffers that are not empty.
class IoVector {
 public:
  static constexpr std::size_t kMost = 16;

  template <net::ByteBuffer B>
  explicit IoVector(const B& buffer) noexcept {
    add(buffer);
  }
  template <net::ByteBuffers Bs>
  explicit IoVector(const Bs& buffers) noexcept {
    for (const auto& buffer : buffers) {
      if (count_ == kMost) break;
      add(buffer);
    }
  }

  iovec* data() noexcept { return parts_; }
  std::size_t count() const noexcept { return count_; }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  template <class B>
  void add(const B& buffer) noexcept {
    if (buffer.size() == 0) return;
    parts_[count_++] = {const_cast<void*>(static_cast<const void*>(buffer.data())), buffer.size()};
    bytes_ += buffer.size();
  }

  iovec parts_[kMost];
  std::size_t count_ = 0, bytes_ = 0;
};

}  // namespace weft::detail
