"""Which tests exercise a rule: the test files of the room that name it in a text, and the tables of reasons."""

from __future__ import annotations

import ast
import re
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
            path.relative_to(tests).as_posix(): set(re.findall(r"[A-Za-z0-9_]+", path.read_text(encoding="utf-8")))
            for path in sorted((tests / "spec" / "care" / "reasons").glob("*"))
        }

    def of(self, *names: str) -> tuple[str, ...]:
        """The files that name any of these."""
        return tuple(file for file, named in self.named.items() if named & set(names))

    def told(self, *names: str, about: str = "") -> str:
        """The same for a cell of a table; **no test** where there is none. `about`: part of the file's name, where the
        name of the rule is a word of every day."""
        files = [file for file in self.of(*names) if about in file]
        return ", ".join(f"`{short(file)}`" for file in files) if files else NO_TEST


NO_TEST = "**no test**"


def short(file: str) -> str:
    return file.replace("/care/", "/").removesuffix(".py").replace("/test_", "/")


def texts(code: str) -> set[str]:
    """Every text written in this code, its words where it is a list of words, and the names it gives as keywords."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= {node.value, *node.value.split("."), *node.value.split()}
        elif isinstance(node, ast.keyword) and node.arg:
            found.add(node.arg)
    return found
