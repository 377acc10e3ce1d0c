#include "http/router.h"

#include <algorithm>
#include <optional>

#include "http/text.h"
#include "weft/error.h"

namespace weft::http {
namespace {

struct MethodRoute {
  std::string method;  // empty: any
  std::unique_ptr<Route> route;
};

// The routes that end at one place.
class Leaf {
 public:
  bool empty() const noexcept { return routes_.empty(); }

  void add(std::string_view method, std::unique_ptr<Route> route) {
    const auto same = [&](const MethodRoute& each) { return each.method == method; };
    if (std::any_of(routes_.begin(), routes_.end(), same))
      throw usage_error("weft::http::Server::handle: \"" + route->pattern + "\": there is such a pattern already");
    routes_.push_back({std::string(method), std::move(route)});
  }

  const Route* find(std::string_view method) const noexcept {
    if (const Route* exact = named(method)) return exact;
    if (method == "HEAD") {
      if (const Route* get = named("GET")) return get;
    }
    return named({});
  }

  void add_methods_to(std::vector<std::string_view>& methods) const {
    for (const MethodRoute& each : routes_) {
      methods.emplace_back(each.method);
      if (each.method == "GET") methods.emplace_back("HEAD");
    }
  }

 private:
  const Route* named(std::string_view method) const noexcept {
    for (const MethodRoute& each : routes_) {
      if (each.method == method) return each.route.get();
    }
    return nullptr;
  }

  std::vector<MethodRoute> routes_;
};

[[noreturn]] void no_pattern(std::string_view pattern, const char* why) {
  throw usage_error("weft::http::Server::handle: \"" + std::string(pattern) + "\": " + why);
}

// Takes the first segment, without its slash, off a path that begins with one.
std::string_view take_segment(std::string_view& path) noexcept {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

// "{name}" is "name".
std::optional<std::string_view> wildcard(std::string_view segment) noexcept {
  if (segment.size() < 2 || segment.front() != '{' || segment.back() != '}') return std::nullopt;
  return segment.substr(1, segment.size() - 2);
}

}  // namespace

struct Router::Node {
  struct Literal {
    std::string text;  // decoded
    std::unique_ptr<Node> node;
  };
  std::vector<Literal> literals;  // sorted
  std::unique_ptr<Node> any;      // "{name}"
  Leaf here;                      // the path ends here
  Leaf rest;                      // "{name...}", or the pattern ended in "/": whatever comes

  Node& literal(std::string_view text) {
    auto at = lower_bound(text);
    if (at == literals.end() || at->text != text)
      at = literals.insert(at, Literal{std::string(text), std::make_unique<Node>()});
    return *at->node;
  }
  const Node* find_literal(std::string_view text) const noexcept {
    const auto at = const_cast<Node*>(this)->lower_bound(text);
    return at == literals.end() || at->text != text ? nullptr : at->node.get();
  }

 private:
  std::vector<Literal>::iterator lower_bound(std::string_view text) noexcept {
    return std::lower_bound(literals.begin(), literals.end(), text,
                            [](const Literal& each, std::string_view sought) { return each.text < sought; });
  }
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;

void Router::add(std::string_view pattern, Handler handler) {
  if (!handler) no_pattern(pattern, "the handler is empty");
  auto route = std::make_unique<Route>(Route{std::string(pattern), {}, std::move(handler)});
  std::string_view method, path = pattern;
  if (const std::size_t blank = pattern.find(' '); blank != std::string_view::npos) {
    method = pattern.substr(0, blank);
    path = pattern.substr(std::min(pattern.find_first_not_of(' ', blank), pattern.size()));
    if (!is_token(method)) no_pattern(pattern, "what stands before the blank is no method");
  }
  if (!path.starts_with('/')) no_pattern(pattern, "a path begins with '/'");

  Node* node = root_.get();
  while (true) {
    const std::string_view segment = take_segment(path);
    const bool last = path.empty();
    const std::optional<std::string_view> name = wildcard(segment);
    if (!name) {
      if (segment.find_first_of("{}") != std::string_view::npos)
        no_pattern(pattern, "a wildcard is a whole segment, {name}");
      if (last && segment.empty()) return node->rest.add(method, std::move(route));
      const std::optional<std::string> text = percent_decoded(segment, false);
      if (!text) no_pattern(pattern, "'%' begins two hexadecimal digits");
      node = &node->literal(*text);
    } else if (*name == "$") {
      if (!last) no_pattern(pattern, "{$} ends a pattern");
      node = &node->literal("");
    } else {
      const bool whole_rest = name->ends_with("...");
      const std::string_view bare = whole_rest ? name->substr(0, name->size() - 3) : *name;
      if (!is_token(bare)) no_pattern(pattern, "a wildcard has a name");
      if (std::find(route->wildcards.begin(), route->wildcards.end(), bare) != route->wildcards.end())
        no_pattern(pattern, "two wildcards have one name");
      route->wildcards.emplace_back(bare);
      if (whole_rest && !last) no_pattern(pattern, "{name...} ends a pattern");
      if (whole_rest) return node->rest.add(method, std::move(route));
      if (!node->any) node->any = std::make_unique<Node>();
      node = node->any.get();
    }
    if (last) return node->here.add(method, std::move(route));
  }
}

struct Router::Search {
  std::string_view method;
  Match& match;
  std::vector<std::string_view> allowed = {};

  bool take(const Leaf& leaf) {
    if (leaf.empty()) return false;
    match.route = leaf.find(method);
    if (match.route == nullptr) leaf.add_methods_to(allowed);
    return match.route != nullptr;
  }

  // `path`: what is left of it, with its slash.
  bool descend(const Node& node, std::string_view path) {
    if (path.empty()) return take(node.here);
    const std::string_view all = path.substr(1);
    const std::string_view segment = take_segment(path);
    if (const Node* next = literal_of(node, segment); next != nullptr && descend(*next, path)) return true;
    if (node.any && !segment.empty()) {
      match.values.push_back(segment);
      if (descend(*node.any, path)) return true;
      match.values.pop_back();
    }
    match.values.push_back(all);
    if (take(node.rest)) return true;
    match.values.pop_back();
    return false;
  }

  static const Node* literal_of(const Node& node, std::string_view segment) {
    if (segment.find('%') == std::string_view::npos) return node.find_literal(segment);
    const std::optional<std::string> text = percent_decoded(segment, false);
    return text ? node.find_literal(*text) : nullptr;
  }
};

Match Router::find(std::string_view method, std::string_view path) const {
  Match match;
  Search search{method, match};
  if (search.descend(*root_, path) || search.allowed.empty()) return match;
  std::sort(search.allowed.begin(), search.allowed.end());
  search.allowed.erase(std::unique(search.allowed.begin(), search.allowed.end()), search.allowed.end());
  for (const std::string_view each : search.allowed) {
    if (!match.allowed.empty()) match.allowed += ", ";
    match.allowed += each;
  }
  return match;
}

}  // namespace weft::http
