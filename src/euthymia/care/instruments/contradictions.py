"""What in an instrument's data contradicts itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from euthymia.care.instruments.instrument import SEXES, BandSet, Condition, Instrument, LicenceClass


def contradictions(instrument: Instrument) -> Iterable[str]:
    """Each contradiction in a sentence; empty for a sound instrument."""
    ids = [item.id for item in instrument.items]
    if len(set(ids)) != len(ids):
        yield "Two items have the same id."
    for item_id in _named(instrument):
        if item_id not in ids:
            yield f"Item {item_id} is named by a rule but not asked."
    for condition in _conditions(instrument):
        if condition.item in ids and not set(condition.values) <= set(instrument.item(condition.item).values):
            yield f"A rule waits for an answer to item {condition.item} that nobody can give."
    yield from _of_codes_and_words(instrument)
    yield from _of_forms(instrument)
    if instrument.missing_rules and (instrument.alternatives or any(part.in_total for part in instrument.subscales)):
        yield "A total made of groups cannot fill in a missing answer."
    for cut in instrument.cuts:
        if cut.sex not in ("", *SEXES):
            yield f"The cut '{cut.name}' is for '{cut.sex}', which is none of {', '.join(SEXES)}."
    if instrument.levels and not instrument.no_level:
        yield "It gives levels but does not say what it is called when none is reached."


def _of_codes_and_words(instrument: Instrument) -> Iterator[str]:
    if instrument.loinc_total and instrument.loinc_total in (
        instrument.loinc_panel,
        *(item.loinc for item in instrument.items),
    ):
        yield "The code of the total is also the code of the panel or of an item."
    if instrument.licence.kind is not LicenceClass.EMBED and any(item.texts for item in instrument.items):
        yield "Its licence does not let the wording be shipped."


def _of_forms(instrument: Instrument) -> Iterator[str]:
    names = [variant.name for variant in instrument.variants]
    published = [(bands.name, bands.variants) for bands in instrument.band_sets]
    published += [(cut.name, cut.variants) for cut in instrument.cuts]
    for rule, forms in published:
        for name in forms:
            if name not in names:
                yield f"'{rule}' is for the form {name}, which is not there."
    for name in names:
        form = instrument.in_form(name)
        if not form.items:
            yield f"The form {name} asks nothing."
        for bands in form.band_sets:
            yield from _gaps(form, bands)


def _named(instrument: Instrument) -> Iterator[str]:
    for group in instrument.alternatives:
        yield from group
    for part in instrument.subscales:
        yield from part.items
    for criterion in instrument.criteria:
        for need in criterion.requirements:
            yield from need.items
            yield from need.exceptions
    for variant in instrument.variants:
        yield from variant.without
    yield from (flag.item for flag in instrument.flags)
    yield from (condition.item for condition in _conditions(instrument))


def _conditions(instrument: Instrument) -> Iterator[Condition]:
    for item in instrument.items:
        yield from item.ask_when
    for level in instrument.levels:
        yield from level.any_of


def _gaps(instrument: Instrument, bands: BandSet) -> Iterator[str]:
    if bands.bands[0].low != instrument.lowest or bands.bands[-1].high != instrument.highest:
        yield f"The bands '{bands.name}' do not cover every total."
    for lower, upper in pairwise(bands.bands):
        if upper.low != lower.high + 1:
            yield f"The bands '{bands.name}' leave a gap or overlap at {upper.name}."
