"""Numbers whose axes have names, so that nobody counts positions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import BadInput

Coordinates = tuple[str | float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class NamedArray:
    """values: one axis for each name in `axes`, in order.   coords: what stands at each place of an axis."""

    values: NDArray[np.float64]
    axes: tuple[str, ...]
    coords: Mapping[str, Coordinates]

    def at(self, **places: str | float) -> NamedArray:
        """The part at one place of each axis named, such as `at(name="ketamine")`, without those axes.

        Refuses (BadInput) an axis or a place that is not there.
        """
        found = self
        for axis, place in places.items():
            if axis not in found.axes:
                raise BadInput("unknown_axis", axis, f"There is no axis '{axis}'. Axes: {', '.join(found.axes)}.")
            if place not in found.coords[axis]:
                raise BadInput("unknown_name", axis, f"'{place}' is not on the axis {axis}.")
            taken = np.take(found.values, found.coords[axis].index(place), axis=found.axes.index(axis))
            left = tuple(name for name in found.axes if name != axis)
            found = NamedArray(np.asarray(taken), left, {name: found.coords[name] for name in left})
        return found
