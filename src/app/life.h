// The life of a program that an App leads: one goroutine decides, and hears of all that happens by one channel.
//
//   validations, parts, warm-ups, serve() and shutdown functions run on goroutines of their own, and report their end
//   to it; so do signals and stop(). Nothing here is shared with them but what says so.
//
//   validate --> start_parts --> ready --> wait --> drain --> stop_parts
//                     \__________________________________/^    a failure or a signal skips what is left in between;
//                                                             what does not hold in validate, all that follows
//
// INVARIANTS [app.I1] an end is sent by every goroutine that was launched, once; the channel has room for all of them:
//                     no goroutine waits to report, whether somebody listens or not
//            [app.I2] what a goroutine left behind may yet use is owned by it too (Shared)
#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "app/roster.h"
#include "app/still_running.h"
#include "weft/chan.h"
#include "weft/context.h"
#include "weft/sync/wait_group.h"

namespace weft::app {

class Life {
 public:
  /// `stop` carries what stop() asks for.
  Life(Roster& roster, RecvChan<void> stop);
  ~Life();
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;

  int run();

 private:
  using Clock = std::chrono::steady_clock;
  enum class Kind { kValidations, kPart, kWarmup, kServer, kReload };

  struct End {
    Kind kind;
    std::size_t index;
    std::exception_ptr error;
    Clock::time_point began;
  };

  struct Shared {
    explicit Shared(std::size_t most_ends) : ends(make_chan<End>(most_ends)) {}
    Chan<End> ends;
    Chan<void> ending = make_chan<void>();  // closed when the end begins
    Chan<void> over = make_chan<void>();    // closed when the life is over
    StillRunning still_running;
  };

  void validate();
  void validate_one(const Step& check, const Context& context);
  void serve();
  void start_parts();
  void launch_part(std::size_t part);
  void launch_servers(bool early);
  void launch_warmups();
  void launch(Kind kind, std::size_t index, std::string name, detail::AppStep step);

  void handle_next();
  void handle(const End& end);
  void handle_validations(const End& end);
  void handle_part(const End& end);
  void handle_warmup(const End& end);
  void handle_server(const End& end);
  void handle_reload(const End& end);
  void fail(const char* what, const std::string& name, const std::string& error);
  void fail_unless_cancelled(const char* what, const std::string& name, const std::string& error);
  void begin_end(const std::string& reason);
  void become_ready_if_all_is();

  void listen_for_reloads();
  RecvChan<int> reload_signals_now() const;
  void begin_reload();

  void drain();
  void shut_servers(bool early);
  std::string shut(const Server& server, const Context& context) noexcept;
  void run_hooks();
  void run_hook(const Hook& hook);
  Clock::time_point servers_deadline();
  void watch_shutdown_time();
  void feed_watchdog();

  Roster& roster_;
  const RecvChan<void> stop_;
  const Clock::time_point began_ = Clock::now();
  RecvChan<int> signals_, reload_signals_;
  std::shared_ptr<Shared> shared_;
  WaitGroup goroutines_;  // all but the shutdown functions, of which some may be left behind
  CancelContext work_;    // that of parts and warm-ups

  std::vector<std::vector<std::size_t>> after_;
  std::vector<bool> started_;
  std::vector<bool> launched_;
  std::vector<bool> serving_;
  std::size_t parts_running_ = 0;
  std::size_t warmups_running_ = 0;
  std::size_t required_warmups_ = 0;  // that have not ended well
  bool validating_ = false;
  bool valid_ = true;  // the validations' goroutine writes it, and reports its end then
  bool all_launched_ = false;
  bool reload_running_ = false;
  bool ready_ = false;
  bool ending_ = false;
  Clock::time_point end_began_{};
  int exit_code_ = 0;
};

}  // namespace weft::app
