"""What adds up over a treatment: milligrams and sessions. Facts only: no source gives a lifetime cap."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from euthymia.care.dosing import PriorDose

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
