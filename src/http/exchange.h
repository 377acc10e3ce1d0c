// One request and its answer.
#pragma once

#include <forward_list>
#include <optional>
#include <string>

#include "http/body_reader.h"
#include "http/peer_watch.h"
#include "http/request_parser.h"
#include "http/response_writer.h"
#include "http/router.h"
#include "weft/http/server.h"

namespace weft::http {

class Exchange {
 public:
  Exchange(Connection& connection, Input& input, RequestParser& parser);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// Runs the handler and sends the answer. True: the connection may take another request.
  bool answer() noexcept;

  // What Request and Response ask for.
  const RequestParser& head() const noexcept { return parser_; }
  BodyReader& body() noexcept { return body_; }
  ResponseWriter& writer() noexcept { return writer_; }
  const Connection& connection() const noexcept { return connection_; }
  std::string_view path() const noexcept { return path_; }
  std::string_view pattern() const noexcept;
  std::string_view path_value(std::string_view name);
  std::optional<std::string_view> query(std::string_view name);
  Context context();

 private:
  bool split_target();
  void dispatch();
  void call(std::size_t middleware);
  void call_handler();
  void answer_exception() noexcept;
  void count_handler_error(const char* what) noexcept;
  std::string_view keep(std::string text) { return kept_.emplace_front(std::move(text)); }

  Connection& connection_;
  RequestParser& parser_;
  BodyReader body_;
  ResponseWriter writer_;
  Request request_;
  Response response_;
  std::string_view raw_path_, path_, raw_query_;
  Match match_;
  std::optional<PeerWatch> peer_;
  std::forward_list<std::string> kept_;  // decoded texts
};

enum class Served { kIdle, kEnd };

/// Answers requests until the connection is idle, or at its end.
Served serve_requests(Connection& connection, ServerImpl& server);

}  // namespace weft::http
