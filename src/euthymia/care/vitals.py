"""Vital signs as typed at the bedside: `120/80 72 98% 16` in, a reading out, or a refusal that says what to do.

The ranges are *entry limits of the form*: beyond them a slip of the keyboard is far more likely than a person. They are
not clinical thresholds; those live in a signed protocol.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from euthymia.errors import BadInput

ENTRY_RANGES: dict[str, tuple[float, float, str]] = {
    "systolic_mmhg": (50, 300, "mmHg"),
    "diastolic_mmhg": (20, 200, "mmHg"),
    "heart_rate_per_min": (20, 250, "/min"),
    "spo2_pct": (50, 100, "%"),
    "respiratory_rate_per_min": (2, 80, "/min"),
    "temperature_c": (30, 43, "°C"),
}
WORDS = {
    "systolic_mmhg": "Systolic pressure",
    "diastolic_mmhg": "Diastolic pressure",
    "heart_rate_per_min": "Heart rate",
    "spo2_pct": "Oxygen saturation",
    "respiratory_rate_per_min": "Breathing rate",
    "temperature_c": "Temperature",
}
PRESSURE = re.compile(r"(\d+)\s*/\s*(\d+)")
LABELLED = re.compile(r"(hr|p|rr|sat|spo2|t)[:=]?(\d+(?:[.,]\d+)?)%?")
PERCENT = re.compile(r"(\d+(?:[.,]\d+)?)%")
CELSIUS = re.compile(r"(\d+(?:[.,]\d+)?)°?c")
NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
LABELS = {
    "hr": "heart_rate_per_min",
    "p": "heart_rate_per_min",
    "rr": "respiratory_rate_per_min",
    "sat": "spo2_pct",
    "spo2": "spo2_pct",
    "t": "temperature_c",
}
# What numbers without a mark mean, by how many of them there are.
UNMARKED = {
    0: (),
    1: ("heart_rate_per_min",),
    2: ("heart_rate_per_min", "respiratory_rate_per_min"),
    3: ("heart_rate_per_min", "spo2_pct", "respiratory_rate_per_min"),
}


@dataclass(frozen=True, slots=True)
class BloodPressure:
    systolic: float
    diastolic: float


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a person. What was not measured is None. Refuses values no form should accept (BadInput)."""

    systolic_mmhg: float | None = None
    diastolic_mmhg: float | None = None
    heart_rate_per_min: float | None = None
    spo2_pct: float | None = None
    respiratory_rate_per_min: float | None = None
    temperature_c: float | None = None

    def __post_init__(self) -> None:
        for name, value in self.parts().items():
            _refuse_implausible(name, value)
        if (self.systolic_mmhg is None) != (self.diastolic_mmhg is None):
            raise BadInput("half_pressure", "blood_pressure", "Give both numbers of the blood pressure, as 120/80.")
        if self.systolic_mmhg is not None and self.diastolic_mmhg is not None:
            _refuse_swapped(self.systolic_mmhg, self.diastolic_mmhg)
        if not self.parts():
            raise BadInput("empty_reading", "vitals", "Nothing was measured. Write for example 120/80 72 98% 16.")

    @property
    def blood_pressure(self) -> BloodPressure | None:
        if self.systolic_mmhg is None or self.diastolic_mmhg is None:
            return None
        return BloodPressure(self.systolic_mmhg, self.diastolic_mmhg)

    def parts(self) -> dict[str, float]:
        """The measured values by name."""
        return {name: value for name in ENTRY_RANGES if (value := getattr(self, name)) is not None}

    def measured(self) -> frozenset[str]:
        """What was looked at, in the words of a monitoring rule."""
        names = {
            "blood_pressure": self.systolic_mmhg,
            "heart_rate": self.heart_rate_per_min,
            "spo2": self.spo2_pct,
            "respiratory_rate": self.respiratory_rate_per_min,
            "temperature": self.temperature_c,
        }
        return frozenset(name for name, value in names.items() if value is not None)


