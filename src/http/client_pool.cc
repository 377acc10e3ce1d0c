#include "http/client_pool.h"

namespace weft::http {

std::unique_ptr<ClientConnection> ClientPool::take(const std::string& origin) {
  while (true) {
    Idle last;
    {
      const std::lock_guard guard(mutex_);
      const auto found = idle_.find(origin);
      if (found == idle_.end()) return nullptr;
      last = std::move(found->second.back());
      found->second.pop_back();
      if (found->second.empty()) idle_.erase(found);
    }
    if (Clock::now() - last.since <= oldest_ && last.connection->is_quiet()) return std::move(last.connection);
  }
}

void ClientPool::put(const std::string& origin, std::unique_ptr<ClientConnection> connection) {
  connection->set_deadline(Clock::time_point::max());
  const std::lock_guard guard(mutex_);
  drop_old();
  std::vector<Idle>& idle = idle_[origin];
  if (idle.size() >= most_per_host_ && !idle.empty()) idle.erase(idle.begin());
  if (most_per_host_ != 0) {
    idle.push_back({std::move(connection), Clock::now()});
  } else {
    idle_.erase(origin);
  }
}

// Else those of hosts that nobody asks again would stay open, on this side alone.
void ClientPool::drop_old() {
  const Clock::time_point now = Clock::now();
  if (now - last_dropped_ < std::chrono::seconds(1)) return;
  last_dropped_ = now;
  for (auto host = idle_.begin(); host != idle_.end();) {
    std::erase_if(host->second, [&](const Idle& each) { return now - each.since > oldest_; });
    host = host->second.empty() ? idle_.erase(host) : std::next(host);
  }
}

void ClientPool::clear() noexcept {
  std::map<std::string, std::vector<Idle>> gone;
  const std::lock_guard guard(mutex_);
  gone.swap(idle_);
}

}  // namespace weft::http
