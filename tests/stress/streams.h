// Streams of any kind that are read, written, closed and cut off by deadlines: what net_stress and tls_stress share.
#pragma once

#include <array>
#include <filesystem>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "sched/poller.h"
#include "stress/stress.h"
#include "weft/net.h"
#include "weft/sync.h"
#include "weft/time.h"

namespace weft::stress {

inline std::size_t pick_size(Random& random, int from, int to) {
  return static_cast<std::size_t>(pick(random, from, to));
}

inline int open_sockets() {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // the folder's own, by now
    count += std::filesystem::read_symlink(entry.path(), gone).native().starts_with("socket:") ? 1 : 0;
  }
  return count;
}

template <class Stream>
void echo(Stream stream) {
  std::array<std::byte, 2048> buffer;
  std::error_code ec;
  while (const std::size_t count = stream.read_some(buffer, ec)) {
    stream.write_all(std::span(buffer).first(count), ec);
    if (ec) return;
  }
}

// One who writes while another reads back; returns how much came back as it was sent.
template <class Stream>
std::size_t converse(Stream& stream, Random& random, std::size_t bytes) {
  Group writer;
  const std::size_t chunk = pick_size(random, 1, 5'000);
  writer.go([&stream, bytes, chunk] {
    std::vector<std::byte> out;
    std::error_code ec;
    for (std::size_t sent = 0; sent < bytes && !ec;) {
      out.clear();
      for (std::size_t i = sent; i < bytes && out.size() < chunk; ++i) out.push_back(static_cast<std::byte>(i * 7));
      sent += stream.write_all(out, ec);
    }
  });
  std::size_t received = 0;
  std::error_code ec;
  std::array<std::byte, 3000> in;
  while (received < bytes) {
    const std::size_t count = stream.read_some(std::span(in).first(pick_size(random, 1, 3000)), ec);
    if (ec) break;
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(in[i], static_cast<std::byte>((received + i) * 7));
    received += count;
  }
  if (received < bytes) stream.close();  // the writer must not wait for ever
  writer.wait();
  return received;
}

// Some are cut off in the middle: by close() from elsewhere, or by a deadline.
template <class Dial>
void visit(const Dial& dial, Random random) {
  auto stream = dial();
  const std::size_t bytes = pick_size(random, 0, 40'000);
  switch (pick(random, 0, 3)) {
    case 0: {
      auto closer = spawn([&stream, wait = pick(random, 0, 200)] {
        sleep_for(std::chrono::microseconds(wait));
        stream.close();
      });
      converse(stream, random, bytes);
      closer.join();
      break;
    }
    case 1:
      stream.set_deadline(std::chrono::steady_clock::now() + std::chrono::microseconds(pick(random, -10, 300)));
      converse(stream, random, bytes);
      break;
    default:
      EXPECT_EQ(converse(stream, random, bytes), bytes);
  }
}

// Visitors, goroutines and threads, of a server that echoes: `listener` is accepted from, `serve` makes a stream of
// what was accepted, `dial` connects.
template <class Listener, class Serve, class Dial>
void visit_server(Random& random, Listener listener, const Serve& serve, const Dial& dial) {
  Group acceptors, visitors;
  for (int i = pick(random, 1, 3); i > 0; --i) {
    acceptors.go([&] {
      std::error_code ec;
      while (true) {
        auto accepted = listener.accept({}, ec);
        if (ec == errc::closed) return;
        ASSERT_FALSE(ec) << ec.message();
        acceptors.go([&serve, accepted = std::move(accepted)]() mutable { echo(serve(std::move(accepted))); });
      }
    });
  }
  for (int i = pick(random, 1, 12); i > 0; --i) visitors.go([&dial, seed = Random(random())] { visit(dial, seed); });
  std::vector<std::thread> threads;
  for (int i = pick(random, 0, 2); i > 0; --i)
    threads.emplace_back([&dial, seed = Random(random())] { visit(dial, seed); });
  visitors.wait();
  for (std::thread& thread : threads) thread.join();
  listener.close();
  acceptors.wait();
}

// What a round opened is closed, and nobody waits.
template <class Round>
void leaves_nothing(Round&& round) {
  const int before = open_sockets();
  round();
  EXPECT_EQ(open_sockets(), before);
  EXPECT_EQ(sched::poll_waiters(), 0);
}

}  // namespace weft::stress
