"""What was measured of one person: drug levels, and what a session writes down anyway."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from euthymia.errors import BadInput
from euthymia.number import is_number, plain
from euthymia.pharmacology.regimen import checked_earlier_sessions, require_look_in_time

# The largest totals of the two scales.
CADSS6_MOST = 24.0
MOAAS_MOST = 5.0
# Outside these a number is a slip of the pen: no assay sees less, and more is not blood any more.
LEAST_NG_PER_ML, MOST_NG_PER_ML = 1e-6, 1e9
# Less scatter than this no laboratory has, and a fit would follow the last digit; more says nothing.
_LOG_SD = (0.01, 3.0)
_MOST_ADDITIVE_NG_PER_ML = 1000.0


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
        _settle_time(self, "level")
        named = "ng_per_ml" if self.ng_per_ml is not None else "below_ng_per_ml"
        value = getattr(self, named)
        if value is None:
            message = "Give a concentration in ng/mL, or below_ng_per_ml if it was too low to be measured."
            raise BadInput("missing", "level.ng_per_ml", message)
        if self.ng_per_ml is not None and self.below_ng_per_ml is not None:
            raise BadInput("both_given", "level.below_ng_per_ml", "A level was either measured or below a limit.")
        if not is_number(value) or value <= 0:
            raise BadInput("not_positive", f"level.{named}", "A level needs a finite concentration above 0 ng/mL.")
        if not LEAST_NG_PER_ML <= value <= MOST_NG_PER_ML:
            message = f"{value:g} ng/mL is no level; it must be from {LEAST_NG_PER_ML:g} to {MOST_NG_PER_ML:g}."
            raise BadInput("out_of_range", f"level.{named}", message)
        object.__setattr__(self, named, plain(value))

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
# Totals of whole points and a scale of whole steps.
_WHOLE = frozenset({ReadingKind.CADSS6, ReadingKind.MOAAS})
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
    Refuses (BadInput, path `reading.<field>`) impossible numbers, and half points of CADSS-6 and MOAA/S.
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
        _settle_time(self, "reading")
        limits = _POSSIBLE[ReadingKind(self.kind)]
        object.__setattr__(self, "value", _possible(self.value, limits, "reading.value"))
        if self.kind in _WHOLE and self.value != int(self.value):
            raise BadInput(
                "not_whole", "reading.value", f"{self.value:g} cannot be; {self.kind} has whole points only."
            )
        if self.kind in FROM_A_BASELINE:
            if self.baseline is None:
                message = f"A {self.kind} reading needs the one before the dose, as its baseline."
                raise BadInput("missing", "reading.baseline", message)
            object.__setattr__(self, "baseline", _possible(self.baseline, limits, "reading.baseline"))
        elif self.baseline is not None:
            raise BadInput("no_baseline", "reading.baseline", f"A {self.kind} reading has no baseline.")

    def __str__(self) -> str:
        over = f" from {self.baseline:g}" if self.baseline is not None else ""
        return f"{self.kind} {self.value:g}{over} {_when(self.at_h, self.between_h)}"


Observation = Level | Reading


@dataclass(frozen=True, slots=True)
class Assay:
    """How a laboratory's result scatters around the level in the model.

    log_sd: proportional part, with what the model leaves unexplained, 0.01 to 3; None takes the model's published one.
    additive_ng_per_ml: SD that remains at low levels (two-component error, Rocke and Durbin 1995), at most 1000.
    Refuses (BadInput, path `assay.<field>`) what no laboratory has.
    """

    log_sd: float | None = None
    additive_ng_per_ml: float = 0.0

    def __post_init__(self) -> None:
        if self.log_sd is not None:
            object.__setattr__(self, "log_sd", _scatter(self.log_sd, _LOG_SD, "log_sd", "such as 0.25"))
        added = _scatter(self.additive_ng_per_ml, (0.0, _MOST_ADDITIVE_NG_PER_ML), "additive_ng_per_ml", "in ng/mL")
        object.__setattr__(self, "additive_ng_per_ml", added)


def placed(refusal: BadInput, path: str) -> BadInput:
    """The refusal of one level or reading with its place in a list, such as `observations[2].ng_per_ml`."""
    field = refusal.path.partition(".")[2]
    return BadInput(refusal.code, f"{path}.{field}" if field else path, refusal.message)


def listed(values: Any, path: str, what: str) -> tuple[Any, ...]:
    """The values as a tuple; refuses what is no list, and a single observation or text in the place of one.

    what: the values in a word or two, for the refusal.
    """
    if isinstance(values, (str, bytes, Mapping, Level, Reading)) or not isinstance(values, Iterable):
        raise BadInput("not_a_list", path, f"Give a list of {what}, also where there is only one.")
    return tuple(values)


def said(observations: Sequence[Observation]) -> tuple[str, ...]:
    """The observations in a few words each."""
    return tuple(str(one) for one in observations)


def _when(at_h: float | None, between_h: tuple[float, float] | None) -> str:
    if at_h is None and between_h is not None:
        return f"between {between_h[0]:g} and {between_h[1]:g} h"
    return f"at {at_h:g} h"


def _settle_time(one: Level | Reading, path: str) -> None:
    """Writes the time, or the two hours it lies between, as plain numbers; refuses neither, both and what is none."""
    if one.at_h is not None:
        if one.between_h is not None:
            raise BadInput("both_given", f"{path}.between_h", "Give a time or an interval, not both.")
        if not is_number(one.at_h):
            raise BadInput("not_a_number", f"{path}.at_h", "Give the time as a finite number of hours.")
        require_look_in_time(one.at_h, f"{path}.at_h")
        object.__setattr__(one, "at_h", plain(one.at_h))
        return
    if one.between_h is None:
        message = "Give the time, or between_h with the two hours it lies between; without either it says nothing."
        raise BadInput("no_time", f"{path}.at_h", message)
    pair = tuple(one.between_h) if isinstance(one.between_h, Iterable) else ()
    if len(pair) != 2 or not all(map(is_number, pair)) or not pair[0] < pair[1]:
        raise BadInput("not_an_interval", f"{path}.between_h", "Give two hours, the earlier first.")
    for hour in pair:
        require_look_in_time(hour, f"{path}.between_h")
    object.__setattr__(one, "between_h", tuple(map(plain, pair)))


def _possible(value: object, limits: tuple[float, float], path: str) -> float:
    if not is_number(value):
        raise BadInput("not_a_number", path, "Give a finite number.")
    low, high = limits
    if not low <= value <= high:
        raise BadInput("out_of_range", path, f"{value:g} cannot be; it must be from {low:g} to {high:g}.")
    return plain(value)  # type: ignore[no-any-return]


def _scatter(value: object, limits: tuple[float, float], field: str, how: str) -> float:
    low, high = limits
    if not is_number(value) or not low <= value <= high:
        message = f"Give the scatter as a number from {low:g} to {high:g}, {how}."
        raise BadInput("out_of_range", f"assay.{field}", message)
    return plain(value)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Setting:
    """What was going on around the doses, as `simulate` takes it.

    taking: medicines that change first pass.   earlier_sessions: how many came before the regimen, at most MOST_DOSES.
    Refuses (BadInput, path = field) text in the place of a list, and what is no such number.
    """

    taking: tuple[str, ...] = ()
    earlier_sessions: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "taking", listed(self.taking, "taking", "names of medicines"))
        object.__setattr__(self, "earlier_sessions", checked_earlier_sessions(self.earlier_sessions))


# As published, without a floor; nothing taken, nothing before.
PUBLISHED = Assay()
PLAIN = Setting()
