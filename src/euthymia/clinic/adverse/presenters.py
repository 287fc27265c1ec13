"""Adverse events in words and colours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.timesince import timesince

from euthymia.care.adverse_event import (
    SERIOUS_IF,
    ActionTaken,
    AdverseCase,
    AdverseStep,
    EventPhase,
    Outcome,
    Relatedness,
    StepKind,
    may_close,
    still_open,
)
from euthymia.clinic.adverse.models import AdverseEvent

PHASES = {
    EventPhase.NONE: "not opened",
    EventPhase.OPEN: "open",
    EventPhase.ENDED: "ended, to be closed",
    EventPhase.CLOSED: "closed",
}
KINDS = {
    StepKind.OPENED: "Opened",
    StepKind.GRADED: "Graded",
    StepKind.SERIOUSNESS: "Seriousness answered",
    StepKind.RELATEDNESS: "Relatedness judged",
    StepKind.ACTED: "Something was done",
    StepKind.OUTCOME: "Outcome",
    StepKind.HANDED_OVER: "Handed over",
    StepKind.NOTED: "Note",
    StepKind.CLOSED: "Closed",
    StepKind.REOPENED: "Opened again",
}
RELATEDNESS = {
    Relatedness.NOT_RELATED: "not related",
    Relatedness.UNLIKELY: "unlikely",
    Relatedness.POSSIBLE: "possible",
    Relatedness.PROBABLE: "probable",
    Relatedness.CERTAIN: "certain",
    Relatedness.CANNOT_BE_JUDGED: "cannot be judged",
}
ACTIONS = {
    ActionTaken.NONE_NEEDED: "nothing was needed",
    ActionTaken.WATCHED: "watched longer",
    ActionTaken.DOSE_PAUSED: "the dose was paused",
    ActionTaken.DOSE_STOPPED: "the dose was stopped",
    ActionTaken.NEXT_DOSE_CHANGED: "the next dose was changed",
    ActionTaken.TREATMENT_ENDED: "the treatment was ended",
    ActionTaken.MEDICINE_GIVEN: "a medicine was given",
    ActionTaken.SENT_TO_HOSPITAL: "sent to hospital",
    ActionTaken.OTHER: "something else",
}
OUTCOMES = {
    Outcome.RECOVERED: "recovered",
    Outcome.LASTING_HARM: "recovered with a lasting harm",
    Outcome.RECOVERING: "recovering",
    Outcome.NOT_RECOVERED: "not recovered",
    Outcome.DIED: "died",
    Outcome.UNKNOWN: "not known, could not be asked",
}
SERIOUS = {True: ("serious", "danger"), False: ("not serious", "ok"), None: ("seriousness not judged", "unknown")}
LOOKS = {"mild": "info", "moderate": "caution", "severe": "danger"}


@dataclass(frozen=True, slots=True)
class EventRow:
    """One adverse event in a list."""

    id: str
    what: str
    who: str
    severity: str
    look: str
    serious: str
    serious_look: str
    phase: str
    owner: str
    age: str
    is_open: bool
    patient_id: str


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of the history: what, when, by whom, in words; whether it followed."""

    what: str
    at: datetime
    by: str
    says: str
    placed: bool


@dataclass(frozen=True, slots=True)
class EventPage:
    """Everything the page of one adverse event shows beside its row."""

    phase: str
    is_open: bool
    serious: str
    serious_look: str
    answers: tuple[tuple[str, str, str], ...]
    relatedness: str
    actions: tuple[str, ...]
    outcome: str
    still_open: tuple[str, ...]
    history: tuple[StepLine, ...]


def event_row(event: AdverseEvent, now: datetime) -> EventRow:
    """One row; its age counts from when it was opened, and stops when it was closed."""
    serious, look = SERIOUS[event.serious]
    return EventRow(
        id=str(event.id),
        what=event.what,
        who=str(event.patient),
        severity=event.severity,
        look=LOOKS.get(event.severity, "unknown"),
        serious=serious,
        serious_look=look,
        phase=PHASES[EventPhase(event.phase)],
        owner=str(event.owner),
        age=timesince(event.opened_at, event.closed_at or now, depth=1),
        is_open=event.closed_at is None,
        patient_id=str(event.patient_id),
    )


def event_page(case: AdverseCase, *, as_prescriber: bool) -> EventPage:
    """What is known, what is still open before it can be closed, and every step, newest first."""
    serious, look = SERIOUS[case.is_serious]
    answers: dict[object, str] = {True: "yes", False: "no"}
    given = case.serious or {}
    return EventPage(
        phase=PHASES[case.phase],
        is_open=case.is_open,
        serious=serious,
        serious_look=look,
        answers=tuple((name, words, answers.get(given.get(name), "")) for name, words in SERIOUS_IF.items()),
        relatedness=RELATEDNESS[case.relatedness] if case.relatedness else "",
        actions=tuple(ACTIONS[action] for action in case.actions),
        outcome=OUTCOMES[case.outcome] if case.outcome else "",
        still_open=still_open(may_close(case, as_prescriber=as_prescriber)) if case.is_open else (),
        history=tuple(_line(case, step) for step in reversed(case.entries)),
    )


def _line(case: AdverseCase, step: AdverseStep) -> StepLine:
    words = KINDS[step.kind]
    detail = _judged_words(step)
    if step.to and step.kind in (StepKind.HANDED_OVER, StepKind.OPENED, StepKind.REOPENED):
        detail = f"{detail}, " if detail else ""
        detail += f"owner {step.to}"
    return StepLine(
        f"{words}: {detail}" if detail else words, step.recorded_at, step.by, step.says, step.id not in case.unplaced
    )


def _judged_words(step: AdverseStep) -> str:
    if step.severity:
        return step.severity.value
    if step.serious is not None:
        told = ((SERIOUS_IF.get(name, name), "yes" if value else "no") for name, value in step.serious.items())
        return "; ".join(f"{words}: {answer}" for words, answer in told)
    if step.relatedness:
        return RELATEDNESS[step.relatedness]
    if step.action:
        return ACTIONS[step.action]
    return OUTCOMES[step.outcome] if step.outcome else ""


def choices() -> dict[str, list[tuple[str, str]]]:
    """(value, words) of every choice of the page."""
    return {
        "severities": [(value, value) for value in ("mild", "moderate", "severe")],
        "relatednesses": [(key.value, words) for key, words in RELATEDNESS.items()],
        "actions": [(key.value, words) for key, words in ACTIONS.items()],
        "outcomes": [(key.value, words) for key, words in OUTCOMES.items()],
    }
