"""A visitor who reads Spanish meets no English: every word of the public and the patient's pages has its Spanish."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from euthymia.care.crisis import COUNTRIES, crisis_lines
from euthymia.care.instruments import load_instrument
from euthymia.care.safety_plan import PARTS
from euthymia.clinic.site.views import SELF_CHECKS

CLINIC = Path(__file__).resolve().parents[3] / "src" / "euthymia" / "clinic"
COMPILED = CLINIC / "site" / "locale" / "es" / "LC_MESSAGES" / "django.mo"
FOLDERS = ("site", "measures", "portal", "account", "allauth", "euthymia")
PAGES = sorted(path for folder in FOLDERS for path in (CLINIC / "templates" / folder).rglob("*.html"))
MODULES = (
    *("site/forms.py", "measures/link_commands.py", "measures/delivery.py", "portal/commands.py"),
    *("measures/questionnaire.py", "measures/draft_commands.py", "measures/link_views.py", "accounts/context.py"),
)
TRANSLATE = re.compile(r"\{%\s*translate\s+([\"'])(.*?)\1")
BLOCK = re.compile(r"\{%\s*blocktranslate[^%]*%\}(.*?)(?:\{%\s*plural\s*%\}.*?)?\{%\s*endblocktranslate", re.DOTALL)
MARKED = re.compile(r"\b_\(\s*([\"'])(.*?)\1")
SAME_IN_BOTH = {"España", "Australia"}


@pytest.fixture(scope="module")
def spanish() -> gettext.GNUTranslations:
    with COMPILED.open("rb") as stream:
        return gettext.GNUTranslations(stream)


def asked(text: str) -> Iterator[str]:
    """The words a template asks to be translated, as the catalogue keeps them."""
    yield from (words for _, words in TRANSLATE.findall(text))
    yield from (re.sub(r"\{\{\s*(\w+)\s*\}\}", r"%(\1)s", block) for block in BLOCK.findall(text))


def in_english(words: str, spanish: gettext.GNUTranslations) -> bool:
    missing = object()
    found = spanish._catalog.get(words, spanish._catalog.get((words, 0), missing))  # type: ignore[attr-defined]
    return found is missing and words not in SAME_IN_BOTH


@pytest.mark.parametrize("path", PAGES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_page_leaves_no_word_in_english(path: Path, spanish: gettext.GNUTranslations) -> None:
    assert [words for words in asked(path.read_text(encoding="utf-8")) if in_english(words, spanish)] == []


@pytest.mark.parametrize("module", MODULES)
def test_what_the_program_says_to_a_visitor_is_in_spanish_too(module: str, spanish: gettext.GNUTranslations) -> None:
    words = [words for _, words in MARKED.findall((CLINIC / module).read_text(encoding="utf-8"))]
    assert words
    assert [one for one in words if in_english(one, spanish)] == []


@pytest.mark.parametrize("name", SELF_CHECKS)
def test_what_a_self_check_says_is_in_spanish_too(name: str, spanish: gettext.GNUTranslations) -> None:
    instrument = load_instrument(name)
    bands = {band.name.replace("_", " ") for bands in instrument.band_sets for band in bands.bands}
    assert [words for words in {instrument.purpose, *bands} if in_english(words, spanish)] == []


def test_the_parts_of_a_safety_plan_are_in_spanish_too(spanish: gettext.GNUTranslations) -> None:
    assert [part.title for part in PARTS if in_english(part.title, spanish)] == []


def test_whom_to_call_is_said_in_spanish_too(spanish: gettext.GNUTranslations) -> None:
    said = {country for _, country in COUNTRIES}
    for code, _ in COUNTRIES:
        # Spain's own lines are written in Spanish to begin with.
        said |= {line.note for line in crisis_lines(code).lines if code != "ES" and line.note}
    assert [words for words in said if in_english(words, spanish)] == []
