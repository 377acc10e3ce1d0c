#!/usr/bin/env python3
"""What the documents say is there: links and their anchors, files named in backticks, make targets, weft's options.

A public header names its guide, which must be there too.
"""

import re

from common import Case, Tree, main

LINK = re.compile(r"(?<!!)\[[^\]\[]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
QUOTED_PATH = re.compile(r"`((?:src|include|tools|docs|tests|lab|bench|examples|cmake|\.ci)/[\w./-]+)`")
# `tests/stress/x_stress.cc` stands for any name.
PLACEHOLDER = re.compile(r"/x[._][^/]*$")
MAKE = re.compile(r"(?:^|[`(])(?:\s*)make ((?:[a-z][a-z0-9-]*\b ?)+)", re.MULTILINE)
GUIDE = re.compile(r"^// .*\bGuide: ([\w./-]+)", re.MULTILINE)
OPTION = re.compile(r"-D(WEFT_[A-Z_]+)|--preset ([a-z0-9-]+)")


def without_fences(text: str) -> str:
    return re.sub(r"^```.*?^```", lambda match: "\n" * match.group().count("\n"), text, flags=re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """The anchors of a document, as the usual renderers make them of its headings."""
    found = set()
    for title in re.findall(r"^#{1,6} +(.+?) *#*$", without_fences(text), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).replace("`", "").lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


def resolve(document: str, target: str) -> str:
    parts: list[str] = document.split("/")[:-1] if not target.startswith("/") else []
    for part in target.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def link_problem(tree: Tree, document: str, target: str) -> str:
    if re.match(r"[a-z]+:", target):
        return ""
    path, _, anchor = target.partition("#")
    file = resolve(document, path) if path else document
    if not (tree.root / file).exists():
        return f"links to {target}, which is not there"
    if anchor and file.endswith(".md") and anchor not in anchors(tree.text(file)):
        return f"links to {target}: {file} has no such heading"
    return ""


def make_targets(tree: Tree) -> set[str]:
    makefile = tree.text("Makefile") if "Makefile" in tree.names else ""
    return set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))


def check(tree: Tree) -> list[str]:
    targets = make_targets(tree)
    build_files = "".join(tree.text(name) for name in tree.names
                          if name.endswith((".cmake", "CMakeLists.txt", "Presets.json")))
    problems = []
    for document in (name for name in tree.names if name.endswith(".md")):
        text = tree.text(document)
        prose = without_fences(text)
        found = [link_problem(tree, document, first or second) for first, second in LINK.findall(prose)]
        found += [f"names `{path}`, which is not there" for path in QUOTED_PATH.findall(prose)
                  if not PLACEHOLDER.search(path) and not (tree.root / path).exists()]
        found += [f"says `make {word}`, which the Makefile does not know" for words in MAKE.findall(text)
                  for word in words.split()[:1] if word not in targets]
        found += [f"says {option or preset}, which no build file knows" for option, preset in OPTION.findall(text)
                  if option and option not in build_files or preset and f'"{preset}"' not in build_files]
        problems += [f"{document}: {problem}" for problem in found if problem]
    for header in (name for name in tree.names if name.startswith("include/") and name.endswith(".h")):
        problems += [f"{header}: names the guide {guide}, which is not there"
                     for guide in GUIDE.findall(tree.text(header)) if not (tree.root / guide).exists()]
    return problems


BUILD = {"Makefile": "test: build\n\tctest\n", "CMakePresets.json": '{"name": "asan"}\n',
         "cmake/a.cmake": "option(WEFT_X)\n"}
CASES = [
    Case({**BUILD,
          "README.md": "# A b\n[x](docs/a.md#the-end), [y](#a-b), `docs/a.md`. Run `make test`.\n\n    make test\n",
          "docs/a.md": "## The end\n[back](../README.md)\n"}, None),
    Case({**BUILD, "README.md": "[x](docs/a.md)\n"}, "links to docs/a.md, which is not there"),
    Case({**BUILD, "README.md": "[x](a.md#end)\n", "a.md": "# The end\n"}, "no such heading"),
    Case({**BUILD, "docs/a.md": "`src/os/a.cc`\n"}, "names `src/os/a.cc`"),
    Case({**BUILD, "README.md": "```\nmake tests\n```\n"}, "says `make tests`"),
    Case({**BUILD, "README.md": "cmake --preset msan\n"}, "says msan"),
    Case({**BUILD, "README.md": "cmake -DWEFT_Y=1\n"}, "says WEFT_Y"),
    Case({**BUILD, "include/weft/a.h": "// weft/a.h: a. Guide: docs/guide/a.md\n"}, "names the guide docs/guide/a.md"),
]

if __name__ == "__main__":
    main(check, CASES)
