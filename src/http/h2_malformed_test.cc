// What no client may send over HTTP/2: what becomes of it does not depend on how it is cut.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/h2_raw_frames.h"
#include "http/running_server.h"
#include "weft/http/server.h"

namespace weft::http {
namespace {

using net::TcpStream;
using namespace h2;

constexpr const char* kConnectionEnds = "the connection ends";
constexpr const char* kStreamIsReset = "the stream is reset";

struct Case {
  const char* name;
  std::string bytes;  // after the preface and SETTINGS
  std::string becomes;
};

std::string post(std::uint32_t stream, const std::string& more = {}) {
  return frame(kHeaders, kEndHeaders, stream, "\x83\x84\x86" + field(":authority", "x") + more);
}

std::vector<Case> cases() {
  const std::string whole = "\x82\x84\x86";
  const int both = kEndStream | kEndHeaders;
  return {
      {"a frame larger than allowed", number(20'000, 3) + std::string("\0\0\0\0\0\1", 6) + std::string(20'000, 'x'),
       kConnectionEnds},
      {"DATA on no stream", frame(kData, kNone, 0, "x"), kConnectionEnds},
      {"DATA before its stream", frame(kData, kNone, 1, "x"), kConnectionEnds},
      {"HEADERS on no stream", frame(kHeaders, both, 0, get_fields()), kConnectionEnds},
      {"HEADERS on a stream that is a server's", frame(kHeaders, both, 2, get_fields()), kConnectionEnds},
      {"a stream number that goes back", get(3) + get(1), "anything"},
      {"HEADERS on a stream that depends on itself",
       frame(kHeaders, both | 0x20, 1, number(1, 4) + '\0' + get_fields()), "400 or a reset"},
      {"an index that no table has", frame(kHeaders, both, 1, whole + "\xff\xff\xff\x0f"), kConnectionEnds},
      {"Huffman code that ends in the middle", frame(kHeaders, both, 1, whole + "\x01\x81\xff"), kConnectionEnds},
      {"CONTINUATION of nothing", frame(kContinuation, kEndHeaders, 1, get_fields()), kConnectionEnds},
      {"another frame among a head's", frame(kHeaders, kEndStream, 1, whole) + frame(kPing, kNone, 0, "12345678"),
       kConnectionEnds},
      {"CONTINUATION of another stream", frame(kHeaders, kEndStream, 1, whole) + frame(kContinuation, 4, 3, ""),
       kConnectionEnds},
      {"SETTINGS of a stream", frame(kSettings, kNone, 1), kConnectionEnds},
      {"SETTINGS of an odd length", frame(kSettings, kNone, 0, "12345"), kConnectionEnds},
      {"SETTINGS that answer with a payload", frame(kSettings, kAck, 0, "123456"), kConnectionEnds},
      {"a window larger than there is", frame(kSettings, kNone, 0, number(4, 2) + number(0x80000000, 4)),
       kConnectionEnds},
      {"a PING of another length", frame(kPing, kNone, 0, "1234"), kConnectionEnds},
      {"WINDOW_UPDATE of nothing", frame(kWindowUpdate, kNone, 0, number(0, 4)), kConnectionEnds},
      {"windows that overflow", frame(kWindowUpdate, kNone, 0, number(0x7fffffff, 4)), kConnectionEnds},
      {"RST_STREAM of an idle stream", frame(kReset, kNone, 1, number(0, 4)), kConnectionEnds},
      {"RST_STREAM of another length", get(1) + frame(kReset, kNone, 1, "12"), kConnectionEnds},
      {"PUSH_PROMISE of a client", frame(kPush, kEndHeaders, 1, number(2, 4) + get_fields()), kConnectionEnds},
      {"padding longer than its frame", post(1) + frame(kData, kPadded, 1, "\x50xx"), kConnectionEnds},
      {"no method", frame(kHeaders, both, 1, "\x84\x86" + field(":authority", "x")), kStreamIsReset},
      {"no path", frame(kHeaders, both, 1, "\x82\x86" + field(":authority", "x")), kStreamIsReset},
      {"a path that is none", frame(kHeaders, both, 1, "\x82\x86" + field(":path", "x") + field(":authority", "x")),
       kStreamIsReset},
      {"two methods", frame(kHeaders, both, 1, "\x82\x83\x84\x86" + field(":authority", "x")), kStreamIsReset},
      {"a pseudo-header that there is not", frame(kHeaders, both, 1, get_fields() + field(":status", "200")),
       kStreamIsReset},
      {"a pseudo-header behind a field", frame(kHeaders, both, 1, whole + field("a", "b") + field(":authority", "x")),
       kStreamIsReset},
      {"an upper-case name", frame(kHeaders, both, 1, get_fields() + field("Upper", "x")), "400 or a reset"},
      {"a line break in a value", frame(kHeaders, both, 1, get_fields() + field("a", "b\r\nc: d")), "400 or a reset"},
      {"a field of the connection", frame(kHeaders, both, 1, get_fields() + field("connection", "close")),
       kStreamIsReset},
      {"Transfer-Encoding", frame(kHeaders, both, 1, get_fields() + field("transfer-encoding", "chunked")),
       kStreamIsReset},
      {"a Content-Length that is none", post(1, field("content-length", "1x")), kStreamIsReset},
      {"a host that is none", frame(kHeaders, both, 1, whole + field(":authority", "a b")), "400 or a reset"},
      {"a trailer that does not end", post(1) + frame(kHeaders, kEndHeaders, 1, field("a", "b")), kStreamIsReset},
      {"DATA after its end", get(1) + frame(kData, kNone, 1, "x"), "anything"},
  };
}

std::string what_became(const std::vector<Frame>& frames) {
  std::string became = "nothing";
  for (const Frame& each : frames) {
    if (each.type == kGoAway && each.code() != 0) return kConnectionEnds;
    if (each.type == kReset && each.code() != 0) became = kStreamIsReset;
    if (each.type == kHeaders && each.stream == 1 && became == "nothing") {
      became = each.payload.find("\x8c") != std::string::npos ? "400" : "an answer";  // :status 400 is in the table
    }
  }
  return became;
}

// A well-formed end: the server is done with the connection once the client says GOAWAY and all is answered.
std::vector<Frame> send(const Running& server, const std::string& bytes, std::size_t step) {
  TcpStream stream = TcpStream::connect(server.address());
  std::error_code ec;
  const std::string all = hello() + bytes + frame(kGoAway, kNone, 0, number(0, 4) + number(0, 4));
  for (std::size_t at = 0; at < all.size() && !ec; at += step)
    stream.write_all(std::as_bytes(std::span(all).subspan(at, std::min(step, all.size() - at))), ec);
  stream.shutdown_write(ec);
  return read_frames_to_end(stream);
}

TEST(H2Malformed, IsRefusedHoweverItIsCut) {
  Server server;
  server.handle("/", [](const Request& req, Response& res) { res.text(req.body()); });
  with_server(server, [&](const Running& running) {
    for (const Case& each : cases()) {
      for (const std::size_t step : {each.bytes.size() + 1000, std::size_t{7}, std::size_t{1}}) {
        if (step < 7 && each.bytes.size() > 1000) continue;  // the same, byte by byte
        const std::string became = what_became(send(running, each.bytes, step));
        const std::string wanted = each.becomes;
        if (wanted == "anything") continue;
        if (wanted == "400 or a reset") {
          EXPECT_TRUE(became == "400" || became == kStreamIsReset || became == kConnectionEnds)
              << each.name << ", by " << step << ": " << became;
        } else {
          EXPECT_EQ(became, wanted) << each.name << ", by " << step;
        }
      }
    }
    while (server.stats().connections != 0) yield();
    EXPECT_EQ(server.stats().active, 0u);
  });
}

TEST(H2Malformed, ATrailerIsIgnored) {
  Server server;
  server.handle("/", [](const Request& req, Response& res) {
    const std::string body(req.body());
    res.text(body + std::string(req.header("late")));
  });
  with_server(server, [](const Running& running) {
    TcpStream stream = TcpStream::connect(running.address());
    stream.write_all(hello() + post(1) + frame(kData, kNone, 1, "body") +
                     frame(kHeaders, kEndHeaders | kEndStream, 1, field("late", "not seen")));
    Frame each = read_frame(stream);
    while (each.type != kData) each = read_frame(stream);
    EXPECT_EQ(each.payload, "body");
  });
}

}  // namespace
}  // namespace weft::http
