// Bodies over HTTP/2, of requests and of answers: pieces, lengths, windows.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

#include "http/h2_test_client.h"
#include "http/running_server.h"
#include "http/test_handlers.h"
#include "weft/chan.h"
#include "weft/http/server.h"
#include "weft/runtime.h"

namespace weft::http {
namespace {

TEST(H2Body, HeadHasTheLengthAndNoBodyAndNoContentHasNone) {
  Server server;
  server.handle("GET /", [](const Request&, Response& res) { res.text("four"); });
  server.handle("GET /parts", [](const Request&, Response& res) {
    res.write("four");
    res.flush();
  });
  server.handle("/none", [](const Request&, Response& res) { res.status(204); });
  server.handle("/same", [](const Request&, Response& res) { res.status(304).write("not sent"); });
  with_server(server, [](const Running& running) {
    H2Client client(running.address());
    const H2Answer& head = client.ask({.method = "HEAD"});
    EXPECT_EQ(head.field("content-length"), "4");
    EXPECT_EQ(head.body, "");
    EXPECT_TRUE(client.ask({.method = "HEAD", .path = "/parts"}).is_whole);
    for (const auto& [path, status] : {std::pair("/none", 204), std::pair("/same", 304)}) {
      const H2Answer& answer = client.get(path);
      EXPECT_EQ(answer.status, status);
      EXPECT_EQ(answer.field("content-length"), "none");
      EXPECT_EQ(answer.field("content-type"), "none");
      EXPECT_EQ(answer.body, "");
    }
  });
}

TEST(H2Body, WhatIsFlushedGoesAtOnce) {
  Server server;
  const TwoPartsHandler handler;
  server.handle("/", handler);
  with_server(server, [&](const Running& running) {
    H2Client client(running.address());
    const std::int32_t id = client.start({});
    ASSERT_TRUE(client.run_until([&] { return client.answer(id).body == "first"; }));
    EXPECT_EQ(client.answer(id).field("content-length"), "none");
    EXPECT_FALSE(client.answer(id).has_ended);
    handler.go_on.close();
    EXPECT_EQ(client.wait(id).body, "firstsecond");
  });
}

TEST(H2Body, LargeBodiesOfAllKindsArriveWhole) {
  Server server;
  const std::string large(3'000'000, 'x');
  add_large_answers(server, large);
  server.handle("/pieces", echo_in_pieces);
  with_server(server, [&](const Running& running) {
    H2Client client(running.address());
    EXPECT_EQ(client.get("/send").body, large);
    EXPECT_EQ(client.get("/send").field("content-length"), "3000000");
    EXPECT_EQ(client.get("/write").body, large);
    EXPECT_EQ(client.ask({.method = "POST", .path = "/echo", .body = large}).body, large);
    EXPECT_EQ(client.ask({.method = "POST", .path = "/pieces", .body = large}).body, large);
  });
}

TEST(H2Body, TellsAClientThatWaitsToContinueOnceTheBodyIsAskedFor) {
  Server server;
  server.handle("/read", [](const Request& req, Response& res) { res.text(req.body()); });
  server.handle("/refuse", [](const Request&, Response& res) { res.error(403, "no"); });
  with_server(server, [](const Running& running) {
    H2Client client(running.address());
    const H2Ask ask{.method = "POST",
                    .path = "/read",
                    .fields = {{"expect", "100-continue"}, {"content-length", "4"}},
                    .body = "",
                    .ends = false};
    const std::int32_t id = client.start(ask);
    ASSERT_TRUE(client.run_until([&] { return client.answer(id).continues == 1; }));
    client.send_more(id, "body", true);
    EXPECT_EQ(client.wait(id).body, "body");
    H2Ask refused = ask;
    refused.path = "/refuse";
    const H2Answer& answer = client.ask(refused);
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(answer.continues, 0);
    H2Ask unknown = ask;
    unknown.fields = {{"expect", "more"}};
    EXPECT_EQ(client.ask(unknown).status, 417);
  });
}

TEST(H2Body, ABodyNobodyReadsIsNotWaitedFor) {
  Server server;
  server.handle("/", [](const Request&, Response& res) { res.text("ignored"); });
  with_server(server, [](const Running& running) {
    H2Client client(running.address());
    for (int i = 0; i < 30; ++i) {  // more in all than the connection's window
      const std::int32_t id = client.start({.method = "POST", .body = std::string(100'000, 'x'), .ends = false});
      EXPECT_EQ(client.wait(id).body, "ignored");
      ASSERT_TRUE(client.run_until([&] { return client.answer(id).reset.has_value(); }));
      EXPECT_EQ(client.answer(id).reset, NGHTTP2_NO_ERROR);
    }
  });
}

// What has come of it counts against the connection's window, which must open again.
TEST(H2Body, ABodyWhoseStreamIsResetLeavesRoomForOthers) {
  Server server;
  server.handle("/wait", [](const Request& req, Response&) { req.context().done().recv(); });
  server.handle("/", [](const Request& req, Response& res) { res.text(std::to_string(req.body().size())); });
  with_server(server, [](const Running& running) {
    H2Client client(running.address());
    for (int i = 0; i < 20; ++i) {
      const std::int32_t id = client.start({.method = "POST", .path = "/wait", .body = std::string(200'000, 'x')});
      ASSERT_TRUE(client.run_until([&] { return client.unsent(id) == 0; }));
      client.reset(id);
    }
    EXPECT_EQ(client.ask({.method = "POST", .body = std::string(2'000'000, 'x')}).body, "2000000");
  });
}

TEST(H2Body, ReadingABodyTwiceGivesItOnce) {
  Server server;
  server.handle("/", read_body_twice);
  with_server(server, [](const Running& running) {
    H2Client client(running.address());
    EXPECT_EQ(client.ask({.method = "POST", .body = "body"}).body, "body");
    EXPECT_EQ(client.get("/").body, "");
  });
}

// One goroutine reads while another writes; each is woken for what it waits for.
TEST(H2Body, IsReadWhileTheAnswerIsWritten) {
  Server server(Limits{.read_body_timeout = std::chrono::seconds(0), .write_timeout = std::chrono::seconds(0)});
  constexpr std::size_t kPieces = 100, kPiece = 50'000;
  server.handle("/", [&](const Request& req, Response& res) {
    auto writer = spawn([&] {
      for (std::size_t i = 0; i < kPieces; ++i) res.write(std::string(kPiece, 'y'));
    });
    EXPECT_EQ(req.body(), "hello");
    writer.join();
  });
  with_server(server, [&](const Running& running) {
    H2Client client(running.address());
    const std::int32_t id = client.start({.method = "POST", .body = "hel", .ends = false});
    ASSERT_TRUE(client.run_until([&] { return client.answer(id).body.size() >= (kPieces - 2) * kPiece; }));
    client.send_more(id, "lo", true);
    EXPECT_EQ(client.wait(id).body.size(), kPieces * kPiece);
  });
}

}  // namespace
}  // namespace weft::http
