"""One person's two hours with a band of 500 people: concentrations, dissociation and blood pressure, warm."""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np

from euthymia.pharmacology import Band, Dose, Person, Regimen, simulate

REPEATS = 31
PERSON = Person(age_y=45, sex="female", weight_kg=70, height_cm=168)
AT_H = np.linspace(0, 2, 25)
PLANS = {
    "band_500_people_ms": Regimen((Dose("ketamine", "iv", 35, 0, duration_h=40 / 60),)),
    "band_500_people_nasal_ms": Regimen((Dose("esketamine", "nasal", 84, 0, devices=3),)),
}


def measure() -> list[dict[str, Any]]:
    """The median over repeats for an infusion and for a spray. Each repeat invents other people, so none is cached."""
    return [
        {"name": name, "value": round(_median_ms(regimen), 1), "unit": "ms", "target": 50}
        for name, regimen in PLANS.items()
    ]


def _median_ms(regimen: Regimen) -> float:
    simulate(regimen, PERSON, AT_H, band=Band(people=500, seed=0))
    took = []
    for repeat in range(REPEATS):
        started = time.perf_counter()
        simulate(regimen, PERSON, AT_H, band=Band(people=500, seed=1 + repeat))
        took.append(1000 * (time.perf_counter() - started))
    return statistics.median(took)
