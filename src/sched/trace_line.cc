#include "sched/trace_line.h"

#include "base/fatal.h"
#include "sched/scheduler.h"

namespace weft::sched {

void write_trace_line(int fd, std::int64_t now) noexcept {
  static const std::int64_t start = now;
  Scheduler& s = scheduler();
  const std::uint32_t count = s.max_procs.load(std::memory_order_acquire);
  std::uint32_t threads = 0, idle_threads = 0;
  {
    const detail::SpinGuard guard(s.lock);
    threads = s.machine_count + 1;
    idle_threads = s.idle_machine_count;
  }
  base::LineBuffer line;
  line.text("SCHED ").number((now - start) / 1'000'000).text("ms: gomaxprocs=").number(count);
  line.text(" idleprocs=")
      .number(s.idle_processor_count.load(std::memory_order_relaxed))
      .text(" threads=")
      .number(threads);
  line.text(" spinningthreads=").number(s.searching.load(std::memory_order_relaxed)).text(" needspinning=0");
  line.text(" idlethreads=")
      .number(idle_threads)
      .text(" runqueue=")
      .number(s.global_count.load(std::memory_order_relaxed))
      .text(" [");
  for (std::uint32_t i = 0; i < count; ++i) {
    const Processor& p = *s.processors[i];
    line.text(i == 0 ? "" : " ")
        .number(p.ring.size() + (p.runnext.load(std::memory_order_relaxed) != nullptr ? 1u : 0u));
  }
  line.text("]\n").write(fd);
}

}  // namespace weft::sched
