// weft/os/file.h: os::File, an open file.
// Not here: folders, names and permissions (std::filesystem); sockets (net.h). Guide: docs/guide/files.md
#pragma once

#include <fcntl.h>
#include <sys/types.h>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace weft::os {

/// Owns a file descriptor. Move-only; closed when it goes.
///
/// Blocking       the thread, for a disk is never "not ready"; the processor goes to other goroutines as soon as the
///                call is seen to take long. To announce the call, with weft::blocking(), costs more than that:
///                measured in docs/design/runtime.md
/// Thread safety  read_at(), write_at(), size() and sync() any number at once; read() and write() share one position,
///                so one at a time; close() while nothing else is under way
/// Errors         errno's; weft::errc::closed on a file that is not open. Without `ec`: std::system_error
class File {
 public:
  File() noexcept = default;
  /// Takes an open descriptor over.
  explicit File(int descriptor) noexcept : descriptor_(descriptor) {}
  File(File&& o) noexcept : descriptor_(std::exchange(o.descriptor_, -1)), kind_(o.kind_) {}
  File& operator=(File&& o) noexcept {
    File taken(std::move(o));
    std::swap(descriptor_, taken.descriptor_);
    std::swap(kind_, taken.kind_);
    return *this;
  }
  ~File();

  /// `flags` as open(2)'s: O_RDWR | O_CREAT; O_CLOEXEC is always set. `permissions` of a file that is made, less the
  /// umask.
  static File open(const std::string& path, int flags, std::error_code& ec, mode_t permissions = 0666) noexcept;
  static File open(const std::string& path, int flags = O_RDONLY, mode_t permissions = 0666);
  /// To write to, empty: made, or its content thrown away.
  static File create(const std::string& path, std::error_code& ec) noexcept {
    return open(path, O_RDWR | O_CREAT | O_TRUNC, ec);
  }
  static File create(const std::string& path) { return open(path, O_RDWR | O_CREAT | O_TRUNC); }

  /// Some bytes from the position on, which moves. Returns 0 at the end of the file.
  std::size_t read(std::span<std::byte> into, std::error_code& ec) noexcept;
  std::size_t read(std::span<std::byte> into);
  /// All of it, at the position, which moves. With `ec`: how much was written before the error. A pipe that nobody
  /// reads any more is std::errc::broken_pipe, and no SIGPIPE.
  std::size_t write(std::span<const std::byte> from, std::error_code& ec) noexcept;
  void write(std::span<const std::byte> from);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }

  /// As many bytes from `offset` on as there are; fewer than asked for only at the end of the file. The position stays.
  std::size_t read_at(std::uint64_t offset, std::span<std::byte> into, std::error_code& ec) const noexcept;
  std::size_t read_at(std::uint64_t offset, std::span<std::byte> into) const;
  /// All of it. The position stays.
  std::size_t write_at(std::uint64_t offset, std::span<const std::byte> from, std::error_code& ec) noexcept;
  void write_at(std::uint64_t offset, std::span<const std::byte> from);

  /// From the position on to the end.
  std::string read_all(std::error_code& ec);
  std::string read_all();

  /// Until what was written is on the disk: content and size.
  void sync(std::error_code& ec) noexcept;
  void sync();

  std::uint64_t size(std::error_code& ec) const noexcept;
  std::uint64_t size() const;

  /// Tells what a write that was put off has failed with, as a network's file system does; the destructor does not.
  void close(std::error_code& ec) noexcept;
  void close();
  bool is_open() const noexcept { return descriptor_ >= 0; }
  /// For calls that are not here; -1 where none is open.
  int descriptor() const noexcept { return descriptor_; }

 private:
  enum class Kind : std::uint8_t { kUnknown, kPipe, kOther };

  int descriptor_ = -1;
  Kind kind_ = Kind::kUnknown;  // as the first write() found it
};

}  // namespace weft::os
