// What an App tells on stderr: a line an event, `weft: started part=db ms=12`.
#pragma once

#include <fmt/format.h>
#include <unistd.h>
#include <chrono>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "base/fatal.h"

namespace weft::app {

/// One line in one write, so that lines of several goroutines stay whole.
template <class... Args>
void log(fmt::format_string<Args...> format, Args&&... args) {
  base::write_all(STDERR_FILENO, "weft: " + fmt::format(format, std::forward<Args>(args)...) + "\n");
}

/// A value as it stands in a line: in quotes where it is not one plain word; it forges no line.
std::string quoted(std::string_view value);

/// What an exception says, as a value.
std::string quoted(const std::exception_ptr& error);

template <class Clock, class Duration>
long long millis_since(std::chrono::time_point<Clock, Duration> start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
}

}  // namespace weft::app
