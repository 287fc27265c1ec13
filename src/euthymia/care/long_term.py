"""What adds up over a treatment: milligrams, sessions, and checks of what years may harm.

Facts only: no source gives a lifetime cap, and how often to check is for the clinic to set where no source says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from euthymia.care.decision import CannotTell, Missing
from euthymia.care.dosing import PriorDose
from euthymia.care.protocol import Protocol
from euthymia.care.protocol_course import LongTermCheck

RECENT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Exposure:
    """drug: as given. *_30_d counts the 30 days up to now."""

    drug: str
    sessions: int
    total_mg: float
    first_at: datetime
    last_at: datetime
    sessions_30_d: int
    total_30_d_mg: float


def exposure(doses: Iterable[PriorDose], now: datetime) -> tuple[Exposure, ...]:
    """What a person has been given so far, per drug (racemate and esketamine milligrams do not add), up to `now`."""
    by_drug: dict[str, list[PriorDose]] = {}
    for dose in doses:
        if dose.at <= now:
            by_drug.setdefault(dose.drug, []).append(dose)
    return tuple(_exposure(drug, rows, now) for drug, rows in sorted(by_drug.items()))


def _exposure(drug: str, doses: list[PriorDose], now: datetime) -> Exposure:
    recent = [dose for dose in doses if dose.at > now - RECENT]
    return Exposure(
        drug=drug,
        sessions=len(doses),
        total_mg=sum(dose.dose_mg for dose in doses),
        first_at=min(dose.at for dose in doses),
        last_at=max(dose.at for dose in doses),
        sessions_30_d=len(recent),
        total_30_d_mg=sum(dose.dose_mg for dose in recent),
    )


@dataclass(frozen=True, slots=True)
class LongTermDue:
    """One check of what years may harm: due when, and by whose interval. `late`: its time has passed."""

    check: LongTermCheck
    due_at: datetime
    late: bool
    interval_weeks: float
    source: str


def long_term_due(
    protocol: Protocol, first_dose_at: datetime, last_done: Mapping[str, datetime], now: datetime
) -> tuple[LongTermDue | CannotTell, ...]:
    """Every long-term check of the protocol, in its order; `CannotTell` where the clinic has not set how often.

    last_done: when each check was last done, by its name. One never done is due at the first dose.
    """
    return tuple(_check_due(check, first_dose_at, last_done.get(check.name), now) for check in protocol.long_term)


def _check_due(
    check: LongTermCheck, first_dose_at: datetime, last: datetime | None, now: datetime
) -> LongTermDue | CannotTell:
    weeks = check.interval_weeks.value
    if weeks is None:
        says = f"How often: the clinic sets it. {check.interval_weeks.why}"
        return CannotTell((Missing(f"long_term.{check.name}.interval_weeks", "long_term_due", says),))
    due_at = first_dose_at if last is None else last + timedelta(weeks=weeks)
    return LongTermDue(check, due_at, now > due_at, weeks, check.interval_weeks.says_source)
