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

# Prints the files of these patterns that git knows or would add, and that are there.
sources() { git ls-files -z --cached --others --exclude-standard -- "$@" | xargs -0 ls -d 2>/dev/null; }

layout() {
  # shellcheck disable=SC2016  # the inner shell expands it
  wrong=$(sources '*.cc' '*.h' |
    xargs -P 2 -I{} sh -c 'clang-format-19 --dry-run -Werror "$1" 2>/dev/null || echo "$1"' _ {})
  [ -z "$wrong" ] && return
  printf '%s\n' "$wrong" | sort
  echo "layout: not as .clang-format says; make format mends it"
  return 1
}

tidy() { sources 'src/*.cc' 'lab/*.cc' 'tools/*.cc' | python3 tools/tidy.py "$build"; }

for check in tools/checks/*.py; do
  name=$(basename "$check" .py)
  [ "$name" = common ] || step "$name" python3 "$check"
done
step reference python3 tools/reference.py --check
step numbers python3 tools/readme_numbers.py --check
step layout layout
step clang-tidy tidy

if [ -n "$failed" ]; then
  echo "lint: FAILED:$failed"
  exit 1
fi
echo "lint: all passed"
