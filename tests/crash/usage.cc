// Calls that break the contract: each throws a usage_error that names the value and what is allowed, and nothing is
// harmed.
#include <unistd.h>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>

#include "cases.h"
#include "weft/weft.h"

namespace {

/// Runs `wrong` on a goroutine; prints what it throws. Exit code 3: a usage_error, after which the runtime still works.
template <class F>
int expect_usage_error(F wrong) {
  return weft::run([&] {
    try {
      wrong();
    } catch (const weft::usage_error& error) {
      std::fprintf(stderr, "usage_error: %s\n", error.what());
      return weft::spawn([] { return 3; }).join();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "another error: %s\n", error.what());
      return 4;
    }
    std::fprintf(stderr, "nothing was thrown\n");
    return 5;
  });
}

using Function = void (*)();

int null_function_in_go() {
  return expect_usage_error([] { weft::go(Function{}); });
}
int empty_function_in_spawn() {
  return expect_usage_error([] { static_cast<void>(weft::spawn(std::function<void()>())); });
}
int empty_function_in_blocking() {
  return expect_usage_error([] { weft::blocking(std::function<int()>()); });
}
int null_function_in_run() {
  try {
    weft::run(Function{});
  } catch (const weft::usage_error& error) {
    std::fprintf(stderr, "usage_error: %s\n", error.what());
    return 3;
  }
  return 5;
}
int run_inside_run() {
  return expect_usage_error([] { weft::run([] {}); });
}
int negative_stack() {
  return expect_usage_error([] { weft::go({.stack_bytes = static_cast<std::size_t>(-1)}, [] {}); });
}
int absurd_stack() {
  return expect_usage_error([] { weft::go({.stack_bytes = (std::size_t{1} << 30) + 1}, [] {}); });
}
int too_many_processors() {
  return expect_usage_error([] { weft::set_max_procs(257); });
}
int absurd_processors() {
  return expect_usage_error([] { weft::set_max_procs(INT_MAX); });
}
int joined_twice() {
  return expect_usage_error([] {
    auto task = weft::spawn([] { return 1; });
    task.join();
    task.join();
  });
}
int joined_empty() {
  return expect_usage_error([] { weft::Task<int>().join(); });
}
int negative_capacity() {
  return expect_usage_error([] { static_cast<void>(weft::make_chan<int>(-1)); });
}
int absurd_capacity() {
  return weft::run([] {
    try {
      static_cast<void>(weft::make_chan<long>(PTRDIFF_MAX));
    } catch (const std::exception& error) {
      std::fprintf(stderr, "refused: %s\n", error.what());
      return 3;
    }
    return 5;
  });
}
int closed_twice() {
  return expect_usage_error([] {
    auto c = weft::make_chan<int>();
    c.close();
    c.close();
  });
}
int send_on_closed() {
  return expect_usage_error([] {
    auto c = weft::make_chan<int>(1);
    c.close();
    c.send(1);
  });
}
int negative_wait_group() {
  return expect_usage_error([] { weft::WaitGroup().done(); });
}
int negative_ticker() {
  return expect_usage_error([] { const weft::Ticker ticker(std::chrono::seconds(-1)); });
}

int null_functions_elsewhere() {
  const std::function<void()> null;
  int refused = 0;
  const auto refuses = [&](auto call) {
    try {
      call();
    } catch (const weft::usage_error& error) {
      refused += std::string(error.what()).find("the function is empty") != std::string::npos ? 1 : 0;
    }
  };
  return expect_usage_error([&] {
    const weft::Context ctx;
    weft::WaitGroup wait_group;
    weft::Group group;
    weft::Once once;
    weft::WorkerPool crew{{.workers = 1}};
    weft::Selector selector;
    auto c = weft::make_chan<void>(1);
    refuses([&] { weft::after_func(std::chrono::seconds(0), null); });
    refuses([&] { static_cast<void>(weft::after_func(ctx, null)); });
    refuses([&] { wait_group.go(null); });
    refuses([&] { group.go(null); });
    refuses([&] { group.try_go(null); });
    refuses([&] { once.call(null); });
    refuses([&] { crew.try_submit(ctx, null); });
    refuses([&] { crew.submit(ctx, null); });
    refuses([&] { weft::Lazy<int>{std::function<int()>()}; });
    refuses([&] { weft::Pool<int>{std::function<int()>()}; });
    refuses([&] { weft::select(weft::on_recv(c, null)); });
    refuses([&] { weft::select(weft::on_send(c, null)); });
    refuses([&] { weft::select(weft::on_timeout(std::chrono::seconds(0), null)); });
    refuses([&] { weft::select(weft::on_done(ctx, null)); });
    refuses([&] { weft::select(weft::otherwise(null)); });
    refuses([&] { selector.recv(c, null); });
    wait_group.wait();
    group.wait();
    if (refused == 16) weft::go(null);
  });
}

