#!/usr/bin/env python3
"""Platform code lives in src/os: no #if on a processor or a system elsewhere (include/weft/detail must show some)."""

import re

from common import Case, Tree, is_test, main

PLATFORM = re.compile(r"\b(__x86_64__|__amd64__|__i386__|__aarch64__|__arm__|__riscv\w*|__powerpc\w*|"
                      r"__linux__|__linux|__gnu_linux__|__APPLE__|__FreeBSD__|_WIN32|_WIN64|_MSC_VER|"
                      r"__GLIBC__|__ANDROID__)\b")
ALLOWED = ("src/os/", "include/weft/detail/")


def check(tree: Tree) -> list[str]:
    problems = []
    for name in tree.cpp("src", "include", "lab", "examples", "tools"):
        if name.startswith(ALLOWED) or is_test(name):
            continue
        for number, line in enumerate(tree.text(name).splitlines(), 1):
            found = PLATFORM.search(line)
            if found and re.match(r"\s*#\s*(if|ifdef|ifndef|elif)\b", line):
                problems.append(f"{name}:{number}: {found.group()} outside src/os")
    return problems


CASES = [
    Case({"src/sched/a.cc": "#ifdef __x86_64__\n#endif\n"}, "src/sched/a.cc:1: __x86_64__ outside src/os"),
    Case({"include/weft/chan.h": "#  if defined(__linux__) && 1\n#endif\n"}, "__linux__"),
    Case({"src/sched/a.cc": "#if 0\n#elif defined(__aarch64__)\n#endif\n"}, "__aarch64__"),
    Case({"src/os/a.cc": "#ifdef __x86_64__\n#endif\n",
          "src/sched/b.cc": "// not __x86_64__\n#ifdef NDEBUG\n#endif\n"}, None),
]

if __name__ == "__main__":
    main(check, CASES)
