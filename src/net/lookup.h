// Names become addresses by getaddrinfo(), which blocks its thread for as long as the network likes.
//
// So it runs on a goroutine of its own, in blocking(), and the callers wait for that one on a channel, each with its
// context. At most kMostLookups run at once: a dead name server holds that many threads and no more; the others queue,
// and one that nobody waits for any more leaves the queue. Callers that want the same name share one lookup.
//
// Nothing is cached: getaddrinfo() tells no time to live, and any time that we made up would be wrong when an address
// moves. Who wants a cache runs one that knows the time: systemd-resolved, nscd, dnsmasq.
//
// INVARIANTS [lookup.I1] `answer` is written before `done` is closed, and read after
//            [lookup.I2] a flight is among the flights while it may be joined: until it has ended, or the last who
//                        waited for it left before it began
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "weft/context.h"
#include "weft/net/endpoint.h"

namespace weft::net {

inline constexpr int kMostLookups = 16;

struct Query {
  std::string host;
  std::string service;     // its name, or nothing: port 0
  bool to_listen = false;  // an empty host means every address
  auto operator<=>(const Query&) const = default;
};

struct Answer {
  std::vector<Endpoint> endpoints;
  std::error_code error;
};

Answer lookup(const Query& query, const Context& ctx);

/// The endpoints of "host:port", numeric or by lookup.
std::vector<Endpoint> endpoints_of(std::string_view address, bool to_listen, const Context& ctx, std::error_code& ec);

/// In place of getaddrinfo(); an empty function puts that back. While nothing is looked up.
void set_lookup_for_testing(std::function<Answer(const Query&)> function);

}  // namespace weft::net
