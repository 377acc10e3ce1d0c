#!/bin/sh
# fuzz.sh BUILD SECONDS: runs each fuzzer of that build for so long. What one finds new goes to BUILD/corpus/NAME, what
# breaks it to BUILD/crashes; ends with 1 if one broke.
set -u
build=$1 seconds=$2 broken=0
mkdir -p "$build/crashes"
for program in "$build"/tests/fuzz/fuzz_*; do
  case $program in *_replay) continue ;; esac
  name=${program##*/fuzz_}
  echo "== $name, $seconds s"
  mkdir -p "$build/corpus/$name"
  "$program" -max_total_time="$seconds" -print_final_stats=1 -verbosity=0 -artifact_prefix="$build/crashes/$name-" \
    "$build/corpus/$name" "tests/fuzz/corpus/$name" || broken=1
done
exit $broken
