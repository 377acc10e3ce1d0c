#include "examples/notes/api.h"

#include <boost/json.hpp>
#include <charconv>
#include <optional>

namespace notes {

namespace json = boost::json;
using weft::http::Handler;
using weft::http::HttpError;
using weft::http::Request;
using weft::http::Response;

namespace {

json::object to_json(const Note& note) { return {{"id", note.id}, {"title", note.title}, {"text", note.text}}; }

std::int64_t parse_number(std::string_view text, std::int64_t if_absent, const char* what) {
  if (text.empty()) return if_absent;
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size() || number < 0)
    throw HttpError(400, std::string(what) + ": no number");
  return number;
}

std::int64_t id_of(const Request& req) { return parse_number(req.path_value("id"), 0, "id"); }

// `text` is in the body unless it is given.
Note parse_note(std::string_view body, std::optional<std::string> text = {}) {
  boost::system::error_code wrong;
  const json::value value = json::parse({body.data(), body.size()}, wrong);
  if (wrong) throw HttpError(400, "the body is no JSON: " + wrong.message());
  const auto text_of = [&](const char* name) {
    const json::value* member = value.is_object() ? value.as_object().if_contains(name) : nullptr;
    if (member == nullptr || !member->is_string()) throw HttpError(422, std::string(name) + ": a string is needed");
    return std::string(member->as_string());
  };
  return {.title = text_of("title"), .text = text ? std::move(*text) : text_of("text")};
}

void list(Store& store, const Request& req, Response& res) {
  const auto limit = static_cast<int>(std::min<std::int64_t>(parse_number(req.query("limit"), 20, "limit"), 100));
  json::array found;
  for (const Note& note : store.list(parse_number(req.query("after"), 0, "after"), limit))
    found.push_back(to_json(note));
  res.json({{"notes", std::move(found)}});
}

void add(Store& store, Templates& templates, const Request& req, Response& res) {
  std::optional<std::string> text;
  if (req.has_query("template")) text = templates.text(req.query("template"), req.context());
  const Note wanted = parse_note(req.body(), std::move(text));
  const Note made = store.add(wanted.title, wanted.text);
  res.status(201).set_header("Location", "/notes/" + std::to_string(made.id));
  res.json(to_json(made));
}

// What went wrong in the store is not the client's fault.
void answer_store_errors(const Request& req, Response& res, const Handler& next) {
  try {
    next(req, res);
  } catch (const StoreError& error) {
    if (!error.disk_is_full()) throw;
    throw HttpError(507, "the disk is full");
  }
}

}  // namespace

void add_routes(weft::http::Server& server, Store& store, Templates& templates) {
  server.use(answer_store_errors);
  server.handle("GET /notes", [&](const Request& req, Response& res) { list(store, req, res); });
  server.handle("POST /notes", [&](const Request& req, Response& res) { add(store, templates, req, res); });
  server.handle("GET /notes/{id}", [&](const Request& req, Response& res) {
    const std::optional<Note> note = store.find(id_of(req));
    if (!note) throw HttpError(404, "there is no such note");
    res.json(to_json(*note));
  });
  server.handle("PUT /notes/{id}", [&](const Request& req, Response& res) {
    Note note = parse_note(req.body());
    note.id = id_of(req);
    if (!store.update(note)) throw HttpError(404, "there is no such note");
    res.json(to_json(note));
  });
  server.handle("DELETE /notes/{id}", [&](const Request& req, Response& res) {
    if (!store.remove(id_of(req))) throw HttpError(404, "there is no such note");
    res.status(204);
  });
}

}  // namespace notes
