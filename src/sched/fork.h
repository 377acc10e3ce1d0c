// fork(): the child has one thread, so it has one goroutine: the one that forked. The others are gone, as threads are.
#pragma once

namespace weft::sched {

void install_fork_handlers() noexcept;

/// The child's monitor starts when somebody first needs it: most children only exec. Else it does nothing.
void restart_monitor_after_fork() noexcept;
bool monitor_is_gone() noexcept;

}  // namespace weft::sched
