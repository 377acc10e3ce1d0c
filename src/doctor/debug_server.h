// doctor/debug_server.h: where a service has its profiles and metrics, and how it is asked for them.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "doctor/collect.h"
#include "doctor/http_client.h"

namespace weft::doctor {

/// One answer: `body` when there was a usable one, else `problem` in words.
struct Reply {
  std::optional<std::string> body;
  std::string problem;
  unsigned status = 0;  // 0: no answer at all
  double seconds = 0;
  double unix_seconds = 0;  // when it was there

  bool missing() const { return status == 404; }
};

/// Holds no connection; may be asked from several threads.
class DebugServer {
 public:
  /// Errors: HttpError, when `url` is none.
  DebugServer(const std::string& url, const CollectOptions& options);

  /// "/debug/pprof/heap" below wherever this server has it.
  Reply ask(const std::string& path) const {
    return ask(path, std::chrono::seconds(0), [] {});
  }
  /// The answer may take `longer` than others; `waiting` is called meanwhile, about once a second.
  Reply ask(const std::string& path, std::chrono::seconds longer, const std::function<void()>& waiting) const;
  Reply ask_metrics() const;

  /// Looks at the server's root from now on. False: it did so already.
  bool fall_back_to_root();

  std::string text() const { return base_.text(); }
  std::string authority() const { return base_.authority(); }

 private:
  Reply get(const HttpUrl& url, std::chrono::seconds longer, const std::function<void()>& waiting) const;

  HttpUrl base_;     // "/debug/pprof" comes after its path
  HttpUrl metrics_;  // the page itself
  bool names_metrics_ = false;
  CollectOptions options_;
};

}  // namespace weft::doctor
