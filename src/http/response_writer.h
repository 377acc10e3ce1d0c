// A response on its way to the client: held while it is small, in chunks when it is not.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/connection.h"

namespace weft::http {

class ResponseWriter {
 public:
  struct Terms {
    bool http_1_0 = false;
    bool head_only = false;        // the answer to HEAD
    bool keep_alive = false;       // the client would send another request
    bool said_keep_alive = false;  // an HTTP/1.0 client asked for it, and is told
  };
  ResponseWriter(Connection& connection, const Terms& terms) noexcept : connection_(connection), terms_(terms) {}

  static bool is_status(int code) noexcept { return code >= 200 && code <= 599; }

  // See Response.
  void set_status(int code);
  int status() const noexcept { return status_; }
  void set_header(std::string_view name, std::string_view value);
  void add_header(std::string_view name, std::string_view value);
  void write(std::string_view bytes);
  void send(std::string_view content_type, std::string_view body);
  void flush();
  void error(int code, std::string_view message);
  bool header_sent() const noexcept { return header_sent_; }

  /// Usage faults   usage_error where the handler's own Content-Length is not that of what it wrote
  void require_declared_length() const;
  /// Sends what is not sent yet. False: the connection cannot go on.
  bool finish() noexcept;
  /// The connection ends with this answer.
  void close_after() noexcept { terms_.keep_alive = false; }
  /// Nothing more is sent; the client sees a connection that broke off.
  void fail() noexcept { failed_ = true; }
  bool failed() const noexcept { return failed_; }

 private:
  using Text = boost::container::small_vector<char, 1024>;

  void require_unsent(const char* what) const;
  void remove_header(std::string_view name) noexcept;
  void note_header(std::string_view name, std::string_view value);
  bool has_body() const noexcept { return !terms_.head_only && status_ != 204 && status_ != 304; }
  Text compose_head(std::optional<std::uint64_t> length);
  // Throws std::system_error when the client does not take it.
  void put(std::span<iovec> parts);
  // The head if it is not sent, and more of the body.
  void send_part(std::string_view body, bool last);

  Connection& connection_;
  Terms terms_;
  int status_ = 200;
  bool header_sent_ = false, chunked_ = false, failed_ = false;
  bool has_type_ = false, has_date_ = false;
  std::optional<std::uint64_t> declared_;  // the handler's own Content-Length
  std::uint64_t sent_ = 0;                 // bytes of the body
  boost::container::small_vector<char, 512> headers_;
  boost::container::small_vector<char, 4096> body_;
};

}  // namespace weft::http
