#include "weft/net/unix.h"

#include <sys/un.h>
#include <unistd.h>
#include <algorithm>
#include <cstddef>
#include <cstring>

#include "base/c_string.h"
#include "net/open.h"
#include "os/errno_guard.h"
#include "weft/detail/atomic.h"
#include "weft/time.h"

namespace weft::net {
namespace {

using namespace std::chrono_literals;

class UnixAddress {
 public:
  // "@x" is written as a zero byte and its name, whose length counts; a path ends with a zero byte.
  UnixAddress(std::string_view text, std::error_code& ec) noexcept {
    address_.sun_family = AF_UNIX;
    const bool abstract = text.starts_with('@');
    ec = text.empty() || (!abstract && !base::is_c_string(text)) ? std::make_error_code(std::errc::invalid_argument)
                                                                 : std::error_code();
    if (text.size() >= sizeof address_.sun_path) ec = std::make_error_code(std::errc::filename_too_long);
    if (ec) return;
    text.copy(address_.sun_path, text.size());
    if (abstract) address_.sun_path[0] = '\0';
    bytes_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + text.size() + (abstract ? 0 : 1));
  }

  // Asks getsockname() or getpeername().
  template <class Ask>
  static std::string told_by(Descriptor& descriptor, Ask&& ask) {
    UnixAddress told;
    bool known = false;
    descriptor.use([&](int fd) {
      told.bytes_ = sizeof told.address_;
      known = ask(fd, reinterpret_cast<sockaddr*>(&told.address_), &told.bytes_) == 0;
    });
    return known ? told.text() : std::string();
  }

  const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&address_); }
  socklen_t size() const noexcept { return bytes_; }

 private:
  UnixAddress() noexcept = default;

  std::string text() const {
    const std::size_t header = offsetof(sockaddr_un, sun_path);
    if (bytes_ <= header) return {};
    std::size_t length = std::min<std::size_t>(bytes_, sizeof address_) - header;
    if (address_.sun_path[0] == '\0') return '@' + std::string(address_.sun_path + 1, length - 1);
    length = ::strnlen(address_.sun_path, length);
    return {address_.sun_path, length};
  }

  sockaddr_un address_{};
  socklen_t bytes_ = 0;
};

}  // namespace

// The file that a listener made, which goes once.
class UnixListener::File {
 public:
  explicit File(std::string_view path) : path_(path) {}

  void remove() noexcept {
    const os::ErrnoGuard guard;
    if (!removed_.exchange(true, std::memory_order_relaxed)) ::unlink(path_.c_str());
  }

 private:
  std::string path_;
  detail::Atomic<bool> removed_{false};
};

UnixStream UnixStream::connect(std::string_view address, const Context& ctx, std::error_code& ec) {
  const UnixAddress peer(address, ec);
  if (ec) return {};
  for (auto pause = 1ms;; pause = std::min(2 * pause, 100ms)) {
    ec = ctx.error();
    if (ec) return {};
    const int fd = open_socket(AF_UNIX, SOCK_STREAM, ec);
    if (fd < 0) return {};
    UnixStream stream(connect_socket(fd, peer.data(), peer.size(), ctx, ec));
    if (ec != std::errc::resource_unavailable_try_again) return stream;
    sleep_for(pause, ctx, ec);
    if (ec) return {};
  }
}

UnixStream UnixStream::connect(std::string_view address, const Context& ctx) {
  std::error_code ec;
  UnixStream stream = connect(address, ctx, ec);
  if (ec) throw_for("UnixStream::connect", address, ec);
  return stream;
}

std::string UnixStream::local_address() const {
  return UnixAddress::told_by(socket_.get("local_address"), &::getsockname);
}

std::string UnixStream::remote_address() const {
  return UnixAddress::told_by(socket_.get("remote_address"), &::getpeername);
}

UnixListener& UnixListener::operator=(UnixListener&& o) noexcept {
  UnixListener taken(std::move(o));
  std::swap(socket_, taken.socket_);
  std::swap(file_, taken.file_);
  return *this;
}

UnixListener::~UnixListener() { close(); }

UnixListener UnixListener::listen(std::string_view address, std::error_code& ec) {
  const UnixAddress here(address, ec);
  if (ec) return {};
  std::shared_ptr<File> file;
  if (address.front() != '@') file = std::make_shared<File>(address);
  const int fd = open_socket(AF_UNIX, SOCK_STREAM, ec);
  if (fd < 0) return {};
  if (::bind(fd, here.data(), here.size()) != 0) {
    failed_with_errno(fd, ec);
    return {};
  }
  UnixListener listener;
  listener.file_ = std::move(file);  // from here on it is ours to take away
  if (::listen(fd, kBacklog) != 0) {
    failed_with_errno(fd, ec);
    return {};
  }
  listener.socket_ = detail::Socket(Descriptor::adopt(fd, ec));
  if (ec) return {};
  return listener;
}

UnixListener UnixListener::listen(std::string_view address) {
  std::error_code ec;
  UnixListener listener = listen(address, ec);
  if (ec) throw_for("UnixListener::listen", address, ec);
  return listener;
}

UnixStream UnixListener::accept(const Context& ctx, std::error_code& ec) {
  const int fd = accept_socket(socket_, ctx, ec);
  if (fd < 0) return {};
  return UnixStream(detail::Socket(Descriptor::adopt(fd, ec)));
}

UnixStream UnixListener::accept(const Context& ctx) {
  std::error_code ec;
  UnixStream stream = accept(ctx, ec);
  detail::throw_if(ec, "UnixListener::accept");
  return stream;
}

// The file goes first: while it is there nobody else can have made one of that name.
void UnixListener::close() noexcept {
  if (file_ != nullptr) file_->remove();
  socket_.close();
}

std::string UnixListener::local_address() const {
  return UnixAddress::told_by(socket_.get("local_address"), &::getsockname);
}

}  // namespace weft::net
