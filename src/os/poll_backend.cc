#include "os/poll_backend.h"

#include "os/epoll.h"

namespace weft::os {
namespace {

constinit Epoll the_epoll;

}  // namespace

PollBackend& poll_backend() noexcept { return the_epoll; }

}  // namespace weft::os
