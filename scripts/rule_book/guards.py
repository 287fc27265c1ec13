"""The rules that are code: described in `guards.toml`, their numbers read from the code they stand in."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from scripts.rule_book.exercised import Tests
from scripts.rule_book.words import table

GUARDS: dict[str, list[dict[str, Any]]] = tomllib.loads(
    (Path(__file__).parent / "guards.toml").read_text(encoding="utf-8")
)
SPANS = {"s": timedelta(seconds=1), "min": timedelta(minutes=1), "days": timedelta(days=1)}
RESTS_ON = {
    "protocol": "the signed protocol: its number, its source",
    "instrument": "the questionnaire: its number, its source",
    "table": "the table on this page",
    "arithmetic": "arithmetic",
    "house": "house",
}


def guards(page: str, tests: Tests) -> str:
    """The rules of one page, and what its forms accept at all."""
    rules = [row for row in GUARDS["rule"] if row["page"] == page]
    rows = [
        (
            f"`{row['name']}`",
            row["level"],
            row["says"],
            numbers(row),
            RESTS_ON[row["rests_on"]],
            tests.told(row["name"], part=page.removesuffix("s")),
        )
        for row in rules
    ]
    parts = ["\n## Rules\n\n", table(("rule", "level", "what must be so", "numbers", "rests on", "tests"), rows)]
    entries = [(row["says"], numbers(row), "house") for row in GUARDS["entry"] if row["page"] == page]
    if entries:
        parts += ["\n## What forms accept\n\nA slip of the keyboard is caught here; nobody is judged.\n\n"]
        parts += [table(("what", "accepted", "rests on"), entries)]
    return "".join(parts)


def numbers(row: Mapping[str, Any]) -> str:
    return "; ".join(number(one["of"], one["unit"]) for one in row.get("numbers", ()))


def number(of: str, unit: str) -> str:
    """A number of the code by `module.NAME`: one, a range, or a range for each thing measured."""
    module, name = of.split(".")
    found = getattr(import_module(f"euthymia.care.{module}"), name)
    if isinstance(found, timedelta):
        found = found / SPANS[unit]
    if isinstance(found, dict):
        return "; ".join(f"{key.split('_')[0]} {low:g} to {high:g} {its}" for key, (low, high, its) in found.items())
    if isinstance(found, tuple):
        return f"{found[0]:g} to {found[1]:g} {unit}"
    return f"{found:g} {unit}"


def described() -> set[str]:
    """The rules that are described."""
    return {row["name"] for row in GUARDS["rule"]}
