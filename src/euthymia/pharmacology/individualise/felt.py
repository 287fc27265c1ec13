"""What a session writes down, read from an effect: which effect and output a kind of reading looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import Broken
from euthymia.pharmacology.effects import Effect, EffectOutput, Scatter, load_effect
from euthymia.pharmacology.individualise.observation import FROM_A_BASELINE, Reading, ReadingKind
from euthymia.pharmacology.individualise.prior import BASELINE

Values = NDArray[np.float64]
Rows = NDArray[np.int64]
# Reading → effect and output. A CADSS-6 total is held against the share times its highest total.
_SEEN_THROUGH = {
    ReadingKind.SYSTOLIC: ("blood_pressure", "systolic_rise"),
    ReadingKind.DIASTOLIC: ("blood_pressure", "diastolic_rise"),
    ReadingKind.PULSE: ("pulse", "pulse_rise"),
    ReadingKind.CADSS6: ("dissociation", "dissociation"),
    ReadingKind.MOAAS: ("sedation", "sedation"),
}


@dataclass(frozen=True, slots=True)
class EffectRead:
    """Columns that look at one output of one effect.

    times, sessions: of each column.   output: of the solved system, the concentration at the effect's site.
    share: of it that is S-ketamine.   baselines: name of the random effect of each column's baseline, or empty.
    """

    effect: Effect
    name: str
    columns: Rows
    times: Rows
    sessions: Values
    output: int
    share: float
    baselines: tuple[str, ...]

    def into(self, predicted: Values, solved: Values, effects: Mapping[str, Values]) -> None:
        """Rises in their unit, totals in points, chances of sedation."""
        site = solved[:, self.times, self.output] * self.share
        course = self.effect.course(site, self.effect.values(effects), self.sessions, self.name)
        found = course * scatter_of(self.effect.output(self.name)).highest_total
        for place, name in enumerate(self.baselines):
            if name:
                found[:, place] += effects[name]
        predicted[:, self.columns] = found


def seen_through(kind: ReadingKind | str) -> tuple[Effect, EffectOutput]:
    """The effect a reading looks at, and which of its outputs."""
    effect_id, name = _SEEN_THROUGH[ReadingKind(kind)]
    effect = load_effect(effect_id)
    return effect, effect.output(name)


def scatter_of(output: EffectOutput) -> Scatter:
    """How one look at an output scatters."""
    if output.scatter is None:
        raise Broken(f"{output.name} says nothing of its scatter.")
    return output.scatter


def baseline_names(readings: Sequence[Reading]) -> tuple[str, ...]:
    """Name of the random effect of each reading's baseline, empty for kinds without: one for each number of a kind."""
    seen: dict[str, list[float]] = {}
    found = []
    for one in readings:
        if one.kind not in FROM_A_BASELINE or one.baseline is None:
            found.append("")
            continue
        known = seen.setdefault(str(one.kind), [])
        if one.baseline not in known:
            known.append(one.baseline)
        place = known.index(one.baseline)
        found.append(f"{BASELINE}{one.kind}" + (f".{place + 1}" if place else ""))
    return tuple(found)
