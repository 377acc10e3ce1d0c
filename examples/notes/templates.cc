#include "examples/notes/templates.h"

#include <algorithm>

namespace notes {

using weft::http::HttpError;

namespace {

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace

std::string Templates::text(std::string_view name, const weft::Context& ctx) {
  if (url_.empty() || !is_name(name)) throw HttpError(404, "there is no such template");
  std::error_code ec;
  weft::http::ClientResponse answer = client_.send({.url = url_ + std::string(name)}, ctx, ec);
  if (ec == weft::errc::deadline_exceeded) throw HttpError(504, "the templates do not answer");
  if (ec) throw HttpError(502, "the templates cannot be asked: " + ec.message());
  if (answer.status == 404) throw HttpError(404, "there is no such template");
  if (answer.status != 200) throw HttpError(502, "the templates answer " + std::to_string(answer.status));
  return std::move(answer.body);
}

}  // namespace notes
