"""A protocol: what a clinic does for whom, with every number cited, versioned, signed, and its holes named.

A number without a source that was read is a *hole*: it has no value, says why, and states what would be plausible.
Nothing starts on a protocol with a hole. The clinic's medical lead fills the holes and signs the whole content; the
signature is bound to a hash of the content, so any later change asks for a new one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import StrEnum
from typing import Any, ClassVar

from euthymia.care.cited import Cited as Cited
from euthymia.care.cited import Provenance as Provenance
from euthymia.care.decision import Level
from euthymia.care.protocol_course import AskedAt, LongTermCheck, Use
from euthymia.care.protocol_course import CourseRule as CourseRule
from euthymia.errors import ProtocolError


class WeightBasis(StrEnum):
    ACTUAL = "actual"
    IDEAL = "ideal"
    ADJUSTED = "adjusted"


class Stage(StrEnum):
    """When a limit applies."""

    ORDER = "order"
    BEFORE = "before"
    DURING = "during"
    DISCHARGE = "discharge"


class Bound(StrEnum):
    AT_MOST = "at_most"
    AT_LEAST = "at_least"


class Measure(StrEnum):
    """What a limit is compared with; the name ends in its unit."""

    DOSE_MG = "dose_mg"
    DOSE_MG_PER_KG = "dose_mg_per_kg"
    INTERVAL_H = "interval_h"
    DOSES_IN_7_DAYS = "doses_in_7_days"
    MG_IN_7_DAYS = "mg_in_7_days"
    SYSTOLIC_MMHG = "systolic_mmhg"
    DIASTOLIC_MMHG = "diastolic_mmhg"
    SYSTOLIC_RISE_MMHG = "systolic_rise_mmhg"
    DIASTOLIC_RISE_MMHG = "diastolic_rise_mmhg"
    HEART_RATE_PER_MIN = "heart_rate_per_min"
    SPO2_PCT = "spo2_pct"
    RESPIRATORY_RATE_PER_MIN = "respiratory_rate_per_min"


class When(StrEnum):
    """When a monitoring rule asks for something; minutes count from the start of the dose (first device)."""

    BEFORE = "before"
    AT = "at"
    EVERY = "every"
    END = "end"


# What can be looked at: vital signs, and what a bedside scale judges.
VITAL_LOOKS = ("blood_pressure", "heart_rate", "spo2", "respiratory_rate", "temperature")
SCALE_LOOKS = ("sedation", "dissociation", "respiratory_depression")


@dataclass(frozen=True, slots=True)
class PerKg:
    """One dose per kilogram; the weight basis is recorded in every order."""

    kind: ClassVar[str] = "per_kg"
    mg_per_kg: Cited
    weight_basis: WeightBasis


@dataclass(frozen=True, slots=True)
class PerKgRange:
    """The prescriber picks a dose per kilogram between `low` and `high`."""

    kind: ClassVar[str] = "per_kg_range"
    low: Cited
    high: Cited
    weight_basis: WeightBasis


@dataclass(frozen=True, slots=True)
class PerKgSteps:
    """A dose per kilogram that rises by steps, lowest first. The next step is due only while the improvement since the
    baseline is below `step_up_below_pct`."""

    kind: ClassVar[str] = "per_kg_steps"
    steps: tuple[Cited, ...]
    weight_basis: WeightBasis
    step_up_below_pct: Cited


@dataclass(frozen=True, slots=True)
class DeviceSteps:
    """Fixed doses made of whole devices of `device_mg`; `first` is the dose of the first session."""

    kind: ClassVar[str] = "devices"
    device_mg: Cited
    doses_mg: tuple[float, ...]
    first_mg: Cited
    gap_min: Cited


DoseRule = PerKg | PerKgRange | PerKgSteps | DeviceSteps


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the rhythm. Weeks count from 1 at the first dose; `to_week` None is open-ended. Sessions per week
    both None means the interval is individual."""

    name: str
    from_week: int
    to_week: int | None
    per_week_low: float | None
    per_week_high: float | None
    source: tuple[str, ...]
    provenance: Provenance
    note: str = ""


@dataclass(frozen=True, slots=True)
class MonitoringRule:
    """What is looked at and when. `at_min` for AT; `every_min` and `until_min` for EVERY."""

    name: str
    when: When
    measure: tuple[str, ...]
    source: tuple[str, ...]
    provenance: Provenance | None
    at_min: Cited | None = None
    every_min: Cited | None = None
    until_min: Cited | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """A named bound. A STOP has no path; a HOLD may be overridden by a named prescriber with a reason."""

    name: str
    measure: Measure
    stage: Stage
    level: Level
    bound: Bound
    number: Cited

    def broken_by(self, value: float) -> bool:
        """Whether `value` lies beyond the bound; the bound itself is within. A hole is never broken: ask for it."""
        if self.number.value is None:
            return False
        return value > self.number.value if self.bound is Bound.AT_MOST else value < self.number.value


@dataclass(frozen=True, slots=True)
class CheckItem:
    """A pre-dose question answered yes or no. `number` belongs to the wording, e.g. hours without food."""

    name: str
    text: str
    required: bool
    source: tuple[str, ...]
    provenance: Provenance
    number: Cited | None = None


@dataclass(frozen=True, slots=True)
class AssessmentDue:
    """A questionnaire due some hours after the start of a dose (never gates a dose)."""

    name: str
    instrument: str
    label: str
    after_h: Cited


@dataclass(frozen=True, slots=True)
class Timing:
    """How early a reading may count for a check, when an unmet check is overdue, and how far an entry may lag behind
    what it describes before it is marked late. Operating choices."""

    early_min: Cited
    overdue_after_min: Cited
    late_entry_min: Cited


