"""The public articles: Markdown files with a head of facts, in two languages."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import markdown

FOLDER = Path(__file__).parent / "articles"
FENCE = "+++\n"
WORDS_PER_MINUTE = 200
FALLBACK_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a claim comes from."""

    cite: str
    url: str


@dataclass(frozen=True, slots=True)
class Article:
    """One article as a page shows it. An article nobody reviewed says so."""

    slug: str
    language: str
    title: str
    summary: str
    html: str
    text: str
    minutes: int
    reviewed_by: str
    last_reviewed: date | None
    sources: tuple[Source, ...]
    picture: str


@cache
def articles(language: str) -> tuple[Article, ...]:
    """All articles in reading order, in this language where it exists, else in English."""
    originals = sorted((FOLDER / FALLBACK_LANGUAGE).glob("*.md"))
    own = FOLDER / language
    return tuple(read_article(own / path.name if (own / path.name).exists() else path) for path in originals)


def find_article(slug: str, language: str) -> tuple[Article | None, Article | None, Article | None]:
    """(previous, this, next); this is None when there is no such article."""
    listed = articles(language)
    position = next((index for index, article in enumerate(listed) if article.slug == slug), None)
    if position is None:
        return None, None, None
    previous = listed[position - 1] if position else None
    following = listed[position + 1] if position + 1 < len(listed) else None
    return previous, listed[position], following


def search(words: str, language: str) -> list[Article]:
    """The articles that hold every word, in reading order."""
    wanted = words.casefold().split()
    return [article for article in articles(language) if all(word in article.text.casefold() for word in wanted)]


def read_article(path: Path) -> Article:
    """One file: a TOML head between `+++` lines, then Markdown. The number before the slug orders the files."""
    _, head, body = path.read_text(encoding="utf-8").split(FENCE, 2)
    facts = tomllib.loads(head)
    words = len(body.split())
    return Article(
        slug=path.stem.split("-", 1)[1],
        language=path.parent.name,
        title=facts["title"],
        summary=facts["summary"],
        html=markdown.markdown(body, extensions=["tables", "sane_lists", "toc"], output_format="html"),
        text=f"{facts['title']} {facts['summary']} {body}",
        minutes=max(1, math.ceil(words / WORDS_PER_MINUTE)),
        reviewed_by=facts.get("reviewed_by", ""),
        last_reviewed=facts.get("last_reviewed"),
        sources=tuple(Source(source["cite"], source.get("url", "")) for source in facts.get("sources", [])),
        picture=facts.get("picture", ""),
    )
