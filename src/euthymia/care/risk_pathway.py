"""What becomes of a sign of suicidal thoughts: an append-only list of events, folded over one table.

A sign is raised with a named owner, seen, screened, triaged and acted on, and closed by a named person with words. A
new sign while one is open joins it and asks to be looked at again; a new sign after closing opens it again. The level
only rises, until a named clinician records another one with a reason. An event that does not follow is kept in sight
and changes nothing; nothing but a close takes a sign off the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from euthymia.care.clock import is_ahead
from euthymia.care.decision import Decision, Level, Missing, Reason, combine, decide, missing_of, reasons_of
from euthymia.care.risk import TIERS, RiskLevel
from euthymia.errors import BadInput

URGENCY = (None, RiskLevel.NONE_IDENTIFIED, RiskLevel.LOW, RiskLevel.MODERATE, RiskLevel.HIGH)


class RiskPhase(StrEnum):
    """How far the pathway has come. `quiet`: nothing was ever raised."""

    QUIET = "quiet"
    RAISED = "raised"
    SEEN = "seen"
    SCREENED = "screened"
    TRIAGED = "triaged"
    ACTED = "acted"
    CLOSED = "closed"


class RiskEventKind(StrEnum):
    """What happened. `evaluated` is a clinician's own look at the person; `triaged` their judgement of the level."""

    RAISED = "raised"
    SEEN = "seen"
    SCREENED = "screened"
    TRIAGED = "triaged"
    EVALUATED = "evaluated"
    ACTED = "acted"
    HANDED_OVER = "handed_over"
    CLOSED = "closed"
    REOPENED = "reopened"


_P, _K = RiskPhase, RiskEventKind
# Which phase an event leads to. What is not here does not follow. Help comes first: an action may be written at once.
TRANSITIONS: Mapping[RiskPhase, Mapping[RiskEventKind, RiskPhase]] = {
    _P.QUIET: {_K.RAISED: _P.RAISED},
    _P.RAISED: {
        _K.RAISED: _P.RAISED,
        _K.SEEN: _P.SEEN,
        _K.SCREENED: _P.SCREENED,
        _K.TRIAGED: _P.TRIAGED,
        _K.EVALUATED: _P.SEEN,
        _K.ACTED: _P.ACTED,
        _K.HANDED_OVER: _P.RAISED,
    },
    _P.SEEN: {
        _K.RAISED: _P.RAISED,
        _K.SEEN: _P.SEEN,
        _K.SCREENED: _P.SCREENED,
        _K.TRIAGED: _P.TRIAGED,
        _K.EVALUATED: _P.SEEN,
        _K.ACTED: _P.ACTED,
        _K.HANDED_OVER: _P.SEEN,
    },
    _P.SCREENED: {
        _K.RAISED: _P.RAISED,
        _K.SEEN: _P.SCREENED,
        _K.SCREENED: _P.SCREENED,
        _K.TRIAGED: _P.TRIAGED,
        _K.EVALUATED: _P.SCREENED,
        _K.ACTED: _P.ACTED,
        _K.HANDED_OVER: _P.SCREENED,
    },
    _P.TRIAGED: {
        _K.RAISED: _P.RAISED,
        _K.SEEN: _P.TRIAGED,
        _K.SCREENED: _P.SCREENED,
        _K.TRIAGED: _P.TRIAGED,
        _K.EVALUATED: _P.TRIAGED,
        _K.ACTED: _P.ACTED,
        _K.HANDED_OVER: _P.TRIAGED,
    },
    _P.ACTED: {
        _K.RAISED: _P.RAISED,
        _K.SEEN: _P.ACTED,
        _K.SCREENED: _P.ACTED,
        _K.TRIAGED: _P.ACTED,
        _K.EVALUATED: _P.ACTED,
        _K.ACTED: _P.ACTED,
        _K.HANDED_OVER: _P.ACTED,
        _K.CLOSED: _P.CLOSED,
    },
    _P.CLOSED: {_K.RAISED: _P.RAISED, _K.REOPENED: _P.RAISED},
}
NEEDS_WORDS = frozenset({_K.RAISED, _K.TRIAGED, _K.EVALUATED, _K.ACTED, _K.CLOSED, _K.REOPENED})
NEEDS_OWNER = frozenset({_K.RAISED, _K.HANDED_OVER, _K.REOPENED})
# Only a clinician judges: the level as they see it, and their evaluation of the person.
NEEDS_CLINICIAN = frozenset({_K.TRIAGED, _K.EVALUATED})


