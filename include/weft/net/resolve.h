// weft/net/resolve.h: resolve, the addresses of a name.
// Not here: connecting to them (TcpStream::connect does both). Guide: docs/guide/net.md
#pragma once

#include <string_view>
#include <system_error>
#include <vector>

#include "weft/context.h"
#include "weft/net/endpoint.h"

namespace weft::net {

/// The addresses of `host`, in the order in which to try them, with port 0: by getaddrinfo(), so what /etc/hosts and
/// nsswitch.conf say holds. Of an address, that address. Nothing is kept: getaddrinfo() does not say for how long an
/// answer is true.
///
/// Returns        at least one, unless there is an error
/// Errors         the context's; those of getaddrinfo() in the category "resolver"; errno's. Without `ec`:
///                std::system_error
/// Blocking       the goroutine, until there is an answer or the context is done: at once then, though the thread that
///                asks goes on asking. 16 names are asked for at once, further callers wait; those who want the same
///                name share one question
std::vector<Endpoint> resolve(std::string_view host, const Context& ctx, std::error_code& ec);
std::vector<Endpoint> resolve(std::string_view host, const Context& ctx = {});

}  // namespace weft::net
