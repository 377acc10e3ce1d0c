// weft/net/unix.h: UnixListener, UnixStream: connections within the machine, by a path or an abstract "@name".
// Not here: datagrams, the passing of descriptors. Guide: docs/guide/net.md
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "weft/context.h"
#include "weft/detail/deadline.h"
#include "weft/detail/socket.h"
#include "weft/net/stream.h"

namespace weft::net {

/// One connection. Move-only; closed when it goes.
///
/// Blocking, Thread safety, Errors: Stream's.
class UnixStream : public Stream<UnixStream> {
 public:
  UnixStream() noexcept = default;

  /// "/run/x.sock", or "@x", an abstract name, which is no file.
  ///
  /// Errors         std::errc::filename_too_long beyond 107 bytes, else errno's
  /// Blocking       also while the listener's queue is full, which the kernel tells no one the end of: asked again
  ///                after 1 ms, then less and less often, up to 100 ms; the context ends it
  static UnixStream connect(std::string_view address, const Context& ctx, std::error_code& ec);
  static UnixStream connect(std::string_view address, const Context& ctx = {});

  /// As connect() takes it; empty on the side that has no name, which is most often the one that connected.
  std::string local_address() const;
  std::string remote_address() const;

 private:
  friend class UnixListener;
  explicit UnixStream(detail::Socket socket) noexcept : Stream(std::move(socket)) {}
};

/// Takes connections. Move-only; closed when it goes. The file it made goes with it, at close(). One that is there
/// already, of a process that was killed, is not taken away: std::errc::address_in_use, as Go does, for nobody can tell
/// whether its owner lives.
///
/// Thread safety  any number of goroutines may accept at once
/// Errors         as UnixStream's; of accept() also errno's, as std::errc::too_many_files_open, after which it may be
///                called again
class UnixListener {
 public:
  UnixListener() noexcept = default;
  UnixListener(UnixListener&&) noexcept = default;
  UnixListener& operator=(UnixListener&&) noexcept;
  ~UnixListener();

  static UnixListener listen(std::string_view address, std::error_code& ec);
  static UnixListener listen(std::string_view address);

  UnixStream accept(const Context& ctx, std::error_code& ec);
  UnixStream accept(const Context& ctx = {});

  void set_deadline(std::chrono::steady_clock::time_point at) {
    socket_.set_deadline(true, false, detail::deadline_at(at));
  }
  void close() noexcept;
  bool is_open() const noexcept { return socket_.is_open(); }
  std::string local_address() const;

 private:
  class File;

  detail::Socket socket_;
  std::shared_ptr<File> file_;  // null of an abstract name
};

}  // namespace weft::net
