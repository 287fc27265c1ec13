"""How an invented person's body answers a dose: the engine's curves, and how this person differs from the typical."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from euthymia.care.dose_order import DoseOrder
from euthymia.pharmacology import Dose, Person, Regimen, load_effect, simulate

STEP_MIN = 5.0
WATCHED_MIN = 180.0
# CADSS-6 runs to 24; few people reach it.
CADSS6_AT_FULL_EFFECT = 18.0
# How far diastolic pressure and pulse rise for each mmHg of systolic rise, as the engine's slopes are to one another.
DIASTOLIC_SHARE = 0.53
PULSE_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Body:
    """Resting vital signs, and how strongly this person answers (1 is typical)."""

    systolic: float
    diastolic: float
    heart_rate: float
    spo2: float
    answers: float

    def at(self, curves: Curves, minute: float, rng: np.random.Generator) -> dict[str, float]:
        """One set of vital signs `minute` after the dose began (negative: before), as a cuff shows them."""
        rise = float(np.interp(minute, curves.minutes, curves.systolic_rise)) * self.answers if minute > 0 else 0.0
        noise = float(np.clip(rng.normal(0, 4), -8, 8))
        systolic = round(self.systolic + rise + noise)
        diastolic = round(self.diastolic + rise * DIASTOLIC_SHARE + rng.normal(0, 3))
        return {
            "systolic_mmhg": float(systolic),
            "diastolic_mmhg": float(min(diastolic, systolic - 15)),
            "heart_rate_per_min": float(round(self.heart_rate + rise * PULSE_SHARE + rng.normal(0, 3))),
            "spo2_pct": float(min(100, round(self.spo2 + rng.normal(0, 0.7)))),
        }

    def cadss6(self, curves: Curves, minute: float, rng: np.random.Generator) -> float:
        """A dissociation score at this minute, from the engine's effect curve."""
        effect = float(np.interp(minute, curves.minutes, curves.dissociation)) * self.answers
        return float(np.clip(round(CADSS6_AT_FULL_EFFECT * effect + rng.normal(0, 0.6)), 0, 24))


@dataclass(frozen=True, slots=True)
class Curves:
    """The typical person's course after this order: dissociation as a share of its most, systolic rise in mmHg."""

    minutes: NDArray[np.float64]
    dissociation: NDArray[np.float64]
    systolic_rise: NDArray[np.float64]

    def after(self, earlier_sessions: int) -> Curves:
        """The same at a later session: dissociation fades as the engine says, blood pressure does not."""
        effect = load_effect("dissociation")
        level = np.array([[100.0]])
        first, later = (effect.course(level, effect.values({}), number)[0, 0] for number in (1, 1 + earlier_sessions))
        return replace(self, dissociation=self.dissociation * (later / first))


def invented_body(age_y: int, rng: np.random.Generator) -> Body:
    """Resting values of an adult well enough to be treated."""
    return Body(
        systolic=float(np.clip(rng.normal(112 + age_y * 0.25, 7), 98, 128)),
        diastolic=float(np.clip(rng.normal(74, 5), 60, 86)),
        heart_rate=float(np.clip(rng.normal(72, 7), 56, 90)),
        spo2=float(np.clip(rng.normal(98, 0.6), 96, 99)),
        answers=float(np.clip(rng.lognormal(0, 0.25), 0.6, 1.5)),
    )


def curves_of(order: DoseOrder, person: Person) -> Curves:
    """The engine's typical course of this order; an effect the engine has no model for stays flat."""
    minutes = np.arange(0.0, WATCHED_MIN + STEP_MIN, STEP_MIN)
    regimen = Regimen(planned_doses(order))
    simulation = simulate(regimen, person, minutes / 60)
    typical = {effect.effect: effect.typical for effect in simulation.effects}
    rise = next((values for name, values in typical.items() if "systolic" in name), np.zeros_like(minutes))
    return Curves(minutes, typical.get("dissociation", np.zeros_like(minutes)), rise)


def planned_doses(order: DoseOrder) -> tuple[Dose, ...]:
    duration_h = (order.duration_min or 0.0) / 60
    devices = order.devices
    return (
        Dose(order.drug, order.route, amount_mg=order.dose_mg, start_h=0.0, duration_h=duration_h, devices=devices),
    )
