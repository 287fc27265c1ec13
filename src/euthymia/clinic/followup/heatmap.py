"""Symptom by symptom: each question's answers over the last forms, with the total and the doses between them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from euthymia.care.instruments import Item
from euthymia.clinic.followup.presenters import course_instrument
from euthymia.clinic.followup.queries import PersonHome
from euthymia.clinic.measures.models import Response

# As many columns as stay readable side by side on a tablet.
COLUMNS = 16
# Shades the stylesheet has above the palest one.
SHADES = 3


@dataclass(frozen=True, slots=True)
class HeatColumn:
    """One form: when, and the doses given since the form before it."""

    at: datetime
    doses: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One answer and its shade, 0 (best) to 3; both None where there was no answer. dosed: doses fell just before."""

    value: float | None
    shade: int | None
    dosed: bool


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One question, or the total, over time. highest: the worst it could be."""

    label: str
    highest: float
    cells: list[HeatCell]


@dataclass(frozen=True, slots=True)
class Heatmap:
    """The table: its columns, its questions, its total, and the doses given since the last form."""

    columns: list[HeatColumn]
    rows: list[HeatRow]
    total: HeatRow
    since: tuple[datetime, ...]


def heatmap(home: PersonHome) -> Heatmap | None:
    """The last forms of the scale the course is drawn on, oldest first; None while there is none."""
    instrument = course_instrument(home)
    forms = [row for row in home.responses if instrument and row.instrument == instrument.id]
    if instrument is None or not forms:
        return None
    doses = sorted(session.dose_started_at for session in home.sessions if session.dose_started_at)
    shown = forms[-COLUMNS:]
    columns = columns_of(shown, forms[-COLUMNS - 1].at if len(forms) > COLUMNS else None, doses)
    return Heatmap(
        columns=columns,
        rows=[question_row(item, shown, columns) for item in instrument.items if item.scored],
        total=heat_row("Total", instrument.highest, [row.total for row in shown], columns),
        since=tuple(at for at in doses if at > shown[-1].at),
    )


def columns_of(forms: list[Response], before: datetime | None, doses: list[datetime]) -> list[HeatColumn]:
    """Each form with the doses since the one before it, the first shown one included; before: the form not shown."""
    earlier = [before, *(row.at for row in forms[:-1])]
    return [
        HeatColumn(row.at, tuple(at for at in doses if (last is None or at > last) and at <= row.at))
        for row, last in zip(forms, earlier, strict=True)
    ]


def question_row(item: Item, forms: list[Response], columns: list[HeatColumn]) -> HeatRow:
    return heat_row(item.label, max(item.values), [row.answers.get(item.id) for row in forms], columns)


def heat_row(label: str, highest: float, values: list[float | None], columns: list[HeatColumn]) -> HeatRow:
    cells = [
        HeatCell(value, None if value is None else shade_of(value, highest), bool(column.doses))
        for value, column in zip(values, columns, strict=True)
    ]
    return HeatRow(label, highest, cells)


def shade_of(value: float, highest: float) -> int:
    """The shade of a value by thirds of the worst there is; only 0 has the palest."""
    return min(SHADES, math.ceil(SHADES * value / highest))
