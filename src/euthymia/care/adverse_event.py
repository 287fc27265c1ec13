"""What becomes of an adverse event: an append-only list of steps, folded over one table, until it is closed by name.

It is opened from a side effect of a session or by itself, always with an owner. Its grade, whether it is serious, how
it is related to the treatment, what was done and how it ended are each judged by somebody by name; a later judgement
takes the place of the earlier one, which stays in sight. Only a prescriber closes it, and only when all of it is known.
A step that does not follow is kept in sight and changes nothing.

Grades are mild, moderate and severe: no graded vocabulary whose text is free to ship was read. What makes an event
serious are the six questions that regulators ask, in our own words; each is answered yes or no, and one without an
answer leaves it unknown, which is never no.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never

from euthymia.care.clock import is_ahead
from euthymia.care.decision import Decision, Level, Missing, Reason, decide, missing_of, reasons_of
from euthymia.care.session_events import Severity
from euthymia.errors import BadInput


class EventPhase(StrEnum):
    """How far it has come. `none`: nothing was opened; `ended`: an outcome that lasts is recorded."""

    NONE = "none"
    OPEN = "open"
    ENDED = "ended"
    CLOSED = "closed"


class StepKind(StrEnum):
    """What somebody wrote about it."""

    OPENED = "opened"
    GRADED = "graded"
    SERIOUSNESS = "seriousness"
    RELATEDNESS = "relatedness"
    ACTED = "acted"
    OUTCOME = "outcome"
    HANDED_OVER = "handed_over"
    NOTED = "noted"
    CLOSED = "closed"
    REOPENED = "reopened"


class Relatedness(StrEnum):
    """How the event is related to the treatment, as a clinician sees it."""

    NOT_RELATED = "not_related"
    UNLIKELY = "unlikely"
    POSSIBLE = "possible"
    PROBABLE = "probable"
    CERTAIN = "certain"
    CANNOT_BE_JUDGED = "cannot_be_judged"


class ActionTaken(StrEnum):
    """What was done with the treatment or for the person."""

    NONE_NEEDED = "none_needed"
    WATCHED = "watched"
    DOSE_PAUSED = "dose_paused"
    DOSE_STOPPED = "dose_stopped"
    NEXT_DOSE_CHANGED = "next_dose_changed"
    TREATMENT_ENDED = "treatment_ended"
    MEDICINE_GIVEN = "medicine_given"
    SENT_TO_HOSPITAL = "sent_to_hospital"
    OTHER = "other"


class Outcome(StrEnum):
    """How the person is now, or how it ended."""

    RECOVERED = "recovered"
    LASTING_HARM = "lasting_harm"
    RECOVERING = "recovering"
    NOT_RECOVERED = "not_recovered"
    DIED = "died"
    UNKNOWN = "unknown"


# What makes an event serious: the questions of regulators, in our own words. One yes is enough.
SERIOUS_IF: Mapping[str, str] = MappingProxyType(
    {
        "death": "The person died of it",
        "life_threatening": "It put the person's life in danger at the time",
        "hospital": "It took the person into hospital, or kept them there longer",
        "lasting_disability": "It left a lasting or great loss of what the person can do",
        "birth_defect": "It harmed an unborn child or led to a birth defect",
        "other_important": "It was important in another way, or needed treatment to prevent one of these",
    }
)
# Outcomes that somebody still has to look after.
STILL_GOING = frozenset({Outcome.RECOVERING, Outcome.NOT_RECOVERED})
_P, _K = EventPhase, StepKind
_WHILE_OPEN = (_K.GRADED, _K.SERIOUSNESS, _K.RELATEDNESS, _K.ACTED, _K.HANDED_OVER, _K.NOTED)
# Which phase a step leads to. What is not here does not follow. An outcome leads where it says (see `_after`).
TRANSITIONS: Mapping[EventPhase, Mapping[StepKind, EventPhase]] = MappingProxyType(
    {
        _P.NONE: {_K.OPENED: _P.OPEN},
        _P.OPEN: {**dict.fromkeys(_WHILE_OPEN, _P.OPEN), _K.OUTCOME: _P.ENDED},
        _P.ENDED: {**dict.fromkeys(_WHILE_OPEN, _P.ENDED), _K.OUTCOME: _P.ENDED, _K.CLOSED: _P.CLOSED},
        _P.CLOSED: {_K.NOTED: _P.CLOSED, _K.REOPENED: _P.OPEN},
    }
)
NEEDS_WORDS = frozenset({_K.NOTED, _K.CLOSED, _K.REOPENED})
NEEDS_OWNER = frozenset({_K.OPENED, _K.HANDED_OVER, _K.REOPENED})


@dataclass(frozen=True, slots=True)
class AdverseStep:
    """One step. `at`: when it was so; `recorded_at`: when it was written down; `says`: in words; `to`: the owner it
    names; `serious`: question of SERIOUS_IF → yes or no; `as_prescriber`: whether `by` may close."""

    id: str
    kind: StepKind
    at: datetime
    recorded_at: datetime
    by: str
    says: str = ""
    to: str = ""
    severity: Severity | None = None
    serious: Mapping[str, bool] | None = None
    relatedness: Relatedness | None = None
    action: ActionTaken | None = None
    outcome: Outcome | None = None
    as_prescriber: bool = False


@dataclass(frozen=True, slots=True)
class AdverseCase:
    """Where it stands. What is None was not judged since it was opened, or opened again.

    `serious`: the answers so far; `actions`: everything done, in order; `unplaced`: ids of steps that do not follow.
    """

    phase: EventPhase = EventPhase.NONE
    what: str = ""
    began_at: datetime | None = None
    owner: str = ""
    owned_since: datetime | None = None
    severity: Severity | None = None
    serious: Mapping[str, bool] | None = None
    relatedness: Relatedness | None = None
    actions: tuple[ActionTaken, ...] = ()
    outcome: Outcome | None = None
    closed_at: datetime | None = None
    closed_by: str = ""
    entries: tuple[AdverseStep, ...] = ()
    unplaced: frozenset[str] = frozenset()

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to look after it."""
        return self.phase in (EventPhase.OPEN, EventPhase.ENDED)

    @property
    def is_serious(self) -> bool | None:
        """True with one yes, False with six noes, else unknown."""
        answers = self.serious or {}
        if any(answers.values()):
            return True
        return False if set(answers) == set(SERIOUS_IF) else None

    @property
    def next_kinds(self) -> tuple[StepKind, ...]:
        """What may be written next by the table."""
        return tuple(TRANSITIONS[self.phase])


