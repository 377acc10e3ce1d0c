// How to wait for somebody who is a few instructions from done: spin, then give the core away, then sleep. A long wait
// means that the kernel took the other's core, and spinning on would only keep it from coming back.
#pragma once

namespace weft::detail {

/// One wait. Leaves errno alone.
class Backoff {
 public:
  /// To be called between two looks.
  void wait() noexcept;

 private:
  int round_ = 0;
  long nap_nanos_ = 20'000;
};

}  // namespace weft::detail