@dataclass(frozen=True, slots=True)
class RiskEvent:
    """One step. `says`: in words; `to`: the owner it names; `level`: what a screener reached or a clinician judged;
    `missing`: questions of the screener without an answer; `as_clinician`: whether `by` may judge."""

    id: str
    kind: RiskEventKind
    at: datetime
    by: str
    says: str = ""
    to: str = ""
    level: RiskLevel | None = None
    missing: tuple[str, ...] = ()
    as_clinician: bool = False


@dataclass(frozen=True, slots=True)
class RiskPathway:
    """Where it stands. What is None has not happened since the newest sign; `level` None is unknown, which is not none.

    `signs`: every sign ever raised.   `unplaced`: ids of events that do not follow; they stay visible.
    """

    phase: RiskPhase = RiskPhase.QUIET
    owner: str = ""
    owned_since: datetime | None = None
    raised_at: datetime | None = None
    seen_at: datetime | None = None
    level: RiskLevel | None = None
    level_at: datetime | None = None
    screened_at: datetime | None = None
    not_answered: tuple[str, ...] = ()
    triaged_at: datetime | None = None
    evaluated_at: datetime | None = None
    acted_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str = ""
    entries: tuple[RiskEvent, ...] = ()
    unplaced: frozenset[str] = frozenset()

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to look after it."""
        return self.phase not in (RiskPhase.QUIET, RiskPhase.CLOSED)

    @property
    def signs(self) -> tuple[RiskEvent, ...]:
        return tuple(event for event in self.entries if event.kind is RiskEventKind.RAISED)

    @property
    def newest_at(self) -> datetime | None:
        """When the newest sign, or the opening again, came; what was done before it does not count any more."""
        asked = (RiskEventKind.RAISED, RiskEventKind.REOPENED)
        placed = (event.at for event in self.entries if event.kind in asked and event.id not in self.unplaced)
        return max(placed, default=None)

    @property
    def next_kinds(self) -> tuple[RiskEventKind, ...]:
        """What may be written next by the table."""
        return tuple(TRANSITIONS[self.phase])


def fold_risk(events: Iterable[RiskEvent]) -> RiskPathway:
    """The pathway these events add up to, in the order they were recorded; the same id twice is one event."""
    pathway = RiskPathway()
    seen: set[str] = set()
    for event in events:
        if event.id not in seen:
            seen.add(event.id)
            pathway = _follow(pathway, event)
    return pathway


def append_risk(pathway: RiskPathway, event: RiskEvent, now: datetime) -> RiskPathway:
    """The pathway with this event. An event already there changes nothing. Refuses (BadInput) one that does not
    follow, says nothing, names nobody, judges without being a clinician, lies in the future, or closes too early."""
    twin = next((entry for entry in pathway.entries if entry.id == event.id), None)
    if twin == event:
        return pathway
    if twin is not None:
        raise BadInput("id_reused", "id", "Another entry has this id. Reload and write it again.")
    if is_ahead(event.at, now):
        raise BadInput("in_the_future", "at", "This time lies in the future. Check the clock.")
    refusal = _refusal(pathway, event)
    if refusal is not None:
        raise refusal
    return _follow(pathway, event)


def _refusal(pathway: RiskPathway, event: RiskEvent) -> BadInput | None:
    """Why this event may not join; None when it may. The fold asks the same, so that no list of events can do more."""
    if event.kind not in TRANSITIONS[pathway.phase]:
        may = ", ".join(kind.value.replace("_", " ") for kind in pathway.next_kinds)
        return BadInput("wrong_step", "kind", f"A signal that is {pathway.phase} can be: {may}.")
    if not event.by.strip():
        return BadInput("unnamed", "by", "Say who did this.")
    if event.kind in NEEDS_WORDS and not event.says.strip():
        return BadInput("says_nothing", "says", "Write it down in words.")
    if event.kind in NEEDS_OWNER and not event.to.strip():
        return BadInput("no_owner", "to", "Name the person who looks after this signal.")
    if event.kind in NEEDS_CLINICIAN and not event.as_clinician:
        return BadInput("not_a_clinician", "by", "Only a clinician records this.")
    if event.kind is RiskEventKind.TRIAGED and event.level is None:
        return BadInput("no_level", "level", "Choose the level.")
    return _not_yet(may_close(pathway)) if event.kind is RiskEventKind.CLOSED else None


def _not_yet(decision: Decision) -> BadInput | None:
    waits = still_open(decision)
    return BadInput("not_yet", "kind", " ".join(waits)) if waits else None


def still_open(decision: Decision) -> tuple[str, ...]:
    """In words, what a decision still waits for; empty when it is allowed."""
    refusing = [reason.says for reason in reasons_of(decision) if reason.refuses]
    return (*refusing, *(gap.says for gap in missing_of(decision)))


def _follow(pathway: RiskPathway, event: RiskEvent) -> RiskPathway:
    entries = (*pathway.entries, event)
    if _refusal(pathway, event) is not None:
        return replace(pathway, entries=entries, unplaced=pathway.unplaced | {event.id})
    phase = TRANSITIONS[pathway.phase][event.kind]
    return replace(_told(pathway, event), phase=phase, entries=entries)


def _told(pathway: RiskPathway, event: RiskEvent) -> RiskPathway:
    match event.kind:
        case RiskEventKind.RAISED | RiskEventKind.REOPENED:
            return _raised(pathway, event)
        case RiskEventKind.HANDED_OVER:
            return replace(pathway, owner=event.to.strip(), owned_since=event.at, seen_at=None)
        case RiskEventKind.CLOSED:
            return replace(pathway, closed_at=event.at, closed_by=event.by.strip())
        case RiskEventKind.SEEN:
            return _looked_at(pathway, event)
        case RiskEventKind.SCREENED:
            screened = replace(_looked_at(pathway, event), screened_at=event.at, not_answered=event.missing)
            return _risen(screened, event)
        case RiskEventKind.TRIAGED:
            # A named clinician's judgement is the one thing that may also lower the level.
            level_at = pathway.level_at if event.level is pathway.level else event.at
            judged = replace(_looked_at(pathway, event), level=event.level, level_at=level_at, triaged_at=event.at)
            return _asks_again(pathway, judged)
        case RiskEventKind.EVALUATED:
            return replace(_looked_at(pathway, event), evaluated_at=event.at)
        case RiskEventKind.ACTED:
            return replace(_looked_at(pathway, event), acted_at=event.at)
        case _ as never:
            assert_never(never)


def _raised(pathway: RiskPathway, event: RiskEvent) -> RiskPathway:
    """A sign asks for everything anew. Who owns an open one keeps it; the level stays, also from before a close,
    because it only rises until a clinician says otherwise."""
    fresh = replace(
        pathway,
        raised_at=pathway.raised_at if pathway.is_open else event.at,
        seen_at=None,
        screened_at=None,
        not_answered=(),
        triaged_at=None,
        evaluated_at=None,
        acted_at=None,
        closed_at=None,
        closed_by="",
    )
    owner = pathway.owner if pathway.is_open else event.to.strip()
    return _risen(replace(fresh, owner=owner, owned_since=event.at), event)


def _looked_at(pathway: RiskPathway, event: RiskEvent) -> RiskPathway:
    """Whoever does something has seen it; the first look of this owner counts."""
    return replace(pathway, seen_at=pathway.seen_at or event.at)


def _risen(pathway: RiskPathway, event: RiskEvent) -> RiskPathway:
    if URGENCY.index(event.level) <= URGENCY.index(pathway.level):
        return pathway
    return _asks_again(pathway, replace(pathway, level=event.level, level_at=event.at))


def _asks_again(before: RiskPathway, after: RiskPathway) -> RiskPathway:
    """An evaluation made before the level was high says nothing about a high level."""
    became_high = after.level is RiskLevel.HIGH and before.level is not RiskLevel.HIGH
    return replace(after, evaluated_at=None) if became_high else after


def may_close(pathway: RiskPathway) -> Decision:
    """What still has to happen before this can be closed, all at once. What rests on memory only flags."""
    missing = []
    if not pathway.is_open:
        return decide([Reason("is_open", Level.STOP, "phase", pathway.phase.value, says="There is nothing to close.")])
    if pathway.seen_at is None:
        missing.append(Missing("seen", "owner_has_seen_it", f"{pathway.owner} has not looked at this yet."))
    if pathway.acted_at is None:
        missing.append(Missing("action", "action_recorded", "Nobody has written down what was done."))
    return combine(decide(_too_early(pathway), missing), decide(_unscreened(pathway)))


def _too_early(pathway: RiskPathway) -> tuple[Reason, ...]:
    if pathway.level is not RiskLevel.HIGH or pathway.evaluated_at is not None:
        return ()
    high = TIERS[0]
    says = "The level is high: record a clinician's evaluation first."
    return (Reason("high_needs_evaluation", Level.STOP, "evaluation", None, True, high.basis.says, says),)


def _unscreened(pathway: RiskPathway) -> tuple[Reason, ...]:
    if pathway.screened_at is None and pathway.triaged_at is None:
        says = "No screener and no clinician's level since the newest sign."
        return (Reason("not_screened", Level.FLAG, "screener", None, says=says),)
    if pathway.not_answered and pathway.triaged_at is None:
        says = "Questions of the screener without an answer: the level is at least this."
        return (Reason("screener_incomplete", Level.FLAG, "screener", len(pathway.not_answered), 0, says=says),)
    return ()