def fold_adverse(steps: Iterable[AdverseStep]) -> AdverseCase:
    """What these steps add up to, in the order they were recorded; the same id twice is one step."""
    case = AdverseCase()
    seen: set[str] = set()
    for step in steps:
        if step.id not in seen:
            seen.add(step.id)
            case = _follow(case, step)
    return case


def append_adverse(case: AdverseCase, step: AdverseStep, now: datetime) -> AdverseCase:
    """The case with this step. A step already there changes nothing. Refuses (BadInput) one that does not follow, says
    nothing, names nobody, lies in the future, or closes too early."""
    twin = next((entry for entry in case.entries if entry.id == step.id), None)
    if twin is not None:
        if replace(step, recorded_at=twin.recorded_at, at=twin.at) == twin:
            return case
        raise BadInput("id_reused", "id", "Another entry has this id. Reload and write it again.")
    if is_ahead(max(step.at, step.recorded_at), now):
        raise BadInput("in_the_future", "at", "This time lies in the future. Check the clock.")
    refusal = _refusal(case, step)
    if refusal is not None:
        raise refusal
    return _follow(case, step)


def may_close(case: AdverseCase, *, as_prescriber: bool) -> Decision:
    """What still has to be known before this can be closed, and by whom, all at once."""
    if not case.is_open:
        says = "There is nothing to close."
        return decide([Reason("adverse_event_open", Level.STOP, "phase", case.phase.value, says=says)])
    reasons, missing = [], []
    if not as_prescriber:
        says = "Only a prescriber closes an adverse event, under their own name."
        reasons.append(Reason("closed_by_prescriber", Level.STOP, "role", None, "prescriber", says=says))
    if case.is_serious is None:
        says = "Whether it is serious: each of the six questions wants a yes or a no, or one a yes."
        missing.append(Missing("serious", "adverse_event_judged", says))
    if case.relatedness is None:
        says = "How it is related to the treatment was not judged."
        missing.append(Missing("relatedness", "adverse_event_judged", says))
    if not case.actions:
        missing.append(Missing("action", "adverse_event_judged", "What was done, even if nothing was needed."))
    if case.outcome is None:
        missing.append(Missing("outcome", "adverse_event_ended", "How it ended was not recorded."))
    elif case.outcome in STILL_GOING:
        says = "The person has not recovered yet; somebody still has to look after this."
        reasons.append(Reason("adverse_event_ended", Level.STOP, "outcome", case.outcome.value, says=says))
    if case.outcome is Outcome.DIED and not (case.serious or {}).get("death"):
        says = "The outcome says the person died, and the answers on seriousness do not."
        reasons.append(Reason("death_is_serious", Level.STOP, "serious.death", False, True, says=says))
    return decide(reasons, missing)


