"""The next session of a person who was learned, or the plain word that nothing was learned that could be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import RegimenError
from euthymia.pharmacology.individualise.doors import check_kind
from euthymia.pharmacology.individualise.moved import Moved, NotAdvised, Reason, contradicted, still_the_prior
from euthymia.pharmacology.individualise.observation import said
from euthymia.pharmacology.individualise.point import Point
from euthymia.pharmacology.individualise.posterior import Posterior
from euthymia.pharmacology.population import Band
from euthymia.pharmacology.regimen import Regimen
from euthymia.pharmacology.simulate import simulate
from euthymia.pharmacology.simulation import Simulation

Values = NDArray[np.float64]
Learned = Point | Posterior


@dataclass(frozen=True, slots=True)
class NextSession:
    """What the next session will be like for this person, and what it would be like for anybody like them.

    this_person: curves of the most probable effects, bands over the posterior's draws.   anybody: the same of the
    prior.   narrower: by how much the band of the drug shrank where it is highest, as a ratio of high to low: 0 where
    it did not, 1 where nothing is left unknown.   moved: what the observations did, by random effect.
    """

    this_person: Simulation
    anybody: Simulation
    narrower: float
    moved: tuple[Moved, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values; `advised` is true."""
        return {
            "advised": True,
            "narrower": round(self.narrower, 6),
            "this_person": self.this_person.as_json(),
            "anybody": self.anybody.as_json(),
        }


def predict_next(
    found: Learned, doses: Regimen, at_h: Sequence[float] | Values, *, band: Band | None = None
) -> NextSession | NotAdvised:
    """Levels and effects of the doses to come, with bands of what is still unknown about this person.

    doses, at_h: on the clock of the doses the person was learned from, and after them; what is left of those, and
    tolerance over sessions, count. Left unsaid (a value, not an error) where the observations moved nothing, one
    contradicts the others, or the posterior did not settle.   Refuses (RegimenError) doses that do not come after
    those given.
    """
    check_kind("found", found)
    check_kind("doses", doses, "next.doses")
    last_h = max(dose.end_h for dose in found.regimen)
    if doses.first_h < last_h:
        message = f"The next doses must start after those given, which end at {last_h:g} h on the same clock."
        raise RegimenError("not_after", "next.doses[0].start_h", message)
    refusal = not_advised(found)
    if refusal is not None:
        return refusal
    band = band or Band()
    both = replace(found.regimen, doses=found.regimen.doses + doses.doses)
    this_person, anybody = (
        simulate(
            both,
            whom,
            at_h,
            model=found.model,
            band=band,
            taking=found.setting.taking,
            earlier_sessions=found.setting.earlier_sessions,
        )
        for whom in (found.individual(), found.person)
    )
    return NextSession(this_person, anybody, _narrower(this_person, anybody), found.moved())


def not_advised(found: Learned) -> NotAdvised | None:
    """Why this posterior must not be acted on, or None where it may."""
    check_kind("found", found)
    moved = found.moved()
    if not found.is_settled:
        why = "The posterior did not settle: two explanations may fit alike. Observe more, or ask another model."
        return NotAdvised(Reason.NOT_SETTLED, why, moved)
    return contradicted(moved, said(found.observations), found.off_sd) or still_the_prior(moved)


def _narrower(one: Simulation, other: Simulation) -> float:
    """How much narrower the drug's outermost band is in one than in the other, on the log scale, at the other's top."""
    top = int(other.series[0].typical.argmax())
    widths = []
    for series in (one.series[0], other.series[0]):
        low, high = series.band[min(series.band)][top], series.band[max(series.band)][top]
        widths.append(float(np.log(high / low)) if low > 0 else 0.0)
    return 1 - widths[0] / widths[1] if widths[1] > 0 else 0.0
