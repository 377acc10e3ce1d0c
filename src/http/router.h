// Which handler answers: a trie of path segments.
//
// At each segment a literal goes before `{name}`, that before `{name...}`, and one that leads nowhere is undone: so of
// two patterns that both match, the one that says more, from left to right, answers.
#pragma once

#include <boost/container/small_vector.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weft/http/server.h"

namespace weft::http {

struct Route {
  std::string pattern;
  std::vector<std::string> wildcards;  // their names, from left to right
  Handler handler;
};

/// What a path's wildcards stand for; still encoded.
using PathValues = boost::container::small_vector<std::string_view, 8>;

struct Match {
  const Route* route = nullptr;  // null: none
  std::string allowed;           // then: the methods with which there would be one, as in Allow; empty if none at all
  PathValues values;
};

class Router {
 public:
  Router();
  ~Router();

  /// Throws usage_error for a pattern that is none, or is there.
  void add(std::string_view pattern, Handler handler);

  /// `path`: encoded, absolute.
  Match find(std::string_view method, std::string_view path) const;

 private:
  struct Node;
  struct Search;
  std::unique_ptr<Node> root_;
};

}  // namespace weft::http
