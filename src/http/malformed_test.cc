// Malformed and ambiguous requests over a real connection: each is refused with its status, the connection ends, and no
// handler hears of what stands behind it.
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <string>
#include <vector>

#include "weft/http.h"
#include "weft/net.h"
#include "weft/runtime.h"

namespace weft::http {
namespace {

struct Case {
  std::string statuses;
  std::string bytes;
  std::string line;
};

std::string unescaped(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'r':
        bytes += '\r';
        break;
      case 'n':
        bytes += '\n';
        break;
      case 't':
        bytes += '\t';
        break;
      case '0':
        bytes += '\0';
        break;
      case 'x':
        bytes += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
        i += 2;
        break;
      default:
        bytes += text[i];
    }
  }
  return bytes;
}

std::vector<Case> read_cases() {
  std::ifstream file(WEFT_SOURCE_DIR "/tests/data/http/malformed.txt");
  std::vector<Case> cases;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    const std::size_t tab = line.find('\t');
    const std::size_t end = line.find('\t', tab + 1);  // a remark
    cases.push_back({line.substr(0, tab), unescaped(std::string_view(line).substr(tab + 1, end - tab - 1)), line});
  }
  return cases;
}

// Sends it, `step` bytes at a time, with another request behind it.
std::string answer_to(const std::string& address, const std::string& bytes, std::size_t step) {
  net::TcpStream stream = net::TcpStream::connect(address);
  std::error_code ec;
  const std::string all = bytes + "GET /behind HTTP/1.1\r\nHost: x\r\n\r\n";
  for (std::string_view rest = all; !rest.empty() && !ec; rest.remove_prefix(std::min(step, rest.size())))
    stream.write_all(std::as_bytes(std::span(rest.substr(0, step))), ec);
  stream.shutdown_write(ec);
  ec.clear();
  std::string answer;
  std::array<char, 4096> buffer;
  while (const std::size_t count = stream.read_some(buffer, ec)) answer.append(buffer.data(), count);
  return answer;
}

TEST(HttpMalformed, EachIsRefusedAndNothingBehindItIsAnswered) {
  const std::vector<Case> cases = read_cases();
  ASSERT_GE(cases.size(), 200u);
  Server server;
  int behind = 0;
  server.handle("/", [](const Request& req, Response& res) { res.text(std::to_string(req.body().size())); });
  server.handle("/behind", [&](const Request&, Response& res) {
    ++behind;
    res.text("smuggled");
  });
  run([&] {
    auto listener = net::TcpListener::listen("127.0.0.1:0");
    const std::string address = listener.local_endpoint().to_string();
    auto serving = spawn([&] { server.serve(std::move(listener)); });
    for (const Case& each : cases) {
      for (const std::size_t step : {std::size_t{1} << 20, std::size_t{1}}) {
        const std::string answer = answer_to(address, each.bytes, step);
        const std::string status = answer.substr(0, 9) == "HTTP/1.1 " ? answer.substr(9, 3) : "none";
        EXPECT_NE(each.statuses.find(status), std::string::npos) << each.line << "\nby " << step << ": " << answer;
        EXPECT_EQ(behind, 0) << each.line << "\nby " << step << ": " << answer;
        behind = 0;
      }
    }
    server.close();
    serving.join();
  });
}

}  // namespace
}  // namespace weft::http
