#include "os/poll_backend.h"

#include "os/epoll.h"
#ifdef WEFT_IO_URING
#include "os/io_uring.h"
#endif

namespace weft::os {
namespace {

constinit Epoll the_epoll;
#ifdef WEFT_IO_URING
constinit IoUring the_io_uring;
#endif

}  // namespace

PollBackend* poll_backend(PollBackendKind kind) noexcept {
#ifdef WEFT_IO_URING
  if (kind == PollBackendKind::kIoUring) return &the_io_uring;
#endif
  return kind == PollBackendKind::kEpoll ? &the_epoll : nullptr;
}

}  // namespace weft::os