def parse_blood_pressure(text: str, path: str = "blood_pressure") -> BloodPressure:
    """`120/80` as a blood pressure in mmHg; refuses a missing half, the impossible, and swapped numbers."""
    match = PRESSURE.fullmatch(text.strip())
    if match is None:
        raise BadInput("not_a_pressure", path, f"'{text}' is not a blood pressure. Write it as 120/80.")
    systolic, diastolic = float(match[1]), float(match[2])
    # Swapped numbers are told first: each of them alone may look possible.
    _refuse_swapped(systolic, diastolic, path, only_if_plausible=True)
    _refuse_implausible("systolic_mmhg", systolic, path)
    _refuse_implausible("diastolic_mmhg", diastolic, path)
    return BloodPressure(systolic, diastolic)


def parse_vitals(text: str, path: str = "vitals") -> Reading:
    """One line of vital signs as a reading.

    Marks: `120/80` pressure, `98%` saturation, `36.8C` temperature, `hr72`, `rr16`, `sat98`, `t36.8`. Unmarked numbers
    are heart rate; heart rate and breathing rate; or heart rate, saturation and breathing rate.
    """
    found: dict[str, float] = {}
    unmarked: list[float] = []
    # The slash may have blanks around it; everything else is divided by blanks.
    for token in re.sub(r"\s*/\s*", "/", text.strip().lower()).split():
        if PRESSURE.fullmatch(token):
            pressure = parse_blood_pressure(token, path)
            _put(found, "systolic_mmhg", pressure.systolic, path)
            _put(found, "diastolic_mmhg", pressure.diastolic, path)
        elif marked := _marked(token):
            _put(found, *marked, path)
        elif NUMBER.fullmatch(token):
            unmarked.append(_number(token))
        else:
            raise BadInput("not_a_vital", path, f"'{token}' is not understood. Write for example 120/80 72 98% 16.")
    if len(unmarked) not in UNMARKED:
        raise BadInput("too_many_numbers", path, "Too many numbers without a mark. Write for example 120/80 72 98% 16.")
    for name, value in zip(UNMARKED[len(unmarked)], unmarked, strict=True):
        _put(found, name, value, path)
    for name, value in found.items():
        _refuse_implausible(name, value, path)
    return Reading(**found)


def merged(first: Reading, then: Reading) -> Reading:
    """Two readings as one; what was measured again is taken from the second."""
    return replace(first, **then.parts())


def _marked(token: str) -> tuple[str, float] | None:
    if match := LABELLED.fullmatch(token):
        return LABELS[match[1]], _number(match[2])
    if match := PERCENT.fullmatch(token):
        return "spo2_pct", _number(match[1])
    if match := CELSIUS.fullmatch(token):
        return "temperature_c", _number(match[1])
    return None


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _put(found: dict[str, float], name: str, value: float, path: str) -> None:
    if name in found:
        raise BadInput("given_twice", path, f"{WORDS[name]} is there twice ({found[name]:g} and {value:g}).")
    found[name] = value


def _refuse_implausible(name: str, value: float, path: str = "vitals") -> None:
    low, high, unit = ENTRY_RANGES[name]
    if not low <= value <= high:
        message = f"{WORDS[name]} {value:g} {unit} cannot be right ({low:g} to {high:g} is accepted). Type it again."
        raise BadInput("implausible_vital", path, message)


def _refuse_swapped(
    systolic: float, diastolic: float, path: str = "blood_pressure", only_if_plausible: bool = False
) -> None:
    if systolic > diastolic:
        return
    ranges = ENTRY_RANGES["systolic_mmhg"], ENTRY_RANGES["diastolic_mmhg"]
    swapped_fits = ranges[0][0] <= diastolic <= ranges[0][1] and ranges[1][0] <= systolic <= ranges[1][1]
    if only_if_plausible and not (swapped_fits and systolic >= ranges[0][0]):
        return
    message = f"{systolic:g}/{diastolic:g}: the first number must be the higher one. Swapped?"
    raise BadInput("swapped_pressure", path, message)
