#!/bin/sh
# Installs the Debian packages that a task needs; changes nothing when they are all there.
#
#   tools/setup.sh            what it takes to build, test and run the lab
#   tools/setup.sh GROUP...   more: build check peers net foreign aarch64
set -eu

# GCC, CMake and the libraries weft stands on, the test and benchmark frameworks, what the lab's scenarios parse with,
# what the doctor reads profiles and asks servers with, the example service's database. Boost is Debian's newest, in
# the place of its 1.74: that has no JSON.
build="g++ cmake ninja-build ccache pkg-config python3
  libdw-dev libgtest-dev libgmock-dev libbenchmark-dev libsimdjson-dev libcli11-dev libfmt-dev
  libboost1.81-dev libprotozero-dev libre2-dev libssl-dev libnghttp2-dev libsqlite3-dev zlib1g-dev"
# The second compiler with its sanitizers, and the linters.
check="clang-19 lld-19 libclang-rt-19-dev llvm-19 clang-format-19 clang-tidy-19 valgrind"
# Other libraries that the benchmarks are held against.
peers="libboost-context1.81-dev libboost-fiber1.81-dev"
# The network's benchmarks: the kernel's other way to do the same, clients that speak TLS and HTTP/2, and who makes
# certificates.
net="liburing-dev wrk nghttp2-client openssl"
# Real clients of the example service; real servers, and clients that goroutines call unwrapped; the Prometheus that
# the doctor asks for a fleet.
foreign="wrk nghttp2-client curl libfaketime
  libpq-dev postgresql libcurl4-openssl-dev libhiredis-dev redis-server prometheus"
# The cross compiler and an emulator; the target's libraries come from Debian's arm64.
aarch64="g++-aarch64-linux-gnu qemu-user libstdc++6:arm64
  libdw-dev:arm64 libgtest-dev:arm64 libgmock-dev:arm64"

say() { echo "setup: $*"; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    say "needs root or sudo to run: $*" >&2
    exit 1
  fi
}

# Prints those of the packages that are not installed, for this machine's processor unless the name says another.
missing() {
  native=$(dpkg --print-architecture)
  for package in "$@"; do
    case $package in *:*) processor=${package#*:} ;; *) processor=$native ;; esac
    dpkg-query -W -f '${Architecture} ${db:Status-Status}\n' "$package" 2>/dev/null |
      grep -qxE "($processor|all) installed" || printf '%s ' "$package"
  done
}

# Prints the packages of one group, or fails if there is no such group.
packages_of() {
  case $1 in
    build) echo "$build" ;;
    check) echo "$check" ;;
    peers) echo "$peers" ;;
    net) echo "$net" ;;
    foreign) echo "$foreign" ;;
    aarch64) echo "$aarch64" ;;
    *) say "no such group: $1 (there are: build check peers net foreign aarch64)" >&2; exit 2 ;;
  esac
}

# Installs with the services of the packages left stopped: the tests start servers of their own.
install() {
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod +x "$policy"
    trap 'as_root rm -f "$policy"' EXIT
  fi
  # A fresh machine upgrades itself first; an archive that does not answer is asked again.
  patience="-o DPkg::Lock::Timeout=300 -o Acquire::Retries=5"
  # shellcheck disable=SC2086  # options and values
  as_root apt-get $patience update -q </dev/null
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive apt-get $patience install -qy --no-install-recommends "$@" </dev/null
}

main() {
  [ $# -gt 0 ] || set -- build
  if ! command -v apt-get >/dev/null; then
    say "no apt-get here: install the packages that this script names by hand" >&2
    exit 1
  fi
  wanted=
  for group in "$@"; do
    packages=$(packages_of "$group")
    wanted="$wanted $packages"
    if [ "$group" = aarch64 ] && ! dpkg --print-foreign-architectures | grep -qx arm64; then
      as_root dpkg --add-architecture arm64
    fi
  done
  # shellcheck disable=SC2086  # package names are words
  needed=$(missing $wanted)
  if [ -z "$needed" ]; then
    say "nothing to do ($*)"
    return
  fi
  say "installing: $needed"
  # shellcheck disable=SC2086
  install $needed
}

main "$@"
