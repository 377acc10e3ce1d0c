// App: the setting is validated first, backends are dialled side by side, patterns are compiled when they are first
// needed, the cache fills in the background.
#include <array>
#include <atomic>
#include <cstdio>
#include <stdexcept>

#include "lab/01_boot_work/parts.h"
#include "weft/http.h"
#include "weft/weft.h"

namespace {

class Patterns {
 public:
  const re2::RE2& get(int number) {
    const std::size_t at = static_cast<std::size_t>(number);
    once_[at].call([&] { compiled_[at] = lab::compile_pattern(number); });
    return *compiled_[at];
  }

 private:
  std::array<weft::Once, lab::kPatterns> once_;
  std::array<std::unique_ptr<re2::RE2>, lab::kPatterns> compiled_;
};

}  // namespace

int main() {
  std::puts("main");
  std::fflush(stdout);
  Patterns patterns;
  std::vector<std::uint64_t> cache;
  std::atomic<bool> warm{false};
  weft::http::Server server;
  server.handle("GET /items/", [&](const weft::http::Request& req, weft::http::Response& res) {
    const std::string path(req.path());
    if (!re2::RE2::FullMatch(path, patterns.get(lab::kAsked))) return res.error(404, "not found");
    res.text(std::to_string(warm ? cache[lab::kAsked] : lab::cache_entry(lab::kAsked)));
  });

  weft::App app;
  app.validate("settings", [] {
    if (const std::string wrong = lab::setting_error(); !wrong.empty()) throw std::runtime_error(wrong);
  });
  for (int i = 0; i < lab::kBackends; ++i) app.start("backend " + std::to_string(i), lab::dial_backend);
  app.warmup("cache", [&] {
    cache = lab::fill_cache();
    warm = true;
  });
  auto listener = weft::net::TcpListener::listen("127.0.0.1:0");
  const std::string address = listener.local_endpoint().to_string();
  app.serve("api", server, std::move(listener));
  app.warmup("ready", [&] {  // warm-ups begin when the parts have started
    std::printf("ready %s\n", address.c_str());
    std::fflush(stdout);
  });
  return app.run();
}
