#include "weft/http/hijacked_stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "http/wire.h"

namespace weft::http {

HijackedStream::HijackedStream() noexcept = default;
HijackedStream::HijackedStream(HijackedStream&&) noexcept = default;
HijackedStream::HijackedStream(std::shared_ptr<Wire> wire, std::string received) noexcept
    : wire_(std::move(wire)), received_(std::move(received)) {}

HijackedStream& HijackedStream::operator=(HijackedStream&& o) noexcept {
  HijackedStream taken(std::move(o));
  std::swap(wire_, taken.wire_);
  std::swap(received_, taken.received_);
  return *this;
}

// The server may hold the wire for longer.
HijackedStream::~HijackedStream() { close(); }

Wire& HijackedStream::wire(const char* what) const {
  if (wire_ == nullptr) throw usage_error(std::string("weft::http::HijackedStream::") + what + ": it was moved from");
  return *wire_;
}

std::size_t HijackedStream::read_vector(detail::IoVector& into, std::error_code& ec) {
  Wire& from = wire("read_some");
  if (received_.empty() || into.bytes() == 0) return from.read(into, ec);
  ec.clear();
  std::size_t done = 0;
  for (const iovec& part : std::span(into.data(), into.count())) {
    const std::size_t count = std::min(part.iov_len, received_.size() - done);
    std::memcpy(part.iov_base, received_.data() + done, count);
    done += count;
  }
  received_.erase(0, done);
  return done;
}

std::size_t HijackedStream::write_vector(detail::IoVector& from, std::error_code& ec) {
  return wire("write_some").write(from, ec);
}

void HijackedStream::limit(bool reads, bool writes, detail::MonotonicNanos when) {
  wire("set_deadline").limit(reads, writes, when);
}

void HijackedStream::shutdown_write(std::error_code& ec) { wire("shutdown_write").shutdown_write(ec); }

void HijackedStream::close() noexcept {
  if (wire_ != nullptr) wire_->close();
}

bool HijackedStream::is_open() const noexcept { return wire_ != nullptr && wire_->is_open(); }
net::Endpoint HijackedStream::remote_endpoint() const { return wire("remote_endpoint").remote_endpoint(); }

}  // namespace weft::http
