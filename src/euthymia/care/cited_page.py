"""Reads cited numbers, holes and known words from a page of a document."""

from __future__ import annotations

from euthymia.care.cited import OURS, Cited, Provenance
from euthymia.care.document_page import Page


def optional_number(page: Page, name: str, unit: str) -> Cited | None:
    """A cited number that may be absent; where it is there, it is read as a needed one."""
    return None if page.get(name) is None else needed_number(page, name, unit)


def needed_number(page: Page, name: str, unit: str, *, gates: bool = True) -> Cited:
    """A cited number or a hole. One that gates must not come from memory."""
    return cited_number(page.page(name), unit, gates=gates)


def cited_number(inner: Page, unit: str, *, gates: bool = True) -> Cited:
    """The cited number or hole on this page, in exactly this unit; refuses what says neither source nor why."""
    if inner.text("unit") != unit:
        raise inner.refuse("wrong_unit", "unit", f"This number is given in {unit}.")
    value = inner.number("value", required=False)
    low, high = inner.number("low", required=False), inner.number("high", required=False)
    why = inner.text("why", "")
    filled_by = inner.text("filled_by", "")
    provenance = None if inner.get("provenance") is None else inner.choice("provenance", Provenance)
    is_read = value is not None and provenance is not None and provenance not in OURS
    source = inner.sources(needed=is_read)
    inner.finish()
    _refuse_unfounded(inner, value, provenance, gates, why, (low, high), filled_by)
    return Cited(value, unit, source, provenance, why, low, high, filled_by)


def _refuse_unfounded(
    page: Page,
    value: float | None,
    provenance: Provenance | None,
    gates: bool,
    why: str,
    plausible: tuple[float | None, float | None],
    filled_by: str,
) -> None:
    if value is None:
        if not why:
            raise page.refuse("no_reason", "why", "A hole says why nothing is encoded.")
        if plausible[0] is None or plausible[1] is None or plausible[0] > plausible[1]:
            raise page.refuse("no_range", "low", "A hole states what would be plausible: low and high.")
        if provenance is not None:
            raise page.refuse("hole_with_provenance", "provenance", "A number that is not there has no provenance.")
        return
    if value < 0:
        raise page.refuse("negative", "value", "A number in a protocol is not negative.")
    if provenance is None:
        raise page.refuse("no_provenance", "provenance", "Say how this number was obtained.")
    if gates and provenance is Provenance.MEMORY:
        raise page.refuse("memory_gates", "provenance", "A number from memory must not gate; leave it as a hole.")
    if provenance is Provenance.CLINIC and not (filled_by and why):
        raise page.refuse("unnamed", "filled_by", "A number set by a clinic says by whom, and keeps why it was open.")


def known_words(page: Page, name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """A list of words, each one of those known."""
    words = page.words(name)
    for word in words:
        if word not in known:
            raise page.refuse("unknown_word", name, f"'{word}' is not one of: {', '.join(known)}.")
    return words
