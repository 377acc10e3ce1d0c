#!/usr/bin/env python3
"""A file stops at 800 lines and a function at 100; files over 400 and functions over 60 are named as questions."""

import re
from typing import Iterator, NamedTuple

from common import Case, Tree, code_only, main

FILE_QUESTION, FILE_STOP = 400, 800
FUNCTION_QUESTION, FUNCTION_STOP = 60, 100
SOURCE = re.compile(r"\.(cc|h|S|py|sh|go|cmake)$")
# What may stand between a parameter list and the body that makes the text before `{` the head of a function.
HEAD = re.compile(r"\)\s*(const|volatile|noexcept(\s*\([^{}]*\))?|override|final|mutable|&&?|->\s*[^{}]+|"
                  r"requires\s+[^{}]+|WEFT_\w+(\([^{}]*\))?|:[^;]*|\s)*$", re.DOTALL)
# `B() : a_{1}, b_{2} {`: the braces of a member initializer, which end neither the head nor the function.
INITIALIZER = re.compile(r"\)[^;]*[:,]\s*\w+\s*$", re.DOTALL)
NOT_A_FUNCTION = re.compile(r"^\s*(if|for|while|switch|catch|else|do|namespace|class|struct|union|enum|extern)\b|=\s*$")


class Function(NamedTuple):
    line: int
    lines: int
    head: str


def functions(text: str) -> Iterator[Function]:
    """The outermost functions of a C++ text, found by braces: `) {` opens one unless a keyword says otherwise."""
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda match: re.sub(r"[^\n]", " ", match.group()), code_only(text),
                  flags=re.MULTILINE)
    depth, opened_at, head, head_start, start_line, initializer_at = 0, -1, "", 0, 0, -1
    for match in re.finditer(r"[{};]", code):
        symbol, offset = match.group(), match.start()
        if symbol == "{":
            if opened_at < 0:
                head = code[head_start:offset]
                if initializer_at < 0 and INITIALIZER.search(head):
                    initializer_at = depth
                elif HEAD.search(head) and not NOT_A_FUNCTION.search(head.strip()):
                    opened_at, start_line = depth, code.count("\n", 0, head_start + len(head) - len(head.lstrip())) + 1
            depth += 1
        elif symbol == "}":
            depth -= 1
            if depth == initializer_at:
                initializer_at = -1
                continue
            if depth == opened_at:
                end_line = code.count("\n", 0, offset) + 1
                yield Function(start_line, end_line - start_line + 1, " ".join(head.split())[:60])
                opened_at = -1
        if opened_at < 0 and initializer_at < 0:
            head_start = offset + 1


def measure(tree: Tree, file_limit: int, function_limit: int) -> list[str]:
    problems = []
    for name in tree.names:
        if not SOURCE.search(name):
            continue
        text = tree.text(name)
        lines = text.count("\n")
        if lines > file_limit:
            problems.append(f"{name}: {lines} lines, over {file_limit}")
        if name.endswith((".cc", ".h")):
            problems += [f"{name}:{found.line}: a function of {found.lines} lines, over {function_limit}: {found.head}"
                         for found in functions(text) if found.lines > function_limit]
    return problems


def check(tree: Tree) -> list[str]:
    return measure(tree, FILE_STOP, FUNCTION_STOP)


def questions(tree: Tree) -> list[str]:
    return measure(tree, FILE_QUESTION, FUNCTION_QUESTION)


def _function(lines: int, head: str = "int f(int a) const noexcept") -> str:
    return "namespace a {\nclass B {\n" + head + " {\n" + "  x();\n" * (lines - 2) + "}\n};\n}\n"


CASES = [
    Case({"src/os/a.cc": "\n" * 801}, "801 lines"),
    Case({"src/os/a.cc": "\n" * 800}, None),
    Case({"src/os/a.cc": _function(101)}, "a function of 101 lines"),
    Case({"src/os/a.cc": _function(101, "B() : a_(1), b_(2)")}, "a function of 101 lines"),
    Case({"src/os/a.cc": _function(101, "B() : a_{1}, b_{2}")}, "a function of 101 lines"),
    Case({"src/os/a.cc": _function(101, "auto f() -> std::vector<int>")}, "a function of 101 lines"),
    Case({"src/os/a.cc": _function(101, "TEST(Chan, Closes)")}, "a function of 101 lines"),
    Case({"src/os/a.cc": _function(100) + _function(100)}, None),
    Case({"src/os/a.cc": "struct A {\n" + "int a();\n" * 200 + "};\n"}, None),
    Case({"src/os/a.cc": "// f() {\n" + "int a;\n" * 200 + 'char c = \'{\'; auto s = "g() {";\n'}, None),
]

if __name__ == "__main__":
    main(check, CASES, questions)
