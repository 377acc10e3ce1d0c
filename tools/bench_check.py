#!/usr/bin/env python3
"""Checks that the benchmark program, the Go twins and the table of tools/bench_rows.py name the same rows.

Usage: bench_check.py PROGRAM GO_FOLDER. Go's names are read from its sources: the check needs no toolchain.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from bench_rows import ROWS

WITHOUT_TWIN = {"parked_1m_64k"}  # Go has one kind of stack
NOT_IN_PROGRAM = {"start/main", "start/main_static",  # measured by start_launch
                  "doctor/profile_50mb", "doctor/profile_50mb/memory"}  # by bench/doctor/time_on_profile.py


def measured_by(row: str, measurement: str) -> bool:
    return measurement == row or measurement.startswith(row + "/")


def problems(program_rows: set[str], go_rows: set[str], table: set[str]) -> list[str]:
    found = [f"{row}: no Go twin" for row in sorted(program_rows - go_rows - WITHOUT_TWIN)]
    found += [f"{row}: only in Go" for row in sorted(go_rows - program_rows)]
    for row in sorted(program_rows):
        if not any(measured_by(row, name) for name in table):
            found.append(f"{row}: not in tools/bench_rows.py")
    for name in sorted(table - NOT_IN_PROGRAM):
        if not any(measured_by(row, name) for row in program_rows):
            found.append(f"{name}: in tools/bench_rows.py, but no program measures it")
    return found


def main() -> int:
    program, go_folder = sys.argv[1:]
    listing = subprocess.run([program, "--list"], capture_output=True, text=True, check=True)
    sources = "".join(path.read_text() for path in Path(go_folder).glob("*.go"))
    go_rows = set(re.findall(r'register\("([^"]+)"', sources))
    found = problems(set(listing.stdout.split()), go_rows, {row.name for row in ROWS})
    print("\n".join(found) or "every row has its twin and its line in the table")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
