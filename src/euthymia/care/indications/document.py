"""An indication as a document: plain values in, a `Pack` out.

Every refusal is a ProtocolError whose path points into the document, e.g. `endpoint[1].rule`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from euthymia.care.cited import Cited, Provenance
from euthymia.care.cited_page import needed_number
from euthymia.care.document_page import Named, Page
from euthymia.care.evidence import Basis, sources_on
from euthymia.care.indications.pack import (
    Better,
    Endpoint,
    Grade,
    Note,
    Pack,
    Part,
    Reached,
    Scale,
    Since,
    Window,
    Wording,
)
from euthymia.care.instruments import Instrument, load_instrument
from euthymia.care.protocol import Source
from euthymia.errors import InstrumentError

TIMES = ("h", "days")
# What nobody has to have read: known by heart and said so, or our own way of working.
NEEDS_NO_SOURCE = (Provenance.MEMORY, Provenance.HOUSE)


def parse_pack(document: Mapping[str, Any]) -> Pack:
    """A pack from plain values (TOML or JSON); refuses with the exact path (ProtocolError)."""
    listed = document.get("sources") or {} if isinstance(document, Mapping) else {}
    top = Page(document, "", frozenset(listed))
    sources = sources_on(top.page("sources")) if listed else {}
    on = top.yes_no("on_by_default")
    pack = Pack(
        id=top.name("id"),
        version=top.text("version"),
        title=top.text("title"),
        on_by_default=on,
        off_because=top.text("off_because", "" if on else None),
        consent=top.each("consent", lambda page: _note(page, sources)),
        grade=_grade(top.page("grade"), sources),
        scales=top.each("scale", _scale),
        windows=top.each("window", _window),
        endpoints=top.each("endpoint", _endpoint),
        findings=top.each("finding", lambda page: _note(page, sources)),
        cautions=top.each("caution", lambda page: _note(page, sources)),
        sources=tuple(sources.values()),
    )
    top.get("sources")
    top.finish()
    _refuse_incomplete(top, pack)
    return pack


def _basis(page: Page, sources: Mapping[str, Source]) -> Basis:
    provenance = page.choice("provenance", Provenance)
    names = page.sources(needed=provenance not in NEEDS_NO_SOURCE)
    return Basis(tuple(sources[name] for name in names), provenance)


def _grade(page: Page, sources: Mapping[str, Source]) -> Grade:
    grade = Grade(page.text("says"), page.text("system", ""), _basis(page, sources))
    page.finish()
    return grade


def _note(page: Page, sources: Mapping[str, Source]) -> Note:
    return Note(page.name(), page.text("says"), _basis(page, sources))


def _scale(page: Page) -> Scale:
    """A shipped scale takes title, licence and recall from its instrument; another says them itself."""
    name, part, note, shipped = (
        page.name(),
        page.choice("part", Part),
        page.text("note", ""),
        page.text("instrument", ""),
    )
    if not shipped:
        return Scale(name, page.text("title"), part, "", page.choice("wording", Wording), note, None)
    try:
        instrument = load_instrument(shipped)
    except InstrumentError as wrong:
        raise page.refuse("unknown_instrument", "instrument", wrong.message) from wrong
    recall_h = instrument.variants[0].recall_h
    wording = Wording(instrument.licence.kind.value)
    return Scale(name, instrument.title, part, shipped, wording, note, recall_h)


def _window(page: Page) -> Window:
    name, says, since, inner = page.name(), page.text("says"), page.choice("since", Since), page.page("after")
    unit = inner.text("unit")
    if unit not in TIMES:
        raise inner.refuse("wrong_unit", "unit", f"A window is given in {' or '.join(TIMES)}.")
    return Window(name, says, since, needed_number(page, "after", unit, gates=False))


def _endpoint(page: Page) -> Endpoint:
    name, kind, scale, note = page.name(), page.choice("kind", Better), page.text("scale"), page.text("note", "")
    rule, fall, reached = page.text("rule", ""), _fall(page), Reached.AT_LEAST
    if (rule == "") == (fall is None):
        raise page.refuse("one_of", "rule", "Name a rule of the shipped instrument, or a fall in percent; one of them.")
    if page.get("reached") is not None:
        reached = page.choice("reached", Reached)
    return Endpoint(name, kind, scale, rule, fall, reached, note)


def _fall(page: Page) -> Cited | None:
    return None if page.get("fall") is None else needed_number(page, "fall", "%", gates=False)


def _refuse_incomplete(top: Page, pack: Pack) -> None:
    if not any(scale.part is Part.MAIN for scale in pack.scales):
        raise top.refuse("no_main_scale", "scale", "Name at least one scale that tells better from worse.")
    if not pack.on_by_default and not pack.consent:
        raise top.refuse("no_consent", "consent", "Say what a person consents to before this use.")
    known = {scale.name: scale for scale in pack.scales}
    for place, end in enumerate(pack.endpoints):
        if end.scale not in known:
            raise top.refuse("unknown_scale", f"endpoint[{place}].scale", f"'{end.scale}' is not a scale of this pack.")
        if end.rule:
            _refuse_unknown_rule(top, f"endpoint[{place}].rule", end, known[end.scale])


def _rules_of(instrument: Instrument, kind: Better) -> tuple[str, ...]:
    """Names of the rules of this kind that the shipped instrument has."""
    rules: Mapping[Better, tuple[Named, ...]] = {
        Better.RESPONSE: instrument.responses,
        Better.REMISSION: instrument.remissions,
        Better.MEANINGFUL: instrument.meaningful,
        Better.RELIABLE: instrument.reliable,
    }
    return tuple(rule.name for rule in rules[kind])


def _refuse_unknown_rule(top: Page, path: str, end: Endpoint, scale: Scale) -> None:
    rules = _rules_of(load_instrument(scale.instrument), end.kind) if scale.instrument else ()
    if end.rule not in rules:
        known = ", ".join(rules) or "none"
        raise top.refuse("unknown_rule", path, f"'{scale.title}' has no {end.kind} rule '{end.rule}'. It has: {known}.")
