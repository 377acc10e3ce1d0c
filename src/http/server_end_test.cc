// The end of a server, and of its clients.
#include "http/test_handlers.h"
#include "weft/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "http/running_server.h"
#include "http/until_in_time.h"
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
  const ContextHandler handler;
  server.handle("/", handler);
  with_server(server, [&](const Running& running) {
    TcpStream stream = TcpStream::connect(running.address());
    stream.write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    handler.waiting.recv();
    stream.write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");  // another request is no end
    stream.close();
    handler.done.recv();
    handler.waiting.recv();  // the second one finds at once that nobody waits for it
    handler.done.recv();
  });
}

TEST(HttpServerEnd, OnceAWriteHasFailedEachDoes) {
  Server server;
  auto done = make_chan<void>();
  server.handle("/", [&](const Request& req, Response& res) {
    req.context().done().recv();
    std::error_code ec;
    while (!ec) {
      res.write("gone?", ec);
      if (!ec) res.flush(ec);
    }
    res.write("x", ec);
    EXPECT_TRUE(ec) << "though it would wait in the buffer";
    done.send();
  });
  with_server(server, [&](const Running& running) {
    TcpStream stream = TcpStream::connect(running.address());
    stream.write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    stream.close();
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
  const SlowHandler slow_handler;
  server.handle("/slow", slow_handler);
  server.handle("/", [](const Request&, Response& res) { res.text("x"); });
  run([&] {
    auto listener = net::TcpListener::listen("127.0.0.1:0");
    const std::string address = listener.local_endpoint().to_string();
    auto serving = spawn([&] { server.serve(std::move(listener)); });
    TcpStream slow = TcpStream::connect(address), idle = TcpStream::connect(address);
    idle.write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    read_answer(idle);
    slow.write_all("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    slow_handler.started.recv();
    auto stopping = spawn([&] { server.shutdown(); });
    EXPECT_EQ(read_to_end(idle), "");
    std::error_code refused;
    while (!refused) TcpStream::connect(address, {}, refused);
    slow_handler.go_on.close();
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
  until_in_time(kWithinLastCall, 1, [](std::chrono::milliseconds) {
    Server server;
    server.handle("/", [](const Request&, Response& res) { res.text("x"); });
    std::string answer;
    run([&] {
      auto listener = net::TcpListener::listen("127.0.0.1:0");
      const std::string address = listener.local_endpoint().to_string();
      auto serving = spawn([&] { server.serve(std::move(listener)); });
      TcpStream stream = TcpStream::connect(address);
      while (server.stats().connections != 1) yield();
      auto stopping = spawn([&] { server.shutdown(); });
      std::error_code ec;
      while (!ec) TcpStream::connect(address, {}, ec);
      stream.write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n", ec);
      answer = read_to_end(stream);
      stopping.join();
      serving.join();
    });
    if (answer.empty()) return false;
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nx"));
    return true;
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

// A shutdown that has returned is over, whoever the kernel has let in: what the handlers need may be gone.
TEST(HttpServerEnd, AfterAShutdownNoHandlerBegins) {
  Server server;
  bool is_run = false;
  server.handle("/", [&](const Request&, Response&) { is_run = true; });
  run([&] {
    auto listener = net::TcpListener::listen("127.0.0.1:0");
    TcpStream client = TcpStream::connect(listener.local_endpoint().to_string());
    client.write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    server.shutdown();
    server.serve(std::move(listener));
    EXPECT_EQ(read_to_end(client), "");
    EXPECT_EQ(server.stats().connections, 0u);
    EXPECT_FALSE(is_run);
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
