// The end of a server, and of its clients.
#include "weft/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "http/running_server.h"
#include "weft/chan.h"
#include "weft/net.h"
#include "weft/runtime.h"
#include "weft/time.h"

namespace weft::http {
namespace {

using namespace std::chrono_literals;
using net::TcpStream;
using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(HttpServerEnd, TheContextIsDoneOnceTheClientHasLeft) {
  Server server;
  auto waiting = make_chan<void>(), done = make_chan<void>();
  server.handle("/", [&](const Request& req, Response&) {
    const Context context = req.context();
    waiting.send();
    context.done().recv();
    EXPECT_EQ(context.error(), errc::cancelled);
    done.send();
  });
  with_server(server, [&](const Running& running) {
    TcpStream stream = TcpStream::connect(running.address());
    stream.write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    waiting.recv();
    stream.write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");  // another request is no end
    stream.close();
    done.recv();
    waiting.recv();  // the second one finds at once that nobody waits for it
    done.recv();
  });
}

// The caller of serve() comes out of it before the server is gone, whoever ends it.
TEST(HttpServerEnd, TheDestructorWaitsForWhoServes) {
  run([] {
    for (int round = 0; round < 300; ++round) {
      auto server = std::make_unique<Server>();
      auto listener = net::TcpListener::listen("127.0.0.1:0");
      const std::string address = listener.local_endpoint().to_string();
      auto serving = spawn([&s = *server, &listener] { s.serve(std::move(listener)); });
      TcpStream stream = TcpStream::connect(address);
      stream.write_all("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      EXPECT_THAT(read_to_end(stream), HasSubstr("404"));  // so it serves
      server.reset();
      serving.join();
    }
  });
}

TEST(HttpServerEnd, ShutdownLetsRequestsEndAndClosesIdleConnections) {
  Server server;
  auto started = make_chan<void>(), go_on = make_chan<void>();
  server.handle("/slow", [&](const Request&, Response& res) {
    started.send();
    go_on.recv();
    res.text("done");
  });
  server.handle("/", [](const Request&, Response& res) { res.text("x"); });
  run([&] {
    auto listener = net::TcpListener::listen("127.0.0.1:0");
    const std::string address = listener.local_endpoint().to_string();
    auto serving = spawn([&] { server.serve(std::move(listener)); });
    TcpStream slow = TcpStream::connect(address), idle = TcpStream::connect(address);
    idle.write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    read_answer(idle);
    slow.write_all("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    started.recv();
    auto stopping = spawn([&] { server.shutdown(); });
    EXPECT_EQ(read_to_end(idle), "");
    std::error_code refused;
    while (!refused) TcpStream::connect(address, {}, refused);
    go_on.close();
    const std::string answer = read_to_end(slow);
    EXPECT_THAT(answer, EndsWith("done"));
    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200"));
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n")) << "its handler ran already when the end began";
    stopping.join();
    serving.join();
    EXPECT_EQ(server.stats().connections, 0u);
  });
}

TEST(HttpServerEnd, WhoWasLetInIsAnsweredAtShutdown) {
  Server server;
  server.handle("/", [](const Request&, Response& res) { res.text("x"); });
  run([&] {
    auto listener = net::TcpListener::listen("127.0.0.1:0");
    const std::string address = listener.local_endpoint().to_string();
    auto serving = spawn([&] { server.serve(std::move(listener)); });
    TcpStream stream = TcpStream::connect(address);
    while (server.stats().connections != 1) yield();
    auto stopping = spawn([&] { server.shutdown(); });
    std::error_code refused;
    while (!refused) TcpStream::connect(address, {}, refused);
    stream.write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string answer = read_to_end(stream);
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nx"));
    stopping.join();
    serving.join();
  });
}

TEST(HttpServerEnd, ShutdownGivesUpWithItsContext) {
  Server server;
  auto started = make_chan<void>();
  server.handle("/", [&](const Request& req, Response&) {
    started.send();
    req.context().done().recv();
  });
  run([&] {
    auto listener = net::TcpListener::listen("127.0.0.1:0");
    const std::string address = listener.local_endpoint().to_string();
    auto serving = spawn([&] { server.serve(std::move(listener)); });
    TcpStream stream = TcpStream::connect(address);
    stream.write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    started.recv();
    std::error_code ec;
    server.shutdown(with_timeout({}, 1ms), ec);
    EXPECT_EQ(ec, errc::deadline_exceeded);
    server.close();  // the request's context is done
    serving.join();
  });
}

TEST(HttpServerEnd, CloseEndsThoseWhoComeInThatMoment) {
  run([] {
    for (int i = 0; i < 20; ++i) {
      Server server;  // idle_timeout is two minutes: the test would hang
      auto listener = net::TcpListener::listen("127.0.0.1:0");
      const std::string address = listener.local_endpoint().to_string();
      std::vector<TcpStream> silent;
      for (int k = 0; k < 20; ++k) silent.push_back(TcpStream::connect(address));
      auto serving = spawn([&] { server.serve(std::move(listener)); });
      if (i % 2 == 0) yield();
      server.close();
      serving.join();
    }
  });
}

TEST(HttpServerEnd, AShutdownBeforeServeEndsItSoon) {
  Server server;
  run([&] {
    auto listener = net::TcpListener::listen("127.0.0.1:0");
    TcpStream silent = TcpStream::connect(listener.local_endpoint().to_string());
    server.shutdown();
    server.serve(std::move(listener));  // the last call is a second, idle_timeout two minutes
  });
}

TEST(HttpServerEnd, AListenerThatIsNoneIsMisuseAndHoldsUpNobody) {
  run([] {
    Server server;
    EXPECT_THROW(server.serve(net::TcpListener()), usage_error);
  });
}

}  // namespace
}  // namespace weft::http