@dataclass(frozen=True, slots=True)
class Source:
    name: str
    cite: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Parent:
    """What a protocol was made from; its limits may only be tighter than those of exactly this content."""

    id: str
    version: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class Protocol:
    """One version of one protocol. Equal content has an equal `content_hash`."""

    id: str
    version: str
    title: str
    drug: str
    route: str
    for_whom: str
    evidence: str
    off_label: bool
    dose: DoseRule
    duration_min: Cited | None
    concentration_mg_per_ml: Cited | None
    rhythm: tuple[Phase, ...]
    monitoring: tuple[MonitoringRule, ...]
    limits: tuple[Limit, ...]
    checks: tuple[CheckItem, ...]
    fresh_within_min: Cited
    minimum_observation_min: Cited
    must_resolve: tuple[str, ...]
    assessments: tuple[AssessmentDue, ...]
    timing: Timing
    stopping: tuple[CourseRule, ...]
    maintenance: tuple[CourseRule, ...]
    sources: tuple[Source, ...]
    parent: Parent | None = None
    use: Use = Use.CLINICAL
    eligibility: str = ""
    follow_up: tuple[AskedAt, ...] = ()
    long_term: tuple[LongTermCheck, ...] = ()

    @property
    def eligibility_rules(self) -> str:
        """The name of the rules that judge who may be treated: the one it gives, else its own id."""
        return self.eligibility or self.id

    def limits_for(self, stage: Stage) -> tuple[Limit, ...]:
        return tuple(limit for limit in self.limits if limit.stage is stage)


@dataclass(frozen=True, slots=True)
class Hole:
    """A number nobody could source: its name (a path), unit, why it is open, and what would be plausible."""

    name: str
    unit: str
    why: str
    low: float | None = None
    high: float | None = None


def numbers(protocol: Protocol) -> Iterator[tuple[str, Cited]]:
    """Every cited number of a protocol with its path, in document order, e.g. `limits.during_systolic_stop`."""
    found: list[tuple[str, Cited]] = []

    def note(path: str, number: Cited) -> Cited:
        found.append((path, number))
        return number

    _rebuild(protocol, "", note)
    return iter(found)


def holes(protocol: Protocol) -> tuple[Hole, ...]:
    """The numbers still open."""
    return tuple(
        Hole(path, number.unit, number.why, number.low, number.high)
        for path, number in numbers(protocol)
        if number.is_hole
    )


def fillable(protocol: Protocol) -> tuple[tuple[str, Cited], ...]:
    """The numbers a clinic supplies: open holes and those already filled."""
    return tuple((path, number) for path, number in numbers(protocol) if number.can_be_filled)


def fill(protocol: Protocol, values: Mapping[str, float], by: str) -> Protocol:
    """The protocol with these holes filled by a named person; refuses a sourced number, an unknown name, an
    implausible value, and a hold that would be looser than its stop (ProtocolError)."""
    if not by.strip():
        raise ProtocolError("unnamed", "by", "Say who fills these values.")
    open_names = {path for path, _ in fillable(protocol)}
    for name in values:
        if name not in open_names:
            raise ProtocolError("not_a_hole", name, "This is not an open number of this protocol.")

    def put(path: str, number: Cited) -> Cited:
        return _filled(number, values[path], path, by) if path in values else number

    filled: Protocol = _rebuild(protocol, "", put)
    refuse_crossed_limits(filled)
    return filled


def _filled(number: Cited, value: float, path: str, by: str) -> Cited:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ProtocolError("not_a_number", path, "Give a number.")
    refuse_implausible(value, number, path)
    return replace(number, value=float(value), provenance=Provenance.CLINIC, filled_by=by.strip())


def refuse_implausible(value: float, number: Cited, path: str) -> None:
    """Refuses a value outside what a hole found plausible (ProtocolError); an open end bounds nothing."""
    low = -math.inf if number.low is None else number.low
    high = math.inf if number.high is None else number.high
    if not low <= value <= high:
        raise ProtocolError("implausible", path, f"{value:g} {number.unit} is outside {low:g} to {high:g}.")


def refuse_crossed_limits(protocol: Protocol) -> None:
    """Refuses a protocol where a hold is looser than the stop for the same thing at the same stage."""
    for hold in protocol.limits:
        for stop in protocol.limits:
            same = (hold.measure, hold.stage, hold.bound) == (stop.measure, stop.stage, stop.bound)
            if hold.level is not Level.HOLD or stop.level is not Level.STOP or not same:
                continue
            if hold.number.value is not None and stop.broken_by(hold.number.value):
                message = f"'{hold.name}' must not be looser than '{stop.name}' ({stop.number.value:g})."
                raise ProtocolError("limits_cross", f"limits.{hold.name}", message)


def _rebuild(value: Any, path: str, change: Callable[[str, Cited], Cited]) -> Any:
    """A copy of `value` with every cited number passed through `change`; list entries are named by their `name`,
    else by their place."""
    if isinstance(value, Cited):
        return change(path, value)
    if isinstance(value, tuple):
        return tuple(
            _rebuild(item, f"{path}.{getattr(item, 'name', place)}", change) for place, item in enumerate(value)
        )
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{f.name: _rebuild(getattr(value, f.name), _step(path, f.name), change) for f in fields(value)}
        )
    return value


def _step(path: str, field: str) -> str:
    """The path of a field; the one number of a limit or check is known by the name of its owner."""
    if field == "number":
        return path
    return f"{path}.{field}" if path else field
