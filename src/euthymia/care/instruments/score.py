"""Scores any instrument from its data. No part total is ever given for the whole: what is missing is said instead."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from euthymia.care.evidence import Basis
from euthymia.care.instruments.instrument import (
    SEXES,
    BandSet,
    Criterion,
    Instrument,
    Item,
    MissingRule,
    Requirement,
    Subscale,
    Take,
)
from euthymia.errors import InstrumentError

UNKNOWN_SEX = "unknown"
TOLD = (*SEXES, UNKNOWN_SEX)


@dataclass(frozen=True, slots=True)
class BandName:
    """Which set of bands was used and which band the total is in."""

    set: str
    name: str


@dataclass(frozen=True, slots=True)
class LevelFound:
    """The level of a triage. Without `final` an unanswered question could still raise it: it is at least this.

    because: items whose answers reached it.   basis: None for the level of nobody's answers, when all are no.
    """

    name: str
    final: bool
    because: tuple[str, ...]
    says: str
    basis: Basis | None


@dataclass(frozen=True, slots=True)
class Score:
    """The score with everything that made it, so that it can be read again years later.

    total: None when it cannot be given; then `missing` lists the items and `why` says it in a sentence.
    subscales: name → points, None where an item of it is not answered.
    cuts: names of the screening cuts the total reached.   flags: raised by answers, with or without a total.
    cuts_not_judged: cuts published for one sex, when it is not known.
    criteria: name → met, not met, or None when what is not answered could decide it.
    level: for a triage; None when nothing was found and something is missing, because unknown is not none.
    missing_rule: the rule that filled in what is missing, chosen by name; empty when nothing was filled in.
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
    cuts_not_judged: tuple[str, ...] = ()
    criteria: Mapping[str, bool | None] = field(default_factory=dict)
    level: LevelFound | None = None
    missing_rule: str = ""


