#!/bin/sh
# Measures weft beside Go, and with --peers beside Boost.Fiber and std::thread too, and writes docs/benchmarks.md.
# Options: bench/run.sh --help. The programs must be built: `make bench` and `make peers` do both.
set -eu
exec python3 "$(dirname "$0")/../tools/bench.py" "$@"
