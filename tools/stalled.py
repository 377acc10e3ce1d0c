#!/usr/bin/env python3
"""The tests of one build on a machine that stands still every now and then: while ctest runs them, some program of
theirs is stopped for a moment, again and again, as a busy host does to a container. A test that fails here takes time
for granted, or shows a race that hardly ever happens elsewhere; but for tools/gdb: a debugger ends where it meets the
signal.

   stalled.py PRESET [--seed N] [--longest SECONDS] [ctest's own arguments]     exit code: ctest's
"""

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOOK = 0.05  # seconds between two looks at who runs
SHARE = 0.1  # of the looks stop somebody
SHORTEST = 0.2


def programs_below(folder: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if os.readlink(entry / "exe").startswith(folder):
                    found.append(int(entry.name))
    return found


def send(pid: int, number: int) -> bool:
    """False: it has ended meanwhile."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


class Stalls:
    """Who is stopped, and until when."""

    def __init__(self, folder: str, rng: random.Random, longest: float):
        self.folder, self.rng, self.longest = folder, rng, longest
        self.until: dict[int, float] = {}
        self.count = 0

    def step(self) -> None:
        now = time.monotonic()
        for pid in [pid for pid, end in self.until.items() if end <= now]:
            self.release(pid)
        if self.rng.random() >= SHARE:
            return
        running = sorted(pid for pid in programs_below(self.folder) if pid not in self.until)
        if running and send(pid := self.rng.choice(running), signal.SIGSTOP):
            self.until[pid] = now + self.rng.uniform(SHORTEST, self.longest)
            self.count += 1

    def release(self, pid: int) -> None:
        del self.until[pid]
        send(pid, signal.SIGCONT)

    def release_all(self) -> None:
        for pid in list(self.until):
            self.release(pid)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--longest", type=float, default=1.5, help="seconds that a program stands still at most")
    options, for_ctest = parser.parse_known_args()
    print(f"seed {options.seed}", flush=True)
    stalls = Stalls(f"{ROOT}/build/{options.preset}/tests/", random.Random(options.seed), options.longest)
    tests = subprocess.Popen(["ctest", "--preset", options.preset, *for_ctest], cwd=ROOT)
    try:
        while tests.poll() is None:
            stalls.step()
            time.sleep(LOOK)
    finally:
        stalls.release_all()
    print(f"{stalls.count} times a program stood still")
    return tests.returncode


if __name__ == "__main__":
    sys.exit(main())
