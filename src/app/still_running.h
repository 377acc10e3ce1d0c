// What has begun and not ended, by name: for the report when a shutdown takes too long.
#pragma once

#include <list>
#include <mutex>
#include <string>

namespace weft::app {

class StillRunning {
 public:
  /// Stands in the list while it lives.
  class Entry {
   public:
    Entry(StillRunning& all, std::string name) : all_(all) {
      const std::scoped_lock guard(all_.lock_);
      at_ = all_.names_.insert(all_.names_.end(), std::move(name));
    }
    ~Entry() {
      const std::scoped_lock guard(all_.lock_);
      all_.names_.erase(at_);
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    StillRunning& all_;
    std::list<std::string>::iterator at_;
  };

  /// "db, api"
  std::string list() {
    const std::scoped_lock guard(lock_);
    std::string text;
    for (const std::string& name : names_) text += (text.empty() ? "" : ", ") + name;
    return text;
  }

 private:
  std::mutex lock_;
  std::list<std::string> names_;  // under lock_
};

}  // namespace weft::app
