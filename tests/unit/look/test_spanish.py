"""The Spanish words: compiled from the readable file, same places to fill, complete for the shared pages."""

from __future__ import annotations

import ast
import gettext
import re
from pathlib import Path

CLINIC = Path(__file__).resolve().parents[3] / "src" / "euthymia" / "clinic"
FOLDER = CLINIC / "site" / "locale" / "es" / "LC_MESSAGES"
ENTRY = re.compile(r'^msgid (".*")\n(?:msgid_plural (".*")\n)?msgstr(?:\[0\])? (".*")$', re.MULTILINE)


def written() -> dict[str, str]:
    """What the readable file says, singular forms."""
    found = ENTRY.findall((FOLDER / "django.po").read_text(encoding="utf-8"))
    return {ast.literal_eval(original): ast.literal_eval(spanish) for original, _, spanish in found if original != '""'}


def test_the_compiled_words_are_the_readable_ones() -> None:
    with (FOLDER / "django.mo").open("rb") as stream:
        compiled = gettext.GNUTranslations(stream)
    for original, spanish in written().items():
        assert spanish in {compiled.gettext(original), compiled.ngettext(original, original, 1)}, original


def test_the_same_places_are_filled_in_both_languages() -> None:
    places = re.compile(r"%\(\w+\)s")
    for original, spanish in written().items():
        assert sorted(places.findall(original)) == sorted(places.findall(spanish)), original


def test_the_shared_pages_leave_no_word_in_english() -> None:
    known = written()
    for path in (CLINIC / "templates" / "euthymia").rglob("*.html"):
        text = path.read_text()
        asked = [words for _, words in re.findall(r"\{%\s*translate\s+([\"'])(.*?)\1", text)]
        blocks = re.findall(r"\{%\s*blocktranslate[^%]*%\}([^%]*)\{%\s*endblocktranslate", text)
        asked += [re.sub(r"\{\{\s*(\w+)\s*\}\}", r"%(\1)s", block) for block in blocks]
        assert [words for words in asked if words not in known] == [], path.name
