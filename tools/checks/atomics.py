#!/usr/bin/env python3
"""Atomics, raw threads and thread_local stand behind src/base, src/os and include/weft/detail.

A compiler keeps the address of a thread_local across a switch of stacks, and a queue written on detail::Atomic can be
explored by the model checker as it ships.
"""

import re

from common import Case, Tree, code_only, is_test, main

RAW = re.compile(r"\bstd::(atomic(?:_\w+)?|jthread|thread)\b(?!::)|\b(thread_local|__thread)\b")
BEHIND = ("src/base/", "src/os/", "include/weft/detail/")
# The few elsewhere, each with why no switch of stacks can come between its address and its use.
EXCEPTIONS = {
    ("src/sched/machine_pool.cc", "thread_local"): "the slot of the current machine itself, read through one door only",
    ("src/sched/park.cc", "thread_local"): "the random state of plain threads, which never switch",
    ("src/sched/stand_in.cc", "thread_local"): "the stand-in of plain threads, which never switch",
}
# Programs and tests are users of weft: what they do with threads is their matter. The doctor never links the runtime.
RUNTIME = ("src/", "include/")
APART = ("src/pprof/", "src/doctor/")


def check(tree: Tree) -> list[str]:
    problems = []
    for name in tree.cpp():
        if not name.startswith(RUNTIME) or name.startswith(BEHIND + APART) or is_test(name):
            continue
        for number, line in enumerate(code_only(tree.text(name)).splitlines(), 1):
            for found in RAW.finditer(line):
                if (name, found.group()) in EXCEPTIONS:
                    continue
                problems.append(f"{name}:{number}: {found.group()} outside src/base, src/os and include/weft/detail")
    return problems


CASES = [
    Case({"src/sched/a.cc": "std::atomic<int> a;\n"}, "src/sched/a.cc:1: std::atomic"),
    Case({"src/sched/a.cc": "int b;\nstd::atomic_thread_fence(o);\n"}, "a.cc:2: std::atomic_thread_fence"),
    Case({"include/weft/chan.h": "thread_local int a;\n"}, "thread_local"),
    Case({"src/sync/a.cc": "std::thread t([] {});\n"}, "std::thread"),
    Case({"src/doctor/a.cc": "std::thread t([] {});\n"}, None),
    Case({"src/os/a.cc": "std::atomic<int> a;\n", "src/sched/a_test.cc": "std::thread t;\n",
          "src/sched/b.cc": '// std::atomic\nauto s = "thread_local"; std::thread::id i;\n'}, None),
]

if __name__ == "__main__":
    main(check, CASES)
