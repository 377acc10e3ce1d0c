#!/usr/bin/env python3
"""Copies the rows that most people ask about from docs/benchmarks.md into README.md, between its `numbers` markers.

tools/bench.py calls it after a full run. `--check` changes nothing and fails where the two differ.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TITLES = (
    "yield between two goroutines, 1 processor",
    "spawn and finish, batches of 1,000, 2 processors",
    "spawn one and wait for it",
    "unbuffered round trip (4 operations), 2 processors",
    "an item through a buffer of 128, 2 processors",
    "select over 8 ready channels",
    "Mutex, 8 goroutines, a section of 100 ns",
    "SharedMutex read, 2 threads",
    "an empty call",
    "a pinned goroutine and a free one, a round trip",
    "resident memory, default stacks",
    "a 1 ms ticker beside 2 goroutines that spin",
    "a 1 ms ticker beside 64 goroutines blocked in C, 50 ms at a time",
    "exec to main",
)


def numbers(document: str) -> str:
    """The chosen rows, as far as the document has them: title, unit, weft, Go, ratio."""
    rows, columns = {}, None
    for line in document.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| what |"):
            wanted = ("what", "unit", "weft", "Go", "weft / Go")
            columns = {name: cells.index(name) for name in wanted} if set(wanted) <= set(cells) else None
        elif columns and cells[0] in TITLES:
            rows[cells[0]] = [cells[columns[name]] for name in columns]
    lines = ["| | unit | weft | Go 1.27 | weft / Go |", "| --- | --- | ---: | ---: | ---: |"]
    lines += ["| " + " | ".join(rows[title]) + " |" for title in TITLES if title in rows]
    noise = re.search(r"^- The machine was not quiet.*$", document, re.M)
    note = "Medians with the lowest and the highest in brackets; lower is better. 2 virtual cores; of the ticker's\n"
    note += "lateness the 99th percentile."
    if noise:
        note += " " + noise.group(0)[2:] + " So hold on to the ratios."
    return "\n".join(lines) + "\n\n" + note


def with_numbers(readme: str, document: str) -> str:
    begin, end = "<!-- numbers: begin", "<!-- numbers: end -->"
    head, rest = readme.split(begin, 1)
    marker, old = rest.split("\n", 1)
    tail = old.split(end, 1)[1]
    return f"{head}{begin}{marker}\n{numbers(document)}\n{end}{tail}"


def main() -> int:
    path = ROOT / "README.md"
    readme = path.read_text()
    wanted = with_numbers(readme, (ROOT / "docs/benchmarks.md").read_text())
    if "--check" in sys.argv:
        if readme != wanted:
            print("README.md: its numbers are not those of docs/benchmarks.md; tools/readme_numbers.py copies them")
        return int(readme != wanted)
    path.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
