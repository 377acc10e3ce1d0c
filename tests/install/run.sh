#!/bin/sh
# Installs a build of weft into a scratch prefix and uses it from outside: by find_package and by pkg-config.
#
#   tests/install/run.sh BUILD_FOLDER
set -eu

build=$1
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
expected="sum of squares: 14"

cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
must_say_expected() {
  said=$("$@") || fail "$* ends with $?"
  [ "$said" = "$expected" ] || fail "$* prints '$said', not '$expected'"
}

compiler=$(cached CMAKE_CXX_COMPILER)
cmake --install "$build" --prefix "$scratch/prefix" >/dev/null
libdir=$(dirname "$(find "$scratch/prefix" -name pkgconfig -type d)")

echo "find_package(weft)"
cmake -S "$here" -B "$scratch/build" -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$scratch/prefix" >/dev/null
cmake --build "$scratch/build" >"$scratch/log" 2>&1 || fail "the scratch project does not build: $(cat "$scratch/log")"
must_say_expected "$scratch/build/uses_weft"

echo "pkg-config weft"
export PKG_CONFIG_PATH="$libdir/pkgconfig"
# shellcheck disable=SC2046  # flags are words
"$compiler" -std=c++20 "$here/main.cc" -o "$scratch/by_pkg_config" $(pkg-config --cflags --libs weft) \
  || fail "does not build by pkg-config"
LD_LIBRARY_PATH="$libdir" must_say_expected "$scratch/by_pkg_config"

echo "no other unwinder takes over the program's throws"
! ldd "$scratch/by_pkg_config" | grep -i unwind || fail "a program that uses weft links libunwind"

echo "installed headers stand in for the source tree's"
! grep -rlE '#include "(base|os|sched|sync)/' "$scratch/prefix/include" || fail "a public header includes a private one"
echo "ok"
