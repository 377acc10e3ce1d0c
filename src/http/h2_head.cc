#include "http/h2_head.h"

#include <charconv>

#include "http/compose.h"

namespace weft::http {
namespace {

constexpr std::size_t kFieldOverhead = 32;  // RFC 9113, 6.5.2

}  // namespace

void H2Head::add(std::string_view name, std::string_view value) {
  list_bytes_ += name.size() + value.size() + kFieldOverhead;
  if (list_bytes_ > most_bytes_) refuse(431);
  if (status_ != 0) return;  // none of it will be looked at
  const auto begin = static_cast<std::uint32_t>(text_.size());
  const auto value_begin = static_cast<std::uint32_t>(begin + name.size());
  append(text_, name);
  append(text_, value);
  places_.push_back({begin, value_begin, static_cast<std::uint32_t>(text_.size())});
}

void H2Head::take_pseudo(std::string_view name, std::string_view value) noexcept {
  if (name == ":method") head_.method = value;
  if (name == ":path") head_.target = value;
  if (name == ":authority") authority_ = value;
}

void H2Head::take_regular(std::string_view name, std::string_view value) {
  if (name == "host") {
    host_ = value;
    return;
  }
  if (name == "cookie") {
    if (cookie_field_) {
      cookies_.append("; ").append(value);
      return;
    }
    cookies_ = value;
    cookie_field_ = fields_.size();
  } else if (name == "expect") {
    if (!equals_ignoring_case(value, "100-continue")) refuse(417);
    expects_continue_ = true;
  } else if (name == "content-length") {
    std::uint64_t length = 0;
    std::from_chars(value.data(), value.data() + value.size(), length);  // digits: nghttp2 has looked
    content_length_ = length;
  }
  fields_.push_back({name, value});
}

// An intermediary that goes by the one and a handler that goes by the other must not disagree.
void H2Head::take_host() {
  if (authority_ && host_ && !equals_ignoring_case(*authority_, *host_)) return refuse(400);
  const std::string_view host = authority_.value_or(host_.value_or(std::string_view()));
  if (!is_host(host)) return refuse(400);
  fields_.front() = {"host", host};
}

int H2Head::finish() {
  if (status_ != 0) return status_;
  const std::string_view text(text_.data(), text_.size());
  fields_.reserve(places_.size() + 1);
  fields_.emplace_back();  // the host's
  for (const Place& place : places_) {
    const std::string_view name = text.substr(place.name_begin, place.value_begin - place.name_begin);
    const std::string_view value = text.substr(place.value_begin, place.value_end - place.value_begin);
    name.starts_with(':') ? take_pseudo(name, value) : take_regular(name, value);
  }
  take_host();
  if (status_ != 0) return status_;
  if (cookie_field_) fields_[*cookie_field_].value = cookies_;
  if (head_.method == "CONNECT") head_.target = fields_.front().value;  // which has no :path (RFC 9113, 8.5)
  head_.fields = {fields_.data(), fields_.size()};
  return 0;
}

}  // namespace weft::http
