// A context that can be cancelled: made, and cancelled.
#include "weft/context.h"

#include "bench/micro/harness.h"

namespace {

void create_and_cancel(const std::string& name) {
  weft::Context root;
  bench::emit_each(name, [&root](std::uint64_t count) {
    return bench::timed([&root, count] {
      for (std::uint64_t i = 0; i < count; ++i) {
        auto [context, cancel] = weft::with_cancel(root);
        cancel();
      }
    });
  });
}

const bench::Register kCancel{"context/with_cancel@1", 1, create_and_cancel};

}  // namespace
