#!/usr/bin/env python3
"""Holds what the program says to the letter. A golden file's name is the command line, its content the answer.

usage: run.py [--update] PROGRAM [NAME_PART]
    --update   writes down what the program says now; read the difference before you commit it
    NAME_PART  only the files whose names contain it

The commands run in tests/data/doctor, and what a name calls `weft` is PROGRAM. A file holds standard output, then
`[standard error]` and that, where there is any, then the exit code. PAGES are files elsewhere that hold standard output
alone. A new case: make an empty file of that name, and update.
"""
import argparse
import difflib
import json
import os
import pathlib
import shlex
import subprocess
import sys

GOLDEN = pathlib.Path(__file__).resolve().parent
ROOT = GOLDEN.parent.parent
WHERE = ROOT / "tests/data/doctor"
PAGES = {"weft doctor explain all": ROOT / "docs/doctor_rules.md"}
# What a report must not depend on.
ENVIRONMENT = {"COLUMNS": "60", "LC_ALL": "C", "NO_PROXY": "*"}
TIMEOUT_SECONDS = 60


def answer(program, command):
    arguments = [program, *shlex.split(command)[1:]]
    return subprocess.run(arguments, cwd=WHERE, env=os.environ | ENVIRONMENT, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=TIMEOUT_SECONDS, check=False)


def whole(done):
    text = done.stdout.decode()
    if done.stderr:
        text += "[standard error]\n" + done.stderr.decode()
    return f"{text}[exit code {done.returncode}]\n"


def cases(part):
    """Command, file, and what of the answer the file holds."""
    for path in sorted(GOLDEN.glob("doctor/weft *")):
        if part in path.name:
            yield path.name, path, whole
    for command, path in PAGES.items():
        if part in command:
            yield command, path, lambda done: done.stdout.decode()


def readable(text):
    """Its lines; a line of JSON as many."""
    for line in text.splitlines(True):
        if not line.startswith("{"):
            yield line
            continue
        try:
            yield from (json.dumps(json.loads(line), indent=1) + "\n").splitlines(True)
        except ValueError:
            yield line


def difference(path, held, said):
    lines = difflib.unified_diff(list(readable(held)), list(readable(said)), str(path.relative_to(ROOT)),
                                 "what the program says")
    return "".join(lines) or f"{path.relative_to(ROOT)}: only the layout of its JSON differs\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("program", type=lambda name: str(pathlib.Path(name).resolve()))
    parser.add_argument("part", nargs="?", default="")
    arguments = parser.parse_args()
    count = wrong = 0
    for command, path, content in cases(arguments.part):
        count += 1
        said = content(answer(arguments.program, command))
        held = path.read_text(encoding="utf-8")
        if held == said:
            continue
        wrong += 1
        print(difference(path, held, said))
        if arguments.update:
            path.write_text(said, encoding="utf-8")
    print(f"{count} golden files, {wrong} {'updated' if arguments.update else 'differ'}")
    return 1 if count == 0 or (wrong and not arguments.update) else 0


if __name__ == "__main__":
    sys.exit(main())