def still_open(decision: Decision) -> tuple[str, ...]:
    """In words, what a decision still waits for; empty when it is allowed."""
    refusing = [reason.says for reason in reasons_of(decision) if reason.refuses]
    return (*refusing, *(gap.says for gap in missing_of(decision)))


def _refusal(case: AdverseCase, step: AdverseStep) -> BadInput | None:
    """Why this step may not join; None when it may. The fold asks the same, so that no list of steps can do more."""
    if step.kind not in TRANSITIONS[case.phase]:
        may = ", ".join(kind.value.replace("_", " ") for kind in case.next_kinds)
        return BadInput("wrong_step", "kind", f"An adverse event that is {case.phase} can be: {may}.")
    if not step.by.strip():
        return BadInput("unnamed", "by", "Say who did this.")
    if step.kind in NEEDS_WORDS and not step.says.strip():
        return BadInput("says_nothing", "says", "Write it down in words.")
    if step.kind in NEEDS_OWNER and not step.to.strip():
        return BadInput("no_owner", "to", "Name the person who looks after this.")
    absent = _absent(step)
    if absent:
        return BadInput("not_chosen", absent[0], absent[1])
    if step.kind is StepKind.CLOSED:
        waits = still_open(may_close(case, as_prescriber=step.as_prescriber))
        return BadInput("not_yet", "kind", " ".join(waits)) if waits else None
    return None


def _absent(step: AdverseStep) -> tuple[str, str] | None:
    """(field, what to do) of the judgement this step should carry and does not."""
    match step.kind:
        case StepKind.OPENED:
            if not step.says.strip():
                return "says", "What happened? Write it in a few words."
            return ("severity", "How strong is it?") if step.severity is None else None
        case StepKind.GRADED:
            return ("severity", "Choose mild, moderate or severe.") if step.severity is None else None
        case StepKind.SERIOUSNESS:
            unknown = set(step.serious or {}) - set(SERIOUS_IF)
            return ("serious", "Answer at least one of the six questions.") if not step.serious or unknown else None
        case StepKind.RELATEDNESS:
            return ("relatedness", "Choose how it is related.") if step.relatedness is None else None
        case StepKind.ACTED:
            if step.action is ActionTaken.OTHER and not step.says.strip():
                return "says", "Write what was done."
            return ("action", "Choose what was done.") if step.action is None else None
        case StepKind.OUTCOME:
            return ("outcome", "Choose how it ended, or how the person is now.") if step.outcome is None else None
        case StepKind.HANDED_OVER | StepKind.NOTED | StepKind.CLOSED | StepKind.REOPENED:
            return None
        case _ as never:
            assert_never(never)


def _follow(case: AdverseCase, step: AdverseStep) -> AdverseCase:
    entries = (*case.entries, step)
    if _refusal(case, step) is not None:
        return replace(case, entries=entries, unplaced=case.unplaced | {step.id})
    return replace(_told(case, step), phase=_after(case, step), entries=entries)


def _after(case: AdverseCase, step: AdverseStep) -> EventPhase:
    if step.kind is StepKind.OUTCOME and step.outcome in STILL_GOING:
        return EventPhase.OPEN
    return TRANSITIONS[case.phase][step.kind]


def _told(case: AdverseCase, step: AdverseStep) -> AdverseCase:
    match step.kind:
        case StepKind.OPENED:
            return replace(
                case,
                what=step.says.strip(),
                began_at=step.at,
                owner=step.to.strip(),
                owned_since=step.recorded_at,
                severity=step.severity,
            )
        case StepKind.GRADED:
            return replace(case, severity=step.severity)
        case StepKind.SERIOUSNESS:
            return replace(case, serious=MappingProxyType({**(case.serious or {}), **(step.serious or {})}))
        case StepKind.RELATEDNESS:
            return replace(case, relatedness=step.relatedness)
        case StepKind.ACTED:
            return replace(case, actions=(*case.actions, step.action) if step.action else case.actions)
        case StepKind.OUTCOME:
            return replace(case, outcome=step.outcome)
        case StepKind.HANDED_OVER:
            return replace(case, owner=step.to.strip(), owned_since=step.recorded_at)
        case StepKind.NOTED:
            return case
        case StepKind.CLOSED:
            return replace(case, closed_at=step.recorded_at, closed_by=step.by.strip())
        case StepKind.REOPENED:
            # The outcome was wrong or has changed; everything else that was judged still stands.
            return replace(
                case, owner=step.to.strip(), owned_since=step.recorded_at, outcome=None, closed_at=None, closed_by=""
            )
        case _ as never:
            assert_never(never)
