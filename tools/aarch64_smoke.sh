#!/bin/sh
# Cross-builds the library and a handful of its tests for aarch64 and runs them under qemu-user: what CI has time for.
# `make aarch64` is the whole suite. Exit code 77: the compiler, the emulator or Debian's arm64 libraries are not to be
# had here.
set -eu
cd "$(dirname "$0")/.."

if ! tools/setup.sh build aarch64; then
  echo "aarch64: SKIPPED: the packages for it cannot be installed here"
  exit 77
fi
# The switch, the scheduler, the fallbacks that an emulator needs, channels, select, one stress test.
targets="os_context_test os_unwind_test sched_runtime_test sched_stack_pool_test sync_chan_test sync_select_test
  stress_chan_stress"
tests="^(os/context_test|os/unwind_test|sched/runtime_test|sched/stack_pool_test|sync/chan_test|sync/select_test"
tests="$tests|stress/chan_stress.quick)$"

cmake --preset aarch64 -DWEFT_WERROR="${WERROR:-OFF}" -DWEFT_BUILD_EXAMPLES=OFF
# shellcheck disable=SC2086  # targets are words
cmake --build build/aarch64 -j "${JOBS:-$(nproc)}" --target $targets
"${CTEST:-ctest}" --preset aarch64 -R "$tests"
