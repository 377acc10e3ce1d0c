// A server whose whole process stood still while the last call of a client passed that it had let in: the request that
// came meanwhile is answered, for the client was in time.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include "http/h2_raw_frames.h"
#include "http/until_in_time.h"
#include "support/child_program.h"
#include "support/role_main.h"
#include "weft/http/server.h"
#include "weft/net.h"
#include "weft/runtime.h"

namespace weft::http {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using ::weft::testing::ChildProgram;

// Says where it listens, and shuts down when a second client is there.
int let_in_and_shut_down() {
  return run([] {
    Server server;
    server.handle("/", [](const Request&, Response& res) { res.text("x"); });
    auto listener = net::TcpListener::listen("127.0.0.1:0");
    std::printf("%s\n", listener.local_endpoint().to_string().c_str());
    std::fflush(stdout);
    auto serving = spawn([&] { server.serve(std::move(listener)); });
    while (server.stats().connections < 2) yield();
    std::puts("shuts down");
    std::fflush(stdout);
    std::error_code ec;
    server.shutdown({}, ec);
    serving.join();
  });
}

struct Round {
  Clock::duration before_it_stood_still;
  std::string answer;
};

// The client that was let in, and that said hello where the protocol has one, asks while the server stands still, after
// its last call's second.
Round ask_who_stands_still(std::string_view hello, std::string_view request) {
  ChildProgram server("server");
  const std::string address = server.next_line();
  net::TcpStream stream = net::TcpStream::connect(address);
  if (!hello.empty()) {
    stream.write_all(std::as_bytes(std::span(hello)));
    h2::read_frame(stream);
  }
  const auto begin = Clock::now();
  const net::TcpStream second = net::TcpStream::connect(address);
  EXPECT_TRUE(server.wait_for("shuts down"));
  std::this_thread::sleep_for(50ms);  // it does meanwhile; where it does not, the call is given afterwards
  server.send(SIGSTOP);
  Round round{.before_it_stood_still = Clock::now() - begin, .answer = {}};
  std::this_thread::sleep_for(1100ms);
  std::error_code ec;
  stream.write_all(std::as_bytes(std::span(request)), ec);
  server.send(SIGCONT);
  char buffer[4096];
  while (const std::size_t count = stream.read_some(std::span(buffer), ec)) round.answer.append(buffer, count);
  EXPECT_EQ(server.exit_code(), 0) << server.all_said();
  return round;
}

void expect_answer(std::string_view hello, std::string_view request, std::string_view part_of_answer) {
  for (int i = 0; i < 6; ++i) {
    const Round round = ask_who_stands_still(hello, request);
    if (round.answer.find(part_of_answer) != std::string::npos) return;
    ASSERT_GE(round.before_it_stood_still, kWithinLastCall) << "the server had time left";
  }
  FAIL() << "in none of the rounds";
}

TEST(HttpStandstill, AnHttp1RequestThatCameMeanwhileIsAnswered) {
  expect_answer("", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n\r\nx");
}

TEST(HttpStandstill, AnHttp2RequestThatCameMeanwhileIsAnswered) {
  const std::string whole = h2::frame(h2::kData, h2::kEndStream, 1, "x");
  expect_answer(h2::hello(), h2::get(1), whole);
}

}  // namespace
}  // namespace weft::http

int main(int argc, char** argv) {
  return weft::testing::run_role_or_tests(argc, argv, {{"server", weft::http::let_in_and_shut_down}});
}
