// One stream of an HTTP/2 connection: a request and its answer, in a handler's goroutine.
//
// Who may touch what: the head is the session's until the handler runs, and the handler's from then on; all that ends
// in _locked, and the members that say so, need the session's lock. It goes with whichever is later, nghttp2's end of
// the stream or the handler's return [h2.I4].
#pragma once

#include <nghttp2/nghttp2.h>
#include <mutex>
#include <optional>
#include <span>

#include "http/carrier.h"
#include "http/h2_body_reader.h"
#include "http/h2_head.h"
#include "http/h2_response_writer.h"
#include "weft/context.h"
#include "weft/detail/deadline.h"
#include "weft/sync/cond_var.h"

namespace weft::http {

class H2Session;

class H2Stream final : public Carrier {
 public:
  H2Stream(H2Session& session, std::int32_t id);
  H2Stream(const H2Stream&) = delete;
  H2Stream& operator=(const H2Stream&) = delete;

  H2Session& session() noexcept { return session_; }
  std::int32_t id() const noexcept { return id_; }
  H2Head& request() noexcept { return request_; }
  H2BodyReader& received() noexcept { return body_; }

  ServerImpl& server() noexcept override;
  const RequestHead& head() const noexcept override { return request_.head(); }
  BodyReader& body() noexcept override { return body_; }
  ResponseWriter& writer() noexcept override { return *writer_; }
  Context context() override;
  net::Endpoint remote_endpoint() const override;
  /// Other requests are on the connection.
  [[noreturn]] HijackedStream hijack() override;
  /// Frames leave no doubt where a request ends.
  void distrust_what_follows() noexcept override {}
  void finish() noexcept override;

  /// The head is complete, and a handler is to run.
  void prepare();
  /// Runs it; the stream may be gone afterwards.
  void run() noexcept;

  /// True: nothing of the request comes any more, and nothing of the answer goes.
  bool is_cut_locked() const noexcept { return cut_; }
  void cut_locked() noexcept;
  /// Waits until `is_settled()`, at the latest until `deadline`. Returns is_settled(). For the handler, of which one
  /// goroutine may read while another writes.
  template <class Settled>
  bool wait_locked(std::unique_lock<Mutex>& lock, detail::MonotonicNanos deadline, const Settled& is_settled) {
    if (deadline != detail::kNever) return changed_.wait_until(lock, detail::to_time_point(deadline), is_settled);
    changed_.wait(lock, is_settled);
    return true;
  }
  void wake_locked() noexcept { changed_.notify_all(); }

  // What is handed to nghttp2. False: it does not take it.
  void submit_continue_locked() noexcept;
  bool submit_response_locked(std::span<const nghttp2_nv> fields, bool has_data) noexcept;
  void resume_locked() noexcept;

  bool is_running = false;                    // under the session's lock, as what follows: a handler has it
  H2Stream* next_ready = nullptr;             // in the session's list of those whose handlers are to be started
  H2Stream *prev = nullptr, *next = nullptr;  // in the session's list of all

 private:
  H2Session& session_;
  const std::int32_t id_;
  H2Head request_;
  H2BodyReader body_;
  std::optional<H2ResponseWriter> writer_;  // once a handler is to run
  CondVar changed_;
  bool cut_ = false;  // under the session's lock, as what follows
  std::optional<CancelContext> context_;
};

}  // namespace weft::http
