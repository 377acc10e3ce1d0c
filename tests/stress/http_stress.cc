// A server whose clients send whole requests, halves and pieces, pipeline, break off, and leave, while it is shut down
// or closed under them: every answer is the one that was asked for, a shutdown loses none that it let in, and nothing
// is
// left.
#include <array>
#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "sched/poller.h"
#include "stress/streams.h"
#include "stress/stress.h"
#include "weft/http/server.h"
#include "weft/net.h"
#include "weft/sync.h"
#include "weft/time.h"

namespace weft::stress {
namespace {

using namespace std::chrono_literals;
using http::Request;
using http::Response;
using net::TcpStream;
using std::chrono::microseconds;

void add_routes(http::Server& server) {
  server.handle("GET /echo/{text}", [](const Request& req, Response& res) { res.text(req.path_value("text")); });
  server.handle("POST /echo", [](const Request& req, Response& res) { res.text(req.body()); });
  server.handle("GET /slow/{micros}", [](const Request& req, Response& res) {
    sleep_for(microseconds(std::stoi(std::string(req.path_value("micros")))));
    res.text("slow");
  });
  server.handle("GET /until-left",
                [](const Request& req, Response&) { with_timeout(req.context(), 1ms).done().recv(); });
}

struct Asked {
  std::string bytes, answer;
};

Asked make_request(Random& random) {
  const std::string text(static_cast<std::size_t>(pick(random, 1, 300)), static_cast<char>('a' + pick(random, 0, 25)));
  switch (pick(random, 0, 3)) {
    case 0:
      return {"GET /echo/" + text + " HTTP/1.1\r\nHost: x\r\n\r\n", text};
    case 1:
      return {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text,
              text};
    case 2:
      return {"GET /slow/" + std::to_string(pick(random, 0, 200)) + " HTTP/1.1\r\nHost: x\r\n\r\n", "slow"};
    default: {
      std::array<char, 16> size;
      std::snprintf(size.data(), size.size(), "%zx\r\n", text.size());
      return {"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(size.data()) + text +
                  "\r\n0\r\n\r\n",
              text};
    }
  }
}

// One answer's body; nothing at the end of the connection. `buffer` holds what was read beyond it.
std::optional<std::string> read_body(TcpStream& stream, std::string& buffer) {
  std::array<char, 4096> more;
  std::error_code ec;
  while (true) {
    const std::size_t head = buffer.find("\r\n\r\n");
    if (head != std::string::npos) {
      EXPECT_EQ(buffer.substr(0, 15), "HTTP/1.1 200 OK");
      const std::size_t length = std::stoul(buffer.substr(buffer.find("Content-Length: ") + 16));
      if (buffer.size() >= head + 4 + length) {
        std::string body = buffer.substr(head + 4, length);
        buffer.erase(0, head + 4 + length);
        return body;
      }
    }
    const std::size_t count = stream.read_some(more, ec);
    if (ec) {
      EXPECT_EQ(buffer, "") << "half an answer";
      return std::nullopt;
    }
    buffer.append(more.data(), count);
  }
}

void send_in_pieces(TcpStream& stream, std::string_view bytes, Random& random) {
  const bool whole = pick(random, 0, 1) == 0;
  std::error_code ec;
  while (!bytes.empty() && !ec) {
    const std::size_t count =
        whole ? bytes.size() : std::min<std::size_t>(bytes.size(), static_cast<std::size_t>(pick(random, 1, 60)));
    stream.write_all(std::as_bytes(std::span(bytes.substr(0, count))), ec);
    bytes.remove_prefix(count);
    if (pick(random, 0, 9) == 0) yield();
  }
}

// Some requests on one connection.
void visit(const std::string& address, Random random) {
  std::error_code ec;
  TcpStream stream = TcpStream::connect(address, {}, ec);
  if (ec) return;
  std::string buffer;
  for (int burst = pick(random, 1, 3); burst > 0; --burst) {
    std::vector<Asked> asked;
    std::string bytes;
    for (int i = pick(random, 1, 4); i > 0; --i) {
      asked.push_back(make_request(random));
      bytes += asked.back().bytes;
    }
    if (pick(random, 0, 5) == 0) {  // leaves in the middle
      send_in_pieces(stream, bytes.substr(0, static_cast<std::size_t>(pick(random, 0, static_cast<int>(bytes.size())))),
                     random);
      return;
    }
    send_in_pieces(stream, bytes, random);
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const std::optional<std::string> body = read_body(stream, buffer);
      if (!body) return;  // the server has ended
      EXPECT_EQ(*body, asked[i].answer);
    }
    if (pick(random, 0, 2) == 0) sleep_for(microseconds(pick(random, 0, 300)));
  }
  if (pick(random, 0, 3) == 0) {
    send_in_pieces(stream, "GET /until-left HTTP/1.1\r\nHost: x\r\n\r\n", random);
    if (pick(random, 0, 1) == 0) sleep_for(microseconds(pick(random, 0, 300)));
  }
}

TEST(HttpStress, EachIsAnsweredAndNothingIsLeft) {
  watched_rounds([](Random& random) {
    const int before = open_sockets();
    {
      std::atomic<bool> is_shut_down{false};
      http::Server server;
      server.use([&](const http::Request& req, http::Response& res, const http::Handler& next) {
        EXPECT_FALSE(is_shut_down) << "no handler begins after shutdown() has returned";
        next(req, res);
      });
      add_routes(server);
      auto listener = net::TcpListener::listen("127.0.0.1:0");
      const std::string address = listener.local_endpoint().to_string();
      auto serving = spawn([&] { server.serve(std::move(listener)); });
      Group visitors;
      for (int i = pick(random, 1, 15); i > 0; --i)
        visitors.go([&address, seed = Random(random())] { visit(address, seed); });
      const int end = pick(random, 0, 2);
      if (end == 0) visitors.wait();
      if (pick(random, 0, 1) == 0) sleep_for(microseconds(pick(random, 0, 500)));
      end == 2 ? server.close() : server.shutdown();
      is_shut_down = end != 2;
      serving.join();
      visitors.wait();
      EXPECT_EQ(server.stats().connections, 0u);
      EXPECT_EQ(server.stats().active, 0u);
      EXPECT_EQ(server.stats().handler_errors, 0u);
    }
    EXPECT_EQ(open_sockets(), before);
    EXPECT_EQ(sched::poll_waiters(), 0);
  });
}

TEST(HttpStress, AShutdownAnswersWhomItLetIn) {
  watched_rounds([](Random& random) {
    http::Server server;
    add_routes(server);
    auto listener = net::TcpListener::listen("127.0.0.1:0");
    const std::string address = listener.local_endpoint().to_string();
    auto serving = spawn([&] { server.serve(std::move(listener)); });
    {  // so it serves: one that is shut down before that lets nobody in
      TcpStream first = TcpStream::connect(address);
      const Asked asked = make_request(random);
      send_in_pieces(first, asked.bytes, random);
      std::string buffer;
      EXPECT_EQ(read_body(first, buffer), asked.answer);
    }
    const int clients = pick(random, 1, 10);
    const auto begin = std::chrono::steady_clock::now();
    std::atomic<int> connected{0};
    Group visitors;
    for (int i = 0; i < clients; ++i) {
      visitors.go([&, seed = Random(random())]() mutable {
        TcpStream stream = TcpStream::connect(address);
        ++connected;
        if (pick(seed, 0, 1) == 0) sleep_for(microseconds(pick(seed, 0, 500)));
        const Asked asked = make_request(seed);
        send_in_pieces(stream, asked.bytes, seed);
        std::string buffer;
        // A client that this machine held up for longer than the last call lasts is none of the server's.
        const bool answered = read_body(stream, buffer) == asked.answer;
        EXPECT_TRUE(answered || std::chrono::steady_clock::now() - begin > 900ms);
      });
    }
    while (connected != clients) yield();
    server.shutdown();
    serving.join();
    visitors.wait();
  });
}

}  // namespace
}  // namespace weft::stress
