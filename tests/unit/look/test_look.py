"""The themes are readable, the vendored stylesheet is the listed one, and no page asset leaves the house."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from euthymia.charts import svg

STATIC = Path(__file__).resolve().parents[3] / "src" / "euthymia" / "clinic" / "static"
TEMPLATES = STATIC.parent / "templates" / "euthymia"
TOKENS = (STATIC / "euthymia" / "tokens.css").read_text()
SHEETS = sorted((STATIC / "euthymia").glob("*.css"))
COLOUR = r"--([\w-]+): (#[0-9a-f]{6})"
TONES = ("ok", "caution", "danger", "unknown", "info", "accent", "brand")


def themes() -> dict[str, dict[str, str]]:
    found = re.findall(r"(:root[^{]*)\{([^{}]*)\}", TOKENS)
    return {selector.strip(): dict(re.findall(COLOUR, body)) for selector, body in found}


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2, from 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def words_on_grounds() -> list[tuple[str, str]]:
    inks = ("ink", "ink-2", "brand", "brand-strong", "link-hover", "link-visited", *TONES)
    pairs = [(ink, ground) for ink in inks for ground in ("paper", "surface", "surface-2", "field")]
    pairs += [(ink, f"{tone}-soft") for tone in TONES for ink in (tone, "ink", "ink-2")]
    pairs += [(ink, "surface-3") for ink in ("ink", "ink-2")]
    pairs += [("action-ink", ground) for ground in ("action", "action-hover", "danger-action")]
    pairs += [("topbar-ink", "topbar"), ("topbar-ink-2", "topbar"), ("focus-ink", "focus")]
    pairs += [(ink, f"zone-{level}") for level in range(5) for ink in ("ink", "ink-2")]
    return [*pairs, ("brand-strong", "brand-soft")]


@pytest.mark.parametrize("theme", themes())
def test_words_reach_the_contrast_of_wcag_aa(theme: str) -> None:
    colours = themes()[theme]
    weak = [pair for pair in words_on_grounds() if contrast(colours[pair[0]], colours[pair[1]]) < 4.5]
    assert weak == []


@pytest.mark.parametrize("theme", themes())
def test_lines_of_fields_and_drawings_reach_the_contrast_of_wcag_aa(theme: str) -> None:
    colours = themes()[theme]
    lines = ("line-strong", *(f"series-{place}" for place in range(1, 7)))
    grounds = ("surface", "paper", *(f"zone-{level}" for level in range(5)))
    weak = [(line, ground) for line in lines for ground in grounds if contrast(colours[line], colours[ground]) < 3]
    assert weak == []


def test_the_dark_theme_chosen_is_the_dark_theme_preferred() -> None:
    found = themes()
    assert found[':root:not([data-theme="light"], [data-theme="room"])'] == found[':root[data-theme="dark"]']


def test_a_drawing_by_itself_wears_the_light_theme() -> None:
    light = themes()[":root"]
    assert tuple(light[f"series-{place}"] for place in range(1, 7)) == svg.COLOURS
    assert tuple(light[f"zone-{level}"] for level in range(5)) == svg.ZONES
    assert (light["ink"], light["ink-2"], light["surface"]) == (svg.INK, svg.MUTED, svg.SURFACE)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_colours_are_named_in_one_place_only(sheet: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
    used = set(re.findall(r"var\(--([\w-]+)", text))
    named = set(re.findall(r"--([\w-]+):", TOKENS)) | {"tone", "tone-soft"}
    assert used <= named
    if sheet.name not in {"tokens.css", "print.css"}:
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(", text) == []


@pytest.mark.parametrize("entry", json.loads((STATIC / "vendor" / "vendor.json").read_text())["files"])
def test_a_vendored_file_is_the_listed_one_and_carries_its_licence(entry: dict[str, str]) -> None:
    path = STATIC / "vendor" / entry["file"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"]
    assert {"name", "version", "licence"} <= set(entry)
    assert list((STATIC / "vendor").glob(f"{entry['name']}.LICENSE*"))


def test_nothing_is_fetched_from_elsewhere() -> None:
    for path in [*SHEETS, *(STATIC / "vendor").glob("*.css"), *TEMPLATES.rglob("*.html")]:
        text = re.sub(r"/\*.*?\*/|http://www\.w3\.org/\S+", "", path.read_text(), flags=re.DOTALL)
        assert not re.search(r"https?://|@import|url\(|frutiger", text, re.IGNORECASE), path.name


def test_shared_templates_hold_no_inline_style_or_script() -> None:
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"\sstyle=|<style|\son\w+=|<script(?![^>]*\bsrc=)", text), path.name


def test_every_icon_asked_for_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "euthymia" / "icons.svg").read_text()))
    asked = {
        name
        for path in TEMPLATES.parent.rglob("*.html")
        for name in re.findall(r'icon\.html" with name="([\w-]+)"', path.read_text())
    }
    assert asked <= drawn
