"""Whether a person may go home after a dose. Software never clears anybody: a named clinician judges, and this shows
what is still open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from euthymia.care.clock import is_ahead
from euthymia.care.decision import Decision, Level, Missing, Reason, combine, decide
from euthymia.care.monitoring import DueItem, Status, due, judge_vitals
from euthymia.care.protocol import Protocol, Stage, When
from euthymia.care.session import Phase, SessionState
from euthymia.care.session_events import Severity

MINUTE = timedelta(minutes=1)
TWO = 2


@dataclass(frozen=True, slots=True)
class DischargeFacts:
    """What the nurse states at the door; None is unknown."""

    identifiers: tuple[str, ...] = ()
    escort_name: str | None = None
    escort_present: bool | None = None
    no_driving_told: bool | None = None
    clinician_judges_stable: bool | None = None


def may_discharge(state: SessionState, protocol: Protocol, now: datetime, facts: DischargeFacts) -> Decision:
    """Everything that must hold before the person leaves, asked at once: also while the dose still runs, so that
    nobody learns one thing after the other."""
    if state.phase in (Phase.DISCHARGED, Phase.CANCELLED):
        return _not_ended(state, "The session is already closed.")
    decisions = [_checks_done(due(state, protocol, now), now), _last_vitals(state, protocol, now), _stated(facts)]
    if state.clock_at is None:
        return combine(_not_ended(state, "No dose was given yet."), *decisions)
    ended = decide() if state.phase is Phase.OBSERVING else _not_ended(state, "The dose is not completed or stopped.")
    own = _stayed(state.clock_at, protocol, now), _resolved(state, state.clock_at, protocol), _side_effects(state)
    return combine(ended, *own, *decisions)


def _not_ended(state: SessionState, says: str) -> Decision:
    return decide([Reason("dose_ended", Level.STOP, "phase", state.phase.value, "observing", says=says)])


def earliest_discharge(state: SessionState, protocol: Protocol) -> datetime | None:
    """When the minimum observation ends; None before the dose or while the protocol leaves it open."""
    minutes = protocol.minimum_observation_min.value
    if state.clock_at is None or minutes is None:
        return None
    return state.clock_at + timedelta(minutes=minutes)


def _stayed(clock_at: datetime, protocol: Protocol, now: datetime) -> Decision:
    limit = protocol.minimum_observation_min
    if limit.value is None:
        return decide(missing=[Missing("minimum_observation_min", "minimum_observation", limit.why)])
    stayed_min = (now - clock_at) / MINUTE
    if stayed_min >= limit.value:
        return decide()
    says = f"{limit.value - stayed_min:.0f} more minutes of observation."
    fact, value = "observed_min", round(stayed_min, 1)
    return decide([Reason("minimum_observation", Level.STOP, fact, value, limit.value, limit.says_source, says)])


def _checks_done(items: tuple[DueItem, ...], now: datetime) -> Decision:
    reasons, missing = [], []
    for item in items:
        if item.status is Status.DONE or (item.status is Status.COMING and item.when is not When.END):
            continue
        if item.status is Status.MISSED:
            says = f"Was not done in time: {', '.join(item.still).replace('_', ' ')}."
            reasons.append(Reason("check_missed", Level.HOLD, item.what, "missed", source=item.source, says=says))
            continue
        missing += [
            Missing(f"{item.what}.{name}", "checks_done", f"Not looked at: {name.replace('_', ' ')}.")
            for name in item.still
        ]
    return decide(reasons, missing)


def _last_vitals(state: SessionState, protocol: Protocol, now: datetime) -> Decision:
    last, baseline = state.last_reading, state.baseline
    if last is None:
        return decide(missing=[Missing("vitals", "vitals_acceptable", "No vital signs were taken.")])
    judged = judge_vitals(last.reading, baseline.reading if baseline else None, protocol, stage=Stage.DISCHARGE)
    return combine(judged, _age(last.at, protocol, now))


def _age(taken_at: datetime, protocol: Protocol, now: datetime) -> Decision:
    """A reading from the future stops: the clock is wrong. How old one may be at the door no source says; older than
    the clinic asks for before a dose, it is worth knowing."""
    age_min = round((now - taken_at) / MINUTE, 1)
    if is_ahead(taken_at, now):
        says = "The last vital signs lie in the future. Check the clock."
        return decide([Reason("vitals_in_the_future", Level.STOP, "vitals.age_min", age_min, 0.0, says=says)])
    limit = protocol.fresh_within_min
    if limit.value is None or now - taken_at <= timedelta(minutes=limit.value):
        return decide()
    says = f"The last vital signs are {age_min:g} min old."
    return decide([Reason("vitals_old", Level.FLAG, "vitals.age_min", age_min, limit.value, limit.says_source, says)])


def _resolved(state: SessionState, clock_at: datetime, protocol: Protocol) -> Decision:
    reasons, missing = [], []
    for concern in protocol.must_resolve:
        last = state.last_scale(concern)
        word = concern.replace("_", " ")
        if last is None or last.at <= clock_at or last.scale.resolved is None:
            missing.append(Missing(concern, "resolved", f"Nobody has recorded whether {word} has resolved."))
        elif not last.scale.resolved:
            says = f"{word.capitalize()} has not resolved."
            reasons.append(Reason("resolved", Level.STOP, concern, False, True, last.scale.instrument, says))
    return decide(reasons, missing)


def _side_effects(state: SessionState) -> Decision:
    return decide(
        Reason(
            "side_effect_open",
            Level.STOP if span.severity is Severity.SEVERE else Level.HOLD,
            "side_effect",
            span.name,
            says=f"{span.name} ({span.severity}) is still open.",
        )
        for span in state.open_side_effects
    )


def _stated(facts: DischargeFacts) -> Decision:
    missing, reasons = [], []
    if len(set(facts.identifiers)) < TWO:
        missing.append(Missing("identifiers", "two_identifiers", "Confirm two different identifiers with the person."))
    if not (facts.escort_name or "").strip():
        missing.append(Missing("escort", "escort_present", "Who takes the person home?"))
    for name, value, says in (
        ("escort_present", facts.escort_present, "Somebody is here to take the person home"),
        ("no_driving_told", facts.no_driving_told, "Told not to drive until the next day after restful sleep"),
        ("clinician_judges_stable", facts.clinician_judges_stable, "A clinician judges the person stable"),
    ):
        if value is None:
            missing.append(Missing(name, name, f"{says}?"))
        elif not value:
            reasons.append(Reason(name, Level.STOP, name, False, True, says=f"Not so: {says}."))
    return decide(reasons, missing)
