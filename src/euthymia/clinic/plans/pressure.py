"""The largest of the blood pressures that will be read, beside the rise to expect at one moment."""

from __future__ import annotations

from functools import lru_cache

from euthymia.care.monitoring import schedule
from euthymia.care.protocol import Protocol
from euthymia.clinic.plans.asked import AskedDose, Whom
from euthymia.clinic.plans.curves import PRESSURE, effect_of
from euthymia.clinic.plans.medicines import as_far_as_covered
from euthymia.clinic.sessions.comparing import READING
from euthymia.pharmacology import Band, simulate
from euthymia.pharmacology.effects.calibration import mean_of_largest_rises

PEOPLE = Band(people=200, seed=7)
# Of one reading no largest is asked.
FEWEST = 2


def readings_min(protocol: Protocol, until_min: float) -> tuple[float, ...]:
    """Minutes from the start of the dose at which the protocol asks for a blood pressure, each once."""
    asked = (check.after_min for check in schedule(protocol) if "blood_pressure" in check.rule.measure)
    return tuple(sorted({at_min for at_min in asked if at_min is not None and 0 < at_min <= until_min}))


@lru_cache(maxsize=256)
def largest_rise(asked: AskedDose, whom: Whom, at_min: tuple[float, ...]) -> float | None:
    """Mean over people of each one's largest systolic rise among these readings, mmHg.

    Readings scatter as those with placebo did (effects/blood_pressure.toml). None where fewer than two are read or no
    model says what pressure does.
    """
    if len(at_min) < FEWEST:
        return None
    hours = [minute / 60 for minute in at_min]
    found, _ = as_far_as_covered(
        lambda taking: simulate(asked.regimen(), whom.person, hours, band=PEOPLE, keep_people=True, taking=taking),
        whom.taking,
    )
    if found.people is None or effect_of(found, PRESSURE) is None:
        return None
    # The people's own rises, who differ already: a slope of one, alike in all, leaves them as they are.
    return mean_of_largest_rises(1.0, 0.0, found.people.at(name=PRESSURE).values, READING.sd)
