#!/usr/bin/env python3
"""The text of every file: no line over 120, no tab, no trailing space, nothing left open or commented out."""

import re

from common import CPP_SUFFIXES, Case, Tree, main

KINDS = re.compile(r"\.(cc|h|S|py|sh|cmake|in|dag|txt)$|(^|/)(\.clang-(format|tidy)|\.ci/run)$")
# What other programs wrote stays as it is.
CAPTURED = "tests/data/"
# Spelled in two parts, lest this file report itself.
OPEN = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
COMMENTED_OUT = re.compile(
    r"^\s*//\s*(if \(.*\) \{|for \(.*\) \{|return .*;|\w+(\.|->)\w+\(.*\);|\w+ = .*;|#include.*)\s*$")


def line_problems(name: str, line: str) -> list[str]:
    problems = []
    if len(line) > 120:
        problems.append(f"{len(line)} columns, over 120")
    if "\t" in line and not name.endswith(".S"):
        problems.append("a tab")
    if line != line.rstrip():
        problems.append("trailing space")
    if OPEN.search(line):
        problems.append(f"left open: {line.strip()[:60]}")
    if name.endswith(tuple(CPP_SUFFIXES)) and COMMENTED_OUT.match(line):
        problems.append(f"commented out: {line.strip()[:60]}")
    return problems


def check(tree: Tree) -> list[str]:
    problems = []
    for name in tree.names:
        if not KINDS.search(name) or name.startswith(CAPTURED):
            continue
        text = tree.text(name)
        if text and not text.endswith("\n"):
            problems.append(f"{name}: no newline at its end")
        for number, line in enumerate(text.splitlines(), 1):
            problems += [f"{name}:{number}: {problem}" for problem in line_problems(name, line)]
    return problems


CASES = [
    Case({"tests/data/a.txt": "\tb\n"}, None),
    Case({"src/os/a.cc": "// " + "x" * 118 + "\n"}, "a.cc:1: 121 columns"),
    Case({"src/os/a.cc": "\tint a;\n"}, "a tab"),
    Case({"src/os/a.cc": "int a; \n"}, "trailing space"),
    Case({"src/os/a.cc": "// TO" "DO later\n"}, "left open"),
    Case({"src/os/a.cc": "  // queue.push(item);\n"}, "commented out"),
    Case({"src/os/a.cc": "int a;"}, "no newline"),
    Case({"src/os/a.cc": "// Returns the item; see queue.h.\nint a;\n", "Makefile": "\ta\n"}, None),
]

if __name__ == "__main__":
    main(check, CASES)
