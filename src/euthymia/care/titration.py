"""Which step the next dose may be, where a protocol raises a dose by steps and only after too small an answer.

A step is never skipped, the last step is never passed, and to stay or to go down never needs a score. Where the
protocol ties a step up to an answer, an answer nobody measured is `CannotTell`, not a step.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from euthymia.care.decision import CannotTell, Decision, Level, Missing, Reason, decide
from euthymia.care.dose_order import DOSE_STEP_MG, WEIGHT_ENTRY_KG, DoseOrder
from euthymia.care.dosing import TINY, PriorDose
from euthymia.care.protocol import Cited, DeviceSteps, PerKgSteps, Protocol

# A dose is rounded down to what a syringe shows; in the lightest adult this is the largest share of a step it can cost.
ROUNDED_MG_PER_KG = DOSE_STEP_MG / WEIGHT_ENTRY_KG[0]


@dataclass(frozen=True, slots=True)
class Answered:
    """The total of one scale before treatment and now, lower is better; None where nobody measured."""

    baseline: float | None = None
    current: float | None = None


@dataclass(frozen=True, slots=True)
class NextStep:
    """The highest step the next dose may be: its place from 0, the dose and its unit, and why.

    `improved_pct` is the share of the baseline that is gone, where the protocol asks for it; `below_pct` the answer
    under which it steps up.
    """

    place: int
    dose: float
    unit: str
    why: str
    source: str = ""
    improved_pct: float | None = None
    below_pct: float | None = None


@dataclass(frozen=True, slots=True)
class _Ladder:
    """The steps of a protocol from low to high. `below` None: the protocol ties a step up to no score."""

    doses: tuple[float, ...]
    first: int
    unit: str
    slack: float
    source: str
    below: Cited | None
    skipping: Level

    def place_of(self, dose: float) -> int | None:
        """The highest step that this dose reached; None below the first."""
        reached = [place for place, step in enumerate(self.doses) if step <= dose + self.slack]
        return reached[-1] if reached else None


def next_step(protocol: Protocol, given: Iterable[PriorDose], scores: Answered) -> NextStep | CannotTell:
    """The highest step the next dose of this protocol may be, after these doses and this answer.

    given: earlier doses on these steps, any order.   Cannot tell without steps, without both totals where the protocol
    asks for an answer, and with a baseline of 0.
    """
    ladder = _ladder(protocol)
    if ladder is None:
        return CannotTell((Missing("dose.steps", "next_step", "This protocol does not raise its dose by steps."),))
    reached = _reached(ladder, given)
    if isinstance(reached, CannotTell):
        return reached
    if reached is None:
        return _at(ladder, ladder.first, "The first dose of this protocol.")
    if reached == len(ladder.doses) - 1:
        return _at(ladder, reached, "This is the highest step.")
    if ladder.below is None:
        return _at(ladder, reached + 1, "One step up, where the prescriber judges it; the protocol asks for no score.")
    return _by_answer(ladder, reached, ladder.below, scores)


def check_step(protocol: Protocol, order: DoseOrder, given: Iterable[PriorDose], scores: Answered) -> Decision:
    """Whether this order is a step that is due. Nothing is asked of a protocol without steps, nor of a lower dose."""
    ladder = _ladder(protocol)
    if ladder is None:
        return decide()
    doses = tuple(given)
    ordered = order.dose_mg if ladder.unit == "mg" else order.mg_per_kg
    place = ladder.place_of(ordered)
    reached = _reached(ladder, doses)
    floor = reached if isinstance(reached, int) else ladder.first
    if place is None or (place <= floor and not isinstance(reached, CannotTell)):
        return decide()
    due = next_step(protocol, doses, scores)
    if isinstance(due, CannotTell):
        return due
    if place <= due.place:
        return decide()
    skipped = place > floor + 1 or reached is None
    rule, level = ("step_skipped", ladder.skipping) if skipped else ("step_not_due", Level.HOLD)
    says = f"{ladder.doses[place]:g} {ladder.unit} is above the {due.dose:g} {ladder.unit} that is due. {due.why}"
    return decide([Reason(rule, level, "dose_step", round(ordered, 4), due.dose, due.source, says)])


def _ladder(protocol: Protocol) -> _Ladder | None:
    rule = protocol.dose
    if isinstance(rule, DeviceSteps):
        doses = tuple(sorted(rule.doses_mg))
        first = doses.index(rule.first_mg.value) if rule.first_mg.value in doses else 0
        # The number of devices is the prescriber's judgement: more than the first dose informs, it does not stop.
        return _Ladder(doses, first, "mg", DOSE_STEP_MG / 2, rule.first_mg.says_source, None, Level.FLAG)
    if isinstance(rule, PerKgSteps):
        steps = [step.value for step in rule.steps if step.value is not None]
        if len(steps) == len(rule.steps):
            source = rule.steps[0].says_source
            return _Ladder(
                tuple(steps), 0, "mg/kg", ROUNDED_MG_PER_KG + TINY, source, rule.step_up_below_pct, Level.STOP
            )
    return None


def _reached(ladder: _Ladder, given: Iterable[PriorDose]) -> int | CannotTell | None:
    """The step of the last dose; None before the first, or where the last one was broken off below the first step."""
    last = max(given, key=lambda dose: dose.at, default=None)
    if last is None:
        return None
    dose = last.dose_mg if ladder.unit == "mg" else last.mg_per_kg
    if dose is None:
        says = f"How many {ladder.unit} the last dose was is not recorded."
        return CannotTell((Missing("prior.mg_per_kg", "next_step", says),))
    return ladder.place_of(dose)


def _by_answer(ladder: _Ladder, reached: int, below: Cited, scores: Answered) -> NextStep | CannotTell:
    missing = [
        Missing(f"scores.{name}", "next_step", f"The total {words} is needed for a step up.")
        for name, words, value in (
            ("baseline", "before treatment", scores.baseline),
            ("current", "since the last dose", scores.current),
        )
        if value is None
    ]
    if below.value is None:
        missing.append(Missing("dose.step_up_below_pct", "next_step", below.why))
    if scores.baseline is None or scores.current is None or below.value is None:
        return CannotTell(tuple(missing))
    if scores.baseline <= 0:
        says = "A baseline of 0 leaves no room for an answer in per cent."
        return CannotTell((Missing("scores.baseline", "next_step", says),))
    improved_pct = 100 * (scores.baseline - scores.current) / scores.baseline
    if improved_pct < below.value - TINY:
        why = f"{improved_pct:.0f} % better is under {below.value:g} %: one step up."
        return _at(ladder, reached + 1, why, improved_pct, below)
    why = f"{improved_pct:.0f} % better reaches {below.value:g} %: the step stays."
    return _at(ladder, reached, why, improved_pct, below)


def _at(
    ladder: _Ladder, place: int, why: str, improved_pct: float | None = None, below: Cited | None = None
) -> NextStep:
    source = below.says_source if below else ladder.source
    return NextStep(place, ladder.doses[place], ladder.unit, why, source, improved_pct, below.value if below else None)
