"""Writes the table of instruments into docs/reference/instruments.md from their data; --check only compares."""

from __future__ import annotations

import sys
from pathlib import Path

from euthymia.care.instruments import Instrument, instruments, load_instrument

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/reference/instruments.md"
START, END = "<!-- table -->\n", "<!-- end of table -->\n"
HEAD = "| id | title | by | answers give | asks about | wording | licence | from memory |\n" + "|---" * 8 + "|\n"


def table() -> str:
    """The table as Markdown, one row an instrument, in the order of their ids."""
    return HEAD + "".join(row(load_instrument(name)) for name in instruments())


def row(told: Instrument) -> str:
    """One instrument: what it gives, its window, whether words are shipped, and what nobody has read."""
    cells = (f"`{told.id}`", told.title, told.rater.value, gives(told), window(told), wording(told))
    return "| " + " | ".join((*cells, told.licence.kind.value.replace("_", " "), remembered(told))) + " |\n"


def gives(told: Instrument) -> str:
    parts = []
    if told.has_total:
        ranges = {(form.lowest, form.highest) for form in (told.in_form(each.name) for each in told.variants)}
        parts.append("total " + " or ".join(f"{low:g}–{high:g}" for low, high in sorted(ranges)))
    if told.levels:
        parts.append("level " + ", ".join(f"`{level.name}`" for level in told.levels) + f", `{told.no_level}`")
    parts += [f"subscales {', '.join(f'`{part.name}`' for part in told.subscales)}"] if told.subscales else []
    parts += [f"bands `{bands.name}`" for bands in told.band_sets]
    parts += [f"cut `{cut.name}`" for cut in told.cuts]
    parts += [f"criterion `{criterion.name}`" for criterion in told.criteria]
    parts += [f"remission at most {rule.at_most:g}" for rule in told.remissions]
    parts += list(dict.fromkeys(f"response {rule.fall_pct:g} % off" for rule in told.responses))
    parts += [f"{rule.points:g} points mean something" for rule in told.meaningful]
    parts += [f"{rule.points:g} points are reliable" for rule in told.reliable]
    return "; ".join(parts)


def window(told: Instrument) -> str:
    words = []
    for form in told.variants:
        days = "" if form.recall_h is None else f" ({form.recall_h / 24:g} days)"
        words.append(f"`{form.name}`{days}")
    return ", ".join(words)


def wording(told: Instrument) -> str:
    return ", ".join(told.languages) if told.can_be_shown else "no"


def remembered(told: Instrument) -> str:
    """What rests on memory: it informs and never decides."""
    named = [
        ("total", told.scoring),
        *((f"form {form.name}", form.basis) for form in told.variants),
        *((f"flag {flag.name}", flag.basis) for flag in told.flags),
        *((f"level {level.name}", level.basis) for level in told.levels),
        *((f"missing answers {rule.name}", rule.basis) for rule in told.missing_rules),
        ("licence", told.licence.basis),
    ]
    return ", ".join(dict.fromkeys(what.replace("_", " ") for what, basis in named if not basis.may_gate)) or "—"


def written(page: str) -> str:
    """The page with the table of today."""
    before, rest = page.split(START)
    return before + START + table() + END + rest.split(END)[1]


def main(arguments: list[str]) -> int:
    page = PAGE.read_text(encoding="utf-8")
    if "--check" in arguments:
        current = written(page) == page
        print("The page is current." if current else "The page is not current: run scripts/instruments_page.py.")
        return int(not current)
    PAGE.write_text(written(page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
