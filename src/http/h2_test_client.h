// An HTTP/2 client for tests, on nghttp2's client session: one goroutine asks, and sees every frame that matters.
#pragma once

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "weft/net.h"

namespace weft::http {

struct H2Ask {
  std::string method = "GET", path = "/";
  std::vector<std::pair<std::string, std::string>> fields = {};
  std::optional<std::string> body = {};  // nothing: the request ends with its head
  bool ends = true;                      // false: more of the body comes, by send_more()
  std::string authority = "test";        // empty: there is none
};

struct H2Answer {
  int status = 0, continues = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  bool is_whole = false;               // END_STREAM
  std::optional<std::uint32_t> reset;  // RST_STREAM's code; REFUSED_STREAM also where GOAWAY came before it was sent
  bool has_ended = false;              // whole, reset, or the connection is at its end

  std::string field(std::string_view name) const {
    for (const auto& [each, value] : fields) {
      if (each == name) return value;
    }
    return "none";
  }
};

class H2Client {
 public:
  using Read = std::function<std::size_t(std::span<char>, std::error_code&)>;
  using Write = std::function<void(std::string_view, std::error_code&)>;
  struct Options {
    bool opens_windows = true;            // else by window()
    std::uint32_t stream_window = 65535;  // what it tells the server
    bool acknowledges_pings = true;
  };

