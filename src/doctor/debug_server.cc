#include "doctor/debug_server.h"

#include <string_view>
#include <utility>

namespace weft::doctor {
namespace {

double unix_now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

// The part of the path that comes before the debug pages.
std::string base_path(std::string path) {
  for (const std::string_view page : {"/debug/pprof", "/debug/vars", "/debug"}) {
    if (const std::size_t at = path.find(page); at != std::string::npos) return path.substr(0, at);
  }
  constexpr std::string_view kMetrics = "/metrics";
  if (path.ends_with(kMetrics)) path.resize(path.size() - kMetrics.size());
  while (path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

DebugServer::DebugServer(const std::string& text, const CollectOptions& options) : options_(options) {
  const HttpUrl url = parse_http_url(text);
  base_ = url.with_target(base_path(url.path()));
  names_metrics_ = url.path().ends_with("/metrics");
  metrics_ = names_metrics_ ? url : url.with_target(base_path(url.path()) + "/metrics");
}

Reply DebugServer::ask(const std::string& path, std::chrono::seconds longer,
                       const std::function<void()>& waiting) const {
  return get(base_.with_target((base_.target == "/" ? "" : base_.target) + path), longer, waiting);
}

Reply DebugServer::ask_metrics() const {
  return get(metrics_, std::chrono::seconds(0), [] {});
}

bool DebugServer::fall_back_to_root() {
  if (base_.target == "/") return false;
  base_.target = "/";
  if (!names_metrics_) metrics_.target = "/metrics";
  return true;
}

Reply DebugServer::get(const HttpUrl& url, std::chrono::seconds longer, const std::function<void()>& waiting) const {
  HttpOptions http;
  http.answer_timeout = options_.answer_timeout + longer;
  http.verify_tls = options_.verify_tls;
  http.bearer_token = options_.bearer_token;
  http.waiting = waiting;
  Reply reply;
  try {
    HttpAnswer answer = http_get(url, http);
    reply.status = answer.status;
    reply.seconds = answer.seconds;
    if (!answer.ok()) {
      reply.problem = url.text() + ": " + answer.describe();
    } else if (answer.content_type == "text/html") {
      reply.problem = url.text() + ": a web page, where a profile or metrics should be";
      reply.status = 404;  // a program that answers every path with its own page has none of ours
    } else {
      reply.body = std::move(answer.body);
    }
  } catch (const HttpError& error) {
    reply.problem = error.what();
  }
  reply.unix_seconds = unix_now();
  return reply;
}

}  // namespace weft::doctor
