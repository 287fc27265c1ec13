"""Which tests exercise a rule: the test files of the room that name it in a text, and the tables of reasons."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("spec", "agreement", "unit", "reference")


class Tests:
    """What the tests of the room name, read once."""

    def __init__(self, tests: Path) -> None:
        paths = sorted(path for folder in FOLDERS for path in (tests / folder / "care").rglob("test_*.py"))
        # The test of this book names rules, and exercises none.
        paths = [path for path in paths if path.name != "test_rules_page.py"]
        self.named = {path.relative_to(tests).as_posix(): texts(path.read_text(encoding="utf-8")) for path in paths}
        # Names a test reads off the data, each written out in full in a table that a test compares.
        self.named |= {
            path.relative_to(tests).as_posix(): Counter(re.findall(r"[A-Za-z0-9_]+", path.read_text(encoding="utf-8")))
            for path in sorted((tests / "spec" / "care" / "reasons").glob("*"))
        }

    def of(self, *names: str, about: str = "", part: str = "") -> tuple[str, ...]:
        """The files that name any of these, at most three: those of this part of the room before others, then those
        that name them most often. `about`: only files with this in their name, where the name of the rule is a word of
        every day."""
        times = {file: sum(named[name] for name in names) for file, named in self.named.items() if about in file}
        found = [file for file in times if times[file]]
        first = sorted(found, key=lambda file: (not (part and part in file), -times[file]))[:AT_MOST]
        return tuple(file for file in found if file in first)

    def told(self, *names: str, about: str = "", part: str = "") -> str:
        """The same for a cell of a table; **no test** where there is none."""
        return ", ".join(f"`{short(file)}`" for file in self.of(*names, about=about, part=part)) or NO_TEST


AT_MOST = 3
NO_TEST = "**no test**"


def short(file: str) -> str:
    return file.replace("/care/", "/").removesuffix(".py").replace("/test_", "/")


def texts(code: str) -> Counter[str]:
    """How often each text is written in this code: whole, by its parts between dots, and by its words. What a docstring
    says is no test of it, nor is the name of an argument."""
    found: Counter[str] = Counter()
    tree = ast.parse(code)
    aside = {id(text) for node in ast.walk(tree) for text in beside(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in aside:
            found.update({node.value, *node.value.split("."), *node.value.split()})
    return found


def beside(node: ast.AST) -> Iterator[ast.AST]:
    """The texts of this node that name nothing: its docstring; the argument names of a table of cases."""
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and isinstance(node.body[0], ast.Expr):
        yield node.body[0].value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "parametrize":
        yield from ast.walk(node.args[0])
