#include "weft/http/multipart.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "http/running_server.h"
#include "weft/error.h"

namespace weft::http {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=xx";

// A text, at most `step` bytes at a time.
BodySource source_of(std::string text, std::size_t step) {
  return [text = std::move(text), step, at = std::size_t{0}](std::span<std::byte> into) mutable {
    const std::size_t count = std::min({step, into.size(), text.size() - at});
    std::copy_n(std::as_bytes(std::span(text)).data() + at, count, into.data());
    at += count;
    return count;
  };
}

// "name(filename)=value;" for each part.
std::string parts_of(MultipartReader& reader) {
  std::string all;
  while (reader.next())
    all += std::string(reader.name()) + "(" + std::string(reader.filename()) + ")=" + reader.read_all() + ";";
  return all;
}

std::string parts_of(const std::string& body, std::size_t step = 1000, std::string_view type = kType) {
  MultipartReader reader(type, source_of(body, step));
  return parts_of(reader);
}

int status_of(const std::string& body, std::string_view type = kType) {
  try {
    parts_of(body, 1000, type);
    return 200;
  } catch (const HttpError& error) {
    return error.status();
  }
}

std::string part(const std::string& disposition, const std::string& value) {
  return "--xx\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + value + "\r\n";
}

TEST(HttpMultipart, FieldsAndFilesOfARequest) {
  Server server;
  server.handle("POST /", [](const Request& req, Response& res) {
    MultipartReader reader(req);
    res.text(parts_of(reader));
  });
  with_server(server, [](const Running& running) {
    const auto post = [&](const std::string& type, const std::string& body) {
      return ask(running, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: " + type +
                              "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    };
    const std::string body = part("name=title", "a text") + part("name=\"file\"; filename=\"a.txt\"", "its content");
    EXPECT_EQ(body_of(post(std::string(kType), body + "--xx--\r\n")), "title()=a text;file(a.txt)=its content;");
    EXPECT_EQ(post(std::string(kType), body).substr(0, 12), "HTTP/1.1 400") << "it breaks off";
    EXPECT_EQ(post("text/plain", body).substr(0, 12), "HTTP/1.1 415");
  });
}

TEST(HttpMultipart, ComesInPiecesOfAnySize) {
  const std::string tricky = "\r\n--x\r\n-\r\n\r\n--xy\r\n--xx0\r\r\n--xx\n\r\n--xx-y";
  const std::string body = "preamble\r\n--xx \t\r\nA: b\r\nContent-Disposition: form-data; name=first\r\n\r\n" +
                           tricky + "\r\n" + part("name=empty", "") +
                           "--xx\r\n\r\nno head\r\n--xx--epilogue\r\n--xx\r\n";
  for (std::size_t step = 1; step <= body.size(); ++step)
    ASSERT_EQ(parts_of(body, step), "first()=" + tricky + ";empty()=;()=no head;") << step << " bytes at a time";
}

// A reader may wait for the rest of a stream: what has come before is given out.
TEST(HttpMultipart, WhatIsForSureThePartsIsNotHeldBack) {
  const std::vector<std::string> pieces = {part("name=a", "x").substr(0, 49), "\r-", "\r\n-", "-xy", "\r\n--xx--"};
  std::size_t given = 0;
  MultipartReader reader(kType, [&](std::span<std::byte> into) {
    const std::string& piece = pieces.at(given++);
    std::copy_n(std::as_bytes(std::span(piece)).data(), piece.size(), into.data());
    return piece.size();
  });
  ASSERT_TRUE(reader.next());
  std::array<char, 100> buffer;
  std::string received;
  for (const unsigned until : {1u, 2u, 4u}) {
    received.append(buffer.data(), reader.read(buffer));
    EXPECT_EQ(given, until) << received;
  }
  EXPECT_EQ(received, "x\r-\r\n--xy");
  EXPECT_EQ(reader.read(buffer), 0u);
}

TEST(HttpMultipart, WhatIsNotReadIsPassedOver) {
  const std::string large(100'000, 'x');
  MultipartReader reader(kType, source_of(part("name=a", large) + part("name=b", "read") + part("name=c", large) +
                                              part("name=d", "last") + "--xx--",
                                          777));
  std::array<char, 3> buffer;
  EXPECT_EQ(reader.read(buffer), 0u) << "it stands before the first";
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.read(buffer), 3u);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.name(), "b");
  EXPECT_EQ(reader.read(buffer), 3u);
  EXPECT_EQ(reader.read_all(), "d");
  EXPECT_EQ(reader.read(buffer), 0u);
  ASSERT_TRUE(reader.next());
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.read_all(4), "last");
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.name(), "");
  EXPECT_EQ(reader.read(buffer), 0u);
  EXPECT_FALSE(reader.next());
}

TEST(HttpMultipart, APartHasALimitWhereItIsHeld) {
  MultipartReader reader(kType, source_of(part("name=a", "12345") + "--xx--", 2));
  ASSERT_TRUE(reader.next());
  try {
    reader.read_all(4);
    FAIL();
  } catch (const HttpError& error) {
    EXPECT_EQ(error.status(), 413);
  }
}

