// Happy Eyeballs (RFC 8305): which of a name's addresses answers is found out by trying, a quarter of a second apart.
//
// The addresses come in the order of RFC 6724, which getaddrinfo() has put them in; the families take turns from there.
// The next attempt begins when one has failed, or has not ended within the stagger. The first connection wins; the
// other attempts are cancelled, and a second connection that came all the same is closed.
#pragma once

#include <chrono>
#include <system_error>
#include <vector>

#include "weft/context.h"
#include "weft/net/tcp.h"

namespace weft::net {

inline constexpr std::chrono::milliseconds kStagger{250};

/// The first address's family first, then the other one's, in turn; else in the order they came.
std::vector<Endpoint> in_turn(const std::vector<Endpoint>& endpoints);

/// Errors: the context's; else those of the first address.
TcpStream connect_first(const std::vector<Endpoint>& endpoints, std::chrono::milliseconds stagger, const Context& ctx,
                        std::error_code& ec);

}  // namespace weft::net
