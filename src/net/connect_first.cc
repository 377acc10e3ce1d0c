#include "net/connect_first.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "weft/chan.h"
#include "weft/runtime.h"
#include "weft/select.h"

namespace weft::net {
namespace {

struct Attempt {
  std::size_t number = 0;
  TcpStream stream;
  std::error_code error;
};

// What has ended next; nothing once `stagger` has passed, if another could begin then.
std::optional<Attempt> next_end(const Chan<Attempt>& ended, bool another, std::chrono::milliseconds stagger) {
  if (!another) return ended.recv();
  std::optional<Attempt> end;
  select(on_recv(ended, [&](std::optional<Attempt> attempt) { end = std::move(attempt); }), on_timeout(stagger));
  return end;
}

}  // namespace

std::vector<Endpoint> in_turn(const std::vector<Endpoint>& endpoints) {
  std::vector<Endpoint> first, second, all;
  for (const Endpoint& endpoint : endpoints)
    (endpoint.is_v6() == endpoints.front().is_v6() ? first : second).push_back(endpoint);
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) all.push_back(first[i]);
    if (i < second.size()) all.push_back(second[i]);
  }
  return all;
}

TcpStream connect_first(const std::vector<Endpoint>& endpoints, std::chrono::milliseconds stagger, const Context& ctx,
                        std::error_code& ec) {
  if (endpoints.size() == 1) return TcpStream::connect(endpoints.front(), ctx, ec);
  const CancelContext race = with_cancel(ctx);
  const CancelGuard over(race.cancel);
  // There is room for all: who ends late waits for nobody, and its connection goes with the channel.
  const Chan<Attempt> ended = make_chan<Attempt>(endpoints.size());
  std::error_code first_error = ctx.error();
  std::size_t begun = 0, failed = 0;
  while (failed < endpoints.size() && !(ec = ctx.error())) {
    if (begun < endpoints.size()) {
      go([ended, number = begun, peer = endpoints[begun], wanted = race.context] {
        Attempt attempt{.number = number, .stream = {}, .error = {}};
        attempt.stream = TcpStream::connect(peer, wanted, attempt.error);
        ended.send(std::move(attempt));
      });
      ++begun;
    }
    std::optional<Attempt> end = next_end(ended, begun < endpoints.size(), stagger);
    if (!end) continue;
    if (!end->error) {
      ec.clear();
      return std::move(end->stream);
    }
    if (end->number == 0) first_error = end->error;
    ++failed;
  }
  if (!ec) ec = first_error;
  return {};
}

}  // namespace weft::net
