"""Response, remission, relapse and change that means something, each by a named rule with its source.

`rule` chooses one of the instrument's rules by name (else its first), or is a rule of the clinic's own with its basis.
Nothing is answered from half the facts: without a baseline, or with one too low for a percentage to mean anything,
the answer is `CannotTell` with what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar

from euthymia.care.decision import CannotTell, Missing
from euthymia.care.instruments.instrument import BandSet, ChangeRule, Instrument, RemissionRule, ResponseRule
from euthymia.errors import BadInput

MILD = "mild"
# Scores are whole points; this only absorbs the rounding of a percentage.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Judged:
    """A yes or no by one rule, with the numbers it compared. `points` is the change for the better, `percent` the
    same as a share of the baseline (None where no baseline is needed)."""

    rule: str
    met: bool
    current: float
    limit: float
    source: str
    baseline: float | None = None
    points: float | None = None
    percent: float | None = None


Judgement = Judged | CannotTell


class _Named(Protocol):
    @property
    def name(self) -> str: ...


NamedRule = TypeVar("NamedRule", bound=_Named)


@dataclass(frozen=True, slots=True)
class RelapseRule:
    """The clinic's own words for slipping back: a rise of this many points from the best score, or a total that is at
    least this bad, or both. No source gives one, so a clinician sets it and signs for it."""

    set_by: str
    rise_points: float | None = None
    total_reaches: float | None = None

    def __post_init__(self) -> None:
        if not self.set_by.strip():
            raise BadInput("unnamed", "relapse.set_by", "Say who sets this rule.")
        if self.rise_points is None and self.total_reaches is None:
            raise BadInput("empty_rule", "relapse", "Give a rise in points, a total, or both.")


def response(
    instrument: Instrument, baseline: float | None, current: float | None, *, rule: str | ResponseRule | None = None
) -> Judgement:
    """Did it fall by the share of the baseline that the instrument's rule asks for?"""
    missing = _missing(instrument, "response", baseline=baseline, current=current)
    chosen = _named(instrument.responses, rule, instrument, "response")
    if chosen is None:
        missing.append(_no_rule(instrument, "response"))
    if baseline is None or current is None or chosen is None:
        return CannotTell(tuple(missing))
    too_low = _baseline_too_low(instrument, baseline)
    if too_low is not None:
        return CannotTell((too_low,))
    points = _better_by(instrument, baseline, current)
    percent = 100 * points / baseline
    met = percent >= chosen.fall_pct - ROUNDING
    if chosen.end_at_most is not None:
        met = met and current <= chosen.end_at_most
    return Judged(chosen.name, met, current, chosen.fall_pct, chosen.basis.says, baseline, points, percent)


def remission(instrument: Instrument, current: float | None, *, rule: str | RemissionRule | None = None) -> Judgement:
    """Is the total as low as the instrument's rule calls well?"""
    missing = _missing(instrument, "remission", current=current)
    chosen = _named(instrument.remissions, rule, instrument, "remission")
    if chosen is None:
        missing.append(_no_rule(instrument, "remission"))
    if current is None or chosen is None:
        return CannotTell(tuple(missing))
    return Judged(chosen.name, current <= chosen.at_most, current, chosen.at_most, chosen.basis.says)


def reliable_change(
    instrument: Instrument, baseline: float | None, current: float | None, *, rule: str | ChangeRule | None = None
) -> Judgement:
    """Is the change, in either direction, more than chance? `points` says which way (more is better)."""
    return _changed(instrument, "reliable_change", (instrument.reliable, rule), baseline, current)


def meaningful_change(
    instrument: Instrument, baseline: float | None, current: float | None, *, rule: str | ChangeRule | None = None
) -> Judgement:
    """Is the change, in either direction, one that people notice? `points` says which way (more is better)."""
    return _changed(instrument, "meaningful_change", (instrument.meaningful, rule), baseline, current)


