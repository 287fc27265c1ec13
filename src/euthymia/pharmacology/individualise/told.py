"""What was learned, in the units a person reads: litres, litres an hour, mmHg per ng/mL, not logarithms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.effects import load_effect, shipped_effects
from euthymia.pharmacology.individualise.doors import check_kind
from euthymia.pharmacology.individualise.moved import Moved
from euthymia.pharmacology.individualise.observation import UNITS, ReadingKind
from euthymia.pharmacology.individualise.occasion import OF_OCCASION
from euthymia.pharmacology.individualise.predict import Learned
from euthymia.pharmacology.individualise.prior import BASELINE
from euthymia.pharmacology.individualise.question import models_of
from euthymia.pharmacology.model import Model

Values = NDArray[np.float64]
_INTERVAL = (0.05, 0.95)


@dataclass(frozen=True, slots=True)
class Told:
    """One parameter. typical: of somebody with this person's covariates.   most_probable, low, high: of this person,
    with the 90 % interval.   A baseline is told as how far the true one lies from the reading."""

    name: str
    unit: str
    typical: float
    most_probable: float
    low: float
    high: float
    moved: Moved

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        numbers = {"typical": self.typical, "most_probable": self.most_probable, "low": self.low, "high": self.high}
        own = {name: float(f"{value:.6g}") for name, value in numbers.items()}
        return {"name": self.name, "unit": self.unit} | own | self.moved.as_json()


def told(found: Learned) -> tuple[Told, ...]:
    """Every random effect of a fit as the parameter it acts on."""
    check_kind("found", found)
    models = models_of(found.regimen, found.model, found.setting)
    known = [models.shown, *(one for one in (models.arterial, models.venous) if one is not None)]
    rows = []
    for moved, peak in zip(found.moved(), found.peak.tolist(), strict=True):
        low, high = found.interval(moved.name, _INTERVAL)
        unit, values = _natural(found, known, moved.name, np.array([0.0, peak, low, high]))
        typical, likeliest, lowest, highest = values.tolist()
        rows.append(Told(moved.name, unit, typical, likeliest, lowest, highest, moved))
    return tuple(rows)


def _natural(found: Learned, known: Sequence[Model], name: str, effects: Values) -> tuple[str, Values]:
    """The unit and the values of a parameter for these random effects."""
    if name.startswith(BASELINE):
        kind = name.removeprefix(BASELINE).partition(".")[0]
        return UNITS[ReadingKind(kind)], effects
    effect_id, _, plain = name.partition(".")
    if effect_id in shipped_effects():
        effect = load_effect(effect_id)
        unit = next(parameter.unit for parameter in effect.parameters if parameter.name == plain)
        return unit, effect.values({name: effects})[plain]
    acts_on = name.partition(OF_OCCASION)[0]
    model = next(one for one in known if acts_on in one.varying)
    unit = next(parameter.unit for parameter in model.parameters if parameter.name == acts_on)
    return unit, model.values(found.person, {acts_on: effects})[acts_on]
