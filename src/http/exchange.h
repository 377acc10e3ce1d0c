// One request and its answer.
#pragma once

#include <forward_list>
#include <optional>
#include <string>

#include "http/carrier.h"
#include "http/router.h"
#include "weft/http/server.h"

namespace weft::http {

class Exchange {
 public:
  explicit Exchange(Carrier& carrier) noexcept;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// Runs the handler and sends the answer.
  void answer() noexcept;

  // What Request and Response ask for.
  const RequestHead& head() const noexcept { return head_; }
  /// Usage faults   usage_error where the connection was taken
  BodyReader& body();
  ResponseWriter& writer() noexcept { return writer_; }
  Context context() { return carrier_.context(); }
  net::Endpoint remote_endpoint() const { return carrier_.remote_endpoint(); }
  /// The body is URL-encoded pairs, by its type.
  bool has_form() const noexcept;
  /// Of "name=value&name=value", decoded. Throws HttpError.
  std::optional<std::string_view> find_value(std::string_view pairs, std::string_view name);
  HijackedStream hijack();
  std::string_view path() const noexcept { return path_; }
  std::string_view pattern() const noexcept;
  std::string_view path_value(std::string_view name);
  std::optional<std::string_view> query(std::string_view name);

 private:
  bool split_target();
  void dispatch();
  void call(std::size_t middleware);
  void call_handler();
  void answer_exception() noexcept;
  void count_handler_error(const char* what) noexcept;
  std::string_view keep(std::string text) { return kept_.emplace_front(std::move(text)); }

  Carrier& carrier_;
  ServerImpl& server_;
  const RequestHead& head_;
  ResponseWriter& writer_;
  Request request_;
  Response response_;
  std::string_view raw_path_, path_, raw_query_;
  Match match_;
  bool hijacked_ = false;
  std::forward_list<std::string> kept_;  // decoded texts
};

}  // namespace weft::http
