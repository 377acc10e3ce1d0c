// The category of weft::errc: its words, and what its values are to those who compare with std::errc.
#include "weft/error.h"

#include <string>
#include <system_error>

namespace weft {
namespace {

class ErrorCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "weft"; }

  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::cancelled:
        return "cancelled";
      case errc::deadline_exceeded:
        return "deadline exceeded";
      case errc::closed:
        return "closed";
      case errc::shutting_down:
        return "shutting down";
      case errc::end_of_stream:
        return "end of stream";
    }
    return "unknown error " + std::to_string(value);
  }

  std::error_condition default_error_condition(int value) const noexcept override {
    switch (static_cast<errc>(value)) {
      case errc::cancelled:
        return std::errc::operation_canceled;
      case errc::deadline_exceeded:
        return std::errc::timed_out;
      case errc::closed:
      case errc::shutting_down:
      case errc::end_of_stream:
        break;
    }
    return {value, *this};
  }
};

}  // namespace

const std::error_category& error_category() noexcept {
  static const ErrorCategory category;
  return category;
}

}  // namespace weft
