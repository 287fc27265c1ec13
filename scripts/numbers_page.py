"""Renders docs/reference/numbers.md from benchmarks/results/*.json.

python scripts/numbers_page.py           write the page
python scripts/numbers_page.py --check   write nothing; exit 1 when the page is not current
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "reference" / "numbers.md"

HEAD = """# Measured numbers

What was measured, on what, and how to measure it again. A number that was not measured has no row. Written by
`scripts/numbers_page.py` from `benchmarks/results/`; do not edit by hand.
"""
NONE_YET = "\nNothing has been measured yet: `python3 run.py bench one_patient` writes the first rows.\n"
TITLES = {
    "one_patient": "One person's path",
    "engine": "The engine",
    "care": "The rules of care",
    "session_room": "The session room",
    "keep_well": "Keeping well",
    "clinic_day": "A clinic's day",
    "exchange": "Exchange",
    "evidence": "Evidence",
    "trust": "Trust",
}
COLUMNS = ("name", "value", "unit", "target", "date", "machine", "command")


def render(results: Path) -> str:
    """The page for one folder of results; an empty or absent folder gives a page that says so."""
    areas = [(path.stem, json.loads(path.read_text(encoding="utf-8"))) for path in sorted(results.glob("*.json"))]
    if not any(rows for _, rows in areas):
        return HEAD + NONE_YET
    return HEAD + "".join(section(area, rows) for area, rows in areas if rows)


def section(area: str, rows: list[dict[str, Any]]) -> str:
    lines = [f"\n## {TITLES.get(area, area)}\n", "| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
    lines += ["| " + " | ".join(cell(row, column) for column in COLUMNS) + " |" for row in rows]
    against = [f"- `{row['name']}`: measured against {row['against']}" for row in rows if row.get("against")]
    return "\n".join([*lines, *(["", *against] if against else [])]) + "\n"


def cell(row: dict[str, Any], column: str) -> str:
    value = row.get(column)
    if value is None:
        return ""
    text = str(value).replace("|", "\\|").replace("\n", " ")
    return f"`{text}`" if column in {"name", "command"} else text


def main(arguments: list[str]) -> int:
    """Write the page, or with --check only compare it."""
    page = render(RESULTS)
    if "--check" in arguments:
        current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page
        print("The page is current." if current else "The page is not current: run scripts/numbers_page.py.")
        return int(not current)
    PAGE.write_text(page, encoding="utf-8")
    print(f"Wrote {PAGE.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
