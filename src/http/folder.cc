#include "http/folder.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>

namespace weft::http {

Folder::Folder(const std::string& path) : folder_(os::File::open(path, O_PATH | O_DIRECTORY)) {}

// The kernel resolves the name, and stops where it would leave the folder (Linux 5.6). Not to wait for who writes into
// a FIFO.
os::File Folder::open(const std::string& name, std::error_code& ec) const noexcept {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  constexpr int kAttempts = 10;
  long descriptor = -1;
  for (int attempt = 0; attempt < kAttempts && descriptor < 0; ++attempt) {
    descriptor = ::syscall(SYS_openat2, folder_.descriptor(), name.c_str(), &how, sizeof how);
    if (descriptor < 0 && errno != EINTR && errno != EAGAIN) break;
  }
  ec.assign(descriptor < 0 ? errno : 0, std::generic_category());
  return descriptor < 0 ? os::File() : os::File(static_cast<int>(descriptor));
}

}  // namespace weft::http
