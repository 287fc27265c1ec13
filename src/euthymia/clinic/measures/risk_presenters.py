"""A risk signal in words: where it stands, what is due, what happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from uuid import UUID, uuid4

from django.utils.timesince import timesince

from euthymia.care.decision import Missing, Reason, missing_of, reasons_of
from euthymia.care.risk import TIERS, RiskLevel
from euthymia.care.risk_due import ClinicTimes, RiskTask, escalation, risk_tasks
from euthymia.care.risk_pathway import RiskEvent, RiskEventKind, RiskPathway, may_close, still_open
from euthymia.clinic.accounts.models import Membership
from euthymia.clinic.measures.models import RiskSignal
from euthymia.clinic.measures.risk_forms import LEVELS, SCREENER

LEVEL_WORDS: dict[RiskLevel | None, str] = dict(LEVELS) | {None: "Not known yet"}
LEVEL_LOOK = {
    RiskLevel.HIGH: "danger",
    RiskLevel.MODERATE: "caution",
    RiskLevel.LOW: "info",
    RiskLevel.NONE_IDENTIFIED: "ok",
    None: "unknown",
}
KIND_WORDS = {
    RiskEventKind.RAISED: "Raised",
    RiskEventKind.SEEN: "Seen",
    RiskEventKind.SCREENED: "Screened",
    RiskEventKind.TRIAGED: "Level set",
    RiskEventKind.EVALUATED: "Evaluated",
    RiskEventKind.ACTED: "Done",
    RiskEventKind.HANDED_OVER: "Handed over",
    RiskEventKind.CLOSED: "Closed",
    RiskEventKind.REOPENED: "Opened again",
}
PHASE_WORDS = {
    "quiet": "nothing raised",
    "raised": "not seen yet",
    "seen": "seen",
    "screened": "screened",
    "triaged": "level set",
    "acted": "something was done",
    "closed": "closed",
}


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One thing still to be done, with its time in words."""

    says: str
    by_when: datetime | None
    why: str
    source: str
    overdue: bool


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of the history; `placed` is whether it counted."""

    at: datetime
    what: str
    by: str
    says: str
    placed: bool


@dataclass(frozen=True, slots=True)
class RiskPage:
    """Everything the page of one signal shows."""

    phase: str
    is_open: bool
    owner_is_here: bool
    age: str
    level: str
    level_look: str
    level_says: str
    not_answered: tuple[str, ...]
    tasks: list[TaskRow]
    alarms: tuple[Reason, ...]
    unknown_times: tuple[Missing, ...]
    tell: str
    still_open: tuple[str, ...]
    flags: tuple[Reason, ...]
    may_close: bool
    history: list[StepRow]
    event_id: UUID


@dataclass(frozen=True, slots=True)
class Around:
    """What the page needs to know beside the pathway itself."""

    times: ClinicTimes
    zone: tzinfo
    owner_is_here: bool
    leads: list[Membership]
    now: datetime


def risk_page(signal: RiskSignal, pathway: RiskPathway, around: Around) -> RiskPage:
    """The page in words."""
    tasks = risk_tasks(pathway, around.times, around.zone, around.now)
    late = escalation(tasks, around.owner_is_here, around.now)
    closing = may_close(pathway)
    tier = next((tier for tier in TIERS if tier.level is pathway.level), None)
    labels = dict(SCREENER)
    return RiskPage(
        phase=PHASE_WORDS[pathway.phase],
        is_open=pathway.is_open,
        owner_is_here=around.owner_is_here,
        age=timesince(pathway.raised_at or signal.raised_at, around.now, depth=1),
        level=LEVEL_WORDS[pathway.level],
        level_look=LEVEL_LOOK[pathway.level],
        level_says=f"{tier.says} {tier.basis.says}" if tier else "",
        not_answered=tuple(labels.get(name, name.replace("_", " ")) for name in pathway.not_answered),
        tasks=[task_row(task) for task in tasks],
        alarms=tuple(reason for reason in reasons_of(late) if reason.refuses),
        unknown_times=missing_of(late),
        tell=", ".join(str(member.user) for member in around.leads if member.user_id != signal.owner_id),
        still_open=still_open(closing) if pathway.is_open else (),
        flags=tuple(reason for reason in reasons_of(closing) if not reason.refuses),
        may_close=pathway.is_open and not any(reason.refuses for reason in reasons_of(closing)),
        history=list(step_rows(pathway)),
        event_id=uuid4(),
    )


def task_row(task: RiskTask) -> TaskRow:
    return TaskRow(task.says, task.by_when, task.why, task.basis.says, task.overdue)


def step_rows(pathway: RiskPathway) -> Iterable[StepRow]:
    """The history, newest first."""
    for event in reversed(pathway.entries):
        yield StepRow(event.at, what_words(event), event.by, event.says, event.id not in pathway.unplaced)


def what_words(event: RiskEvent) -> str:
    words = KIND_WORDS[event.kind]
    if event.level is not None or event.kind in (RiskEventKind.SCREENED, RiskEventKind.TRIAGED):
        least = "at least " if event.missing and event.level else ""
        words = f"{words}: {least}{LEVEL_WORDS[event.level].lower()}"
    return f"{words} to {event.to}" if event.to else words


def list_words(signal: RiskSignal, pathway: RiskPathway, tasks: tuple[RiskTask, ...]) -> str:
    """One line for the day's list: the sign, the level if it is known, where it stands, and what is late."""
    level = f", {LEVEL_WORDS[pathway.level].lower()}" if pathway.level is not None else ""
    late = [task.says.rstrip(".").lower() for task in tasks if task.overdue]
    return f"{signal.trigger} ({PHASE_WORDS[pathway.phase]}{level})" + (f" Late: {'; '.join(late)}." if late else "")
