"""What was measured of one person: drug levels, and what a session writes down anyway."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from euthymia.errors import BadInput

# The largest totals of the two scales.
CADSS6_MOST = 24.0
MOAAS_MOST = 5.0


@dataclass(frozen=True, slots=True)
class Level:
    """A measured concentration of the drug (or the metabolite named), at an hour of the regimen's clock.

    ng_per_ml: None if it was too low to be measured, then below_ng_per_ml says below what.   between_h: for a time
    nobody wrote down, then at_h is None; the level was taken somewhere between these hours.
    Refuses (BadInput, path `level.<field>`) what no assay can answer.
    """

    at_h: float | None
    ng_per_ml: float | None
    analyte: str = ""
    below_ng_per_ml: float | None = None
    between_h: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        _require_time(self.at_h, self.between_h, "level")
        named = "ng_per_ml" if self.ng_per_ml is not None else "below_ng_per_ml"
        value = getattr(self, named)
        if value is None:
            message = "Give a concentration in ng/mL, or below_ng_per_ml if it was too low to be measured."
            raise BadInput("missing", "level.ng_per_ml", message)
        if self.ng_per_ml is not None and self.below_ng_per_ml is not None:
            raise BadInput("both_given", "level.below_ng_per_ml", "A level was either measured or below a limit.")
        if not _is_number(value) or value <= 0:
            raise BadInput("not_positive", f"level.{named}", "A level needs a concentration above 0 ng/mL.")

    def __str__(self) -> str:
        found = f"{self.ng_per_ml:g}" if self.ng_per_ml is not None else f"below {self.below_ng_per_ml:g}"
        name = f"{self.analyte} " if self.analyte else ""
        return f"{name}{found} ng/mL {_when(self.at_h, self.between_h)}"


class ReadingKind(StrEnum):
    """What a session records: mmHg, mmHg, beats a minute, a total of 0 to 24, a level of 0 to 5 (awake)."""

    SYSTOLIC = "systolic"
    DIASTOLIC = "diastolic"
    PULSE = "pulse"
    CADSS6 = "cadss6"
    MOAAS = "moaas"


FROM_A_BASELINE = frozenset({ReadingKind.SYSTOLIC, ReadingKind.DIASTOLIC, ReadingKind.PULSE})
UNITS = {ReadingKind.SYSTOLIC: "mmHg", ReadingKind.DIASTOLIC: "mmHg", ReadingKind.PULSE: "per min"}
# What such a reading can be at all; clinical limits are the protocol's business.
_POSSIBLE = {
    ReadingKind.SYSTOLIC: (30.0, 330.0),
    ReadingKind.DIASTOLIC: (10.0, 250.0),
    ReadingKind.PULSE: (15.0, 300.0),
    ReadingKind.CADSS6: (0.0, CADSS6_MOST),
    ReadingKind.MOAAS: (0.0, MOAAS_MOST),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a session. Text is accepted for `kind`.

    baseline: the reading before the dose, needed for pressure and pulse, where the rise over it is what the drug
    does; it is taken as one more uncertain reading.   between_h: as for a level.
    Refuses (BadInput, path `reading.<field>`) impossible numbers.
    """

    kind: ReadingKind | str
    at_h: float | None
    value: float
    baseline: float | None = None
    between_h: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.kind not in tuple(ReadingKind):
            known = ", ".join(ReadingKind)
            raise BadInput("unknown_kind", "reading.kind", f"'{self.kind}' is not known. Use one of: level, {known}.")
        object.__setattr__(self, "kind", ReadingKind(self.kind))
        _require_time(self.at_h, self.between_h, "reading")
        low, high = _POSSIBLE[ReadingKind(self.kind)]
        _require_possible(self.value, (low, high), "reading.value")
        if self.kind in FROM_A_BASELINE:
            if self.baseline is None:
                message = f"A {self.kind} reading needs the one before the dose, as its baseline."
                raise BadInput("missing", "reading.baseline", message)
            _require_possible(self.baseline, (low, high), "reading.baseline")
        elif self.baseline is not None:
            raise BadInput("no_baseline", "reading.baseline", f"A {self.kind} reading has no baseline.")

    def __str__(self) -> str:
        over = f" from {self.baseline:g}" if self.baseline is not None else ""
        return f"{self.kind} {self.value:g}{over} {_when(self.at_h, self.between_h)}"


Observation = Level | Reading


@dataclass(frozen=True, slots=True)
class Assay:
    """How a laboratory's result scatters around the level in the model.

    log_sd: proportional part, with what the model leaves unexplained; None takes the model's published one.
    additive_ng_per_ml: SD that remains at low levels (two-component error, Rocke and Durbin 1995).
    """

    log_sd: float | None = None
    additive_ng_per_ml: float = 0.0

    def __post_init__(self) -> None:
        if self.log_sd is not None and (not _is_number(self.log_sd) or not 0 < self.log_sd <= 3):
            raise BadInput("out_of_range", "assay.log_sd", "Give the proportional scatter above 0, such as 0.25.")
        if not _is_number(self.additive_ng_per_ml) or self.additive_ng_per_ml < 0:
            raise BadInput("out_of_range", "assay.additive_ng_per_ml", "Give the additive scatter as 0 ng/mL or more.")


def placed(refusal: BadInput, path: str) -> BadInput:
    """The refusal of one level or reading with its place in a list, such as `observations[2].ng_per_ml`."""
    field = refusal.path.partition(".")[2]
    return BadInput(refusal.code, f"{path}.{field}" if field else path, refusal.message)


def said(observations: Sequence[Observation]) -> tuple[str, ...]:
    """The observations in a few words each."""
    return tuple(str(one) for one in observations)


def _when(at_h: float | None, between_h: tuple[float, float] | None) -> str:
    if at_h is None and between_h is not None:
        return f"between {between_h[0]:g} and {between_h[1]:g} h"
    return f"at {at_h:g} h"


def _require_time(at_h: float | None, between_h: tuple[float, float] | None, path: str) -> None:
    if at_h is None:
        if between_h is None:
            message = "Give the time, or between_h with the two hours it lies between; without either it says nothing."
            raise BadInput("no_time", f"{path}.at_h", message)
        pair = tuple(between_h)
        if len(pair) != 2 or not all(map(_is_number, pair)) or not pair[0] < pair[1]:
            raise BadInput("not_an_interval", f"{path}.between_h", "Give two hours, the earlier first.")
        return
    if between_h is not None:
        raise BadInput("both_given", f"{path}.between_h", "Give a time or an interval, not both.")
    if not _is_number(at_h):
        raise BadInput("not_a_number", f"{path}.at_h", "Give the time as a finite number of hours.")


def _require_possible(value: object, limits: tuple[float, float], path: str) -> None:
    if not _is_number(value):
        raise BadInput("not_a_number", path, "Give a finite number.")
    low, high = limits
    if not low <= value <= high:  # type: ignore[operator]
        raise BadInput("out_of_range", path, f"{value:g} cannot be; it must be from {low:g} to {high:g}.")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True, slots=True)
class Setting:
    """What was going on around the doses, as `simulate` takes it.

    taking: medicines that change first pass.   earlier_sessions: how many came before the regimen.
    """

    taking: tuple[str, ...] = ()
    earlier_sessions: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "taking", tuple(self.taking))
        earlier = self.earlier_sessions
        if isinstance(earlier, bool) or not isinstance(earlier, int) or earlier < 0:
            raise BadInput("out_of_range", "earlier_sessions", "Give how many sessions came before, 0 or more.")


# As published, without a floor; nothing taken, nothing before.
PUBLISHED = Assay()
PLAIN = Setting()
