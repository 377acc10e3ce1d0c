#!/usr/bin/env python3
"""tools/gdb/weft.py on a live program: it lists the goroutines, walks those that do not run, and disturbs nothing.

usage: gdb.py PROGRAM    exit code 77: gdb is not installed, or may not trace here
"""

import pathlib
import re
import shutil
import subprocess
import sys

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "tools" / "gdb" / "weft.py"

ATTEMPTS = 5  # the monitor may have given another a turn at the moment of the stop, since this one looked blocked

# What gdb must print between `== NAME` and the next, as regular expressions; `!` before one that must not be there.
EXPECTED = {
    "list": [r'^\d+ "looker" running$', r'^\d+ "waiter" parked \(ChanRecv\) at \S+', r'^\d+ "ready" runnable at \S+',
             "!Traceback"],
    "waiter": [r"wait_for_number", r"weft::sched::goroutine_main", r"weft_context_start", "!corrupt stack"],
    "ready": [r"weft::yield", r"weft::sched::goroutine_main"],
    "running": [r"goroutine \d+ runs"],
    "unknown": [r"no goroutine 999999"],
    "here": [r"look_at_me", r"rounds"],
    "end": [r"exited normally"],
}
COMMANDS = [
    ("list", "info goroutines"),
    ("waiter", 'eval "goroutine %lu bt", (unsigned long)waiter_id'),
    ("ready", 'eval "goroutine %lu bt", (unsigned long)ready_id'),
    ("running", 'eval "goroutine %lu bt", (unsigned long)running_id'),
    ("unknown", "goroutine 999999 bt"),
    ("here", "bt"),
    ("end", "continue"),
]


def guarded(command):
    """In batch mode gdb ends at the first error; these are to go on."""
    return ["-ex", "python\ntry: gdb.execute(%r)\nexcept gdb.error as error: print(error)\n" % command]


def gdb(program):
    command = ["gdb", "-batch", "-nx", "-ex", "set confirm off", "-ex", "set pagination off",
               "-ex", "source %s" % SCRIPT, "-ex", "handle SIGURG nostop noprint pass",
               "-ex", "break look_at_me", "-ex", "run"]
    for name, one in COMMANDS:
        command += ["-ex", "echo \\n== %s\\n" % name] + guarded(one)
    try:
        done = subprocess.run(command + [program], capture_output=True, text=True, timeout=100)
    except subprocess.TimeoutExpired:
        return "gdb was not done within 100 seconds"
    return done.stdout + done.stderr


def sections(text):
    parts = re.split(r"^== (\w+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def problems(text):
    found = sections(text)
    for name, patterns in EXPECTED.items():
        for pattern in patterns:
            wanted = not pattern.startswith("!")
            if bool(re.search(pattern.lstrip("!"), found.get(name, ""), re.MULTILINE)) != wanted:
                yield "%s: %s /%s/" % (name, "lacks" if wanted else "has", pattern.lstrip("!"))


def main():
    if not shutil.which("gdb"):
        print("skipped: gdb is not installed")
        return 77
    for _ in range(ATTEMPTS):
        text = gdb(sys.argv[1])
        if "ptrace: Operation not permitted" in text:
            print("skipped: no process may be traced here")
            return 77
        wrong = list(problems(text))
        if not wrong:
            break
    if wrong:
        print(text)
    for problem in wrong:
        print("gdb: %s" % problem)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
