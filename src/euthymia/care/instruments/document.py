"""Reads an instrument from plain values, as TOML or JSON give them, and refuses one that contradicts itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from euthymia.care.evidence import basis_of, sources_of
from euthymia.care.instruments.instrument import (
    Band,
    BandSet,
    Bound,
    ChangeRule,
    Cut,
    Flag,
    Instrument,
    Item,
    Licence,
    LicenceClass,
    Option,
    Rater,
    RemissionRule,
    ResponseRule,
    Subscale,
    Take,
    Variant,
)
from euthymia.care.protocol import Source
from euthymia.errors import InstrumentError

Row = Mapping[str, Any]
Sources = Mapping[str, Source]


def parse_instrument(document: Row) -> Instrument:
    """The instrument this document describes; refuses a broken or contradicting one (InstrumentError)."""
    try:
        instrument = _instrument(document)
    except (KeyError, ValueError, TypeError, AttributeError) as wrong:
        raise InstrumentError(
            "bad_instrument", str(document.get("id", "")), f"This cannot be read: {wrong!r}."
        ) from wrong
    for problem in _contradictions(instrument):
        raise InstrumentError("bad_instrument", instrument.id, problem)
    return instrument


def _instrument(document: Row) -> Instrument:
    sources = sources_of(document)
    total = document["total"]
    change = document.get("change", {})
    codes = document.get("loinc", {})
    return Instrument(
        id=document["id"],
        version=document["version"],
        title=document["title"],
        purpose=document["purpose"],
        rater=Rater(document["rater"]),
        higher_is_worse=document.get("higher_is_worse", True),
        instruction=_words(document.get("instruction", {})),
        items=_items(document),
        alternatives=tuple(tuple(group) for group in document.get("alternatives", ())),
        subscales=tuple(_subscale(row) for row in document.get("subscale", ())),
        factor=float(total.get("factor", 1)),
        lowest=float(total["lowest"]),
        highest=float(total["highest"]),
        scoring=basis_of(total, sources),
        missing_rule=total["missing_rule"],
        band_sets=tuple(_band_set(row, sources) for row in document.get("band_set", ())),
        cuts=tuple(_cut(row, sources) for row in document.get("cut", ())),
        flags=tuple(_flag(row, sources) for row in document.get("flag", ())),
        responses=tuple(_response(row, sources) for row in change.get("response", ())),
        remissions=tuple(
            RemissionRule(row["name"], float(row["at_most"]), basis_of(row, sources))
            for row in change.get("remission", ())
        ),
        meaningful=_changes(change.get("meaningful", ()), sources),
        reliable=_changes(change.get("reliable", ()), sources),
        variants=tuple(_variant(row, sources) for row in document["variant"]),
        loinc_panel=codes.get("panel", ""),
        loinc_total=codes.get("total", ""),
        licence=_licence(document["licence"], sources),
        limitation=document.get("limitation", ""),
    )


def _words(row: Row) -> Mapping[str, str]:
    return MappingProxyType({language: str(text) for language, text in row.items()})


def _items(document: Row) -> tuple[Item, ...]:
    shared = {name: tuple(_option(row) for row in rows) for name, rows in document["options"].items()}
    return tuple(
        Item(
            id=str(row["id"]),
            label=row["label"],
            texts=_words(row.get("text", {})),
            options=shared[row.get("options", "standard")],
            loinc=row.get("loinc", ""),
            scored=row.get("scored", True),
        )
        for row in document["item"]
    )


def _option(row: Row) -> Option:
    return Option(int(row["value"]), _words(row.get("text", {})), row.get("loinc", ""), row.get("label", ""))


def _subscale(row: Row) -> Subscale:
    return Subscale(row["name"], tuple(row["items"]), Take(row["take"]), row.get("in_total", False))


def _band_set(row: Row, sources: Sources) -> BandSet:
    bands = tuple(Band(name, float(low), float(high)) for low, high, name in row["bands"])
    return BandSet(row["name"], bands, basis_of(row, sources))


def _cut(row: Row, sources: Sources) -> Cut:
    return Cut(row["name"], Bound(row["bound"]), float(row["limit"]), basis_of(row, sources), row.get("note", ""))


def _flag(row: Row, sources: Sources) -> Flag:
    basis = basis_of(row, sources)
    return Flag(row["name"], str(row["item"]), int(row["at_least"]), basis, row.get("when_blank", ""))


def _response(row: Row, sources: Sources) -> ResponseRule:
    end = row.get("end_at_most")
    return ResponseRule(
        row["name"], float(row["fall_pct"]), basis_of(row, sources), None if end is None else float(end)
    )


def _changes(rows: Iterable[Row], sources: Sources) -> tuple[ChangeRule, ...]:
    return tuple(ChangeRule(row["name"], float(row["points"]), basis_of(row, sources)) for row in rows)


def _variant(row: Row, sources: Sources) -> Variant:
    hours = row.get("recall_h")
    return Variant(row["name"], None if hours is None else float(hours), basis_of(row, sources), row.get("note", ""))


def _licence(row: Row, sources: Sources) -> Licence:
    return Licence(LicenceClass(row["class"]), basis_of(row, sources), row.get("notice", ""), row.get("note", ""))


def _contradictions(instrument: Instrument) -> Iterable[str]:
    ids = [item.id for item in instrument.items]
    if len(set(ids)) != len(ids):
        yield "Two items have the same id."
    named = [*(i for group in instrument.alternatives for i in group), *(flag.item for flag in instrument.flags)]
    named += [item_id for part in instrument.subscales for item_id in part.items]
    for item_id in named:
        if item_id not in ids:
            yield f"Item {item_id} is named by a rule but not asked."
    for bands in instrument.band_sets:
        yield from _gaps(instrument, bands)
    if instrument.licence.kind is not LicenceClass.EMBED and any(item.texts for item in instrument.items):
        yield "Its licence does not let the wording be shipped."


def _gaps(instrument: Instrument, bands: BandSet) -> Iterable[str]:
    if bands.bands[0].low != instrument.lowest or bands.bands[-1].high != instrument.highest:
        yield f"The bands '{bands.name}' do not cover every total."
    for lower, upper in pairwise(bands.bands):
        if upper.low != lower.high + 1:
            yield f"The bands '{bands.name}' leave a gap or overlap at {upper.name}."
