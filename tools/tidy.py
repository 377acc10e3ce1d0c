#!/usr/bin/env python3
"""Runs clang-tidy over those files named on stdin that the build compiles, in parallel and in bounded time.

usage: tidy.py BUILD_FOLDER < list of files

What was changed last comes first: the working tree's changes, then those of the latest commits. If time runs out, what
is left is named.
"""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import time

PROGRAM = "clang-tidy-19"


def compiled_files(build: pathlib.Path) -> set[str]:
    database = json.loads((build / "compile_commands.json").read_text())
    return {str(pathlib.Path(entry["directory"], entry["file"]).resolve()) for entry in database}


def latest_changed_first() -> dict[str, int]:
    """The place of each file in the order of change; nothing where there is no history, as in a shallow clone."""
    place: dict[str, int] = {}
    for command in (["git", "diff", "--name-only", "HEAD"], ["git", "log", "--format=", "--name-only"]):
        for name in subprocess.run(command, capture_output=True, text=True).stdout.split():
            place.setdefault(name, len(place))
    return place


def tidy(build: pathlib.Path, name: str, deadline: float) -> str:
    """What clang-tidy says against the file: empty if nothing, "skipped" if there was no time left to ask."""
    if time.monotonic() > deadline:
        return "skipped"
    command = [PROGRAM, "--quiet", "-p", str(build), name]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def main() -> None:
    build = pathlib.Path(sys.argv[1])
    known = compiled_files(build)
    place = latest_changed_first()
    names = sorted((name for name in sys.stdin.read().split() if str(pathlib.Path(name).resolve()) in known),
                   key=lambda name: (place.get(name, len(place)), name))
    if not names:
        sys.exit(f"clang-tidy: none of the files is in {build}/compile_commands.json")
    deadline = time.monotonic() + float(os.environ.get("WEFT_TIDY_SECONDS", "420"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        said = list(pool.map(lambda name: tidy(build, name, deadline), names))
    complaints = [text for text in said if text not in ("", "skipped")]
    skipped = [name for name, text in zip(names, said) if text == "skipped"]
    print("\n".join(complaints))
    print(f"clang-tidy: {len(names) - len(skipped)} files, {len(complaints)} with complaints"
          + (f"; out of time before {' '.join(skipped)}" if skipped else ""))
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
