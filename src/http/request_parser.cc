#include "http/request_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <functional>
#include <limits>

#include "http/last_chunk.h"
#include "http/text.h"

namespace weft::http {

namespace beast_http = boost::beast::http;

namespace {

std::string_view standard(boost::core::string_view view) noexcept { return {view.data(), view.size()}; }

bool lies_in(std::string_view part, std::string_view whole) noexcept {
  const std::less_equal<const char*> at_most;
  return at_most(whole.data(), part.data()) && at_most(part.data() + part.size(), whole.data() + whole.size());
}

int status_of(const boost::system::error_code& ec) noexcept {
  if (ec == beast_http::error::header_limit) return 431;
  if (ec == beast_http::error::body_limit) return 413;
  if (ec == beast_http::error::bad_version) return 505;
  return 400;
}

}  // namespace

// The caller bounds the head by what it passes, and the body by what it accepts.
RequestParser::RequestParser() {
  header_limit(std::numeric_limits<std::uint32_t>::max());
  body_limit(boost::none);
}

bool RequestParser::parse_head(std::string_view bytes) {
  input_ = bytes;
  boost::system::error_code ec;
  const std::string_view rest = bytes.substr(parsed_);
  parsed_ += put(boost::asio::const_buffer(rest.data(), rest.size()), ec);
  if (ec && ec != beast_http::error::need_more && status_ == 0) status_ = status_of(ec);
  return status_ == 0 && is_header_done();
}

void RequestParser::moved(const char* from, const char* to) noexcept {
  const auto move = [&](std::string_view& view) {
    if (lies_in(view, {from, parsed_})) view = {to + (view.data() - from), view.size()};
  };
  move(method_);
  move(target_);
  for (HeaderField& field : fields_) {
    move(field.name);
    move(field.value);
  }
}

std::size_t RequestParser::parse_chunked(std::string_view bytes, std::string& out) {
  chunk_out_ = &out;
  std::size_t used = 0;
  while (used < bytes.size() && !is_done() && !may_be_last_chunk(left_of_chunk_, bytes.substr(used))) {
    boost::system::error_code ec;
    used += put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), ec);
    if (ec == beast_http::error::need_more) break;
    if (ec) {
      if (status_ == 0) status_ = status_of(ec);
      break;
    }
  }
  chunk_out_ = nullptr;
  return used;
}

void RequestParser::refuse(int status, Error& ec) noexcept {
  status_ = status;
  ec = beast_http::error::bad_value;
}

void RequestParser::on_request_impl(Verb, View method, View target, int version, Error&) {
  method_ = standard(method);
  target_ = standard(target);
  version_ = version;
}

void RequestParser::on_field_impl(Field field, View name, View value, Error& ec) {
  if (is_header_done()) return;  // a trailer
  const std::string_view text = standard(value);
  if (!lies_in(text, input_)) return refuse(400, ec);  // Beast has joined its lines
  fields_.push_back({standard(name), text});
  switch (field) {
    case Field::host:
      ++hosts_;
      if (!is_host(text)) return refuse(400, ec);
      break;
    case Field::transfer_encoding:
      if (version_ < 11) return refuse(400, ec);
      if (!equals_ignoring_case(text, "chunked")) return refuse(501, ec);
      break;
    case Field::expect:
      if (!equals_ignoring_case(text, "100-continue")) return refuse(417, ec);
      expects_continue_ = version_ >= 11;
      break;
    default:
      break;
  }
}

void RequestParser::on_header_impl(Error& ec) {
  if (hosts_ > 1 || (hosts_ == 0 && version_ >= 11)) refuse(400, ec);
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t remain, View body, Error&) {
  left_of_chunk_ = remain - body.size();
  chunk_out_->append(body.data(), body.size());
  return body.size();
}

}  // namespace weft::http
