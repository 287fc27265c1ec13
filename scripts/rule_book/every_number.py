"""Every number of every data file of the room, by its path: whatever the other pages leave out stands here."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.rule_book.words import table, words_of

ABOUT = ("name", "id", "title", "label", "what", "task", "level", "text", "system")
# The fields that a `unit` beside them is the unit of.
OF_THE_UNIT = ("value", "low", "high")


@dataclass(frozen=True, slots=True)
class Numbers:
    """One table of a data file: where it stands, what it calls itself, its numbers by field, and its source."""

    path: str
    about: str
    fields: tuple[tuple[str, str], ...]
    source: str


def data_files(room: Path) -> tuple[Path, ...]:
    """The data files of the room; settings of a linter are none."""
    return tuple(path for path in sorted(room.rglob("*.toml")) if path.name != "ruff.toml")


def render(room: Path) -> str:
    """The page."""
    parts = [
        "Generated from the data files as they stand. A list of numbers is one field; `value` 2 of an answer is the "
        "answer that gives 2 points. Where a source is empty, that of the table above it holds, or the number is our "
        "own way of working (house).\n"
    ]
    for path in data_files(room):
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        rows = [
            (
                f"`{row.path or '(top)'}`",
                row.about,
                "; ".join(f"{name} {said}" for name, said in row.fields),
                row.source,
            )
            for row in numbers_of(document)
        ]
        if rows:
            parts.append(
                f"\n## `{path.relative_to(room).as_posix()}`\n\n" + table(("where", "what", "numbers", "source"), rows)
            )
    return "".join(parts)


def numbers_of(document: Mapping[str, Any]) -> Iterator[Numbers]:
    """Every table of a document that has a number, in document order, with the source that holds for it."""
    cites = {name: row["cite"] for name, row in document.get("sources", {}).items()}
    yield from walk(document, "", "", cites)


def walk(
    row: Mapping[str, Any], path: str, source: str, cites: Mapping[str, str], about: str = ""
) -> Iterator[Numbers]:
    own = source_of(row, cites) or source
    about = next((str(row[name]) for name in ABOUT if isinstance(row.get(name), str)), about)
    unit = f" {row['unit']}" if isinstance(row.get("unit"), str) else ""
    fields = tuple(
        (name, said(value) + (unit if name in OF_THE_UNIT else "")) for name, value in row.items() if has_number(value)
    )
    if fields:
        yield Numbers(path, about, fields, own)
    for name, value in row.items():
        if name == "sources":
            continue
        here = f"{path}.{name}" if path else name
        if isinstance(value, Mapping):
            yield from walk(value, here, own, cites, about)
        elif isinstance(value, list):
            for place, item in enumerate(value):
                if isinstance(item, Mapping):
                    yield from walk(item, f"{here}[{place}]", own, cites, about)


def source_of(row: Mapping[str, Any], cites: Mapping[str, str]) -> str:
    named = "; ".join(cites.get(name, name) for name in row.get("source", ()))
    words = words_of(row["provenance"]) if isinstance(row.get("provenance"), str) else ""
    if "why" in row and "value" not in row and "unit" in row:
        return f"open: {row['why']}"
    return f"{named} ({words})" if named and words else named or words


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def has_number(value: Any) -> bool:
    """A number, or a list that holds one at any depth (tables in a list are walked by themselves)."""
    return is_number(value) or (isinstance(value, list) and any(has_number(item) for item in value))


def said(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(said(item) for item in value if not isinstance(item, Mapping)) + "]"
    return f"{value:g}" if is_number(value) else str(value)
