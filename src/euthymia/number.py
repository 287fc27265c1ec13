"""Whether a value from outside is a number that can be worked with."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any, TypeGuard


def is_number(value: object) -> TypeGuard[float]:
    """A finite real number, NumPy's among them. True and false are none, nor is what is too large for a float."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def is_whole(value: object) -> TypeGuard[int]:
    """A whole number, NumPy's among them; true and false are none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def plain(value: Any) -> Any:
    """A number as Python's own int or float, so that it can be written as JSON; anything else as it is."""
    if type(value) in (int, float) or isinstance(value, bool) or not isinstance(value, Real):
        return value
    return int(value) if isinstance(value, Integral) else float(value)
