#!/bin/sh
# Every rule of the house that a script can hold: the checks, the layout, clang-tidy. Names all that is wrong, then
# fails.
#
#   tools/lint.sh BUILD_FOLDER     a folder configured with clang, for its compile_commands.json
#
# WEFT_TIDY_SECONDS  how long clang-tidy may take in all; default 420. What it did not reach is named.
set -u
cd "$(dirname "$0")/.."
build=$1
failed=

# Runs one step under its name; remembers a failure, goes on.
step() {
  name=$1
  shift
  echo "== $name"
  "$@" || failed="$failed $name"
}

# Prints the C++ files that git knows or would add; whole records, so that no name is split.
sources() { git ls-files -z --cached --others --exclude-standard -- '*.cc' '*.h' | xargs -0 ls -d 2>/dev/null; }

layout() { sources | xargs clang-format-19 --dry-run -Werror --fail-on-incomplete-format; }

tidy() {
  git ls-files -- 'src/*.cc' 'lab/*.cc' 'tools/*.cc' | grep -v '_bench\.cc$' | python3 tools/tidy.py "$build"
}

for check in tools/checks/*.py; do
  name=$(basename "$check" .py)
  [ "$name" = common ] || step "$name" python3 "$check"
done
step reference python3 tools/reference.py --check
step layout layout
step clang-tidy tidy

if [ -n "$failed" ]; then
  echo "lint: FAILED:$failed"
  exit 1
fi
echo "lint: all passed"
