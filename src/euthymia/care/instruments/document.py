"""Reads an instrument from plain values, as TOML or JSON give them, and refuses one that contradicts itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from euthymia.care.evidence import basis_of, sources_of
from euthymia.care.instruments.contradictions import contradictions
from euthymia.care.instruments.instrument import (
    Band,
    BandSet,
    Bound,
    ChangeRule,
    Condition,
    Criterion,
    Cut,
    Flag,
    Instrument,
    Item,
    Level,
    Licence,
    LicenceClass,
    MissingRule,
    Option,
    Rater,
    RemissionRule,
    Requirement,
    ResponseRule,
    Subscale,
    Take,
    Variant,
)
from euthymia.care.protocol import Source
from euthymia.errors import InstrumentError

Row = Mapping[str, Any]
Sources = Mapping[str, Source]
PROHIBITED = "prohibited"
YES = (1,)


def parse_instrument(document: Row) -> Instrument:
    """The instrument this document describes; refuses a broken or contradicting one, and one whose owner forbids
    electronic forms (InstrumentError)."""
    if _is_prohibited(document):
        says = "Its owner does not allow an electronic form. It cannot be built; keep only which test was used."
        raise InstrumentError("prohibited_instrument", str(document.get("id", "")), says)
    try:
        instrument = _instrument(document)
    except (KeyError, ValueError, TypeError, AttributeError) as wrong:
        raise InstrumentError(
            "bad_instrument", str(document.get("id", "")), f"This cannot be read: {wrong!r}."
        ) from wrong
    for problem in contradictions(instrument):
        raise InstrumentError("bad_instrument", instrument.id, problem)
    return instrument


def _is_prohibited(document: Row) -> bool:
    licence = document.get("licence")
    return isinstance(licence, Mapping) and licence.get("class") == PROHIBITED


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
        lowest=float(total.get("lowest", 0)),
        highest=float(total.get("highest", 0)),
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
        variants=tuple(_variant(row, sources, document) for row in document["variant"]),
        loinc_panel=codes.get("panel", ""),
        loinc_total=codes.get("total", ""),
        licence=_licence(document["licence"], sources),
        limitation=document.get("limitation", ""),
        has_total="lowest" in total,
        criteria=tuple(_criterion(row, sources) for row in document.get("criterion", ())),
        levels=tuple(_level(row, sources, document.get("level_names", {})) for row in document.get("level", ())),
        no_level=document.get("no_level", ""),
        missing_rules=tuple(
            MissingRule(row["name"], int(row["at_most"]), basis_of(row, sources))
            for row in document.get("missing_rule", ())
        ),
        loinc_level=codes.get("level", ""),
        loinc_levels=_words(codes.get("levels", {})),
    )


def _words(row: Row) -> Mapping[str, str]:
    return MappingProxyType({language: str(text) for language, text in row.items()})


def _items(document: Row) -> tuple[Item, ...]:
    shared = _options(document)
    return tuple(
        Item(
            id=str(row["id"]),
            label=row["label"],
            texts=_words(row.get("text", {})),
            options=shared[row.get("options", "standard")],
            loinc=row.get("loinc", ""),
            scored=row.get("scored", True),
            needed=row.get("needed", False),
            reverse=row.get("reverse", False),
            ask_when=tuple(_condition(one) for one in row.get("ask_when", ())),
        )
        for row in document["item"]
    )


def _options(document: Row) -> dict[str, tuple[Option, ...]]:
    """The lists of answers by name: written out in `[[options.name]]`, or every value of `[answers] name = [0, 4]`."""
    made = {name: tuple(_option(row) for row in rows) for name, rows in document.get("options", {}).items()}
    for name, (low, high) in document.get("answers", {}).items():
        made[name] = tuple(Option(value, _words({})) for value in range(low, high + 1))
    return made


def _option(row: Row) -> Option:
    texts = _words(row.get("text", {}))
    return Option(int(row["value"]), texts, row.get("loinc", ""), row.get("label", ""), row.get("points"))


def _condition(row: Row | str, names: Mapping[str, str] = MappingProxyType({})) -> Condition:
    """An item answered yes (1), written as its name; or `{ item, values }`."""
    if isinstance(row, str):
        return Condition(names.get(row, row), YES)
    return Condition(str(row["item"]), tuple(int(value) for value in row["values"]))


def _criterion(row: Row, sources: Sources) -> Criterion:
    asked = tuple(
        Requirement(
            items=tuple(str(item) for item in need["items"]),
            at_least=int(need["at_least"]),
            exceptions=MappingProxyType({str(item): int(value) for item, value in need.get("exceptions", {}).items()}),
            count_from=int(need.get("count_from", 0)),
            count_to=need.get("count_to"),
        )
        for need in row["needs"]
    )
    return Criterion(row["name"], asked, basis_of(row, sources), row.get("note", ""))


def _level(row: Row, sources: Sources, names: Mapping[str, str]) -> Level:
    any_of = tuple(_condition(one, names) for one in row["any_of"])
    return Level(row.get("level") or row["name"], any_of, row["says"], basis_of(row, sources))


def _subscale(row: Row) -> Subscale:
    return Subscale(row["name"], tuple(row["items"]), Take(row["take"]), row.get("in_total", False))


def _band_set(row: Row, sources: Sources) -> BandSet:
    bands = tuple(Band(name, float(low), float(high)) for low, high, name in row["bands"])
    return BandSet(row["name"], bands, basis_of(row, sources), tuple(row.get("variants", ())))


def _cut(row: Row, sources: Sources) -> Cut:
    return Cut(
        name=row["name"],
        bound=Bound(row["bound"]),
        limit=float(row["limit"]),
        basis=basis_of(row, sources),
        note=row.get("note", ""),
        sex=row.get("sex", ""),
        variants=tuple(row.get("variants", ())),
    )


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


def _variant(row: Row, sources: Sources, document: Row) -> Variant:
    return Variant(
        name=row["name"],
        recall_h=_number(row, "recall_h"),
        basis=basis_of(row, sources),
        note=row.get("note", ""),
        options=_options(document)[row["options"]] if "options" in row else (),
        without=tuple(str(item) for item in row.get("without", ())),
        lowest=_number(row, "lowest"),
        highest=_number(row, "highest"),
    )


def _number(row: Row, name: str) -> float | None:
    value = row.get(name)
    return None if value is None else float(value)


def _licence(row: Row, sources: Sources) -> Licence:
    return Licence(LicenceClass(row["class"]), basis_of(row, sources), row.get("notice", ""), row.get("note", ""))
