// Globals do it, one after the other, before main(): backends, patterns, the cache. The setting is looked at in main().
#include <cstdio>

#include "lab/01_boot_work/parts.h"
#include "weft/http.h"
#include "weft/runtime.h"

namespace {

struct Backend {
  Backend() { lab::dial_backend(); }
};

const Backend backends[lab::kBackends];

const std::vector<std::unique_ptr<re2::RE2>> patterns = [] {
  std::vector<std::unique_ptr<re2::RE2>> compiled;
  for (int i = 0; i < lab::kPatterns; ++i) compiled.push_back(lab::compile_pattern(i));
  return compiled;
}();

const std::vector<std::uint64_t> cache = lab::fill_cache();

}  // namespace

int main() {
  std::puts("main");
  std::fflush(stdout);
  if (const std::string wrong = lab::setting_error(); !wrong.empty()) {
    std::fprintf(stderr, "%s\n", wrong.c_str());
    return 1;
  }
  weft::run([] {
    weft::http::Server server;
    server.handle("GET /items/", [](const weft::http::Request& req, weft::http::Response& res) {
      const std::string path(req.path());
      if (!re2::RE2::FullMatch(path, *patterns[lab::kAsked])) return res.error(404, "not found");
      res.text(std::to_string(cache[lab::kAsked]));
    });
    auto listener = weft::net::TcpListener::listen("127.0.0.1:0");
    std::printf("ready %s\n", listener.local_endpoint().to_string().c_str());
    std::fflush(stdout);
    server.serve(std::move(listener));
  });
}
