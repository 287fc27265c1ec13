"""Whether one more event may join a session: the question the bedside form and the command both ask."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from euthymia.care.clock import is_ahead
from euthymia.care.decision import Decision, Level, Reason, decide
from euthymia.care.session import Phase, SessionState, fold
from euthymia.care.session_events import EventKind, SessionEvent, SideEffectEnded


def may_append(state: SessionState, event: SessionEvent, now: datetime) -> Decision:
    """Whether this event may join the session. An event already there with the same content is allowed with the flag
    `already_recorded`: nothing needs writing."""
    twin = state.event(event.id)
    if twin is not None:
        return decide([_twin_reason(twin, event)])
    reasons = [*_from_future(event, now), *_correction(state, event)]
    if event.kind is EventKind.STRUCK_OUT:
        return decide(reasons or _placement(state, event))
    if isinstance(event.payload, SideEffectEnded):
        reasons += _no_side_effect(state, event.payload.side_effect_id)
    return decide(reasons or _placement(state, event))


def _twin_reason(twin: SessionEvent, event: SessionEvent) -> Reason:
    if replace(event, recorded_at=twin.recorded_at) == twin:
        return Reason("already_recorded", Level.FLAG, "event.id", event.id, says="This entry is already in the record.")
    return _stop("id_reused", "event.id", event.id, "Another entry has this id. Reload and write it again.")


def _stop(rule: str, fact: str, value: str, says: str) -> Reason:
    return Reason(rule, Level.STOP, fact, value, says=says)


def _from_future(event: SessionEvent, now: datetime) -> list[Reason]:
    latest = max(event.at, event.recorded_at)
    if not is_ahead(latest, now):
        return []
    says = "This lies in the future. Check the time."
    return [Reason("from_the_future", Level.STOP, "event.at", latest.isoformat(), now.isoformat(), says=says)]


def _correction(state: SessionState, event: SessionEvent) -> list[Reason]:
    if event.corrects is None:
        return []
    target = state.event(event.corrects)
    if target is None:
        return [_stop("nothing_to_correct", "event.corrects", event.corrects, "The entry to correct is not there.")]
    if target.id in state.struck:
        says = "Somebody else has already corrected this entry. Reload to see it."
        return [_stop("already_corrected", "event.corrects", target.id, says)]
    if target.kind is EventKind.STRUCK_OUT:
        says = "A strike stays. Write the entry again instead."
        return [_stop("strike_of_strike", "event.corrects", target.id, says)]
    if event.kind not in (EventKind.STRUCK_OUT, target.kind):
        says = f"A {target.kind} is corrected by a {target.kind}."
        return [_stop("other_kind", "event.kind", event.kind.value, says)]
    return []


def _no_side_effect(state: SessionState, side_effect_id: str) -> list[Reason]:
    if any(span.event_id == side_effect_id for span in state.open_side_effects):
        return []
    says = "No such side effect is open; perhaps somebody has already ended it."
    return [_stop("no_open_side_effect", "payload.side_effect_id", side_effect_id, says)]


def _placement(state: SessionState, event: SessionEvent) -> list[Reason]:
    """Whether the table has a place for the event at its time, and leaves one for everything after it."""
    after = fold((*state.entries, event))
    if event.id in after.unplaced:
        order = (event.at, event.recorded_at, event.id)
        earlier = fold(entry for entry in after.entries if (entry.at, entry.recorded_at, entry.id) < order)
        return [_no_place(earlier.phase, event)]
    displaced = sorted(after.unplaced - state.unplaced)
    if displaced:
        says = "Entries after it would no longer make sense. Correct those first."
        return [_stop("contradicts_later", "event.id", displaced[0], says)]
    return []


def _no_place(phase: Phase, event: SessionEvent) -> Reason:
    kind = event.kind
    if phase in (Phase.DISCHARGED, Phase.CANCELLED):
        says = "The session is closed; only a remark or a correction can be added."
        return _stop("session_closed", "phase", phase.value, says)
    if kind is EventKind.DOSE_STARTED and phase in (Phase.DOSING, Phase.PAUSED, Phase.OBSERVING):
        return _stop("started_twice", "phase", phase.value, "The dose of this session has already been started.")
    if kind is EventKind.DOSE_STARTED:
        return _stop("gate_first", "phase", phase.value, "The pre-dose gate has not been passed.")
    if kind is EventKind.OPENED:
        return _stop("opened_twice", "phase", phase.value, "This session is already open.")
    if kind is EventKind.DISCHARGED:
        return _stop("dose_not_ended", "phase", phase.value, "The dose has not been completed or stopped.")
    return _stop("no_place", "phase", phase.value, f"'{kind}' cannot be written while the session is {phase}.")
