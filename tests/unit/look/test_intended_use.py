"""What the program shows as its intended use is the document at the root of the source."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_shown_words_are_the_published_words() -> None:
    shown = ROOT / "src" / "euthymia" / "clinic" / "site" / "INTENDED_USE.md"
    assert shown.read_text() == (ROOT / "INTENDED_USE.md").read_text()
