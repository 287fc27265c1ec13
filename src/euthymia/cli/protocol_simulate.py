"""`euthymia protocol simulate`: the course a protocol prescribes for one person, visit by visit."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click

from euthymia.care.decision import CannotTell
from euthymia.care.dose_order import Choice
from euthymia.care.long_term import long_term_due
from euthymia.care.prescribed_course import PrescribedCourse, PrescribedVisit, prescribed_course
from euthymia.care.protocol import Protocol, holes
from euthymia.care.protocol_course import Use
from euthymia.cli.json_input import time_of
from euthymia.cli.protocol_file import read_protocol
from euthymia.errors import BadInput


@click.command()
@click.argument("file")
@click.option("--weight-kg", type=float, required=True, help="Weight in kilograms.")
@click.option("--start", required=True, help="The first dose, with its time zone, e.g. 2026-03-02T09:00:00Z.")
@click.option("--weeks", type=int, default=8, show_default=True, help="How many weeks to show.")
@click.option("--improved", multiple=True, help="VISIT=PERCENT: improvement known before that visit, e.g. 2=30.")
@click.option("--mg-per-kg", type=float, help="What the prescriber picks where the protocol gives a range.")
@click.option("--dose-mg", type=float, help="What the prescriber picks where the protocol gives devices.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def simulate(
    file: str,
    weight_kg: float,
    start: str,
    weeks: int,
    improved: tuple[str, ...],
    mg_per_kg: float | None,
    dose_mg: float | None,
    as_json: bool,
) -> None:
    """The course FILE prescribes for one person: dates, doses, totals, what is asked and when it is judged."""
    read = read_protocol(file)
    first_dose_at = time_of(start, "start", "not_a_time")
    course = prescribed_course(
        read,
        weight_kg=weight_kg,
        start=first_dose_at,
        weeks=weeks,
        improved_pct=dict(_improved(text) for text in improved),
        choice=Choice(dose_mg=dose_mg, mg_per_kg=mg_per_kg),
    )
    answer = simulate_answer(read, course, first_dose_at)
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False) if as_json else _table(answer))


def simulate_answer(read: Protocol, course: PrescribedCourse, start: datetime) -> dict[str, Any]:
    """The JSON answer of `euthymia protocol simulate`."""
    checks = []
    for check, due in zip(read.long_term, long_term_due(read, start, {}, start), strict=True):
        weeks = None if isinstance(due, CannotTell) else due.interval_weeks
        checks.append({"name": check.name, "does": check.text, "every_weeks": weeks})
    return {
        "id": read.id,
        "version": read.version,
        "use": read.use.value,
        "open": len(holes(read)),
        "visits": [_visit(visit) for visit in course.visits],
        "ends": course.ends,
        "long_term": checks,
    }


def _visit(visit: PrescribedVisit) -> dict[str, Any]:
    return {
        "number": visit.number,
        "at": visit.at.isoformat(),
        "week": visit.week,
        "phase": visit.phase,
        "dose_mg": round(visit.order.dose_mg, 4),
        "mg_per_kg": round(visit.order.mg_per_kg, 4),
        "devices": visit.order.devices,
        "total_mg": round(visit.total_mg, 4),
        "room": {room.limit.name: round(room.left, 4) for room in visit.room},
        "asks": list(visit.asks),
        "reviews": list(visit.reviews),
        "why": visit.why,
    }


def _table(answer: dict[str, Any]) -> str:
    lines = [f"{answer['id']} {answer['version']}: what it prescribes. Nothing here is ordered."]
    if answer["use"] == Use.RESEARCH_ONLY:
        lines.append("Research only: no session can start on it.")
    if answer["open"]:
        lines.append(f"{answer['open']} numbers are open; caps that are open are not shown.")
    lines.append(f"{'#':>3} {'date':<10} {'week':>4} {'phase':<12} {'mg':>7} {'mg/kg':>6} {'total mg':>9}  judged")
    for row in answer["visits"]:
        judged = ", ".join(row["reviews"])
        numbers = f"{row['dose_mg']:>7g} {row['mg_per_kg']:>6.2f} {row['total_mg']:>9g}"
        lines.append(f"{row['number']:>3} {row['at'][:10]} {row['week']:>4} {row['phase']:<12} {numbers}  {judged}")
    lines.append(answer["ends"])
    for row in answer["long_term"]:
        every = (
            "how often is for the clinic to set"
            if row["every_weeks"] is None
            else f"every {row['every_weeks']:g} weeks"
        )
        lines.append(f"  {row['name']}: {every}")
    return "\n".join(lines)


def _improved(text: str) -> tuple[int, float]:
    try:
        visit, percent = text.split("=")
        number, value = int(visit), float(percent)
    except ValueError as wrong:
        raise BadInput("not_an_answer", "improved", f"'{text}' is not VISIT=PERCENT, e.g. 2=30.") from wrong
    if number < 1 or not value <= 100:
        raise BadInput("out_of_range", "improved", "Visits count from 1; an improvement is at most 100 per cent.")
    return number, value
