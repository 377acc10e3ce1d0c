#include "http/h2_stream.h"

#include <nghttp2/nghttp2.h>

#include "http/exchange.h"
#include "http/h2_session.h"
#include "http/server_impl.h"

namespace weft::http {
namespace {

ssize_t read_data(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t room, std::uint32_t* flags,
                  nghttp2_data_source* source, void*) {
  return static_cast<H2ResponseWriter*>(source->ptr)->read_locked(into, room, *flags);
}

}  // namespace

H2Stream::H2Stream(H2Session& session, std::int32_t id)
    : session_(session), id_(id), request_(session.connection().server().limits.max_header_bytes), body_(*this) {}

ServerImpl& H2Stream::server() noexcept { return session_.connection().server(); }
net::Endpoint H2Stream::remote_endpoint() const { return session_.connection().remote_endpoint(); }

void H2Stream::prepare() { writer_.emplace(*this, head().method == "HEAD"); }

void H2Stream::run() noexcept {
  Exchange(*this).answer();
  session_.handler_returned(*this, H2Session::Patience::kAny);
}

Context H2Stream::context() {
  const std::lock_guard guard(session_.mutex());
  if (!context_) {
    context_ = with_cancel(server().base_context());
    if (cut_) context_->cancel();
  }
  return context_->context;
}

HijackedStream H2Stream::hijack() { throw HttpError(501, "this is spoken over HTTP/1.1 alone"); }

void H2Stream::finish() noexcept {
  const bool whole = writer_->finish();
  const std::lock_guard guard(session_.mutex());
  if (!whole && !cut_) session_.reset_stream_locked(id_, NGHTTP2_INTERNAL_ERROR);
  if (context_) context_->cancel();
}

void H2Stream::cut_locked() noexcept {
  cut_ = true;
  if (context_) context_->cancel();
  wake_locked();
}

void H2Stream::submit_continue_locked() noexcept {
  std::uint8_t name[] = {':', 's', 't', 'a', 't', 'u', 's'}, value[] = {'1', '0', '0'};
  const nghttp2_nv status{name, value, sizeof name, sizeof value, NGHTTP2_NV_FLAG_NONE};
  ::nghttp2_submit_headers(session_.nghttp2_locked(), NGHTTP2_FLAG_NONE, id_, nullptr, &status, 1, nullptr);
}

bool H2Stream::submit_response_locked(std::span<const nghttp2_nv> fields, bool has_data) noexcept {
  nghttp2_data_provider data{};
  data.source.ptr = &*writer_;
  data.read_callback = &read_data;
  return ::nghttp2_submit_response(session_.nghttp2_locked(), id_, fields.data(), fields.size(),
                                   has_data ? &data : nullptr) == 0;
}

void H2Stream::resume_locked() noexcept { ::nghttp2_session_resume_data(session_.nghttp2_locked(), id_); }

}  // namespace weft::http
