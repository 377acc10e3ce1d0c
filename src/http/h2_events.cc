#include "http/h2_events.h"

#include <nghttp2/nghttp2.h>
#include <exception>
#include <memory>
#include <string_view>

#include "base/free.h"
#include "http/h2_session.h"

namespace weft::http {
namespace {

constexpr std::size_t kMostHeadBytes = 1 << 20;  // of an answer

using base::Free;
using Callbacks = std::unique_ptr<nghttp2_session_callbacks, Free<&::nghttp2_session_callbacks_del>>;
using Option = std::unique_ptr<nghttp2_option, Free<&::nghttp2_option_del>>;

H2Session& session_of(void* user) noexcept { return *static_cast<H2Session*>(user); }

H2Stream* stream_of(nghttp2_session* session, std::int32_t id) noexcept {
  return static_cast<H2Stream*>(::nghttp2_session_get_stream_user_data(session, id));
}

std::string_view text_of(const std::uint8_t* octets, std::size_t count) noexcept {
  return {reinterpret_cast<const char*>(octets), count};
}

bool is_request(const nghttp2_frame& frame) noexcept {
  return frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
}
bool is_last(const nghttp2_frame& frame) noexcept {
  return (frame.hd.type == NGHTTP2_DATA || frame.hd.type == NGHTTP2_HEADERS) &&
         (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

// No exception may pass through nghttp2: without memory the session ends.
template <class Call>
int guarded(Call&& call) noexcept {
  try {
    return call();
  } catch (const std::exception&) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
}

int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  return guarded([&] { return session_of(user).on_begin_head_locked(frame->hd.stream_id, !is_request(*frame)); });
}

int on_header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_bytes,
              const std::uint8_t* value, std::size_t value_bytes, std::uint8_t, void*) {
  H2Stream* const stream = stream_of(session, frame->hd.stream_id);
  if (stream == nullptr || !is_request(*frame)) return 0;  // a trailer
  return guarded([&] {
    stream->request().add(text_of(name, name_bytes), text_of(value, value_bytes));
    return 0;
  });
}

int on_invalid_header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t*, std::size_t,
                      const std::uint8_t*, std::size_t, std::uint8_t, void*) {
  H2Stream* const stream = stream_of(session, frame->hd.stream_id);
  if (stream != nullptr && is_request(*frame)) stream->request().refuse(400);
  return 0;
}

int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
  return guarded([&] {
    H2Session& connection = session_of(user);
    connection.on_head_end_locked();
    if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0)
      connection.on_ping_answered_locked(frame->ping.opaque_data);
    H2Stream* const stream = frame->hd.stream_id == 0 ? nullptr : stream_of(session, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    if (is_request(*frame)) return connection.on_request_locked(*stream, !is_last(*frame));
    if (is_last(*frame)) {
      stream->received().end_locked();
      stream->wake_locked();
    }
    return 0;
  });
}

int on_invalid_frame(nghttp2_session*, const nghttp2_frame* frame, int, void* user) {
  session_of(user).on_head_end_locked();
  if (frame->hd.type == NGHTTP2_HEADERS) session_of(user).on_bad_request_locked();
  return 0;
}

int on_data(nghttp2_session* session, std::uint8_t, std::int32_t id, const std::uint8_t* data, std::size_t bytes,
            void* user) {
  return guarded([&] {
    H2Stream* const stream = stream_of(session, id);
    if (stream == nullptr) {
      session_of(user).consume_locked(id, bytes);
      return 0;
    }
    stream->received().append_locked(text_of(data, bytes));
    stream->wake_locked();
    return 0;
  });
}

int on_sent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  if (is_last(*frame)) session_of(user).on_answer_sent_locked(frame->hd.stream_id);
  return 0;
}

// Such as a head that is too large: who waits for it is told at least that it does not come.
int on_not_sent(nghttp2_session* session, const nghttp2_frame* frame, int, void* user) {
  const std::int32_t id = frame->hd.stream_id;
  if (frame->hd.type == NGHTTP2_HEADERS && stream_of(session, id) != nullptr)
    session_of(user).reset_stream_locked(id, NGHTTP2_INTERNAL_ERROR);
  return 0;
}

int on_stream_end(nghttp2_session* session, std::int32_t id, std::uint32_t code, void* user) {
  session_of(user).on_stream_end_locked(stream_of(session, id), code);
  return 0;
}

Callbacks make_callbacks() noexcept {
  nghttp2_session_callbacks* made = nullptr;
  if (::nghttp2_session_callbacks_new(&made) != 0) return nullptr;
  ::nghttp2_session_callbacks_set_on_begin_headers_callback(made, &on_begin_headers);
  ::nghttp2_session_callbacks_set_on_header_callback(made, &on_header);
  ::nghttp2_session_callbacks_set_on_invalid_header_callback(made, &on_invalid_header);
  ::nghttp2_session_callbacks_set_on_frame_recv_callback(made, &on_frame);
  ::nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made, &on_invalid_frame);
  ::nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, &on_data);
  ::nghttp2_session_callbacks_set_on_frame_send_callback(made, &on_sent);
  ::nghttp2_session_callbacks_set_on_frame_not_send_callback(made, &on_not_sent);
  ::nghttp2_session_callbacks_set_on_stream_close_callback(made, &on_stream_end);
  return Callbacks(made);
}

// The windows open as handlers take what came.
Option make_option() noexcept {
  nghttp2_option* made = nullptr;
  if (::nghttp2_option_new(&made) != 0) return nullptr;
  ::nghttp2_option_set_no_auto_window_update(made, 1);
  ::nghttp2_option_set_max_send_header_block_length(made, kMostHeadBytes);
  return Option(made);
}

}  // namespace

nghttp2_session* make_h2_server(H2Session& session) noexcept {
  const Callbacks callbacks = make_callbacks();
  const Option option = make_option();
  nghttp2_session* made = nullptr;
  if (callbacks == nullptr || option == nullptr) return nullptr;
  return ::nghttp2_session_server_new2(&made, callbacks.get(), &session, option.get()) == 0 ? made : nullptr;
}

}  // namespace weft::http
