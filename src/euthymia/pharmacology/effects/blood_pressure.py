"""Rise of blood pressure as a straight line on venous-type S-ketamine; assembled, see effects/blood_pressure.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PressureRise:
    """mmHg per ng/mL of venous-type S-ketamine."""

    systolic: float
    diastolic: float

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> PressureRise:
        """The arithmetic of the shipped file: drug minus placebo, over the peak."""
        peak = float(data["peak_ng_per_ml"]["value"])

        def slope(row: Mapping[str, float]) -> float:
            return (row["with_drug_mmhg"] - row["with_placebo_mmhg"]) / peak

        return cls(systolic=slope(data["systolic"]), diastolic=slope(data["diastolic"]))


def pressure_rise(venous_ng_per_ml: Values, mmhg_per_ng_per_ml: float) -> Values:
    """Rise in mmHg over the start, for venous-type S-ketamine of any shape."""
    return np.asarray(np.maximum(venous_ng_per_ml, 0.0) * mmhg_per_ng_per_ml)
