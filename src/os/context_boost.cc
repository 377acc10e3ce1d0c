// The portable fallback on Boost.Context's fcontext: slower (it ends in an indirect jump), and dumps show no stacks.
#include <boost/context/detail/fcontext.hpp>

#include "os/context.h"

namespace fc = boost::context::detail;

namespace {

weft::os::ContextEntry process_entry = nullptr;

// Each jump carries the slot in which the context that was left is to be stored.
void store_left_context(fc::transfer_t transfer) noexcept { *static_cast<void**>(transfer.data) = transfer.fctx; }

void start(fc::transfer_t transfer) {
  store_left_context(transfer);
  process_entry();
  __builtin_trap();
}

}  // namespace

extern "C" void weft_switch_context(void** save_sp, void* load_sp) {
  store_left_context(fc::jump_fcontext(load_sp, save_sp));
}

extern "C" void weft_walk_context(void*, void (*)(void*), void*) {}

namespace weft::os {

void* make_context(void* stack_top, ContextEntry entry) noexcept {
  process_entry = entry;
  return fc::make_fcontext(stack_top, 0, &start);
}

}  // namespace weft::os
