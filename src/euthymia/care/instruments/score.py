"""Scores any instrument from its data. No part total is ever given for the whole: what is missing is said instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from euthymia.care.instruments.instrument import BandSet, Instrument, Item, Subscale, Take, Variant
from euthymia.errors import InstrumentError


@dataclass(frozen=True, slots=True)
class BandName:
    """Which set of bands was used and which band the total is in."""

    set: str
    name: str


@dataclass(frozen=True, slots=True)
class Score:
    """The score with everything that made it, so that it can be read again years later.

    total: None when it cannot be given; then `missing` lists the items and `why` says it in a sentence.
    subscales: name → points, None where an item of it is not answered.
    cuts: names of the screening cuts the total reached.   flags: raised by answers, with or without a total.
    """

    instrument: str
    version: str
    variant: str
    total: float | None
    subscales: Mapping[str, float | None]
    band: BandName | None
    cuts: tuple[str, ...]
    missing: tuple[str, ...]
    flags: tuple[str, ...]
    why: str = ""


def score(
    instrument: Instrument, answers: Mapping[str, int | None], context: Mapping[str, object] | None = None
) -> Score:
    """The score of these answers (item id → value; absent or None is not answered).

    context: may choose `band_set` and `variant` by name; other names belong to the caller and are left alone.
    Refuses an unknown item, an answer that is not one of its options, and an unknown set (InstrumentError).
    """
    chosen = context or {}
    given = checked_answers(instrument, answers)
    bands, variant = _band_set(instrument, chosen), _variant(instrument, chosen)
    missing = missing_items(instrument, given)
    total = None if missing else _total(instrument, given)
    return Score(
        instrument=instrument.id,
        version=instrument.version,
        variant=variant.name,
        total=total,
        subscales=MappingProxyType({part.name: _points(instrument, part, given) for part in instrument.subscales}),
        band=BandName(bands.name, bands.band(total).name) if bands and total is not None else None,
        cuts=tuple(cut.name for cut in instrument.cuts if total is not None and cut.reached(total)),
        missing=missing,
        flags=_flags(instrument, given),
        why=_why(missing, len(instrument.scored_items)),
    )


def checked_answers(instrument: Instrument, answers: Mapping[str, int | None]) -> dict[str, int]:
    """The answers that were given, in the order of the items; refuses what the instrument does not know."""
    known = {item.id: item for item in instrument.items}
    for item_id, value in answers.items():
        if item_id not in known:
            names = ", ".join(known)
            raise InstrumentError(
                "unknown_item", f"answers.{item_id}", f"{instrument.title} has no such item: {names}."
            )
        _refuse_unknown_answer(known[item_id], value)
    return {item_id: value for item_id in known if (value := answers.get(item_id)) is not None}


def missing_items(instrument: Instrument, given: Mapping[str, int]) -> tuple[str, ...]:
    """Scored items without an answer, in order. Of a group of alternatives one answer is enough."""
    groups = {item_id: group for group in instrument.alternatives for item_id in group}
    needed = (item.id for item in instrument.scored_items if item.id not in given)
    return tuple(item_id for item_id in needed if not any(other in given for other in groups.get(item_id, ())))


def _refuse_unknown_answer(item: Item, value: object) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or value not in item.values:
        known = ", ".join(str(option) for option in item.values)
        raise InstrumentError(
            "answer_out_of_range", f"answers.{item.id}", f"{value!r} is not an answer here. Give one of {known}."
        )


def _total(instrument: Instrument, given: Mapping[str, int]) -> float:
    parts = [part for part in instrument.subscales if part.in_total]
    if parts:
        points = sum(_points(instrument, part, given) or 0.0 for part in parts)
    else:
        points = float(sum(given[item.id] for item in instrument.scored_items if item.id in given))
    return points * instrument.factor


def _points(instrument: Instrument, part: Subscale, given: Mapping[str, int]) -> float | None:
    if set(missing_items(instrument, given)) & set(part.items):
        return None
    values = [given[item_id] for item_id in part.items if item_id in given]
    return float(max(values) if part.take is Take.HIGHEST else sum(values))


def _flags(instrument: Instrument, given: Mapping[str, int]) -> tuple[str, ...]:
    raised = []
    for flag in instrument.flags:
        value = given.get(flag.item)
        if value is not None and value >= flag.at_least:
            raised.append(flag.name)
        if value is None and flag.when_blank:
            raised.append(flag.when_blank)
    return tuple(raised)


def _band_set(instrument: Instrument, context: Mapping[str, object]) -> BandSet | None:
    wanted = context.get("band_set")
    if wanted is None:
        return instrument.band_sets[0] if instrument.band_sets else None
    found = next((bands for bands in instrument.band_sets if bands.name == wanted), None)
    if found is None:
        names = ", ".join(bands.name for bands in instrument.band_sets) or "none"
        raise InstrumentError("unknown_band_set", "context.band_set", f"{instrument.title} has these sets: {names}.")
    return found


def _variant(instrument: Instrument, context: Mapping[str, object]) -> Variant:
    wanted = context.get("variant")
    found = next((form for form in instrument.variants if wanted in (None, form.name)), None)
    if found is None:
        names = ", ".join(form.name for form in instrument.variants)
        raise InstrumentError("unknown_variant", "context.variant", f"{instrument.title} has these forms: {names}.")
    return found


def _why(missing: tuple[str, ...], asked: int) -> str:
    if not missing:
        return ""
    return f"No total: {len(missing)} of {asked} items not answered ({', '.join(missing)})."
