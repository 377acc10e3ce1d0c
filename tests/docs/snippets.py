#!/usr/bin/env python3
"""Keeps the documents true: every ```cpp block is compiled and run, and prints what the ```text block after it says.

  snippets.py extract PAGE.md OUT.cc       one program of all blocks of the page: `program N` runs block N
  snippets.py run PAGE.md [--no-crashes] -- PROGRAM...
  snippets.py example FILE.cc -- PROGRAM...   an example prints what its closing comment says, `// Prints:`
  snippets.py self-test

A block with a main() stands as it is; any other is the inside of weft::run's function. `...` in what is expected stands
for any text. ```cpp exit=2 announces an exit code (134: abort); what follows is then expected of stderr as well.
"""

import pathlib
import re
import subprocess
import sys
from typing import NamedTuple

FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PRINTS = re.compile(r"^// Prints(, in any order)?:\n((?:^//.*\n?)+)", re.MULTILINE)
HEADERS = ("weft/weft.h", "algorithm", "chrono", "cstdio", "cstdlib", "exception", "functional", "iostream", "memory",
           "mutex", "optional", "shared_mutex", "stdexcept", "stop_token", "string", "system_error", "thread",
           "unistd.h", "utility", "vector")
TIMEOUT_SECONDS = 60


class Block(NamedTuple):
    line: int       # of its first line of code
    code: str
    exit_code: int
    expected: str   # "" if nothing is said


def blocks_of(page: str) -> list[Block]:
    found: list[Block] = []
    for fence in FENCE.finditer(page):
        words = fence.group(1).split()
        if words[:1] == ["cpp"]:
            exits = [int(word.removeprefix("exit=")) for word in words[1:]]
            line = page.count("\n", 0, fence.start()) + 2
            found.append(Block(line, fence.group(2), exits[0] if exits else 0, ""))
        elif words == ["text"] and found and not found[-1].expected:
            found[-1] = found[-1]._replace(expected=fence.group(2))
    return found


def program_of(page_name: str, blocks: list[Block]) -> str:
    parts, includes = [], dict.fromkeys(f"#include <{header}>" for header in HEADERS)
    for number, block in enumerate(blocks, 1):
        includes.update(dict.fromkeys(re.findall(r"^#include .*$", block.code, re.MULTILINE)))
        code = re.sub(r"^#include .*$", "", block.code, flags=re.MULTILINE)
        place = f'#line {block.line} "{page_name}"\n'
        if "int main(" in code:
            body = place + code.replace("int main(", "int example_main(")
        else:
            body = f"int example_main() {{\nreturn weft::run([] {{\n{place}{code}}});\n}}\n"
        parts.append(f"namespace block_{number} {{\n{body}}}\n")
    cases = "".join(f"case {number}: return block_{number}::example_main();\n" for number in range(1, len(blocks) + 1))
    main_text = ("int main(int count, char** words) {\nswitch (count == 2 ? std::atoi(words[1]) : 0) {\n" + cases +
                 "}\nreturn 99;\n}\n")
    return "\n".join(includes) + "\nusing namespace std::chrono_literals;\n" + "".join(parts) + main_text


def matches(expected: str, printed: str, any_order: bool = False) -> bool:
    def regex(text: str) -> str:
        return ".*".join(re.escape(part) for part in text.strip().split("..."))
    if any_order:
        return all(re.search("^" + regex(line) + "$", printed, re.MULTILINE) for line in expected.strip().splitlines())
    return re.fullmatch(regex(expected), printed.strip(), re.DOTALL) is not None


def failure(command: list[str], exit_code: int, expected: str, any_order: bool = False) -> str:
    """What is wrong with a run of `command`; nothing if all is as expected."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT if exit_code else None,
                              text=True, timeout=TIMEOUT_SECONDS, errors="replace")
    except subprocess.TimeoutExpired:
        return f"still runs after {TIMEOUT_SECONDS} s"
    code = done.returncode if done.returncode >= 0 else 128 - done.returncode
    if code != exit_code:
        return f"exit code {code}, not {exit_code}; it printed\n{done.stdout}"
    if expected and not matches(expected, done.stdout, any_order):
        return f"printed\n{done.stdout}\nbut the text says\n{expected}"
    return ""


def run_page(page: pathlib.Path, crashes: bool, program: list[str]) -> list[str]:
    problems = []
    for number, block in enumerate(blocks_of(page.read_text(encoding="utf-8")), 1):
        if block.exit_code and not crashes:
            continue
        wrong = failure(program + [str(number)], block.exit_code, block.expected)
        problems += [f"{page}:{block.line}: {wrong}"] if wrong else []
    return problems


def run_example(source: pathlib.Path, program: list[str]) -> list[str]:
    said = PRINTS.search(source.read_text(encoding="utf-8"))
    if not said:
        return [f"{source}: has no closing comment `// Prints:`"]
    expected = "".join(line.removeprefix("//").removeprefix("   ") + "\n" for line in said.group(2).splitlines())
    wrong = failure(program, 0, expected, any_order=bool(said.group(1)))
    return [f"{source}: {wrong}"] if wrong else []


def self_test() -> list[str]:
    page = ("# A\n```cpp\n#include <a>\nint main() {}\n```\nbecomes\n```text\n1\n```\n```sh\nls\n```\n"
            "```cpp exit=2\nf();\n```\n")
    blocks = blocks_of(page)
    program = program_of("a.md", blocks)
    facts = {
        "two blocks": [(b.line, b.exit_code, b.expected) for b in blocks] == [(3, 0, "1\n"), (14, 2, "")],
        "main is renamed": "int example_main() {}" in program and program.count("int main(") == 1,
        "includes go to the top": program.index("#include <a>") < program.index("namespace"),
        "a fragment is wrapped": "weft::run([] {\n#line 14 \"a.md\"\nf();\n})" in program,
        "equal text matches": matches("1\n2\n", "1\n2\n"),
        "other text does not": not matches("1\n2\n", "1\n3\n") and not matches("1\n", "1\n2\n"),
        "three dots stand for anything": matches("a ... c\n...\nd", "a b c\nx\ny\nd") and not matches("a...c", "ab"),
        "any order": matches("b...\na", "x\na\nbc\n", True) and not matches("b\nz", "a\nb\n", True),
        "an exit code is seen": failure(["false"], 0, "") != "" and failure(["true"], 0, "") == "",
        "output is seen": failure(["echo", "1"], 0, "2") != "" and failure(["echo", "1"], 0, "1") == "",
    }
    return [f"self-test: not so: {fact}" for fact, holds in facts.items() if not holds]


def main(words: list[str]) -> int:
    program = words[words.index("--") + 1:] if "--" in words else []
    match words[:1]:
        case ["extract"]:
            page = pathlib.Path(words[1])
            program_text = program_of(words[1], blocks_of(page.read_text(encoding="utf-8")))
            pathlib.Path(words[2]).write_text(program_text, encoding="utf-8")
            return 0
        case ["run"]:
            problems = run_page(pathlib.Path(words[1]), "--no-crashes" not in words, program)
        case ["example"]:
            problems = run_example(pathlib.Path(words[1]), program)
        case ["self-test"]:
            problems = self_test()
        case _:
            problems = [__doc__]
    print("\n".join(problems) or "ok")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
