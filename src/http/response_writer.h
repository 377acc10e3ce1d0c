// A response on its way to the client: what a handler says of it, held while it is small. How it is framed is the
// protocol's.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weft::http {

class ResponseWriter {
 public:
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
  bool has_written() const noexcept { return header_sent_ || !body_.empty(); }

  /// Usage faults   usage_error where the handler's own Content-Length is not that of what it wrote
  void require_declared_length() const;
  /// The connection ends with this answer.
  void close_after() noexcept { close_after_ = true; }
  /// Nothing more is sent; the client sees an answer that broke off.
  void fail() noexcept { failed_ = true; }
  bool failed() const noexcept { return failed_; }

 protected:
  /// `head_only`: the answer to HEAD.
  explicit ResponseWriter(bool head_only) noexcept : head_only_(head_only) {}
  ~ResponseWriter() = default;

  /// Composes the head, which goes out with the next put(). `length`: of the whole body, where that is known.
  virtual void begin(std::optional<std::uint64_t> length) = 0;
  /// Sends more of the body, which may be gone afterwards unless it is the last of it. Throws std::system_error where
  /// the client does not take it.
  virtual void put(std::string_view body, bool last) = 0;

  /// Sends what is not sent yet, the last part. False: that failed.
  bool send_rest() noexcept;

  // What a head has besides the handler's own fields.
  bool has_body() const noexcept { return !head_only_ && may_have_body(); }
  bool lacks_date() const noexcept { return !has_date_; }
  bool lacks_type(std::optional<std::uint64_t> length) const noexcept {
    return !has_type_ && length != 0 && may_have_body();
  }
  bool lacks_length(std::optional<std::uint64_t> length) const noexcept {
    return length && !declared_ && may_have_body();
  }
  bool closes_after() const noexcept { return close_after_; }

  static constexpr std::string_view kTextType = "text/plain; charset=utf-8";
  boost::container::small_vector<char, 512> headers_;  // the handler's, each a line "Name: value\r\n"

 private:
  bool may_have_body() const noexcept { return status_ != 204 && status_ != 304; }
  void require_unsent(const char* what) const;
  void require_whole() const;
  void remove_header(std::string_view name) noexcept;
  void note_header(std::string_view name, std::string_view value);
  // The head if it is not sent, and more of the body.
  void send_part(std::string_view body, bool last);

  int status_ = 200;
  const bool head_only_;
  bool header_sent_ = false, failed_ = false, close_after_ = false;
  bool has_type_ = false, has_date_ = false;
  std::optional<std::uint64_t> declared_;  // the handler's own Content-Length
  std::uint64_t sent_ = 0;                 // bytes of the body
  boost::container::small_vector<char, 4096> body_;
};

}  // namespace weft::http