def score(
    instrument: Instrument, answers: Mapping[str, int | None], context: Mapping[str, object] | None = None
) -> Score:
    """The score of these answers (item id → value; absent or None is not answered).

    context: may choose `band_set`, `variant` and `missing_rule` by name and give `sex`; other names belong to the
    caller and are left alone. Refuses an unknown item, an answer that is not one of its options, points on a question
    that is not asked after the others, and an unknown set, form, rule or sex (InstrumentError).
    """
    chosen = context or {}
    form = form_of(instrument, chosen)
    bands, rule, sex = band_set_of(form, chosen), missing_rule_of(form, chosen), sex_of(chosen)
    given = checked_answers(form, answers)
    _refuse_unasked(form, given)
    missing = missing_items(form, given)
    filled = rule if rule is not None and _may_fill(form, rule, missing) else None
    subscales = {part.name: _points(form, part, given, missing) for part in form.subscales}
    total = _total(form, given, missing, filled, subscales)
    # A total with guesses in it names a band and judges no screen.
    judged = () if total is None or filled else form.cuts
    return Score(
        instrument=form.id,
        version=form.version,
        variant=form.variants[0].name,
        total=total,
        subscales=MappingProxyType(subscales),
        band=BandName(bands.name, bands.band(total).name) if bands and total is not None else None,
        cuts=tuple(cut.name for cut in judged if cut.sex in ("", sex) and cut.reached(total or 0.0)),
        missing=missing,
        flags=_flags(form, given),
        why=_why(form, missing, filled),
        cuts_not_judged=tuple(cut.name for cut in judged if cut.sex and sex == UNKNOWN_SEX),
        criteria=MappingProxyType({rule.name: _criterion(form, rule, given) for rule in form.criteria}),
        level=_level(form, given, missing),
        missing_rule=filled.name if filled else "",
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


def not_asked(instrument: Instrument, given: Mapping[str, int]) -> frozenset[str]:
    """Items that the other answers leave out. While one of those is not answered, nothing is left out."""
    return frozenset(
        item.id
        for item in instrument.items
        if item.ask_when
        and all(condition.item in given for condition in item.ask_when)
        and not any(condition.met(given) for condition in item.ask_when)
    )


def missing_items(instrument: Instrument, given: Mapping[str, int]) -> tuple[str, ...]:
    """Items without an answer that are asked and needed, in order. Of a group of alternatives one answer is enough."""
    groups = {item_id: group for group in instrument.alternatives for item_id in group}
    left_out = not_asked(instrument, given)
    needed = (item.id for item in instrument.needed_items if item.id not in given and item.id not in left_out)
    return tuple(item_id for item_id in needed if not any(other in given for other in groups.get(item_id, ())))


def _refuse_unasked(instrument: Instrument, given: Mapping[str, int]) -> None:
    """A triage only raises, so what was answered counts there; in a total it would contradict the gate."""
    if not instrument.has_total:
        return
    for item_id in sorted(not_asked(instrument, given) & given.keys()):
        if instrument.item(item_id).points(given[item_id]):
            gates = ", ".join(condition.item for condition in instrument.item(item_id).ask_when)
            says = f"After the answer to {gates} this is not asked, and yet it is answered. Check both answers."
            raise InstrumentError("not_asked", f"answers.{item_id}", says)


def _refuse_unknown_answer(item: Item, value: object) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or value not in item.values:
        known = ", ".join(str(option) for option in item.values)
        raise InstrumentError(
            "answer_out_of_range", f"answers.{item.id}", f"{value!r} is not an answer here. Give one of {known}."
        )


def _may_fill(instrument: Instrument, rule: MissingRule, missing: tuple[str, ...]) -> bool:
    resolve = {flag.item for flag in instrument.flags if flag.when_blank}
    return 0 < len(missing) <= rule.at_most and not resolve & set(missing)


def _total(
    instrument: Instrument,
    given: Mapping[str, int],
    missing: tuple[str, ...],
    filled: MissingRule | None,
    subscales: Mapping[str, float | None],
) -> float | None:
    if not instrument.has_total or (missing and filled is None):
        return None
    parts = [subscales[part.name] or 0.0 for part in instrument.subscales if part.in_total]
    if parts:
        return instrument.factor * sum(parts)
    added = [item.points(given[item.id]) for item in instrument.scored_items if item.id in given]
    points = float(sum(added))
    if filled is not None:
        # Bands are whole numbers: half a point counts upward, so that a guess never makes somebody look better.
        points = float(math.floor(points * (len(added) + len(missing)) / len(added) + 0.5))
    return points * instrument.factor


def _points(instrument: Instrument, part: Subscale, given: Mapping[str, int], missing: tuple[str, ...]) -> float | None:
    if set(missing) & set(part.items):
        return None
    values = [instrument.item(item_id).points(given[item_id]) for item_id in part.items if item_id in given]
    if not values:
        return 0.0
    return float(max(values) if part.take is Take.HIGHEST else sum(values))


def _criterion(instrument: Instrument, criterion: Criterion, given: Mapping[str, int]) -> bool | None:
    """Met, not met, or None: three-valued, so that what is not answered decides nothing it could change."""
    left_out = not_asked(instrument, given)
    answers = [_requirement(need, given, left_out) for need in criterion.requirements]
    if False in answers:
        return False
    return None if None in answers else True


def _requirement(need: Requirement, given: Mapping[str, int], left_out: frozenset[str]) -> bool | None:
    least = sum(given.get(item, -1) >= need.exceptions.get(item, need.at_least) for item in need.items)
    most = least + sum(item not in given and item not in left_out for item in need.items)
    top = len(need.items) if need.count_to is None else need.count_to
    if most < need.count_from or least > top:
        return False
    return True if least >= need.count_from and most <= top else None


def _level(instrument: Instrument, given: Mapping[str, int], missing: tuple[str, ...]) -> LevelFound | None:
    for place, level in enumerate(instrument.levels):
        because = tuple(condition.item for condition in level.any_of if condition.met(given))
        if because:
            return LevelFound(level.name, place == 0 or not missing, because, level.says, level.basis)
    if not instrument.levels or missing:
        return None
    return LevelFound(instrument.no_level, True, (), "", None)


def _flags(instrument: Instrument, given: Mapping[str, int]) -> tuple[str, ...]:
    raised = []
    for flag in instrument.flags:
        value = given.get(flag.item)
        if value is not None and value >= flag.at_least:
            raised.append(flag.name)
        if value is None and flag.when_blank:
            raised.append(flag.when_blank)
    return tuple(dict.fromkeys(raised))


def form_of(instrument: Instrument, context: Mapping[str, object]) -> Instrument:
    """The instrument in the form `variant` names, else in its usual one; refuses an unknown name (InstrumentError)."""
    wanted = context.get("variant")
    names = [form.name for form in instrument.variants]
    if wanted is not None and wanted not in names:
        says = f"{instrument.title} has these forms: {', '.join(names)}."
        raise InstrumentError("unknown_variant", "context.variant", says)
    return instrument.in_form(None if wanted is None else str(wanted))


def band_set_of(instrument: Instrument, context: Mapping[str, object]) -> BandSet | None:
    """The set `band_set` names, else the usual one, None where there is none; refuses an unknown name."""
    wanted = context.get("band_set")
    if wanted is None:
        return instrument.band_sets[0] if instrument.band_sets else None
    found = next((bands for bands in instrument.band_sets if bands.name == wanted), None)
    if found is None:
        names = ", ".join(bands.name for bands in instrument.band_sets) or "none"
        raise InstrumentError("unknown_band_set", "context.band_set", f"{instrument.title} has these sets: {names}.")
    return found


def missing_rule_of(instrument: Instrument, context: Mapping[str, object]) -> MissingRule | None:
    """The rule `missing_rule` names; None, which fills in nothing, unless it is named. Refuses an unknown name."""
    wanted = context.get("missing_rule")
    if wanted is None:
        return None
    found = next((rule for rule in instrument.missing_rules if rule.name == wanted), None)
    if found is None:
        names = ", ".join(rule.name for rule in instrument.missing_rules) or "none"
        says = f"{instrument.title} has these rules for missing answers: {names}."
        raise InstrumentError("unknown_missing_rule", "context.missing_rule", says)
    return found


def sex_of(context: Mapping[str, object]) -> str:
    """The sex the cuts are judged for; unknown unless given. Refuses other words (InstrumentError)."""
    wanted = context.get("sex")
    if wanted is None:
        return UNKNOWN_SEX
    if wanted not in TOLD:
        raise InstrumentError("unknown_sex", "context.sex", f"Give one of {', '.join(TOLD)}.")
    return str(wanted)


def _why(instrument: Instrument, missing: tuple[str, ...], filled: MissingRule | None) -> str:
    named = f"{len(missing)} of {len(instrument.needed_items)} items not answered ({', '.join(missing)})"
    if filled is not None:
        return f"{named}, filled in with the mean of the others by the rule {filled.name}: {filled.basis.says}."
    if not instrument.has_total:
        return f"{named}." if missing else "This instrument gives no total."
    return f"No total: {named}." if missing else ""
