// An answer over HTTP/2: HEADERS and DATA frames that whoever flushes the session takes.
//
// A part that is not the last is the handler's memory: the handler waits until all of it was taken. The last one is
// held by the stream, at most 64 KiB, and is left to whoever flushes.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

#include "http/response_writer.h"
#include "weft/sync/mutex.h"

namespace weft::http {

class H2Stream;

class H2ResponseWriter final : public ResponseWriter {
 public:
  H2ResponseWriter(H2Stream& stream, bool head_only) noexcept : ResponseWriter(head_only), stream_(stream) {}

  /// Leaves what is not sent yet to who flushes. False: the client must see that it is not the whole.
  bool finish() noexcept { return send_rest() && !failed(); }

  /// For nghttp2, which has room for so many bytes in a frame: as its data source's read callback.
  std::ptrdiff_t read_locked(std::uint8_t* into, std::size_t room, std::uint32_t& flags) noexcept;

 private:
  using Lock = std::unique_lock<Mutex>;

  void begin(std::optional<std::uint64_t> length) override;
  void put(std::string_view body, bool last) override;
  // False: nghttp2 does not take it.
  bool submit_head_locked(bool has_data);
  void wait_until_taken_locked(Lock& lock);
  [[noreturn]] void fail_with(std::error_code ec);

  H2Stream& stream_;
  bool has_begun_ = false;    // the handler's
  std::string_view pending_;  // under the session's lock, as what follows
  bool last_ = false;
  bool deferred_ = false;  // nghttp2 waits to be told of more
};

}  // namespace weft::http
