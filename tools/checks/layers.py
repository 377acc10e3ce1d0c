#!/usr/bin/env python3
"""A layer includes only layers below it, as tools/layers.dag says; a public header counts as part of its layer.

A test stands above them all as far as it uses the public headers, as any program does.
"""

import fnmatch
import re

from common import Case, Tree, is_test, main

LAW = "tools/layers.dag"
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.MULTILINE)


class Law:
    """`below[a]`: what a may include; `headers`: public header, or a pattern of them, -> layer."""

    def __init__(self, text: str):
        self.below: dict[str, set[str]] = {}
        self.headers: dict[str, str] = {}
        self.forbidden: list[tuple[str, str]] = []
        for line in text.splitlines():
            line = line.split("#")[0].strip()
            if line:
                self._read(line)
        self._close()

    def _read(self, line: str) -> None:
        if ":" in line:
            layer, headers = line.split(":")
            self.headers.update({header.strip(): layer.strip() for header in headers.split(",")})
            return
        lower, sign, upper = re.split(r"(!?<)", line)
        pairs = [(low.strip(), up.strip()) for low in lower.split(",") for up in upper.split(",")]
        for low, up in pairs:
            if sign == "!<":
                self.forbidden.append((low, up))
            else:
                self.below.setdefault(low, set())
                self.below.setdefault(up, set()).add(low)

    def layer_of_header(self, header: str) -> str:
        return next((layer for pattern, layer in self.headers.items() if fnmatch.fnmatch(header, pattern)), "")

    def _close(self) -> None:
        grew = True
        while grew:
            grew = False
            for lower in self.below.values():
                reachable = set().union(*(self.below[low] for low in lower)) if lower else set()
                if not reachable <= lower:
                    lower |= reachable
                    grew = True

    def contradictions(self) -> list[str]:
        loops = [f"{LAW}: {layer} is below itself" for layer, lower in self.below.items() if layer in lower]
        broken = [f"{LAW}: {up} may come to include {low}, which `{low} !< {up}` forbids"
                  for low, up in self.forbidden if low in self.below.get(up, set())]
        return loops + broken


def layer_of_file(name: str, law: Law) -> str:
    if name.startswith("include/"):
        return law.layer_of_header(name.removeprefix("include/"))
    parts = name.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else parts[0]


def layer_of_include(included: str, law: Law) -> str:
    if included.startswith("weft/"):
        return law.layer_of_header(included)
    first = included.split("/")[0]
    return first if "/" in included and first in law.below else ""


def check(tree: Tree) -> list[str]:
    law = Law(tree.text(LAW))
    problems = law.contradictions()
    for name in tree.cpp("src", "include", "tools", "lab", "examples"):
        layer = layer_of_file(name, law)
        if layer not in law.below:
            problems.append(f"{name}: {LAW} does not say which layer this is in")
            continue
        text = tree.text(name)
        for match in INCLUDE.finditer(text):
            if is_test(name) and match.group(1).startswith("weft/"):
                continue
            lower = layer_of_include(match.group(1), law)
            if lower and lower != layer and lower not in law.below[layer]:
                line = text.count("\n", 0, match.start(1)) + 1
                problems.append(f"{name}:{line}: {layer} includes {match.group(1)} of {lower}, which is not below it")
    return problems


DAG = "base < os\nos < sched\nsched < sync, gc\nsync !< gc\nsched: weft/runtime.h\nsync: weft/chan.h, weft/sync/*\n"
CASES = [
    Case({LAW: DAG, "src/sched/a.cc": '#include "base/list.h"\n#include <weft/runtime.h>\n'}, None),
    Case({LAW: DAG, "src/os/a.cc": '#include "sched/proc.h"\n'}, "os includes sched/proc.h"),
    Case({LAW: DAG, "src/gc/a.h": '#include "sync/chan.h"\n'}, "gc includes sync/chan.h"),
    Case({LAW: DAG, "src/sched/a.cc": "#include <weft/chan.h>\n"}, "sched includes weft/chan.h"),
    Case({LAW: DAG, "include/weft/runtime.h": "#include <weft/chan.h>\n"}, "sched includes weft/chan.h"),
    Case({LAW: DAG, "include/weft/runtime.h": "#include <weft/sync/mutex.h>\n"}, "sched includes weft/sync/mutex.h"),
    Case({LAW: DAG, "src/sched/a_test.cc": "#include <weft/chan.h>\n"}, None),
    Case({LAW: DAG, "src/sched/a_test.cc": '#include "sync/chan.h"\n'}, "sched includes sync/chan.h"),
    Case({LAW: DAG, "include/weft/new.h": ""}, "does not say which layer"),
    Case({LAW: DAG, "src/newlayer/a.cc": ""}, "does not say which layer"),
    Case({LAW: DAG + "sync < gc\n"}, "forbids"),
    Case({LAW: DAG + "sync < base\n"}, "below itself"),
]

if __name__ == "__main__":
    main(check, CASES)
