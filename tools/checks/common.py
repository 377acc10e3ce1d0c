"""What the checks share: the files of the tree, C++ text without its comments and strings, and a main function.

A check is a function from a tree to a list of problems, and CASES: small trees with the problem that each must show.
The cases run before every check, so a check that has stopped seeing anything fails rather than passes.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
from typing import Callable, NamedTuple, Optional

CPP_SUFFIXES = {".h", ".cc"}
# Alternatives in the order in which C++ reads them: comments, raw strings, strings, characters (not digit separators).
_NOT_CODE = re.compile(
    r"//[^\n]*|/\*.*?\*/|R\"(?P<tag>[^()\s]{0,16})\(.*?\)(?P=tag)\"|"
    r"\"(?:\\.|[^\"\\\n])*\"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.DOTALL)


class Case(NamedTuple):
    """A tree (path -> text) and part of the problem that the check must report in it; None: it must report nothing."""
    files: dict[str, str]
    expected: Optional[str]


class Tree:
    """The files under a root: those that git knows or would add; in a tree without git, all."""

    def __init__(self, root: pathlib.Path):
        self.root = root
        self.names = sorted(self._from_git() if (root / ".git").exists() else self._from_disk())

    def _from_git(self) -> set[str]:
        command = ["git", "-C", str(self.root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return {name for name in listed.split("\0") if name and (self.root / name).is_file()}

    def _from_disk(self) -> set[str]:
        return {str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()}

    def text(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8", errors="replace")

    def cpp(self, *folders: str) -> list[str]:
        """The C++ files under the folders; all of them if none is named."""
        return [name for name in self.names if pathlib.PurePath(name).suffix in CPP_SUFFIXES
                and (not folders or name.startswith(tuple(folder + "/" for folder in folders)))]


def code_only(text: str) -> str:
    """The text with comments and literals blanked; line numbers stay."""
    return _NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def is_test(name: str) -> bool:
    return name.startswith(("tests/", "bench/")) or re.search(r"_(test|bench|test_support)\.(cc|h)$", name) is not None


def _run_case(check: Callable[[Tree], list[str]], case: Case) -> Optional[str]:
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in case.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        problems = check(Tree(root))
    if case.expected is None:
        return f"reports {problems} where nothing is wrong" if problems else None
    if not any(case.expected in problem for problem in problems):
        return f"does not report `{case.expected}` but {problems}"
    return None


def main(check: Callable[[Tree], list[str]], cases: list[Case],
         notes: Optional[Callable[[Tree], list[str]]] = None) -> None:
    """Runs the cases, then the check on the tree named in the arguments (default: this one); exits 1 on any problem."""
    name = pathlib.Path(sys.argv[0]).name
    for number, case in enumerate(cases, 1):
        complaint = _run_case(check, case)
        if complaint:
            sys.exit(f"{name}: case {number} of its own test: the check {complaint}")
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2]
    tree = Tree(root)
    for note in notes(tree) if notes else []:
        print(f"note: {note}")
    problems = check(tree)
    for problem in problems:
        print(problem)
    plural = "" if len(problems) == 1 else "s"
    print(f"{name}: {len(problems)} problem{plural}, {len(cases)} cases of its own test passed")
    sys.exit(1 if problems else 0)
