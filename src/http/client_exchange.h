// One request and its answer, on one connection.
//
// The head and a small body go out before the answer is read. A large body, and one from a BodySource, is sent by a
// goroutine of its own meanwhile: a server may answer before it has read all, and may stop reading until its answer is
// taken.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>

#include "http/client_connection.h"
#include "http/response_parser.h"
#include "weft/chan.h"
#include "weft/context.h"
#include "weft/detail/atomic.h"
#include "weft/runtime.h"

namespace weft::http {

/// Closes the connection once the context is done, for as long as it lives.
class Cutter {
 public:
  Cutter(const Context& ctx, ClientConnection& connection);
  ~Cutter();
  Cutter(const Cutter&) = delete;
  Cutter& operator=(const Cutter&) = delete;

 private:
  ClientConnection& connection_;
  Chan<void> cut_ = make_chan<void>(1);
  ContextCallback callback_;
  bool armed_ = false;
};

class ClientExchange {
 public:
  ClientExchange(std::shared_ptr<const ClientRequest> request, std::unique_ptr<ClientConnection> connection,
                 const ClientOptions& options);
  /// Ends what is under way, and the connection; waits until a BodySource that is at work returns.
  ~ClientExchange();
  ClientExchange(const ClientExchange&) = delete;
  ClientExchange& operator=(const ClientExchange&) = delete;

  /// From here on the exchange ends when `ctx` does, and no more when an earlier one does.
  void limit(const Context& ctx);
  /// Sends the request, and reads to the end of the answer's head. A body that is longer than `max_body_bytes` is an
  /// error when it is read.
  void begin(const Url& url, std::optional<std::uint64_t> max_body_bytes, std::error_code& ec);
  /// A byte of an answer has come.
  bool answered() const noexcept { return answered_; }

  /// After begin() has succeeded:
  int status() const noexcept { return parser_->status(); }
  HeaderList& headers() noexcept { return parser_->headers(); }
  /// The body's next bytes; 0 at its end, or with an error. Throws what a BodySource has thrown, as begin() does.
  std::size_t read_body(std::span<std::byte> into, std::error_code& ec);
  /// All of it that has not been read; empty with an error.
  std::string read_all(std::error_code& ec);
  /// The connection, if another request may follow; else null, and it is closed. Nothing else may follow. Waits for a
  /// BodySource, and throws what it has thrown.
  std::unique_ptr<ClientConnection> finish();

 private:
  std::string head(const Url& url) const;
  bool has_large_body() const noexcept;
  std::error_code send_body(const std::string& head);
  std::error_code send_from_source(const std::string& head);
  void advance(std::error_code& ec);
  void receive(std::error_code& ec);
  void fail(std::error_code& ec);
  bool sent_whole();

  const std::shared_ptr<const ClientRequest> request_;
  std::unique_ptr<ClientConnection> connection_;
  const ClientOptions& options_;
  Context ctx_;
  std::optional<Cutter> cutter_;
  std::optional<ResponseParser> parser_;
  std::string received_;       // and not parsed
  std::size_t body_read_ = 0;  // of parser_->body()
  bool answered_ = false;
  bool write_failed_ = false;                 // of a small body
  Task<std::error_code> sender_;              // of a large body; ends with the source's exception
  detail::Atomic<bool> source_threw_{false};  // it has, or is about to
};

}  // namespace weft::http
