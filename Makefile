# The front door. Each target is one command over the CMake presets; `make help` lists them.
# What may be set: JOBS=4  WERROR=ON  STRESS_SECONDS=60  SCENARIOS="run 3 9"  BENCH_ARGS=...

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

# As many compilers as processors, but no more than one for each 1.5 GB of memory.
JOBS ?= $(shell cores=$$(nproc); room=$$(awk '/MemAvailable/ {print int($$2 / 1572864)}' /proc/meminfo); \
          [ "$$room" -ge 1 ] || room=1; [ "$$room" -lt "$$cores" ] && echo $$room || echo $$cores)
WERROR ?= OFF
STRESS_SECONDS ?= 30
STRESS_TOTAL_SECONDS ?= 150
SCENARIOS ?= all
BENCH_ARGS ?=
STALLED_ARGS ?=
CTEST ?= ctest

# $(call build,preset[,target]): configures and builds.
build = cmake --preset $(1) -DWEFT_WERROR=$(WERROR) $(3) && cmake --build build/$(1) -j $(JOBS) $(if $(2),--target $(2))
# $(call test,preset): runs all but the long stress tests.
test = $(CTEST) --preset $(1) -j $(JOBS)

.PHONY: help setup setup-check setup-peers setup-net setup-foreign setup-aarch64 build test lab doctor bench peers \
        bench-net fuzz stalled asan tsan stress stress-bounded lint format docs install aarch64 aarch64-smoke boost-context release-clang shared clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: ## install the Debian packages that building and testing need
	@tools/setup.sh build
setup-check: setup
	@tools/setup.sh check
setup-peers: setup
	@tools/setup.sh peers
setup-net: setup
	@tools/setup.sh net
setup-foreign: setup
	@tools/setup.sh foreign
setup-aarch64: setup
	@tools/setup.sh aarch64

build: setup ## build the library, the programs and the tests (release)
	$(call build,release)

lab: setup ## set up, build and run the lab's scenarios beside Go
	@tools/install_go.sh || true
	$(call build,release,weft_lab)
	build/release/weft lab $(SCENARIOS) --go

doctor: setup ## build the weft program alone: build/release/weft doctor reads profiles and live servers
	$(call build,release,weft_program)

test: build ## every test but the long stress tests
	$(call test,release)

bench: setup ## measure; writes the table in docs/benchmarks.md
	@tools/install_go.sh || true
	$(call build,release,weft_benches)
	bench/run.sh $(BENCH_ARGS)

peers: setup-peers ## measure beside Boost.Fiber and std::thread
	@tools/install_go.sh || true
	$(call build,release,weft_benches,-DWEFT_BUILD_PEERS=ON)
	bench/run.sh --peers $(BENCH_ARGS)

bench-net: setup-net ## echo, HTTP/1.1 and 2, TLS, idle connections beside Go, Asio, epoll; writes docs/benchmarks_net.md
	@tools/install_go.sh || true
	$(call build,release,weft_benches)
	bench/net/load.py --write $(BENCH_ARGS)

FUZZ_SECONDS ?= 60
fuzz: setup-check ## each fuzzer for FUZZ_SECONDS (60), from the corpus that the tests replay
	cmake -S . -B build/fuzz -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER=clang-19 \
	  -DCMAKE_CXX_COMPILER=clang++-19 -DWEFT_BUILD_FUZZERS=ON -DWEFT_BUILD_DOCTOR=ON
	cmake --build build/fuzz --target weft_fuzzers
	tools/fuzz.sh build/fuzz $(FUZZ_SECONDS)

stalled: build ## the tests on a machine that stands still now and then; STALLED_ARGS=... for tools/stalled.py and ctest
	tools/stalled.py release -j $$(($(JOBS) * 2)) -L '^(fast|conformance|crash)$$' -E '^tools/gdb$$' $(STALLED_ARGS)

asan: setup-check ## the tests under the address and undefined behaviour sanitizers
	$(call build,asan)
	$(call test,asan)

tsan: setup-check ## the tests under the thread sanitizer
	$(call build,tsan)
	$(call test,tsan)

stress: setup-foreign ## each stress test for STRESS_SECONDS; real servers under client libraries and the doctor
	@tools/install_go.sh || true
	$(call build,release,,-DWEFT_BUILD_FOREIGN=ON)
	WEFT_STRESS_SECONDS=$(STRESS_SECONDS) ctest --preset stress

stress-bounded: setup-foreign ## the same, all stress tests together in STRESS_TOTAL_SECONDS, the doctor at some Go programs
	@tools/install_go.sh || true
	$(call build,release,,-DWEFT_BUILD_FOREIGN=ON)
	@count=$$(for program in build/release/tests/stress/*_stress; do $$program --gtest_list_tests; done | grep -c '^  '); \
	  WEFT_STRESS_SECONDS=$$(($(STRESS_TOTAL_SECONDS) / (count > 0 ? count : 1) + 1)) \
	  $(CTEST) --preset stress -E '^doctor/(live_go|hostile_servers)$$|\.migrating$$'

lint: setup-check ## layers, sizes, format, clang-tidy, links and claims
	cmake --preset release-clang >/dev/null
	@tools/lint.sh build/release-clang

format: setup-check ## lay every C++ file out as .clang-format says
	@tools/format.sh

docs: setup ## write docs/reference from the public headers
	python3 tools/reference.py

install: setup ## build the library and install it under PREFIX (default /usr/local)
	$(call build,release,weft)
	cmake --install build/release $(if $(PREFIX),--prefix $(PREFIX))

release-clang: setup-check ## build and test with clang 19
	$(call build,release-clang)
	$(call test,release-clang)

boost-context: setup-peers ## build and test with Boost.Context in place of the assembly
	$(call build,boost-context)
	$(call test,boost-context)

shared: setup ## build and test as a shared library
	$(call build,shared)
	$(call test,shared)

aarch64: setup-aarch64 ## cross-build for aarch64 and test under qemu-user
	$(call build,aarch64)
	$(call test,aarch64)

aarch64-smoke: ## the library and a handful of its tests for aarch64, in minutes; skips where that cannot be had
	@JOBS=$(JOBS) WERROR=$(WERROR) CTEST=$(CTEST) tools/aarch64_smoke.sh || { code=$$?; [ $$code -eq 77 ] || exit $$code; }

clean: ## remove build/
	rm -rf build
