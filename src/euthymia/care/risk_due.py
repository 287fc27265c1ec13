"""What is due on a suicide-risk pathway, by when, and when somebody above has to be told.

Only what a source says has a time of its own; every other time is set by the clinic, and is a hole until it is.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, time, timedelta, tzinfo

from euthymia.care.decision import Decision, Level, Missing, Reason, decide
from euthymia.care.evidence import Basis, basis_of, sources_of
from euthymia.care.protocol import Provenance
from euthymia.care.risk import RiskLevel
from euthymia.care.risk_pathway import RiskPathway
from euthymia.care.tables.load import read_table
from euthymia.errors import BadInput

SAME_DAY = "same_day"
LONGEST_H = 24 * 90


@dataclass(frozen=True, slots=True)
class ClinicTimes:
    """Hours the clinic gives itself for each task; None is a hole, and says so on the screen."""

    see_within_h: float | None = None
    screen_within_h: float | None = None
    act_within_h: float | None = None
    close_within_h: float | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            hours = getattr(self, field.name)
            if hours is not None and not 0 < hours <= LONGEST_H:
                says = f"Give hours above 0 and up to {LONGEST_H}, or leave it empty."
                raise BadInput("impossible_hours", field.name, says)

    def hours_for(self, task: str) -> float | None:
        """The clinic's hours for this task; None where it set none or may not (a time from a source is no setting)."""
        hours: float | None = getattr(self, f"{task}_within_h", None)
        return hours


@dataclass(frozen=True, slots=True)
class TimeRule:
    """One task with what its source says about its time; `within` empty is a hole with its reason in `why`."""

    task: str
    level: RiskLevel | None
    within: str
    says: str
    why: str
    basis: Basis


@dataclass(frozen=True, slots=True)
class RiskTask:
    """One thing still to be done: by whom, since when, by when. `by_when` None has no clock: `why` says so."""

    task: str
    owner: str
    since: datetime
    by_when: datetime | None
    says: str
    why: str
    basis: Basis
    overdue: bool


_TABLE = read_table("risk_times")
TIMES: tuple[TimeRule, ...] = tuple(
    TimeRule(
        row["task"],
        RiskLevel(row["level"]) if "level" in row else None,
        row.get("within", ""),
        row["says"],
        row.get("why", ""),
        basis_of(row, sources_of(_TABLE)),
    )
    for row in _TABLE["time"]
)
_BY_CLINIC = Basis((), Provenance.CLINIC)


def risk_tasks(pathway: RiskPathway, times: ClinicTimes, zone: tzinfo, now: datetime) -> tuple[RiskTask, ...]:
    """Everything still to be done for an open pathway, in the order of the pathway; nothing for a closed one."""
    if not pathway.is_open:
        return ()
    tasks = []
    for rule in TIMES:
        since = _open_since(rule, pathway)
        if since is not None:
            tasks.append(_task(rule, since, pathway, times, zone, now))
    return tuple(tasks)


def _open_since(rule: TimeRule, pathway: RiskPathway) -> datetime | None:
    """Since when this waits; None when it is done, or is not asked at this level."""
    if rule.level is not None and rule.level is not pathway.level:
        return None
    newest = pathway.newest_at
    # An evaluation is asked from the level or from the newest sign, whichever came later.
    asked = max((at for at in (pathway.level_at, newest) if at is not None), default=None)
    screened = pathway.screened_at is not None and not pathway.not_answered
    waits = {
        "see": (pathway.seen_at is None, pathway.owned_since),
        "screen": (not screened and pathway.triaged_at is None, newest),
        "evaluate": (pathway.evaluated_at is None, asked),
        "act": (pathway.acted_at is None, newest),
        "close": (pathway.acted_at is not None, newest),
    }
    waiting, since = waits[rule.task]
    return since if waiting else None


def _task(
    rule: TimeRule, since: datetime, pathway: RiskPathway, times: ClinicTimes, zone: tzinfo, now: datetime
) -> RiskTask:
    hours = times.hours_for(rule.task)
    by_when: datetime | None = None
    basis, why = rule.basis, rule.why
    if rule.within == SAME_DAY:
        by_when = _end_of_day(since, zone)
    elif hours is not None:
        by_when, basis, why = since + timedelta(hours=hours), _BY_CLINIC, ""
    overdue = by_when is not None and now > by_when
    return RiskTask(rule.task, pathway.owner, since, by_when, rule.says, why, basis, overdue)


def _end_of_day(at: datetime, zone: tzinfo) -> datetime:
    """Midnight after this moment, in the clinic's zone."""
    return datetime.combine(at.astimezone(zone).date() + timedelta(days=1), time(), zone)


def escalation(tasks: tuple[RiskTask, ...], owner_is_here: bool, now: datetime) -> Decision:
    """Whether somebody above the owner must be told: a task is overdue, or the owner no longer works here. A task
    without a clock and without the clinic's hours is missing: nobody can tell whether it is late."""
    reasons, missing = [], []
    for task in tasks:
        if task.overdue and task.by_when is not None:
            late_h = round((now - task.by_when) / timedelta(hours=1), 1)
            says = f"{task.says} Late by {late_h:g} h."
            reasons.append(Reason(f"{task.task}_overdue", Level.HOLD, "late_h", late_h, 0.0, task.basis.says, says))
        elif task.by_when is None:
            missing.append(Missing(f"time_to_{task.task}", "escalation", task.why or task.says))
    if tasks and not owner_is_here:
        owner = tasks[0].owner
        says = f"{owner} no longer works here. Hand it over."
        reasons.append(Reason("owner_gone", Level.HOLD, "owner", owner, says=says))
    return decide(reasons, missing)
