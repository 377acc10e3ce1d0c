#include "weft/os/file.h"

#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <ctime>

#include "base/c_string.h"
#include "weft/error.h"

namespace weft::os {
namespace {

// Calls until no signal is in the way. -1 and `ec`, which else is cleared.
template <class Call>
auto uninterrupted(int descriptor, std::error_code& ec, Call&& call) noexcept {
  ec.clear();
  decltype(call()) result = -1;
  if (descriptor < 0) {
    ec = errc::closed;
    return result;
  }
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  if (result < 0) ec.assign(errno, std::generic_category());
  return result;
}

// Repeats `some(done)`, which returns how many bytes it took, until all are done, it takes none, or fails.
template <class Some>
std::size_t until_done(std::size_t bytes, int descriptor, std::error_code& ec, Some&& some) noexcept {
  std::size_t done = 0;
  if (descriptor < 0) {
    ec = errc::closed;
    return done;
  }
  ec.clear();
  while (done < bytes) {
    const ssize_t count = uninterrupted(descriptor, ec, [&] { return some(done); });
    if (count <= 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

// Calls with SIGPIPE held back, and takes the one that it has raised: a pipe without a reader is an error code here,
// and no end of the process.
template <class Call>
ssize_t without_sigpipe(std::size_t bytes, Call&& call) noexcept {
  sigset_t pipe, before, pending;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::sigpending(&pending);
  ::pthread_sigmask(SIG_BLOCK, &pipe, &before);
  const ssize_t result = call();
  const int error = errno;
  // A short result may be followed by it as well: the reader has gone while the rest waited for room.
  if (result < static_cast<ssize_t>(bytes) && ::sigismember(&pending, SIGPIPE) == 0) {
    constexpr timespec kNoWait{};
    while (::sigtimedwait(&pipe, nullptr, &kNoWait) < 0 && errno == EINTR) {
    }
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return result;
}

// What a write may find without a reader.
bool is_pipe(int descriptor) noexcept {
  struct stat found{};
  return ::fstat(descriptor, &found) == 0 && (S_ISFIFO(found.st_mode) || S_ISSOCK(found.st_mode));
}

void throw_if(const std::error_code& ec, const char* what) {
  if (ec) throw std::system_error(ec, std::string("weft::os::File::") + what);
}

}  // namespace

File::~File() {
  if (is_open()) ::close(descriptor_);
}

File File::open(const std::string& path, int flags, std::error_code& ec, mode_t permissions) noexcept {
  if (!base::is_c_string(path)) {
    ec = std::make_error_code(std::errc::invalid_argument);
    return {};
  }
  return File(uninterrupted(0, ec, [&] { return ::open(path.c_str(), flags | O_CLOEXEC, permissions); }));
}

File File::open(const std::string& path, int flags, mode_t permissions) {
  std::error_code ec;
  File file = open(path, flags, ec, permissions);
  if (ec) throw std::system_error(ec, "weft::os::File::open(" + path + ')');
  return file;
}

std::size_t File::read(std::span<std::byte> into, std::error_code& ec) noexcept {
  const ssize_t count = uninterrupted(descriptor_, ec, [&] { return ::read(descriptor_, into.data(), into.size()); });
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::size_t File::read(std::span<std::byte> into) {
  std::error_code ec;
  const std::size_t count = read(into, ec);
  throw_if(ec, "read");
  return count;
}

std::size_t File::write(std::span<const std::byte> from, std::error_code& ec) noexcept {
  if (kind_ == Kind::kUnknown) kind_ = is_pipe(descriptor_) ? Kind::kPipe : Kind::kOther;
  return until_done(from.size(), descriptor_, ec, [&](std::size_t done) {
    const std::span<const std::byte> rest = from.subspan(done);
    const auto write = [&] { return ::write(descriptor_, rest.data(), rest.size()); };
    return kind_ == Kind::kPipe ? without_sigpipe(rest.size(), write) : write();
  });
}

void File::write(std::span<const std::byte> from) {
  std::error_code ec;
  write(from, ec);
  throw_if(ec, "write");
}

std::size_t File::read_at(std::uint64_t offset, std::span<std::byte> into, std::error_code& ec) const noexcept {
  return until_done(into.size(), descriptor_, ec, [&](std::size_t done) {
    return ::pread(descriptor_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
  });
}

std::size_t File::read_at(std::uint64_t offset, std::span<std::byte> into) const {
  std::error_code ec;
  const std::size_t count = read_at(offset, into, ec);
  throw_if(ec, "read_at");
  return count;
}

std::size_t File::write_at(std::uint64_t offset, std::span<const std::byte> from, std::error_code& ec) noexcept {
  return until_done(from.size(), descriptor_, ec, [&](std::size_t done) {
    return ::pwrite(descriptor_, from.data() + done, from.size() - done, static_cast<off_t>(offset + done));
  });
}

void File::write_at(std::uint64_t offset, std::span<const std::byte> from) {
  std::error_code ec;
  write_at(offset, from, ec);
  throw_if(ec, "write_at");
}

std::string File::read_all(std::error_code& ec) {
  std::string all;
  std::size_t done = 0;
  while (true) {
    all.resize(done + (64 << 10));
    const std::size_t count = read(std::as_writable_bytes(std::span(all).subspan(done)), ec);
    done += count;
    if (count == 0) break;
  }
  all.resize(done);
  return all;
}

std::string File::read_all() {
  std::error_code ec;
  std::string all = read_all(ec);
  throw_if(ec, "read_all");
  return all;
}

void File::sync(std::error_code& ec) noexcept {
  uninterrupted(descriptor_, ec, [&] { return ::fsync(descriptor_); });
}

void File::sync() {
  std::error_code ec;
  sync(ec);
  throw_if(ec, "sync");
}

std::uint64_t File::size(std::error_code& ec) const noexcept {
  struct stat found{};
  uninterrupted(descriptor_, ec, [&] { return ::fstat(descriptor_, &found); });
  return static_cast<std::uint64_t>(found.st_size);
}

std::uint64_t File::size() const {
  std::error_code ec;
  const std::uint64_t bytes = size(ec);
  throw_if(ec, "size");
  return bytes;
}

// The descriptor is gone even where close() says EINTR: to close it again could hit another's.
void File::close(std::error_code& ec) noexcept {
  ec.clear();
  if (!is_open()) {
    ec = errc::closed;
  } else if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) {
    ec.assign(errno, std::generic_category());
  }
}

void File::close() {
  std::error_code ec;
  close(ec);
  throw_if(ec, "close");
}

}  // namespace weft::os
