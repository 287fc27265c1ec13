"""A paper flowsheet typed in afterwards: checked line by line, then written all at once or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from euthymia.care.decision import Allowed, reasons_of
from euthymia.care.session import SessionState, fold
from euthymia.care.session_append import may_append
from euthymia.care.session_events import SessionEvent
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.documents.queries import late_after
from euthymia.clinic.plans.drafts import order_of
from euthymia.clinic.sessions.bedside_scales import SCALES
from euthymia.clinic.sessions.forms import Bedside, events_from, never_was, read_time
from euthymia.clinic.sessions.joining import ask_before
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.queries import state_of
from euthymia.clinic.sessions.refusals import NotAllowed
from euthymia.errors import BadInput

DEVICE = "paper"
HALF_DAY, DAY = timedelta(hours=12), timedelta(days=1)
RATED = tuple(scale.instrument for scale in SCALES)
FIELDS = ("at", "line", *RATED, "effect", "dose", "remark")
# What may have happened to the dose, in the words of the session page's own buttons.
DOSE_WORDS = {
    "start": "dose started",
    "device": "next device",
    "pause": "paused",
    "resume": "resumed",
    "stop": "stopped",
    "complete": "complete",
}
ASK_WHY = frozenset({"pause", "stop"})


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the form as it was typed; `number` from 1."""

    number: int
    typed: Mapping[str, str]

    @property
    def is_blank(self) -> bool:
        return not any(self.typed.values())


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a line, and in which of its fields."""

    number: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """The events of a whole sheet with their lines, and what is wrong; nothing is written while anything is."""

    events: tuple[tuple[int, SessionEvent], ...]
    problems: tuple[Problem, ...]


def lines_from(typed: Mapping[str, str], most: int) -> list[Line]:
    """Rows of fields named `at_1`, `line_1` … up to `most`; blank rows are left out."""
    lines = [
        Line(number, {field: typed.get(f"{field}_{number}", "").strip() for field in FIELDS})
        for number in range(1, most + 1)
    ]
    return [line for line in lines if not line.is_blank]


def read_sheet(
    viewer: Viewer, session: Session, day: date, lines: list[Line], *, sheet_id: UUID, now: datetime
) -> Sheet:
    """Every line as events with its true time, each asked as the session page asks it; all problems at once."""
    state, found, problems = state_of(session), list[tuple[int, SessionEvent]](), list[Problem]()
    timed = _timed(day, lines, viewer.zone, problems)
    for line, at in sorted(timed, key=lambda row: (row[1], row[0].number)):
        try:
            made = _events_of(viewer, session, state, line, at, sheet_id, now)
        except BadInput as refusal:
            problems.append(Problem(line.number, _field_of(refusal.path), refusal.message))
            continue
        for event in made:
            says = _refused(viewer, session, state, event, now)
            if says:
                problems.append(Problem(line.number, "at", says))
                break
            if state.event(event.id) is None:
                state = fold((*state.entries, event), late_after=late_after(session))
            found.append((line.number, event))
    return Sheet(tuple(found), tuple(sorted(problems, key=lambda one: one.number)))


def _timed(day: date, lines: list[Line], zone: ZoneInfo, problems: list[Problem]) -> list[tuple[Line, datetime]]:
    """Each line's instant. A time far before the line above it belongs to the next day."""
    found: list[tuple[Line, datetime]] = []
    before: datetime | None = None
    for line in lines:
        try:
            at = _instant(line.typed["at"], day, zone, before)
        except BadInput as refusal:
            problems.append(Problem(line.number, "at", refusal.message))
            continue
        found.append((line, at))
        before = at
    return found


def _instant(text: str, day: date, zone: ZoneInfo, before: datetime | None) -> datetime:
    if not text:
        raise BadInput("no_time", "at", "Write the time that stands on the paper.")
    at = read_time(text, datetime.combine(day, time(12), zone), zone)
    if before is not None and before.astimezone(zone).replace(tzinfo=None) - at.replace(tzinfo=None) > HALF_DAY:
        at = at + DAY
    if never_was(at, zone):
        raise BadInput("no_such_time", "at", f"The clocks went forward that day: {text} did not exist.")
    again = at.replace(fold=1)
    # An hour that the clock showed twice: after a line of its second passing comes no line of its first.
    if before is not None and at.astimezone(UTC) < before.astimezone(UTC) <= again.astimezone(UTC):
        at = again
    return at.astimezone(UTC)


def _events_of(
    viewer: Viewer, session: Session, state: SessionState, line: Line, at: datetime, sheet_id: UUID, now: datetime
) -> list[SessionEvent]:
    """What one line says happened, in the order: the dose, then what was looked at, then the remark."""
    typed = line.typed
    asked: list[tuple[str, dict[str, str]]] = []
    if typed["dose"]:
        if typed["dose"] not in DOSE_WORDS:
            raise BadInput("unknown_action", "dose", "Choose what happened to the dose.")
        asked.append(("dose", {"do": typed["dose"], "reason": typed["remark"], "same_person": "on"}))
    if typed["line"]:
        asked.append(("line", {"do": "look", "line": typed["line"]}))
    if any(typed[scale] for scale in RATED):
        asked.append(("scales", {"do": "scales", **{scale: typed[scale] for scale in RATED}}))
    if typed["effect"]:
        asked.append(("effect", {"do": "effect", "effect": _graded(typed["effect"])}))
    if typed["remark"] and typed["dose"] not in ASK_WHY:
        asked.append(("remark", {"do": "look", "remark": typed["remark"]}))
    if not asked:
        raise BadInput("nothing_typed", "line", "There is a time and nothing beside it.")
    made: list[SessionEvent] = []
    for place, press in asked:
        event_id = str(uuid.uuid5(sheet_id, f"{line.number}.{place}"))
        known = state.event(event_id)
        if known is not None and press["do"] in DOSE_WORDS:
            # Sent again: what a device or a start added then must not be worked out anew.
            made += _written_before(state, event_id)
            continue
        bedside = Bedside(viewer.name, at, viewer.zone, order_of(session.plan), state)
        made += [
            replace(one, recorded_at=now, device=DEVICE) for one in events_from(press | {"event_id": event_id}, bedside)
        ]
    return made


def _written_before(state: SessionState, event_id: str) -> list[SessionEvent]:
    root = UUID(event_id)
    ids = [event_id, *(str(uuid.uuid5(root, str(place))) for place in range(1, 4))]
    return [event for one in ids if (event := state.event(one)) is not None]


def _graded(text: str) -> str:
    """`Nausea mild` as the page's own chip says it."""
    name, _, severity = text.rpartition(" ")
    return f"{name}:{severity.lower()}" if name else f"{text}:"


def _refused(viewer: Viewer, session: Session, state: SessionState, event: SessionEvent, now: datetime) -> str:
    """Why this event may not join, in words; empty when it may or is there already."""
    decision = may_append(state, event, now)
    if any(reason.rule == "already_recorded" for reason in reasons_of(decision)):
        return ""
    try:
        if not isinstance(decision, Allowed):
            raise NotAllowed(decision)
        ask_before(viewer, session, state, event)
    except BadInput as refusal:
        return refusal.message
    return ""


def _field_of(path: str) -> str:
    """The form's field for a path of the session page's forms."""
    known = {"reason": "remark", "effect_name": "effect", "device": "dose"}
    field = known.get(path, path)
    return field if field in FIELDS else "line"
