"""The public articles: both languages, cited, short enough to read at night, honest about their review."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "src" / "euthymia" / "clinic" / "site" / "articles"
ARTICLES = sorted(FOLDER.glob("*/*.md"))


def parts(path: Path) -> tuple[dict[str, object], str]:
    _, head, body = path.read_text(encoding="utf-8").split("+++\n", 2)
    return tomllib.loads(head), body


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_article_has_words_sources_and_its_review_stated(path: Path) -> None:
    facts, body = parts(path)
    sources = facts["sources"]
    assert facts["title"]
    assert facts["summary"]
    assert facts["reviewed_by"]
    assert isinstance(sources, list)
    assert all(source["cite"] and source["url"].startswith("https://") for source in sources)
    assert 500 <= len(body.split()) <= 850


def test_every_article_is_there_in_both_languages_with_the_same_sources() -> None:
    english = {path.name: path for path in ARTICLES if path.parent.name == "en"}
    spanish = {path.name: path for path in ARTICLES if path.parent.name == "es"}
    assert set(english) == set(spanish)
    for name in english:
        addresses = [re.findall(r'url = "([^"]+)"', found[name].read_text()) for found in (english, spanish)]
        assert addresses[0] == addresses[1], name


def test_the_numbers_are_the_same_in_both_languages() -> None:
    for path in (one for one in ARTICLES if one.parent.name == "en"):
        found = [
            parts(FOLDER / language / path.name)[1].replace("1,148", "1148").replace("2,342", "2342")
            for language in ("en", "es")
        ]
        numbers = [sorted(re.findall(r"\d+", text)) for text in found]
        assert set(numbers[0]) == set(numbers[1]), path.name