// The line break behind its head is the delimiter's: RFC 2046 has it so, and a filter on the way may read it so.
TEST(HttpMultipart, APartWithoutABody) {
  const std::string bare = "--xx\r\nContent-Disposition: form-data; name=a\r\n\r\n";
  for (std::size_t step = 1; step < 100; ++step) {
    EXPECT_EQ(parts_of(bare + part("name=b", "value") + "--xx--", step), "a()=;b()=value;");
    EXPECT_EQ(parts_of(bare + "--xx--", step), "a()=;");
    EXPECT_EQ(parts_of(bare + "--xy\r\n--xx--", step), "a()=--xy;");
  }
}

TEST(HttpMultipart, NamesInAllTheirForms) {
  const auto parsed = [](const std::string& disposition) { return parts_of(part(disposition, "") + "--xx--"); };
  EXPECT_EQ(parsed("name=\"a \\\"b\\\"\"; x=y"), "a \"b\"()=;");
  EXPECT_EQ(parsed("NAME=a; FileName=b"), "a(b)=;");
  EXPECT_EQ(parsed("name=\"\xc3\xa4\"; filename=\"\xc3\xb6.txt\""), "\xc3\xa4(\xc3\xb6.txt)=;");
  EXPECT_EQ(parsed("filename=\"/etc/passwd\""), "(passwd)=;");
  EXPECT_EQ(parsed("filename=\"..\\\\..\\\\a.exe\""), "(a.exe)=;");
  EXPECT_EQ(parsed("filename=\"../..\""), "()=;");
  EXPECT_EQ(parsed("filename=\".\""), "()=;");
  EXPECT_EQ(parsed("nothing"), "()=;");
  MultipartReader reader("Multipart/Mixed; charset=x; Boundary=\"a b\"",
                         source_of("--a b\r\nX-Y:  z \r\n\r\n\r\n--a b--", 5));
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.header("x-y"), "z");
  EXPECT_EQ(reader.header("z"), "");
}

TEST(HttpMultipart, WhatIsMalformedIsRefused) {
  for (const std::string type : {"", "text/plain", "multipart", "xmultipart/form-data; boundary=xx"})
    EXPECT_EQ(status_of("--xx--", type), 415) << type;
  for (const std::string& boundary :
       {std::string(), std::string("; boundary="), std::string("; boundary=\"\""), std::string("; boundary=\"a \""),
        std::string("; boundary=\"a;\""), "; boundary=" + std::string(71, 'x'), std::string("; border=xx")})
    EXPECT_EQ(status_of("--xx--", "multipart/form-data" + boundary), 400) << boundary;
  const std::string head = "--xx\r\nA: b\r\n";
  std::string many;
  for (int i = 0; i < 101; ++i) many += "A: b\r\n";
  for (const std::string& body :
       {std::string(), std::string("--xx"), std::string("--xx-"), std::string("--xx\r\n"), head, head + "\r\n",
        head + "\r\nvalue", head + "\r\nvalue\r\n--xx", head + "\r\nvalue\n--xx--", head + "no colon\r\n\r\n\r\n--xx--",
        head + " folded: b\r\n\r\n\r\n--xx--", head + "b c: d\r\n\r\n\r\n--xx--", head + ": d\r\n\r\n\r\n--xx--",
        head + "c: " + std::string(1, '\0') + "\r\n\r\n\r\n--xx--", std::string("--xx a\r\n\r\n\r\n--xx--"),
        "--xx\r\nA: " + std::string(20'000, 'x') + "\r\n\r\n\r\n--xx--", "--xx\r\n" + many + "\r\n\r\n--xx--"})
    EXPECT_EQ(status_of(body), 400) << body;
  EXPECT_EQ(status_of("--xx--"), 200) << "a form without fields";
}

TEST(HttpMultipart, AFileOfAnySizeComesThrough) {
  constexpr std::size_t kBytes = 16 << 20;
  Server server(Limits{.max_body_bytes = kBytes + 1000});
  server.handle("POST /", [](const Request& req, Response& res) {
    MultipartReader reader(req);
    std::size_t bytes = 0;
    std::array<char, 8192> buffer;
    while (reader.next()) {
      while (const std::size_t count = reader.read(buffer)) bytes += count;
    }
    res.text(std::to_string(bytes));
  });
  with_server(server, [](const Running& running) {
    const std::string before = part("filename=f", "") + "--xx\r\n\r\n", after = "\r\n--xx--";
    std::size_t sent = 0;
    const BodySource body = [&](std::span<std::byte> into) -> std::size_t {
      const std::size_t total = before.size() + kBytes + after.size();
      const std::size_t count = std::min(into.size(), total - sent);
      for (std::size_t i = 0; i < count; ++i, ++sent) {
        const char c = sent < before.size()            ? before[sent]
                       : sent < before.size() + kBytes ? '\r'
                                                       : after[sent - before.size() - kBytes];
        into[i] = static_cast<std::byte>(c);
      }
      return count;
    };
    Client client;
    const ClientResponse answer = client.send({.method = "POST",
                                               .url = "http://" + running.address() + "/",
                                               .headers = {{"Content-Type", std::string(kType)}},
                                               .body_source = body});
    EXPECT_EQ(answer.body, std::to_string(kBytes));
    client.close_idle();
  });
}

}  // namespace
}  // namespace weft::http