  explicit H2Client(const std::string& address) : H2Client(address, Options()) {}
  H2Client(const std::string& address, const Options& options) : H2Client(connected(address), options) {}
  H2Client(std::shared_ptr<net::TcpStream> stream, const Options& options)
      : H2Client([stream](std::span<char> into, std::error_code& ec) { return stream->read_some(into, ec); },
                 [stream](std::string_view bytes, std::error_code& ec) {
                   stream->write_all(std::as_bytes(std::span(bytes)), ec);
                 },
                 options) {
    stream_ = std::move(stream);
  }
  H2Client(Read read, Write write, const Options& options) : read_(std::move(read)), write_(std::move(write)) {
    nghttp2_session_callbacks* callbacks = nullptr;
    ::nghttp2_session_callbacks_new(&callbacks);
    ::nghttp2_session_callbacks_set_on_header_callback(callbacks, &on_header);
    ::nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &on_frame);
    ::nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &on_data);
    ::nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &on_close);
    nghttp2_option* option = nullptr;
    ::nghttp2_option_new(&option);
    if (!options.opens_windows) ::nghttp2_option_set_no_auto_window_update(option, 1);
    if (!options.acknowledges_pings) ::nghttp2_option_set_no_auto_ping_ack(option, 1);
    ::nghttp2_session_client_new2(&session_, callbacks, this, option);
    ::nghttp2_option_del(option);
    ::nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry window{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options.stream_window};
    ::nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &window, 1);
  }
  ~H2Client() { ::nghttp2_session_del(session_); }
  H2Client(const H2Client&) = delete;
  H2Client& operator=(const H2Client&) = delete;

  /// Sends a request; its number.
  std::int32_t start(const H2Ask& ask) {
    std::vector<nghttp2_nv> fields;
    const auto add = [&](std::string_view name, std::string_view value) {
      const auto octets = [](std::string_view text) {
        return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
      };
      fields.push_back({octets(name), octets(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    };
    add(":method", ask.method);
    add(":scheme", "http");
    if (!ask.authority.empty()) add(":authority", ask.authority);
    add(":path", ask.path);
    for (const auto& [name, value] : ask.fields) add(name, value);
    nghttp2_data_provider data{};
    data.source.ptr = this;
    data.read_callback = &read_body;
    const std::int32_t id =
        ::nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), ask.body ? &data : nullptr, nullptr);
    if (ask.body) bodies_[id] = {*ask.body, ask.ends};
    answers_[id];
    flush();
    return id;
  }
  void send_more(std::int32_t id, std::string_view bytes, bool last) {
    bodies_[id].bytes += bytes;
    bodies_[id].ends = last;
    ::nghttp2_session_resume_data(session_, id);
    flush();
  }
  /// What is left of its body that the server's windows did not let through.
  std::size_t unsent(std::int32_t id) { return bodies_[id].bytes.size(); }

  H2Answer& answer(std::int32_t id) { return answers_[id]; }
  /// Until it has ended.
  H2Answer& wait(std::int32_t id) {
    run_until([&] { return answers_[id].has_ended; });
    return answers_[id];
  }
  H2Answer& ask(const H2Ask& ask) { return wait(start(ask)); }
  H2Answer& get(std::string path) { return ask({.path = std::move(path)}); }

  /// Reads until that holds. False: the connection has ended before, or nothing came for long.
  bool run_until(const std::function<bool()>& holds) {
    flush();
    while (!holds()) {
      if (!read_once()) return holds();
    }
    return true;
  }
  /// Reads what comes next. False: the connection has ended.
  bool read_once() {
    std::array<char, 16 << 10> buffer;
    std::error_code ec;
    if (stream_) stream_->set_read_deadline(std::chrono::steady_clock::now() + std::chrono::seconds(30));
    const std::size_t count = has_ended_ ? 0 : read_(buffer, ec);
    if (count == 0 ||
        ::nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(buffer.data()), count) < 0) {
      EXPECT_NE(ec, errc::deadline_exceeded) << "the server said nothing for half a minute";
      has_ended_ = true;
      for (auto& [id, answer] : answers_) answer.has_ended = true;
      return false;
    }
    has_heard_ = true;
    flush();
    return true;
  }
  void read_to_end() {
    run_until([] { return false; });
  }

  void reset(std::int32_t id, std::uint32_t code = NGHTTP2_CANCEL) {
    ::nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, code);
    flush();
  }
  void ping() {
    ::nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
    flush();
  }
  /// Lets the server send so many more bytes; 0: on all streams of the connection.
  void window(std::int32_t id, std::int32_t more) {
    ::nghttp2_submit_window_update(session_, NGHTTP2_FLAG_NONE, id, more);
    flush();
  }
  /// Bytes as they are.
  void raw(std::string_view bytes) {
    flush();
    std::error_code ec;
    write_(bytes, ec);
  }
  void flush() {
    const std::uint8_t* bytes = nullptr;
    std::string all;
    while (true) {
      const ssize_t count = ::nghttp2_session_mem_send(session_, &bytes);
      if (count <= 0) break;
      all.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count));
    }
    std::error_code ec;
    if (!all.empty()) write_(all, ec);
  }
  void close() { stream_->close(); }

  nghttp2_session* session() { return session_; }
  int pings_answered() const { return pings_answered_; }
  bool has_heard() const { return has_heard_; }
  struct GoAway {
    std::int32_t last;
    std::uint32_t code;
  };
  const std::vector<GoAway>& goaways() const { return goaways_; }

 private:
  struct Body {
    std::string bytes;
    bool ends = true;
  };

  static std::shared_ptr<net::TcpStream> connected(const std::string& address) {
    return std::make_shared<net::TcpStream>(net::TcpStream::connect(address));
  }
  static H2Client& client_of(void* user) { return *static_cast<H2Client*>(user); }

  static ssize_t read_body(nghttp2_session*, std::int32_t id, std::uint8_t* into, std::size_t room,
                           std::uint32_t* flags, nghttp2_data_source* source, void*) {
    Body& body = client_of(source->ptr).bodies_[id];
    const std::size_t count = std::min(room, body.bytes.size());
    std::memcpy(into, body.bytes.data(), count);
    body.bytes.erase(0, count);
    if (body.bytes.empty() && body.ends) *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (count == 0 && !body.ends) return NGHTTP2_ERR_DEFERRED;
    return static_cast<ssize_t>(count);
  }
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_bytes,
                       const std::uint8_t* value, std::size_t value_bytes, std::uint8_t, void* user) {
    H2Answer& answer = client_of(user).answers_[frame->hd.stream_id];
    const std::string key(reinterpret_cast<const char*>(name), name_bytes);
    const std::string text(reinterpret_cast<const char*>(value), value_bytes);
    if (key != ":status") {
      answer.fields.emplace_back(key, text);
    } else if (text == "100") {
      ++answer.continues;
    } else {
      answer.status = std::stoi(text);
    }
    return 0;
  }
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    H2Client& client = client_of(user);
    const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if ((frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) && ends)
      client.answers_[frame->hd.stream_id].is_whole = client.answers_[frame->hd.stream_id].has_ended = true;
    if (frame->hd.type == NGHTTP2_RST_STREAM) client.answers_[frame->hd.stream_id].reset = frame->rst_stream.error_code;
    if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) ++client.pings_answered_;
    if (frame->hd.type == NGHTTP2_GOAWAY)
      client.goaways_.push_back({frame->goaway.last_stream_id, frame->goaway.error_code});
    return 0;
  }
  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data, std::size_t count,
                     void* user) {
    client_of(user).answers_[id].body.append(reinterpret_cast<const char*>(data), count);
    return 0;
  }
  static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
    H2Answer& answer = client_of(user).answers_[id];
    answer.has_ended = true;
    if (code == NGHTTP2_REFUSED_STREAM) answer.reset = code;
    return 0;
  }

  Read read_;
  Write write_;
  std::shared_ptr<net::TcpStream> stream_;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, H2Answer> answers_;
  std::map<std::int32_t, Body> bodies_;
  std::vector<GoAway> goaways_;
  int pings_answered_ = 0;
  bool has_heard_ = false, has_ended_ = false;
};

}  // namespace weft::http
