// Notes in an SQLite file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "weft/sync/mutex.h"

struct sqlite3;
struct sqlite3_stmt;

namespace notes {

struct Note {
  std::int64_t id = 0;
  std::string title, text;
};

/// SQLite's own words, and its code: SQLITE_FULL where the disk is.
class StoreError : public std::runtime_error {
 public:
  StoreError(int code, const std::string& what) : std::runtime_error(what), code_(code) {}
  bool disk_is_full() const noexcept;

 private:
  int code_;
};

/// SQLite is called as it is: a call that waits for the disk holds its thread, and weft gives the processor to others.
///
/// Thread safety  any; one call at a time
class Store {
 public:
  /// Makes the file if it is not there. Errors: StoreError, from all.
  explicit Store(const std::string& path);
  ~Store();

  Note add(const std::string& title, const std::string& text);
  std::optional<Note> find(std::int64_t id);
  /// Up to `limit` of them whose ids are above `after`, in their order.
  std::vector<Note> list(std::int64_t after, int limit);
  bool update(const Note& note);
  bool remove(std::int64_t id);

 private:
  class Statement;
  struct Close {
    void operator()(sqlite3* database) const noexcept;
  };

  weft::Mutex mutex_;
  std::unique_ptr<sqlite3, Close> database_;
  std::unique_ptr<Statement> add_, find_, list_, update_, remove_;
};

}  // namespace notes
