// The bytes of one connection that came and are not used up yet.
//
// It lives on the stack of the goroutine that serves the connection, and is empty whenever that ends: an idle
// connection has none.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace weft::http {

class Input {
 public:
  static constexpr std::size_t kInlineBytes = 8 << 10;

  /// Grows up to `most` bytes, at least kInlineBytes.
  explicit Input(std::size_t most) noexcept : most_(most) {}
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  std::string_view bytes() const noexcept { return {data_ + begin_, end_ - begin_}; }
  void consume(std::size_t count) noexcept {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  /// Where the next bytes go; empty when it is full. May move what is there.
  std::span<char> room() {
    if (end_ == capacity_) make_room();
    return {data_ + end_, capacity_ - end_};
  }
  void received(std::size_t count) noexcept { end_ += count; }

  /// In place of what is there; fits for up to kInlineBytes.
  void assign(std::string_view bytes) noexcept {
    begin_ = 0;
    end_ = bytes.size();
    std::memmove(data_, bytes.data(), bytes.size());
  }

 private:
  void make_room() {
    if (begin_ > 0) {
      assign(bytes());
    } else if (capacity_ < most_) {
      const std::size_t larger = std::min(2 * capacity_, most_);
      auto grown = std::make_unique_for_overwrite<char[]>(larger);
      std::memcpy(grown.get(), data_, end_);
      heap_ = std::move(grown);
      data_ = heap_.get();
      capacity_ = larger;
    }
  }

  std::size_t most_;
  std::unique_ptr<char[]> heap_;
  char* data_ = inline_;
  std::size_t begin_ = 0, end_ = 0, capacity_ = kInlineBytes;
  char inline_[kInlineBytes];
};

}  // namespace weft::http
