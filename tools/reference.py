#!/usr/bin/env python3
"""Writes docs/reference from the public headers: their opening comments, each declaration that has a doc comment, and
each plain struct, with its fields.

usage: reference.py          writes
       reference.py --check  fails if what is written is not what the headers say
"""

import pathlib
import re
import sys
from typing import Iterator, NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADERS = ROOT / "include" / "weft"
REFERENCE = ROOT / "docs" / "reference"
HEADINGS = ("Returns", "Errors", "Usage faults", "Blocking", "Thread safety", "Ordering", "Fairness", "Cost",
            "Lifetime")
HEADING = re.compile(rf"^({'|'.join(HEADINGS)}) {{2,}}(.*)$")
TYPE = re.compile(r"(?:class|struct|enum class)\s+(?:\[\[[^\]]*\]\]\s*)?(\w+)[^;()]*$")


class Entry(NamedTuple):
    words: list[str]    # the doc comment, line by line
    code: str           # the declaration
    inside: str         # the class around it, or ""


def opening(lines: list[str]) -> list[str]:
    words = []
    for line in lines:
        if not line.startswith("//"):
            break
        words.append(line[2:].removeprefix(" "))
    return words


def declaration(lines: list[str], start: int) -> str:
    """The text from a line up to the `;` that ends it or the `{` that opens its body."""
    text, depth = "", 0
    for line in lines[start:]:
        for symbol in re.sub(r"\s*//.*$", "", line):
            if depth == 0 and symbol in ";{":
                return text.rstrip()
            depth += symbol in "(["
            depth -= symbol in ")]"
            text += symbol
        text += "\n"
    return text.rstrip()


def plain_struct(lines: list[str], start: int) -> str:
    """The whole of a struct that begins there and has fields alone; else nothing."""
    if not re.match(r"struct (\[\[\w+\]\] )?\w+ \{$", lines[start]):
        return ""
    end = lines.index("};", start)
    fields = [re.sub(r"\s*//.*$", "", line) for line in lines[start + 1:end]]
    if any(re.match(r"[^=]*\(", field) or field.strip() in ("private:", "public:") for field in fields):
        return ""
    return "\n".join([*lines[start:end], "}"])


def without_detail(lines: list[str]) -> list[str]:
    """What is declared for users alone."""
    kept, depth = [], 0
    for line in lines:
        if depth == 0 and line != "namespace detail {":
            kept.append(line)
        else:
            depth += line.count("{") - line.count("}")
    return kept


def without_template(code: str) -> str:
    """The declaration without its `template <...>` and the requires clause on a line of its own."""
    code = code.lstrip()
    while code.startswith("template"):
        depth = 0
        for offset, symbol in enumerate(code):
            depth += symbol == "<"
            depth -= symbol == ">"
            if symbol == ">" and depth == 0:
                code = code[offset + 1:].lstrip()
                break
        else:
            return code
    return re.sub(r"^requires[^\n]*\n\s*", "", code)


def without_initializers(code: str) -> str:
    """A constructor's declaration without what follows its parameters."""
    return re.sub(r"\)(\s*noexcept)?\s*:\s*\w+[({].*$", r")\1", code, flags=re.DOTALL)


def entries(lines: list[str]) -> Iterator[Entry]:
    """The documented declarations in the order of the file; indentation says what is inside what."""
    words: list[str] = []
    around: list[tuple[int, str]] = []
    for number, line in enumerate(lines):
        stripped = line.strip()
        indent = len(line) - len(line.lstrip())
        if stripped.startswith("///"):
            words.append(stripped[3:].removeprefix(" "))
            continue
        around = [(column, name) for column, name in around if not stripped or indent > column or stripped[0] == "#"]
        starts = re.match(r"(template|class|struct|enum class)\b", stripped)
        opened = TYPE.match(without_template(declaration(lines, number))) if starts else None
        fields = plain_struct(lines, number)
        if fields:
            yield Entry(words, fields, "")
            words = []
        elif words and stripped:
            code = "\n".join(part[indent:] for part in declaration(lines, number).splitlines())
            yield Entry(words, without_initializers(code), around[-1][1] if around else "")
            words = []
        if opened:
            around.append((indent, opened.group(1)))


def body_of(words: list[str]) -> str:
    """A doc comment as Markdown: prose, then the fixed headings as a list."""
    prose, items = [], []
    for line in words:
        heading = HEADING.match(line)
        if heading:
            items.append(f"- **{heading.group(1)}**: {heading.group(2).strip()}")
        elif items and line.startswith("  "):
            items[-1] += " " + line.strip()
        else:
            prose.append(line)
    return "\n".join(prose).strip() + ("\n\n" + "\n".join(items) if items else "")


def name_of(code: str) -> str:
    if struct := re.match(r"struct (?:\[\[\w+\]\] )?(\w+)", code):
        return struct.group(1)
    flat = without_template(code).replace("decltype(auto)", "auto")
    for pattern in (TYPE, re.compile(r"using\s+(\w+)"), re.compile(r"^[\w:<>,*&\s]+?(\w+)\s*=(?!=)"),
                    re.compile(r"(operator\s*\S+?|~?\w+)\s*\("), re.compile(r"(\w+)\s*(?:=|$)")):
        found = pattern.match(flat) if pattern is TYPE else pattern.search(flat)
        if found:
            return found.group(1)
    return flat.split("\n")[0]


def page(header: pathlib.Path) -> str:
    lines = header.read_text(encoding="utf-8").splitlines()
    name = f"weft/{header.relative_to(HEADERS)}"
    words = opening(lines)
    first = words[0].removeprefix(f"{name}:").strip()
    words[0] = first[:1].upper() + first[1:]
    parts = [f"# `<{name}>`", "\n".join(words)]
    for entry in entries(without_detail(lines)):
        title = f"{entry.inside}::{name_of(entry.code)}" if entry.inside else name_of(entry.code)
        parts += [f"## `{title}`", f"```cpp\n{entry.code};\n```", *filter(None, [body_of(entry.words)])]
    return "\n\n".join(parts) + "\n"


def pages() -> dict[pathlib.Path, str]:
    headers = sorted(path for path in HEADERS.rglob("*.h") if "detail" not in path.parts)
    written = {REFERENCE / header.relative_to(HEADERS).with_suffix(".md"): page(header) for header in headers}
    links = [f"- [`<weft/{header.relative_to(HEADERS)}>`]({header.relative_to(HEADERS).with_suffix('.md')})"
             for header in headers]
    introduction = "# Reference\n\nOne page a public header, written by `make docs` from the headers themselves.\n\n"
    written[REFERENCE / "README.md"] = introduction + "\n".join(links) + "\n"
    return written


def main() -> None:
    wanted = pages()
    present = {path: path.read_text(encoding="utf-8") for path in REFERENCE.rglob("*.md")} if REFERENCE.is_dir() else {}
    if sys.argv[1:] == ["--check"]:
        stale = sorted(str(path.relative_to(ROOT)) for path in wanted.keys() | present.keys()
                       if wanted.get(path) != present.get(path))
        if stale:
            sys.exit("reference: run `make docs`: not what the headers say: " + " ".join(stale))
        print(f"reference: {len(wanted)} pages, as the headers say")
        return
    for path in present.keys() - wanted.keys():
        path.unlink()
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    print(f"reference: {len(wanted)} pages in {REFERENCE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
