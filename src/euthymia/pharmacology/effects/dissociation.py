"""Dissociation from the concentration at its site, which lags behind arterial-type S-ketamine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Dissociation:
    """Delay, half-maximal concentration and steepness; see effects/dissociation.toml for where each is from."""

    ke0_per_h: float
    c50_ng_per_ml: float
    exponent: float

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Dissociation:
        """From the shipped file."""
        return cls(
            ke0_per_h=60 * log(2) / data["half_life_ke0_min"]["value"],
            c50_ng_per_ml=float(data["c50_ng_per_ml"]["value"]),
            exponent=float(data["exponent"]["value"]),
        )


def dissociation(effect_site_ng_per_ml: Values, effect: Dissociation) -> Values:
    """Share of the largest dissociation possible, 0 to 1, for effect-site S-ketamine of any shape."""
    # Rounding can leave a trace below zero where nothing is there yet.
    driven = np.maximum(effect_site_ng_per_ml, 0.0) ** effect.exponent
    return np.asarray(driven / (driven + effect.c50_ng_per_ml**effect.exponent))
