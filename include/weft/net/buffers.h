// weft/net/buffers.h: what may be read into and written from: a span, a string_view, one buffer, or a range of them.
// Not here: the streams (net/tcp.h).
#pragma once

#include <sys/uio.h>
#include <concepts>
#include <cstddef>
#include <ranges>
#include <span>

namespace weft::net {

/// Contiguous bytes to write from: std::span<const std::byte>, std::string_view, std::vector<char>.
template <class T>
concept ByteBuffer = requires(T& buffer) {
  { buffer.data() } -> std::convertible_to<const void*>;
  { buffer.size() } -> std::convertible_to<std::size_t>;
} && (!std::ranges::range<T> || sizeof(std::ranges::range_value_t<T>) == 1);

/// The same to read into: std::span<std::byte>, std::array<char, N>, std::string, none of them const.
template <class T>
concept MutableByteBuffer = ByteBuffer<T> && requires(T& buffer) {
  { buffer.data() } -> std::convertible_to<void*>;
};

/// What may be written from: a buffer, or a range of them. T may be a reference.
template <class T>
concept Readable =
    ByteBuffer<std::remove_reference_t<T>> || ByteBuffer<std::remove_reference_t<std::ranges::range_reference_t<T>>>;

/// What may be read into.
template <class T>
concept Writable = MutableByteBuffer<std::remove_reference_t<T>> ||
                   (!ByteBuffer<std::remove_reference_t<T>> &&
                    MutableByteBuffer<std::remove_reference_t<std::ranges::range_reference_t<T>>>);

}  // namespace weft::net

namespace weft::detail {

/// What one system call takes: the first 16 buffers that are not empty.
class IoVector {
 public:
  static constexpr std::size_t kMost = 16;

  template <net::Readable Buffers>
  explicit IoVector(const Buffers& buffers) noexcept {
    if constexpr (net::ByteBuffer<const Buffers>) {
      add(buffers);
    } else {
      for (const auto& buffer : buffers) {
        if (count_ == kMost) {
          has_all_ = false;
          break;
        }
        add(buffer);
      }
    }
  }

  iovec* data() noexcept { return parts_; }
  std::size_t count() const noexcept { return count_; }
  std::size_t bytes() const noexcept { return bytes_; }
  /// False: there were more buffers.
  bool has_all() const noexcept { return has_all_; }

 private:
  template <class B>
  void add(const B& buffer) noexcept {
    if (buffer.size() == 0) return;
    parts_[count_++] = {const_cast<void*>(static_cast<const void*>(buffer.data())), buffer.size()};
    bytes_ += buffer.size();
  }

  iovec parts_[kMost];
  std::size_t count_ = 0, bytes_ = 0;
  bool has_all_ = true;
};

}  // namespace weft::detail
