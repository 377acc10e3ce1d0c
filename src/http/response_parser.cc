#include "http/response_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <limits>

#include "http/last_chunk.h"

namespace weft::http {

namespace beast_http = boost::beast::http;

// Beast counts a head's bytes anew with each put(): its limit alone bounds nothing.
ResponseParser::ResponseParser(std::size_t max_header_bytes, std::optional<std::uint64_t> max_body_bytes, bool to_head)
    : max_header_bytes_(std::min<std::size_t>(max_header_bytes, std::numeric_limits<std::uint32_t>::max())) {
  header_limit(static_cast<std::uint32_t>(max_header_bytes_));
  body_limit(max_body_bytes ? boost::optional<std::uint64_t>(*max_body_bytes) : boost::none);
  skip(to_head);
}

std::size_t ResponseParser::parse(std::string_view bytes, std::error_code& ec) {
  const bool in_head = !is_header_done();
  std::size_t used = 0;
  while (used < bytes.size() && !is_done() && !(in_head && is_header_done()) &&
         (in_head || !chunked() || !may_be_last_chunk(left_of_chunk_, bytes.substr(used)))) {
    boost::system::error_code wrong;
    used += put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), wrong);
    if (in_head && head_bytes_ + used > max_header_bytes_) wrong = beast_http::error::header_limit;
    if (wrong == beast_http::error::need_more) break;
    if (wrong) {
      ec = wrong;
      break;
    }
  }
  if (in_head) head_bytes_ += used;
  return used;
}

void ResponseParser::parse_end(std::error_code& ec) {
  boost::system::error_code wrong;
  if (!got_some()) {
    wrong = beast_http::error::end_of_stream;
  } else {
    put_eof(wrong);
  }
  ec = wrong;
}

void ResponseParser::on_field_impl(Field, View name, View value, Error&) {
  if (!is_header_done()) headers_.emplace_back(std::string(name), std::string(value));  // else a trailer
}

std::size_t ResponseParser::on_body_impl(View body, Error&) {
  body_.append(body.data(), body.size());
  return body.size();
}

std::size_t ResponseParser::on_chunk_body_impl(std::uint64_t remain, View body, Error&) {
  left_of_chunk_ = remain - body.size();
  body_.append(body.data(), body.size());
  return body.size();
}

}  // namespace weft::http
