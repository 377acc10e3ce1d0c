#include "weft/http/debug.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "app/http_goroutine_profile.h"
#include "weft/health.h"
#include "weft/http/server.h"
#include "weft/metrics.h"
#include "weft/runtime.h"

namespace weft::http {
namespace {

std::string command_line() {
  std::ifstream file("/proc/self/cmdline");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void add_health(Server& server) {
  server.handle("GET /healthz", [](const Request&, Response& res) { res.text("ok\n"); });
  server.handle("GET /readyz", [](const Request&, Response& res) {
    res.status(health::ready() ? 200 : 503).text(std::string(health::name(health::phase())) + "\n");
  });
}

struct ServerMetric {
  const char* name;
  const char* help;
  bool counter;
  std::uint64_t ServerStats::* value;
};
constexpr ServerMetric kServerMetrics[] = {
    {"requests", "Requests answered by a handler.", true, &ServerStats::requests},
    {"bad_requests", "Requests refused before any handler.", true, &ServerStats::bad_requests},
    {"handler_errors", "Handlers that threw.", true, &ServerStats::handler_errors},
    {"accept_errors", "Connections that could not be accepted at first.", true, &ServerStats::accept_errors},
    {"active_requests", "Requests in a handler.", false, &ServerStats::active},
    {"connections", "Open connections.", false, &ServerStats::connections},
    {"idle_connections", "Of these, between two requests.", false, &ServerStats::idle},
};

void write_server_metrics(std::ostream& out, const ServerStats& stats) {
  for (const ServerMetric& metric : kServerMetrics) {
    const std::string name = fmt::format("weft_http_{}{}", metric.name, metric.counter ? "_total" : "");
    out << fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, metric.help,
                       metric.counter ? "counter" : "gauge", stats.*metric.value);
  }
}

boost::json::object variables(const ServerStats& stats) {
  boost::json::array words;
  std::istringstream line(command_line());
  for (std::string word; std::getline(line, word, '\0');) words.emplace_back(word);
  boost::json::object runtime, http;
  for (const metrics::Sample& sample : metrics::read()) {
    if (sample.kind != metrics::Kind::kHistogram) runtime[std::string(sample.name)] = sample.value;
  }
  for (const ServerMetric& metric : kServerMetrics) http[metric.name] = stats.*metric.value;
  return {{"cmdline", std::move(words)}, {"weft", std::move(runtime)}, {"weft_http", std::move(http)}};
}

void add_metrics(Server& server) {
  server.handle("GET /metrics", [&server](const Request&, Response& res) {
    std::ostringstream out;
    metrics::write_prometheus(out);
    write_server_metrics(out, server.stats());
    res.send("text/plain; version=0.0.4; charset=utf-8", out.str());
  });
  server.handle("GET /debug/vars", [&server](const Request&, Response& res) { res.json(variables(server.stats())); });
}

// The dump is written to a file descriptor: one in memory.
std::string goroutine_dump() {
  const int fd = ::memfd_create("weft-dump", MFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
  dump_goroutines(fd);
  std::string text(static_cast<std::size_t>(::lseek(fd, 0, SEEK_END)), '\0');
  const ssize_t count = ::pread(fd, text.data(), text.size(), 0);
  ::close(fd);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

void add_profiles(Server& server) {
  server.handle("GET /debug/pprof/{$}", [](const Request&, Response& res) {
    res.html(
        "<!doctype html><title>pprof</title><h1>/debug/pprof/</h1><ul>"
        "<li><a href=\"goroutine?debug=2\">goroutine</a>: every goroutine's stack"
        "<li><a href=\"cmdline\">cmdline</a>: the command line</ul>");
  });
  server.handle("GET /debug/pprof/goroutine", [](const Request& req, Response& res) {
    if (const std::string_view debug = req.query("debug"); !debug.empty() && debug != "0")
      return res.text(goroutine_dump());
    res.set_header("Content-Disposition", "attachment; filename=\"goroutine.pb\"");
    res.send("application/octet-stream", goroutine_profile());
  });
  server.handle("GET /debug/pprof/cmdline", [](const Request&, Response& res) { res.text(command_line()); });
}

}  // namespace

void debug(Server& server) {
  add_health(server);
  add_metrics(server);
  add_profiles(server);
}

}  // namespace weft::http
