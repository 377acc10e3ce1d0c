// A client whose machine is gone.
#pragma once

#include <netinet/tcp.h>
#include <sys/socket.h>

#include "net/descriptor.h"
#include "weft/net/tcp.h"

namespace weft::http {

/// Closes it without a word, as behind a cable that was cut: no FIN, and no RST unless the server says something
/// afterwards. False: we may not do that.
inline bool vanish(net::TcpStream& stream) {
  bool permitted = false;
  net::StreamAccess::descriptor(stream).use([&](int fd) {
    const int on = 1;
    permitted = ::setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof on) == 0;
  });
  stream.close();
  return permitted;
}

}  // namespace weft::http
