#!/bin/sh
# Lays out C++ files as .clang-format says: those named, else every file that git knows or would add.
set -eu
cd "$(dirname "$0")/.."
if [ $# -gt 0 ]; then
  exec clang-format-19 -i "$@"
fi
git ls-files -z --cached --others --exclude-standard -- '*.cc' '*.h' | xargs -0 ls -d 2>/dev/null |
  xargs clang-format-19 -i
