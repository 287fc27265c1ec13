"""The budgets of the house: how long, how many, what name, which words.

An exception stands in a list with its reason. One that is no longer needed fails too, so the lists only shrink.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

BODY_LINES = 60
FILE_LINES = 400
ARGUMENTS = 8
PURE_ROOMS = {"errors", "units", "charts", "care", "pharmacology", "response", "interop"}
EMPTY_WORDS = re.compile(r"^(utils?|helpers?|common|managers?|misc|base_.*)$")
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef

# "file" or "file:function" → why. Shrink only.
LONG_BODIES: dict[str, str] = {}
LONG_FILES: dict[str, str] = {}
MANY_ARGUMENTS: dict[str, str] = {}
PRINTS: dict[str, str] = {}
NAMES: dict[str, str] = {}
LISTED = "an enum: its members say what it is"
FIELDS = "a plain value: its name and its fields with their units say what it is"
SAMPLE = "one of a family of legend samples, explained by the module"
UNEXPLAINED = {
    "care/dosing.py:WeightAt": FIELDS,
    "care/episode.py:Status": LISTED,
    "care/facts.py:FactKind": LISTED,
    "care/followup.py:Timeliness": LISTED,
    "care/followup.py:CheckInDue": FIELDS,
    "care/instruments/instrument.py:Rater": LISTED,
    "care/protocol.py:WeightBasis": LISTED,
    "care/protocol.py:Bound": LISTED,
    "care/protocol.py:Source": FIELDS,
    "care/session.py:Phase": LISTED,
    "care/session.py:DeviceAt": FIELDS,
    "care/session.py:ReadingAt": FIELDS,
    "care/session.py:ScaleAt": FIELDS,
    "care/session.py:RemarkAt": FIELDS,
    "care/session_events.py:EventKind": LISTED,
    "care/session_events.py:Severity": LISTED,
    "care/session_events.py:Opened": FIELDS,
    "care/session_events.py:DeviceGiven": FIELDS,
    "care/session_events.py:RateChanged": FIELDS,
    "care/session_events.py:SideEffect": FIELDS,
    "care/session_events.py:Remark": FIELDS,
    "care/vitals.py:BloodPressure": FIELDS,
    "charts/legend.py:band_sample": SAMPLE,
    "charts/legend.py:dot_sample": SAMPLE,
    "charts/legend.py:dose_sample": SAMPLE,
}
SILENT_MODULES = {"clinic/therapy/forms.py": "one form, whose class says what it is"}


def sources(repository: Path) -> Iterator[tuple[str, ast.Module, str]]:
    """(path below src/euthymia, tree, text) of every module we wrote; migrations are written by Django."""
    room = repository / "src" / "euthymia"
    for path in sorted(room.rglob("*.py")):
        if "migrations" not in path.parts:
            text = path.read_text()
            yield path.relative_to(room).as_posix(), ast.parse(text), text


def functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def body_lines(function: Function) -> int:
    """Lines from the first statement after the docstring to the last."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def arguments(function: Function) -> int:
    asked = function.args
    names = [each.arg for each in (*asked.posonlyargs, *asked.args, *asked.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def only_shrinks(found: set[str], allowed: dict[str, str]) -> None:
    assert found - set(allowed) == set(), "over the budget: make it smaller"
    assert set(allowed) - found == set(), "no longer needed: take it off the list"


def test_bodies_are_short(repository: Path) -> None:
    found = {
        f"{name}:{function.name}"
        for name, tree, _ in sources(repository)
        for function in functions(tree)
        if body_lines(function) > BODY_LINES
    }
    only_shrinks(found, LONG_BODIES)


def test_files_are_short(repository: Path) -> None:
    found = {name for name, _, text in sources(repository) if len(text.splitlines()) > FILE_LINES}
    only_shrinks(found, LONG_FILES)


def test_functions_ask_for_little(repository: Path) -> None:
    found = {
        f"{name}:{function.name}"
        for name, tree, _ in sources(repository)
        for function in functions(tree)
        if arguments(function) > ARGUMENTS
    }
    only_shrinks(found, MANY_ARGUMENTS)


def test_modules_have_names_that_say_something(repository: Path) -> None:
    found = {name for name, _, _ in sources(repository) if any(EMPTY_WORDS.match(part) for part in parts(name))}
    only_shrinks(found, NAMES)


def parts(name: str) -> list[str]:
    return name.removesuffix(".py").split("/")


def test_public_names_of_pure_rooms_are_explained(repository: Path) -> None:
    found = {
        f"{name}:{node.name}"
        for name, tree, _ in sources(repository)
        if parts(name)[0] in PURE_ROOMS
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        if not node.name.startswith("_") and ast.get_docstring(node) is None
    }
    only_shrinks(found, UNEXPLAINED)


def test_every_module_says_what_it_is_for(repository: Path) -> None:
    """But for lists of addresses, Django's app declarations and empty packages, whose name says all."""
    silent = {
        name
        for name, tree, _ in sources(repository)
        if tree.body and ast.get_docstring(tree) is None and Path(name).name not in {"urls.py", "apps.py"}
    }
    only_shrinks(silent, SILENT_MODULES)


def test_only_the_shell_prints(repository: Path) -> None:
    found = {
        name
        for name, tree, _ in sources(repository)
        if parts(name)[0] != "cli"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    only_shrinks(found, PRINTS)


def test_nothing_is_left_unfinished(repository: Path) -> None:
    folders = ("src", "tests", "scripts", "benchmarks", "docs")
    kinds = {".py", ".md", ".toml", ".html", ".css", ".js"}
    found = [
        f"{path.relative_to(repository)}:{number}"
        for folder in folders
        for path in sorted((repository / folder).rglob("*"))
        if path.suffix in kinds and not {"vendor", "node_modules", "fixtures"} & set(path.parts)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert found == []


LONG = "def long():\n" + '    """Words do not count."""\n' + "    x = 1\n" * (BODY_LINES + 1)


def test_the_measures_would_find_a_violation() -> None:
    long = next(functions(ast.parse(LONG)))
    greedy = next(functions(ast.parse("def f(self, a, b, c, d, e, g, h, i, j): ...")))
    assert body_lines(long) == BODY_LINES + 1
    assert arguments(greedy) == ARGUMENTS + 1
    assert EMPTY_WORDS.match("utils")
    assert EMPTY_WORDS.match("base_view")
    assert not EMPTY_WORDS.match("database")
