#include "examples/notes/store.h"

#include <sqlite3.h>

#include <mutex>

namespace notes {

bool StoreError::disk_is_full() const noexcept { return code_ == SQLITE_FULL; }

void Store::Close::operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }

// A prepared statement, used again and again.
class Store::Statement {
 public:
  Statement(sqlite3* database, const char* sql) : database_(database) {
    if (sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr) != SQLITE_OK) fail();
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(int at, std::int64_t value) {
    sqlite3_bind_int64(statement_, at, value);
    return *this;
  }
  Statement& bind(int at, const std::string& value) {
    sqlite3_bind_text(statement_, at, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
    return *this;
  }
  /// Calls `row` for each row of the result, then makes the statement ready for its next use.
  template <class Row>
  void run(Row&& row) {
    int result;
    while ((result = sqlite3_step(statement_)) == SQLITE_ROW) row();
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
    if (result != SQLITE_DONE) fail();
  }
  void run() {
    run([] {});
  }

  std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }
  std::string text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }
  Note note() const { return {number(0), text(1), text(2)}; }

 private:
  [[noreturn]] void fail() { throw StoreError(sqlite3_errcode(database_), sqlite3_errmsg(database_)); }

  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
};

Store::Store(const std::string& path) {
  sqlite3* opened = nullptr;
  const int result = sqlite3_open(path.c_str(), &opened);
  database_.reset(opened);
  if (result != SQLITE_OK) throw StoreError(result, path + ": " + sqlite3_errmsg(opened));
  for (const char* sql :
       {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL",
        "CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL, text TEXT NOT NULL)"}) {
    Statement(opened, sql).run();
  }
  add_ = std::make_unique<Statement>(opened, "INSERT INTO notes (title, text) VALUES (?1, ?2)");
  find_ = std::make_unique<Statement>(opened, "SELECT id, title, text FROM notes WHERE id = ?1");
  list_ = std::make_unique<Statement>(opened, "SELECT id, title, text FROM notes WHERE id > ?1 ORDER BY id LIMIT ?2");
  update_ = std::make_unique<Statement>(opened, "UPDATE notes SET title = ?2, text = ?3 WHERE id = ?1");
  remove_ = std::make_unique<Statement>(opened, "DELETE FROM notes WHERE id = ?1");
}

Store::~Store() = default;

Note Store::add(const std::string& title, const std::string& text) {
  const std::lock_guard guard(mutex_);
  add_->bind(1, title).bind(2, text).run();
  return {sqlite3_last_insert_rowid(database_.get()), title, text};
}

std::optional<Note> Store::find(std::int64_t id) {
  const std::lock_guard guard(mutex_);
  std::optional<Note> found;
  find_->bind(1, id).run([&] { found = find_->note(); });
  return found;
}

std::vector<Note> Store::list(std::int64_t after, int limit) {
  const std::lock_guard guard(mutex_);
  std::vector<Note> found;
  list_->bind(1, after).bind(2, limit).run([&] { found.push_back(list_->note()); });
  return found;
}

bool Store::update(const Note& note) {
  const std::lock_guard guard(mutex_);
  update_->bind(1, note.id).bind(2, note.title).bind(3, note.text).run();
  return sqlite3_changes(database_.get()) != 0;
}

bool Store::remove(std::int64_t id) {
  const std::lock_guard guard(mutex_);
  remove_->bind(1, id).run();
  return sqlite3_changes(database_.get()) != 0;
}

}  // namespace notes
