// The head of a request over HTTP/2: the list of fields that HPACK gave, and what is refused of it.
//
// nghttp2 has checked the list before: the pseudo-header fields, that there is an :authority or one Host, the octets of
// names and values, a Content-Length; a request that fails there is reset. Refused here on top: an :authority and a
// Host that differ, or are neither a name nor an address; a list longer than Limits::max_header_bytes, counted as RFC
// 9113, 6.5.2 counts, with 32 for each field. A handler finds :authority as "host", and several cookie fields as one.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "http/request_head.h"

namespace weft::http {

class H2Head {
 public:
  explicit H2Head(std::size_t most_bytes) noexcept : most_bytes_(most_bytes) {}
  H2Head(const H2Head&) = delete;
  H2Head& operator=(const H2Head&) = delete;

  /// The next field of the list.
  void add(std::string_view name, std::string_view value);
  /// The first refusal counts.
  void refuse(int status) noexcept {
    if (status_ == 0) status_ = status;
  }
  /// The list is complete. Returns 0, or the status that refuses it.
  int finish();

  // After finish().
  const RequestHead& head() const noexcept { return head_; }
  std::optional<std::uint64_t> content_length() const noexcept { return content_length_; }
  bool expects_continue() const noexcept { return expects_continue_; }

 private:
  struct Place {  // in text_, which moves while it grows
    std::uint32_t name_begin, value_begin, value_end;
  };

  void take_pseudo(std::string_view name, std::string_view value) noexcept;
  void take_regular(std::string_view name, std::string_view value);
  void take_host();

  const std::size_t most_bytes_;
  std::size_t list_bytes_ = 0;
  int status_ = 0;
  boost::container::small_vector<char, 512> text_;
  boost::container::small_vector<Place, 20> places_;
  boost::container::small_vector<HeaderField, 20> fields_;
  std::optional<std::string_view> authority_, host_;
  std::string cookies_;
  std::optional<std::size_t> cookie_field_;  // its place in fields_
  std::optional<std::uint64_t> content_length_;
  bool expects_continue_ = false;
  RequestHead head_{{}, {}, 20, {}};
};

}  // namespace weft::http
