"""What is typed about an adverse event, turned into a step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.utils.dateparse import parse_datetime

from euthymia.care.adverse_event import SERIOUS_IF, ActionTaken, Outcome, Relatedness, StepKind
from euthymia.care.session_events import Severity
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.adverse.commands import Written
from euthymia.clinic.adverse.queries import possible_owners
from euthymia.errors import BadInput

Typed = Mapping[str, str]
CHOICES: Mapping[str, type[Severity] | type[Relatedness] | type[ActionTaken] | type[Outcome]] = {
    "severity": Severity,
    "relatedness": Relatedness,
    "action": ActionTaken,
    "outcome": Outcome,
}
CARRIES = {
    StepKind.OPENED: "severity",
    StepKind.GRADED: "severity",
    StepKind.RELATEDNESS: "relatedness",
    StepKind.ACTED: "action",
    StepKind.OUTCOME: "outcome",
}


def written_from(viewer: Viewer, typed: Typed) -> Written:
    """The step a form describes (BadInput)."""
    try:
        kind = StepKind(typed.get("step", ""))
    except ValueError as wrong:
        raise BadInput("unknown_step", "step", "This page has no such step.") from wrong
    chosen = typed.get("to", "")
    to = next((one for one in possible_owners(viewer) if str(one.user_id) == chosen), None)
    return Written(kind, typed.get("says", ""), to, _judged(kind, typed), _at(viewer, typed), _event_id(typed))


def _judged(kind: StepKind, typed: Typed) -> dict[str, Any]:
    if kind is StepKind.SERIOUSNESS:
        answers = {name: typed.get(f"serious_{name}", "") for name in SERIOUS_IF}
        return {"serious": {name: answer == "yes" for name, answer in answers.items() if answer in {"yes", "no"}}}
    name = CARRIES.get(kind, "")
    text = typed.get(name, "") if name else ""
    if not text:
        return {}
    try:
        return {name: CHOICES[name](text).value}
    except ValueError as wrong:
        raise BadInput("unknown_choice", name, "Choose one of those shown.") from wrong


def _at(viewer: Viewer, typed: Typed) -> datetime | None:
    text = typed.get("at", "").strip()
    if not text:
        return None
    try:
        at = parse_datetime(text)
    except ValueError as wrong:
        raise BadInput("bad_time", "at", "This is not a time that exists.") from wrong
    if at is None:
        raise BadInput("bad_time", "at", "Choose the day and the time.")
    return at if at.tzinfo else at.replace(tzinfo=viewer.zone)


def _event_id(typed: Typed) -> UUID:
    text = typed.get("event_id", "")
    if not text:
        return uuid4()
    try:
        return UUID(text)
    except ValueError as wrong:
        raise BadInput("bad_id", "event_id", "Reload the page and write it again.") from wrong
