// A stream of either kind, once a handler has it.
#pragma once

#include <cstddef>
#include <ranges>
#include <span>
#include <system_error>
#include <utility>

#include "net/descriptor.h"
#include "weft/net/buffers.h"
#include "weft/net/endpoint.h"

namespace weft::http {

/// Thread safety  net::Stream's
class Wire {
 public:
  virtual ~Wire() = default;
  virtual std::size_t read(detail::IoVector& into, std::error_code& ec) = 0;
  virtual std::size_t write(detail::IoVector& from, std::error_code& ec) = 0;
  virtual void limit(bool reads, bool writes, detail::MonotonicNanos when) = 0;
  virtual void shutdown_write(std::error_code& ec) = 0;
  virtual void close() noexcept = 0;
  virtual bool is_open() const noexcept = 0;
  virtual net::Endpoint remote_endpoint() const = 0;
};

template <class Stream>
class WireOf final : public Wire {
 public:
  explicit WireOf(Stream stream) noexcept : stream_(std::move(stream)) {}

  std::size_t read(detail::IoVector& into, std::error_code& ec) override { return stream_.read_some(parts(into), ec); }
  std::size_t write(detail::IoVector& from, std::error_code& ec) override {
    return stream_.write_some(parts(from), ec);
  }
  void limit(bool reads, bool writes, detail::MonotonicNanos when) override {
    using Direction = net::Descriptor::Direction;
    net::Descriptor& descriptor = net::StreamAccess::descriptor(stream_);
    if (reads) descriptor.set_deadline(Direction::kRead, when);
    if (writes) descriptor.set_deadline(Direction::kWrite, when);
  }
  void shutdown_write(std::error_code& ec) override { stream_.shutdown_write(ec); }
  void close() noexcept override { stream_.close(); }
  bool is_open() const noexcept override { return stream_.is_open(); }
  net::Endpoint remote_endpoint() const override { return stream_.remote_endpoint(); }

 private:
  static auto parts(detail::IoVector& vector) noexcept {
    return std::span(vector.data(), vector.count()) | std::views::transform([](const iovec& part) {
             return std::span(static_cast<std::byte*>(part.iov_base), part.iov_len);
           });
  }

  Stream stream_;
};

}  // namespace weft::http
