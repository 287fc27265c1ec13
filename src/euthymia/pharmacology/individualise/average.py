"""Several models of the same observations, each counted by how well it foresaw them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import BadInput
from euthymia.pharmacology.individualise.doors import check_kind
from euthymia.pharmacology.individualise.observation import Level, listed
from euthymia.pharmacology.individualise.posterior import Posterior
from euthymia.pharmacology.named_array import NamedArray
from euthymia.pharmacology.population import Band
from euthymia.pharmacology.regimen import Regimen
from euthymia.pharmacology.simulate import simulate
from euthymia.pharmacology.simulation import Simulation

Values = NDArray[np.float64]
_PEOPLE = 2_000
_QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True)
class Mixed:
    """One analyte or effect as all models together see it. typical, and each quantile of the band: (times,)."""

    name: str
    typical: Values
    band: Mapping[float, Values]


@dataclass(frozen=True, slots=True)
class Average:
    """shares: model → how much it counts; they add up to 1.   series: what every model answers, drug first."""

    shares: Mapping[str, float]
    at_h: Values
    series: tuple[Mixed, ...]

    def named(self, name: str) -> Mixed:
        """An analyte or effect by name; refuses one that not every model answers."""
        for one in self.series:
            if one.name == name:
                return one
        raise BadInput("unknown_name", "name", f"'{name}' is not answered by every model.")

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "shares": {name: round(share, 6) for name, share in self.shares.items()},
            "at_h": self.at_h.tolist(),
            "series": [
                {
                    "name": one.name,
                    "typical": np.round(one.typical, 6).tolist(),
                    "band": {f"{level:g}": np.round(values, 6).tolist() for level, values in one.band.items()},
                }
                for one in self.series
            ],
        }


def average(
    found: Sequence[Posterior],
    doses: Regimen,
    at_h: Sequence[float] | Values,
    *,
    quantiles: Sequence[float] = _QUANTILES,
    seed: int = 7,
    sites_may_differ: bool = False,
) -> Average:
    """What the models together say of these doses, each by its share; models count alike before the observations.

    found: posteriors of one person's same observations under different models.   doses: on any clock; of sessions
    before them only the setting's count.   sites_may_differ: say so where levels may be held against models of
    different sampling sites.   Refuses fewer than two, posteriors of different observations, models whose sampling
    sites differ, and a posterior whose evidence could not be had.
    """
    check_kind("doses", doses)
    found = _posteriors(found)
    shares = model_shares(found, sites_may_differ=sites_may_differ)
    counts = {one.model.id: round(_PEOPLE * share) for one, share in zip(found, shares.values(), strict=True)}
    simulations = []
    for one in found:
        band = Band(people=max(2, counts[one.model.id]), seed=seed, quantiles=tuple(quantiles))
        around: dict[str, Any] = {"taking": one.setting.taking, "earlier_sessions": one.setting.earlier_sessions}
        individual = one.individual()
        simulations.append(simulate(doses, individual, at_h, model=one.model, band=band, keep_people=True, **around))
    names = [name for name in _names(simulations[0]) if all(name in _names(one) for one in simulations)]
    mixed = tuple(_mixed(name, simulations, shares, counts, quantiles) for name in names)
    return Average(shares, simulations[0].at_h, mixed)


def model_shares(found: Sequence[Posterior], *, sites_may_differ: bool = False) -> dict[str, float]:
    """How much each model counts after the observations; refuses as `average` does."""
    found = _posteriors(found)
    _require_comparable(found)
    matrices = {str(one.model.card.matrix) for one in found}
    has_levels = any(isinstance(one, Level) for one in found[0].observations)
    if has_levels and len(matrices) > 1 and not sites_may_differ:
        sites = " and ".join(sorted(matrices))
        message = f"These models speak of {sites} blood, and a level is from one place. Choose models of one."
        raise BadInput("mixed_sites", "models", message)
    evidence = []
    for one in found:
        if one.log_evidence is None:
            message = f"How well {one.model.id} foresaw the observations could not be had; leave it out."
            raise BadInput("no_evidence", "models", message)
        evidence.append(one.log_evidence)
    weights = np.exp(np.array(evidence) - max(evidence))
    return {one.model.id: float(share) for one, share in zip(found, weights / weights.sum(), strict=True)}


def _posteriors(found: Any) -> tuple[Posterior, ...]:
    rivals = listed(found, "models", "posteriors")
    for place, one in enumerate(rivals):
        if not isinstance(one, Posterior):
            message = "Only whole posteriors can be weighed; give what `posterior` answered."
            raise BadInput("not_a_posterior", f"models[{place}]", message)
    return rivals


def _require_comparable(found: Sequence[Posterior]) -> None:
    if len({one.model.id for one in found}) < 2 or len({one.model.id for one in found}) < len(found):
        raise BadInput("too_few_models", "models", "Give posteriors of at least two different models, each once.")
    first = found[0]
    for one in found[1:]:
        if _data(one) != _data(first):
            message = "Only posteriors of the same person's same observations can be averaged."
            raise BadInput("different_data", "models", message)


def _data(one: Posterior) -> tuple[object, ...]:
    return one.observations, one.person, one.regimen, one.setting


def _names(one: Simulation) -> tuple[str, ...]:
    return tuple(str(name) for name in _people(one).coords["name"])


def _people(one: Simulation) -> NamedArray:
    if one.people is None:
        raise BadInput("no_band", "simulation", "The people of the band were not kept.")
    return one.people


def _mixed(
    name: str,
    simulations: Sequence[Simulation],
    shares: Mapping[str, float],
    counts: Mapping[str, int],
    levels: Sequence[float],
) -> Mixed:
    parts: list[Values] = []
    typical = np.zeros_like(simulations[0].at_h)
    for one in simulations:
        people = _people(one)
        parts.append(people.values[: counts[one.model.id], :, _names(one).index(name)])
        typical = typical + shares[one.model.id] * one.named(name).typical
    found = np.quantile(np.concatenate(parts), list(levels), axis=0)
    return Mixed(name, typical, {float(level): found[place] for place, level in enumerate(levels)})