int wait_group_overflow() {
  return expect_usage_error([] {
    weft::WaitGroup group;
    group.add(INT_MAX);
    group.add(1);
  });
}
int negative_semaphore() {
  return expect_usage_error([] { weft::Semaphore{-1}; });
}
int more_than_the_semaphore_has() {
  return expect_usage_error([] { weft::Semaphore{2}.acquire(3); });
}
int more_released_than_held() {
  return expect_usage_error([] { weft::Semaphore{2}.release(); });
}
int no_workers() {
  return expect_usage_error([] { weft::WorkerPool{{.workers = 0}}; });
}
int absurd_queue() {
  return expect_usage_error([] { weft::WorkerPool{{.queue = INT64_MAX}}; });
}
int limit_of_nothing() {
  return expect_usage_error([] { weft::Group().set_limit(0); });
}
int ticker_of_nothing() {
  return expect_usage_error([] { const weft::Ticker ticker(std::chrono::seconds(0)); });
}
int ticker_reset_to_nothing() {
  return expect_usage_error([] { weft::Ticker(std::chrono::seconds(1)).reset(std::chrono::nanoseconds(-5)); });
}
int pool_without_patience() {
  return expect_usage_error([] { weft::Pool<int>([] { return 1; }, {}, {.max_idle = std::chrono::seconds(0)}); });
}
int unlock_of_an_unlocked_mutex() {
  return expect_usage_error([] { weft::Mutex().unlock(); });
}

}  // namespace

int main(int argc, char** argv) {
  ::alarm(60);
  return crash::run_case(argc, argv,
                         {{"null_function_in_go", null_function_in_go},
                          {"empty_function_in_spawn", empty_function_in_spawn},
                          {"empty_function_in_blocking", empty_function_in_blocking},
                          {"null_function_in_run", null_function_in_run},
                          {"run_inside_run", run_inside_run},
                          {"negative_stack", negative_stack},
                          {"absurd_stack", absurd_stack},
                          {"too_many_processors", too_many_processors},
                          {"absurd_processors", absurd_processors},
                          {"joined_twice", joined_twice},
                          {"joined_empty", joined_empty},
                          {"negative_capacity", negative_capacity},
                          {"absurd_capacity", absurd_capacity},
                          {"closed_twice", closed_twice},
                          {"send_on_closed", send_on_closed},
                          {"negative_wait_group", negative_wait_group},
                          {"negative_ticker", negative_ticker},
                          {"null_functions_elsewhere", null_functions_elsewhere},
                          {"wait_group_overflow", wait_group_overflow},
                          {"negative_semaphore", negative_semaphore},
                          {"more_than_the_semaphore_has", more_than_the_semaphore_has},
                          {"more_released_than_held", more_released_than_held},
                          {"no_workers", no_workers},
                          {"absurd_queue", absurd_queue},
                          {"limit_of_nothing", limit_of_nothing},
                          {"ticker_of_nothing", ticker_of_nothing},
                          {"ticker_reset_to_nothing", ticker_reset_to_nothing},
                          {"pool_without_patience", pool_without_patience},
                          {"unlock_of_an_unlocked_mutex", unlock_of_an_unlocked_mutex}});
}
