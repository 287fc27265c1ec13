"""The flowsheet on paper, blank or filled as far as it goes: the grid of the screen, with the checks still to come."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from euthymia.care.decision import Level
from euthymia.care.monitoring import Status, due, schedule
from euthymia.care.protocol import Bound, CheckItem, Limit, Protocol, Stage
from euthymia.care.session import Phase, SessionState
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.documents.grid_values import COLUMNS_LYING, entry_values
from euthymia.clinic.documents.note_document import about, moment
from euthymia.clinic.documents.typesetting import pdf_of
from euthymia.clinic.people.models import Patient
from euthymia.clinic.plans.drafts import order_of
from euthymia.clinic.plans.models import Plan
from euthymia.clinic.plans.queries import protocol_of
from euthymia.clinic.sessions.flowsheet import ROWS, Column, grid
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.wording import ROUTES

# Columns without a time, for looks that the protocol does not ask for.
SPARE_COLUMNS = 3
STAGES = {Stage.BEFORE: "before the dose", Stage.DURING: "after it", Stage.DISCHARGE: "before leaving"}
LEVELS = {Level.STOP: "stop", Level.HOLD: "tell the prescriber", Level.FLAG: "note it"}
LIMIT_WORDS = {
    "systolic_mmhg": "systolic",
    "diastolic_mmhg": "diastolic",
    "systolic_rise_mmhg": "systolic rise",
    "diastolic_rise_mmhg": "diastolic rise",
    "heart_rate_per_min": "pulse",
    "spo2_pct": "oxygen",
    "respiratory_rate_per_min": "breathing",
}


def session_sheet(viewer: Viewer, session: Session, state: SessionState, now: datetime) -> bytes:
    """The sheet of one session: what is recorded so far, then an empty column for every check still to come."""
    protocol = protocol_of(session.plan.protocol_version)
    drawn = [column for column in grid(state, protocol, now, viewer.zone).columns if column.cells]
    columns = [_written(column) for column in drawn]
    if state.phase not in (Phase.DISCHARGED, Phase.CANCELLED):
        columns += [*_to_come(state, protocol, now, viewer.zone), *_spare()]
    day = (state.opened_at or session.scheduled_for).astimezone(viewer.zone)
    so_far = f"Recorded up to {moment(now, viewer.zone)}." if columns and drawn else "Blank."
    head = [f"{day.day} {day:%B %Y}", str(session.chair or "no chair yet"), so_far]
    return _pdf(viewer, session.patient, session.plan, protocol, columns, head, now)


def person_sheet(viewer: Viewer, patient: Patient, plan: Plan, now: datetime) -> bytes:
    """A blank sheet for a person's next session under the plan that holds."""
    protocol = protocol_of(plan.protocol_version)
    columns = [*_to_come(SessionState(), protocol, now, viewer.zone), *_spare()]
    return _pdf(viewer, patient, plan, protocol, columns, ["Day: ____________", "Chair: ________", "Blank."], now)


def _pdf(
    viewer: Viewer,
    patient: Patient,
    plan: Plan,
    protocol: Protocol,
    columns: list[dict[str, Any]],
    head: list[str],
    now: datetime,
) -> bytes:
    order = order_of(plan)
    dose = f"{order.dose_mg:g} mg {order.drug} by {ROUTES.get(order.route, order.route)}"
    dose += f", {order.devices} devices" if order.devices else ""
    dose += f", over {order.duration_min:g} min" if order.duration_min else ""
    blocks = [columns[start : start + COLUMNS_LYING] for start in range(0, len(columns), COLUMNS_LYING)]
    values = about(viewer, patient) | {
        "title": "Flowsheet",
        "head": head,
        "ordered": f"{dose}. {protocol.title} ({protocol.id} {protocol.version}).",
        "grid": [_block(block) for block in blocks],
        "checks": [_check_words(item) for item in protocol.checks],
        "limits": list(_limit_lines(protocol)),
        "devices": order.devices or 0,
        "stay": protocol.minimum_observation_min.value,
        "made": moment(now, viewer.zone),
    }
    return pdf_of("sheet.typ", values, at=now)


def _written(column: Column) -> dict[str, Any]:
    cells = {row: [entry_values(entry) for entry in entries] for row, entries in column.cells.items()}
    return {"clock": column.clock, "minute": column.minute, "mark": "", "cells": cells, "asked": []}


def _to_come(state: SessionState, protocol: Protocol, now: datetime, zone: ZoneInfo) -> list[dict[str, Any]]:
    """One empty column per time at which something is still to be looked at, with what it is."""
    after_min = {check.what: check.after_min for check in schedule(protocol)}
    columns: dict[Any, dict[str, Any]] = {}
    for item in due(state, protocol, now):
        if item.status in (Status.DONE, Status.MISSED):
            continue
        minute = after_min.get(item.what)
        timed = minute is not None and state.clock_at is not None and item.due_at is not None
        clock = f"{item.due_at.astimezone(zone):%H:%M}" if timed and item.due_at else "__:__"
        words = "before" if minute is None else f"{minute:+.0f} min"
        column = columns.setdefault(minute, _empty(clock, words))
        column["asked"] = sorted({*column["asked"], *item.measure})
    return list(columns.values())


def _spare() -> list[dict[str, Any]]:
    return [_empty("__:__", "") for _ in range(SPARE_COLUMNS)]


def _empty(clock: str, minute: str) -> dict[str, Any]:
    return {"clock": clock, "minute": minute, "mark": "", "cells": {}, "asked": []}


def _block(columns: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "columns": columns,
        "rows": [
            {
                "name": name,
                "cells": [column["cells"].get(row, []) for column in columns],
                "asked": [row in column["asked"] for column in columns],
            }
            for row, name in ROWS
        ],
    }


def _check_words(item: CheckItem) -> str:
    number = item.number
    return f"{item.text} ({number.value:g} {number.unit})" if number and number.value is not None else item.text


def _limit_lines(protocol: Protocol) -> Iterable[str]:
    """The signed limits of vital signs, one line per stage."""
    for stage, when in STAGES.items():
        found = [_limit_words(limit) for limit in protocol.limits_for(stage) if limit.measure in LIMIT_WORDS]
        words = [text for text in found if text]
        if words:
            yield f"{when[:1].upper()}{when[1:]}: {'; '.join(words)}."


def _limit_words(limit: Limit) -> str:
    number = limit.number
    if number.value is None:
        return ""
    word = "above" if limit.bound is Bound.AT_MOST else "below"
    return f"{LIMIT_WORDS[limit.measure]} {word} {number.value:g} {number.unit}: {LEVELS[limit.level]}"
