// select: over channels that are ready, over empty ones with a way out, and as the blocking end of a round trip.
#include <array>
#include <optional>

#include "bench/micro/harness.h"
#include "weft/chan.h"
#include "weft/runtime.h"
#include "weft/select.h"

namespace {

using Item = std::int64_t;
using ItemChan = weft::Chan<Item>;

constexpr std::size_t kChunk = 256;  // so many selects are timed at a stretch; no channel runs dry within it

template <std::size_t... I>
void select_over(std::array<ItemChan, sizeof...(I)>& channels, Item& sum, std::index_sequence<I...>) {
  const auto take = [&sum](std::optional<Item> item) { sum += *item; };
  weft::select(weft::on_recv(channels[I], take)...);
}

// Only the selects are timed; the channels are filled up in between.
template <std::size_t N>
void ready(const std::string& name) {
  std::array<ItemChan, N> channels;
  for (ItemChan& channel : channels) channel = weft::make_chan<Item>(kChunk);
  bench::emit_each(name, [&channels](std::uint64_t count) {
    bench::Nanoseconds elapsed{0};
    Item sum = 0;
    for (std::uint64_t left = count; left > 0;) {
      for (ItemChan& channel : channels) {
        for (Item one = 1; channel.try_send(one);) one = 1;
      }
      const std::uint64_t chunk = std::min<std::uint64_t>(left, kChunk);
      elapsed += bench::timed([&] {
        for (std::uint64_t i = 0; i < chunk; ++i) select_over(channels, sum, std::make_index_sequence<N>());
      });
      left -= chunk;
    }
    return elapsed;
  });
}

void otherwise_on_empty(const std::string& name) {
  auto first = weft::make_chan<Item>(1);
  auto second = weft::make_chan<Item>(1);
  std::uint64_t misses = 0;
  bench::emit_each(name, [&](std::uint64_t count) {
    return bench::timed([&] {
      for (std::uint64_t i = 0; i < count; ++i) {
        weft::select(weft::on_recv(first, [](std::optional<Item>) {}),
                     weft::on_recv(second, [](std::optional<Item>) {}), weft::otherwise([&misses] { ++misses; }));
      }
    });
  });
}

// Receives from `data` unless `quit` is closed; false then.
bool receive_unless_quit(ItemChan& data, weft::Chan<void>& quit) {
  bool received = false;
  weft::select(weft::on_recv(data, [&received](std::optional<Item>) { received = true; }),
               weft::on_recv(quit, [](bool) {}));
  return received;
}

void round_trip(const std::string& name) {
  bench::emit_each(name, [](std::uint64_t count) {
    auto there = weft::make_chan<Item>();
    auto back = weft::make_chan<Item>();
    auto quit = weft::make_chan<void>();
    weft::Task<void> echo = weft::spawn([there, back, quit]() mutable {
      while (receive_unless_quit(there, quit)) back.send(1);
    });
    const bench::Nanoseconds elapsed = bench::timed([&] {
      for (std::uint64_t i = 0; i < count; ++i) {
        there.send(static_cast<Item>(i));
        receive_unless_quit(back, quit);
      }
    });
    quit.close();
    echo.join();
    return elapsed;
  });
}

const bench::Register kReady2{"select/ready_2@1", 1, ready<2>};
const bench::Register kReady8{"select/ready_8@1", 1, ready<8>};
const bench::Register kOtherwise{"select/otherwise@1", 1, otherwise_on_empty};
const bench::Register kRoundTrip{"select/round_trip@1", 1, round_trip};

}  // namespace
