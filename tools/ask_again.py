#!/usr/bin/env python3
"""ctest, for a machine that others share: a check that failed there is asked again.

A test that failed at a check of its own runs again, alone, TIMES times. If it passes every time, the run passes, and
the test is named as unstable: it takes time for granted or shows a race, and is somebody's work now. Not asked again,
for no busy machine excuses them: a hang, a crash, a test that did not start, a sanitizer's report, a fatal error of
weft; nor is anything where more than MOST tests failed.

   ask_again.py [ctest's arguments]     exit code: 0 all passed, or passed when asked again; else ctest's
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIMES = 5
MOST = 3
FAILED_TESTS = "The following tests FAILED:\n"
FAILED_TEST = re.compile(r"^\s*\d+ - (?P<name>.+) \((?P<how>[^()]+)\)$")
INEXCUSABLE = re.compile(r"\w+Sanitizer: |: runtime error: |fatal error: weft: ")


def failed_tests(output: str) -> list[tuple[str, str]]:
    """Name, and how it failed in ctest's word, of each test in the list that ends ctest's output."""
    lines = output.rpartition(FAILED_TESTS)[2].splitlines() if FAILED_TESTS in output else []
    return [(found["name"], found["how"]) for line in lines if (found := FAILED_TEST.match(line))]


def why_final(output: str) -> str:
    """Why nothing of this run is asked again; empty where it is."""
    failed = failed_tests(output)
    if not failed:
        return "ctest itself failed"
    if len(failed) > MOST:
        return f"{len(failed)} tests failed"
    for name, how in failed:
        if how != "Failed":
            return f"{name}: {how}"
    if found := INEXCUSABLE.search(output):
        return f"it says {found.group().strip()!r}"
    return ""


def run(command: list[str]) -> tuple[int, str]:
    """Exit code and output, which is printed as it comes as well."""
    output = []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace") as program:
        for line in program.stdout:
            print(line, end="", flush=True)
            output.append(line)
    return program.returncode, "".join(output)


def passes_now(name: str, arguments: list[str]) -> bool:
    command = ["ctest", *arguments, "-R", f"^{re.escape(name)}$", "-j1", "--repeat", f"until-fail:{TIMES}"]
    again = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           errors="replace")
    if again.returncode != 0:
        print(f"{name} fails when it is asked again:\n{again.stdout}")
    return again.returncode == 0


def main() -> int:
    arguments = sys.argv[1:]
    code, output = run(["ctest", *arguments])
    if code == 0:
        return 0
    if why := why_final(output):
        print(f"not asked again: {why}")
        return code
    names = [name for name, _ in failed_tests(output)]
    if not all([passes_now(name, arguments) for name in names]):
        return code
    for name in names:
        print(f"unstable: {name} failed once and passed {TIMES} times when asked again")
    return 0


if __name__ == "__main__":
    sys.exit(main())
