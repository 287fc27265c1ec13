"""Values in, PDF out. Every word about a person travels as JSON data; the templates are the only typst source there is.

The same values give the same bytes. Nothing is fetched, and a template can read nothing outside its own folder.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst
from django.http import HttpResponse

FOLDER = Path(__file__).parent / "typst"
# Writing that the typefaces inside the typst wheel draw; any other needs a typeface of this machine.
DRAWN_ANYWHERE = ("LATIN", "GREEK", "CYRILLIC", "HEBREW", "ARABIC")
# Countries whose printers hold Letter paper; everywhere else prints on A4.
LETTER = frozenset({"US", "CA", "MX", "CL", "CO", "PH"})


@lru_cache(maxsize=1)
def _typefaces() -> typst.Fonts:
    """Those of the wheel, then those of this machine for letters the wheel's lack; searched for once."""
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=True)


def pdf_of(template: str, values: Mapping[str, Any], *, at: datetime) -> bytes:
    """The document as PDF. template: a file of `FOLDER`.   at: the time of making that the file states of itself."""
    made = typst.compile(
        FOLDER / template,
        root=FOLDER,
        font_paths=_typefaces(),
        format="pdf",
        sys_inputs={"data": json.dumps(values, ensure_ascii=True, sort_keys=True)},
        timestamp=int(at.timestamp()),
    )
    return bytes(made)


def pdf_response(content: bytes, name: str) -> HttpResponse:
    """The file for a browser's own viewer, never kept by a cache. name: ours, with no word of a record."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def paper_of(country: str) -> str:
    """The size of paper a printer in this country holds, by typst's name."""
    return "us-letter" if country in LETTER else "a4"


def may_not_print(text: str) -> bool:
    """Whether these words hold a letter that may come out as an empty box on a machine without a typeface for it."""
    letters = (unicodedata.name(letter, "") for letter in text if letter.isalpha())
    return any(not name.startswith(DRAWN_ANYWHERE) for name in letters)