def relapse(
    instrument: Instrument, best: float | None, current: float | None, *, rule: RelapseRule | None
) -> Judgement:
    """Has the person slipped back from their best score, by the clinic's own rule?"""
    missing = _missing(instrument, "relapse", current=current)
    if rule is None:
        says = "No source gives a relapse rule. The clinic sets one and signs for it."
        missing.append(Missing("relapse_rule", "relapse", says))
    elif rule.rise_points is not None and best is None:
        missing.append(Missing("best", "relapse", f"The best {instrument.title} total since treatment began."))
    if missing or rule is None or current is None:
        return CannotTell(tuple(missing))
    worse = 0.0 if best is None else -_better_by(instrument, best, current)
    tests = []
    if rule.rise_points is not None:
        tests.append(worse >= rule.rise_points)
    if rule.total_reaches is not None:
        sign = 1 if instrument.higher_is_worse else -1
        tests.append(sign * current >= sign * rule.total_reaches)
    limit = rule.rise_points if rule.rise_points is not None else rule.total_reaches
    return Judged("clinic_relapse", all(tests), current, limit or 0.0, f"set by {rule.set_by}", best, -worse)


def _changed(
    instrument: Instrument,
    judgement: str,
    rules: tuple[tuple[ChangeRule, ...], str | ChangeRule | None],
    baseline: float | None,
    current: float | None,
) -> Judgement:
    missing = _missing(instrument, judgement, baseline=baseline, current=current)
    chosen = _named(*rules, instrument, judgement)
    if chosen is None:
        missing.append(_no_rule(instrument, judgement))
    if baseline is None or current is None or chosen is None:
        return CannotTell(tuple(missing))
    points = _better_by(instrument, baseline, current)
    met = abs(points) >= chosen.points - ROUNDING
    return Judged(chosen.name, met, current, chosen.points, chosen.basis.says, baseline, points)


def _better_by(instrument: Instrument, before: float, after: float) -> float:
    return before - after if instrument.higher_is_worse else after - before


def _missing(instrument: Instrument, judgement: str, **totals: float | None) -> list[Missing]:
    """What is not known; refuses a total outside the scale."""
    absent = []
    for name, total in totals.items():
        if total is None:
            absent.append(Missing(name, judgement, f"There is no {instrument.title} total to compare ({name})."))
        elif not instrument.lowest <= total <= instrument.highest:
            message = f"{instrument.title} totals run from {instrument.lowest:g} to {instrument.highest:g}."
            raise BadInput("out_of_range", name, message)
    return absent


def _named(
    rules: tuple[NamedRule, ...], asked: str | NamedRule | None, instrument: Instrument, judgement: str
) -> NamedRule | None:
    """The rule that was asked for, or the first; None where the instrument has no such rule at all."""
    if asked is None:
        return rules[0] if rules else None
    if not isinstance(asked, str):
        return asked
    for rule in rules:
        if rule.name == asked:
            return rule
    known = ", ".join(rule.name for rule in rules) or "none"
    raise BadInput("unknown_rule", f"{judgement}.rule", f"{instrument.title} has these rules: {known}.")


def _no_rule(instrument: Instrument, judgement: str) -> Missing:
    return Missing(f"{judgement}_rule", judgement, f"No source was read for this rule on {instrument.title}.")


def _baseline_too_low(instrument: Instrument, baseline: float) -> Missing | None:
    """A percentage of nothing is undefined and of little misleads: the baseline must be above the mild band."""
    mild = _mild_top(instrument.band_sets)
    if mild is None or baseline <= mild:
        limit = "the mild band" if mild is None else f"the mild band (up to {mild:g})"
        says = f"The first total, {baseline:g}, is not above {limit}: a percentage would mislead."
        return Missing("baseline", "response", says)
    return None


def _mild_top(band_sets: tuple[BandSet, ...]) -> float | None:
    """The top of the mild band, the highest where sets are rivals."""
    return max((band.high for bands in band_sets for band in bands.bands if band.name == MILD), default=None)
