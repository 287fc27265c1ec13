"""A cohort as one typed table, anchored to the dose: one row per score, ready to analyse without cleaning.

The clinic hands over plain records; nothing here knows a database. What leaves is pseudonymous: an id made from a
secret key, days counted from the person's first dose, and one calendar anchor shifted by a per-person number of days.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, timedelta

from euthymia.errors import BadInput

MOST_SHIFT_DAYS = 182


@dataclass(frozen=True, slots=True)
class ScoreRecord:
    """A total score on a day, as the clinic holds it."""

    on: date
    instrument: str
    total: float


@dataclass(frozen=True, slots=True)
class DoseRecord:
    """A dose as it was given."""

    on: date
    drug: str
    route: str
    amount_mg: float


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """One person as the clinic hands them over. `key` is the clinic's own id; it never leaves."""

    key: str
    birth_year: int | None
    sex: str
    scores: tuple[ScoreRecord, ...]
    doses: tuple[DoseRecord, ...]


@dataclass(frozen=True, slots=True)
class CohortRow:
    """One score of one person. Empty means not known or not yet happened; days are whole and may be negative."""

    person: str
    age_at_first_dose_y: int | None
    sex: str
    shifted_first_dose: date | None
    instrument: str
    total: float
    days_since_first_dose: int | None
    days_since_last_dose: int | None
    doses_so_far: int
    cumulative_mg: float
    last_drug: str
    last_route: str
    last_amount_mg: float | None


@dataclass(frozen=True, slots=True)
class ColumnMeaning:
    """One column of the table: its name, kind, unit, what it says and what an empty cell means."""

    name: str
    kind: str
    unit: str
    meaning: str
    empty_means: str


_CODEBOOK = (
    ("person", "text", "", "Pseudonym; the same person has the same one in every table made with one key.", ""),
    ("age_at_first_dose_y", "whole number", "years", "Age in the year of the first dose; 90 stands for 90 and over.",
     "birth year unknown, or no dose yet"),
    ("sex", "text", "", "As the clinic recorded it.", "not recorded"),
    ("shifted_first_dose", "date", "", "Day of the first dose, moved by a number of days that belongs to this person; "
     "intervals are true, the calendar is not.", "no dose yet"),
    ("instrument", "text", "", "The questionnaire or rating scale.", ""),
    ("total", "number", "points", "Total score; for depression and anxiety scales higher is worse.", ""),
    ("days_since_first_dose", "whole number", "days", "0 on the day of the first dose, negative before it.",
     "no dose yet"),
    ("days_since_last_dose", "whole number", "days", "Since the latest dose on or before that day.",
     "no dose on or before that day"),
    ("doses_so_far", "whole number", "", "Doses on or before that day.", ""),
    ("cumulative_mg", "number", "mg", "Sum of doses on or before that day, whatever the drug and route.", ""),
    ("last_drug", "text", "", "Drug of the latest dose on or before that day.", "no dose on or before that day"),
    ("last_route", "text", "", "Route of that dose.", "no dose on or before that day"),
    ("last_amount_mg", "number", "mg", "Amount of that dose.", "no dose on or before that day"),
)  # fmt: skip


def codebook() -> tuple[ColumnMeaning, ...]:
    """What every column means, in the order of the table."""
    return tuple(ColumnMeaning(*row) for row in _CODEBOOK)


def rows(records: Iterable[PersonRecord], *, secret: bytes) -> list[CohortRow]:
    """The table, persons in order of pseudonym and scores in order of time.

    secret: the clinic's key for pseudonyms and date shifts, at least 16 bytes; another key gives another table that
    cannot be joined with this one. Persons without a score have no row.
    """
    if len(secret) < 16:
        raise BadInput("short_secret", "secret", "A key for pseudonyms needs at least 16 bytes.")
    table = [row for record in records for row in _rows_of(record, secret)]
    return sorted(table, key=lambda row: (row.person, _sortable(row.days_since_first_dose), row.instrument))


def _rows_of(record: PersonRecord, secret: bytes) -> list[CohortRow]:
    mark = hmac.new(secret, record.key.encode(), hashlib.sha256).digest()
    person = mark[:8].hex()
    shift = timedelta(days=int.from_bytes(mark[8:12], "big") % (2 * MOST_SHIFT_DAYS + 1) - MOST_SHIFT_DAYS)
    doses = sorted(record.doses, key=lambda dose: dose.on)
    first = doses[0].on if doses else None
    return [
        _row(record, score, [dose for dose in doses if dose.on <= score.on], person=person, first=first, shift=shift)
        for score in sorted(record.scores, key=lambda score: score.on)
    ]


def _row(
    record: PersonRecord,
    score: ScoreRecord,
    given: list[DoseRecord],
    *,
    person: str,
    first: date | None,
    shift: timedelta,
) -> CohortRow:
    last = given[-1] if given else None
    age = None if first is None or record.birth_year is None else min(90, first.year - record.birth_year)
    return CohortRow(
        person=person,
        age_at_first_dose_y=age,
        sex=record.sex,
        shifted_first_dose=None if first is None else first + shift,
        instrument=score.instrument,
        total=score.total,
        days_since_first_dose=None if first is None else (score.on - first).days,
        days_since_last_dose=None if last is None else (score.on - last.on).days,
        doses_so_far=len(given),
        cumulative_mg=round(sum(dose.amount_mg for dose in given), 6),
        last_drug="" if last is None else last.drug,
        last_route="" if last is None else last.route,
        last_amount_mg=None if last is None else last.amount_mg,
    )


def _sortable(day: int | None) -> tuple[bool, int]:
    return (day is None, day or 0)


def to_csv(table: Iterable[CohortRow]) -> str:
    """The table as CSV text (RFC 4180, header first); an empty cell is what the codebook says it means."""
    names = [column.name for column in fields(CohortRow)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(names)
    for row in table:
        writer.writerow([_cell(getattr(row, name)) for name in names])
    return out.getvalue()


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case date():
            return value.isoformat()
        case float():
            return f"{value:.12g}"
        case str() if value[:1] in {"=", "+", "-", "@"}:
            # A spreadsheet would run such text as a formula.
            return f"'{value}"
        case _:
            return str(value)
