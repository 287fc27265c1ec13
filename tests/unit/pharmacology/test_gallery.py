"""The engine's gallery shows what the engine says today: every picture is drawn again by its own lines."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "tutorials" / "engine-gallery.md").read_text(encoding="utf-8")
NAMES = re.findall(r"<!-- picture: ([a-z-]+) -->", PAGE)


@pytest.fixture(scope="module")
def pictures() -> ModuleType:
    found = importlib.util.spec_from_file_location("scripts_pictures", ROOT / "scripts" / "pictures.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_current(pictures: ModuleType, name: str) -> None:
    drawn = pictures.drawn(pictures.gallery(PAGE)[name], f"{name}.svg")
    kept = (ROOT / "docs" / "pictures" / "engine" / f"{name}.svg").read_text(encoding="utf-8")
    assert pictures.same_picture(kept.rstrip("\n"), drawn.rstrip("\n")), "run scripts/pictures.py"


def test_every_picture_is_shown_with_words_and_a_source(pictures: ModuleType) -> None:
    assert len(NAMES) == len(set(NAMES)) == len(pictures.gallery(PAGE))
    for section in PAGE.split("\n## ")[1:]:
        name = re.findall(r"<!-- picture: ([a-z-]+) -->", section)[0]
        shown = re.search(rf"!\[[^\]]{{10,}}\]\(\.\./pictures/engine/{name}\.svg\)\n\n(.+)", section)
        assert shown is not None, name
        assert re.search(r"\d{4}|invented", section[shown.start(1) :]), name
    kept = {file.stem for file in (ROOT / "docs" / "pictures" / "engine").glob("*.svg")}
    assert kept == set(NAMES)


def test_a_picture_says_where_it_is_from() -> None:
    for file in (ROOT / "docs" / "pictures" / "engine").glob("*.svg"):
        assert 'class="source"' in file.read_text(encoding="utf-8"), file.name
