#!/usr/bin/env python3
"""A header guards itself and opens with its name; a public one includes what it names of the standard library."""

import re

from common import Case, Tree, code_only, main

# What a public header may name, and the one header that promises it.
PROMISED_BY = {
    "array": "array", "atomic": "atomic", "chrono::": "chrono", "condition_variable": "condition_variable",
    "coroutine_handle": "coroutine", "exception_ptr": "exception", "current_exception": "exception",
    "function": "functional", "initializer_list": "initializer_list", "logic_error": "stdexcept",
    "runtime_error": "stdexcept", "map": "map", "mutex": "mutex", "lock_guard": "mutex", "unique_lock": "mutex",
    "shared_lock": "shared_mutex", "optional": "optional", "ostream": "iosfwd|ostream", "shared_ptr": "memory",
    "unique_ptr": "memory", "weak_ptr": "memory", "span": "span", "stop_token": "stop_token", "string": "string",
    "string_view": "string_view", "error_code": "system_error", "system_error": "system_error",
    "thread": "thread", "tuple": "tuple", "type_index": "typeindex", "unordered_map": "unordered_map",
    "variant": "variant", "vector": "vector", "is_same_v": "type_traits", "decay_t": "type_traits",
    "invoke_result_t": "type_traits", "is_void_v": "type_traits",
    "size_t": "cstddef|cstdint|cstdio|cstdlib|cstring", "uint64_t": "cstdint", "uint32_t": "cstdint",
    "int64_t": "cstdint", "int32_t": "cstdint", "uint8_t": "cstdint", "uintptr_t": "cstdint", "move": "utility",
    "forward": "utility", "exchange": "utility", "pair": "utility", "swap": "utility",
}
NAMES = re.compile(r"\bstd::(chrono::|\w+)")


def opening_problems(name: str, text: str) -> list[str]:
    problems = []
    if "#pragma once" not in text:
        problems.append(f"{name}: no #pragma once")
    if name.startswith("include/") and not text.startswith(f"// {name.removeprefix('include/')}:"):
        problems.append(f"{name}: does not open with a comment that names it, `// weft/name.h: ...`")
    elif not text.startswith("//"):
        problems.append(f"{name}: does not open with a comment that says what it is for")
    return problems


def include_problems(name: str, text: str) -> list[str]:
    included = set(re.findall(r"^\s*#\s*include\s+<([^>]+)>", text, re.MULTILINE))
    problems = {}
    for found in NAMES.finditer(code_only(text)):
        wanted = PROMISED_BY.get(found.group(1))
        if wanted and not included & set(wanted.split("|")):
            header = wanted.split("|")[0]
            problems.setdefault(wanted, f"{name}: names std::{found.group(1)} without #include <{header}>")
    return list(problems.values())


def check(tree: Tree) -> list[str]:
    problems = []
    for name in tree.cpp("include", "src"):
        if not name.endswith(".h"):
            continue
        text = tree.text(name)
        problems += opening_problems(name, text)
        if name.startswith("include/"):
            problems += include_problems(name, text)
    return problems


CASES = [
    Case({"include/weft/a.h": "// weft/a.h: a.\n#pragma once\n#include <vector>\nstd::vector<int> a();\n"}, None),
    Case({"include/weft/a.h": "// weft/a.h: a.\n#pragma once\nstd::vector<int> a();\n"},
         "names std::vector without #include <vector>"),
    Case({"include/weft/a.h": "// weft/a.h: a.\n#include <vector>\n"}, "no #pragma once"),
    Case({"include/weft/a.h": "// Some words.\n#pragma once\n"}, "a comment that names it"),
    Case({"src/os/a.h": "#pragma once\n// late\n"}, "what it is for"),
    Case({"src/os/a.h": "// Says what it is for.\n#pragma once\nstd::vector<int> a();\n"}, None),
]

if __name__ == "__main__":
    main(check, CASES)
