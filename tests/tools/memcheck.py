#!/usr/bin/env python3
"""Runs a weft program under valgrind's memcheck: not one error, not one doubt about stacks; and a real error is found.

usage: memcheck.py PROGRAM    exit code 77: valgrind is not installed, or too old for the compiler
"""

import shutil
import subprocess
import sys

ERROR_CODE = 99
DOUBTS = ("client switching stacks", "Invalid read", "Invalid write", "uninitialised")


def memcheck(*command):
    tool = ["valgrind", "--tool=memcheck", "--error-exitcode=%d" % ERROR_CODE, "--fair-sched=try", "--leak-check=no"]
    done = subprocess.run(tool + list(command), capture_output=True, text=True, timeout=110)
    return done.returncode, done.stdout + done.stderr


def main():
    if not shutil.which("valgrind"):
        print("skipped: valgrind is not installed (tools/setup.sh check)")
        return 77
    program = sys.argv[1]
    code, text = memcheck(program)
    if "debuginfo reader" in text:
        print("skipped: this valgrind cannot read what this compiler writes for debuggers (clang's DWARF 5)")
        return 77
    doubts = [doubt for doubt in DOUBTS if doubt in text]
    if code != 0 or doubts or "sum " not in text:
        print(text)
        print("memcheck: exit code %d, found: %s" % (code, ", ".join(doubts) or "nothing"))
        return 1
    code, text = memcheck(program, "bad")
    if code != ERROR_CODE or "uninitialised" not in text:
        print(text)
        print("memcheck: the control, a real error, was not found: exit code %d" % code)
        return 1
    print("memcheck: no error, and the control found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
