#!/bin/sh
# Finds a Go toolchain of 1.23 or newer for the lab's Go twins; where there is none, installs Debian's backport.
#
# Prints the path of the `go` program on stdout, all else on stderr. Exit code 0: found or installed; 1: none to be had,
# with one line that says why (the lab then runs weft's programs alone).
#
#   tools/install_go.sh          find, else install
#   tools/install_go.sh --find   find only, change nothing
#   tools/install_go.sh --list   print the apt source entries that would be used, change nothing
#
# WEFT_APT_SOURCES  the folder with apt's sources to derive the backports entry from; default /etc/apt
set -u

kMinimumMinor=23
kListFile=/etc/apt/sources.list.d/weft-go-backports.sources
kPinFile=/etc/apt/preferences.d/weft-go-backports
apt_root=${WEFT_APT_SOURCES:-/etc/apt}

say() { echo "install_go: $*" >&2; }
fail() { say "$*"; exit 1; }

# True if `$1` is a go program that runs and is new enough.
new_enough() {
  version=$(GOTOOLCHAIN=local "$1" version 2>/dev/null) || return 1
  minor=$(printf '%s\n' "$version" | sed -n 's/^go version go1\.\([0-9][0-9]*\).*/\1/p')
  [ -n "$minor" ] && [ "$minor" -ge "$kMinimumMinor" ]
}

# The one on PATH is the user's choice; after it the newest of Debian's.
find_go() {
  packaged=$(ls -d /usr/lib/go-*/bin/go 2>/dev/null | sort -rV)
  for candidate in $(command -v go) $packaged /usr/local/go/bin/go; do
    if [ -x "$candidate" ] && new_enough "$candidate"; then
      printf '%s\n' "$candidate"
      return 0
    fi
  done
  return 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Prints "URI|signed-by" of the standing entry that serves Debian's main archive: deb822 form first, then one-line form.
standing_entry() {
  for file in "$apt_root"/sources.list.d/*.sources; do
    [ -f "$file" ] && [ "$file" != "$kListFile" ] || continue
    awk '
      function finish() {
        if (types ~ /(^| )deb( |$)/ && uri != "" && suites ~ /(^| )(bookworm|stable)( |$)/ && enabled != "no") {
          print uri "|" signed; exit
        }
        types = uri = suites = signed = enabled = ""
      }
      /^#/ { next }
      /^[ \t]*$/ { finish(); next }
      { value = $0; sub(/^[^:]*:[ \t]*/, "", value); key = tolower($0); sub(/:.*/, "", key) }
      key == "types" { types = value }
      key == "uris" { split(value, parts, " "); uri = parts[1] }
      key == "suites" { suites = value }
      key == "signed-by" { signed = value }
      key == "enabled" { enabled = value }
      END { finish() }' "$file"
  done | head -n 1 | grep . && return 0
  cat "$apt_root"/sources.list "$apt_root"/sources.list.d/*.list 2>/dev/null |
    sed -n -E 's/^deb +(\[([^]]*)\] +)?([^ ]+) +(bookworm|stable) .*/\3|\2/p' |
    sed -E 's/\|.*signed-by=([^ ]+).*/|\1/; t; s/\|.*/|/' | head -n 1 | grep .
}

# Writes the deb822 entry for one backports suite. Trust stays what it is for the standing entry: nothing is weakened.
backports_entry() {
  echo "# Written by weft's tools/install_go.sh: the Go toolchain for the lab's twins. Safe to remove."
  echo "Types: deb"
  echo "URIs: $2"
  echo "Suites: $1"
  echo "Components: main"
  if [ -n "$3" ]; then echo "Signed-By: $3"; fi
}

# Priority 50: nothing that is installed is ever upgraded from here, whatever its version.
pin_entry() {
  printf 'Package: *\nPin: release n=%s\nPin-Priority: 50\n' "$1"
}

# Reads the lists of the one new entry; the machine's other lists stay as they are.
update_lists() {
  as_root apt-get update -o Dir::Etc::sourcelist="$kListFile" -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0 \
    -o Acquire::Retries=2 -o APT::Update::Error-Mode=any >&2
}

remove_entry() { as_root rm -f "$kListFile" "$kPinFile"; }

# Tries one suite: $1 suite, $2 URI, $3 keyring, then the Go versions from best to worst.
install_from() {
  suite=$1 uri=$2 keyring=$3
  shift 3
  backports_entry "$suite" "$uri" "$keyring" | as_root tee "$kListFile" >/dev/null || return 1
  pin_entry "$suite" | as_root tee "$kPinFile" >/dev/null || return 1
  if ! update_lists; then
    say "$suite: no lists from this network, or no key for them"
    return 1
  fi
  for version in "$@"; do
    if as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      "golang-$version-go" "golang-$version-src" >&2 </dev/null; then
      return 0
    fi
    say "$suite: golang-$version-go does not install"
  done
  return 1
}

main() {
  if find_go; then return 0; fi
  if [ "${1-}" = --find ]; then fail "no Go of 1.$kMinimumMinor or newer on PATH or in /usr/lib/go-*"; fi
  command -v apt-get >/dev/null || fail "no Go of 1.$kMinimumMinor or newer, and this is no Debian: install Go by hand"
  entry=$(standing_entry) || fail "no apt entry for Debian bookworm to derive the backports from"
  uri=${entry%%|*} keyring=${entry#*|}
  if [ "${1-}" = --list ]; then
    for suite in trixie-backports bookworm-backports; do backports_entry "$suite" "$uri" "$keyring"; echo; done
    return 0
  fi
  if install_from trixie-backports "$uri" "$keyring" 1.27 1.26 1.25 ||
    install_from bookworm-backports "$uri" "$keyring" 1.24 1.23; then
    find_go && return 0
  fi
  remove_entry
  fail "no Go of 1.$kMinimumMinor or newer, and Debian's backports give none here: the lab runs without its Go twins"
}

main "$@"
