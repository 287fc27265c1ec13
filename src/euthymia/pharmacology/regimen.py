"""What is planned, given or simulated: doses with drug, route, amount and time. One type for all three."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self, TypeVar

from euthymia.errors import BadInput, RegimenError
from euthymia.number import is_number, is_whole, plain

_Word = TypeVar("_Word", bound=StrEnum)
# Beyond these a number is a slip of the pen, not a dose; clinical limits are the protocol's business.
MOST_MG = 2000.0
LONGEST_H = 240.0
LATEST_H = 24.0 * 366 * 5
# So long after the latest dose that nothing is left of it: no look at a person lies later.
_LATEST_LOOK_H = 2 * LATEST_H
# Five years twice a week, three devices each, stay far below it; more is a loop that went wrong.
MOST_DOSES = 3000
# 57.67 mg of ketamine or esketamine hydrochloride hold 50 mg of base; a 28-mg spray device holds 32.3 mg of it
# (product information, read).
BASE_PER_HYDROCHLORIDE = 50.0 / 57.67
# A clock that is read to the second: infusions that touch do not overlap.
_TOUCHING_H = 1e-6


class Drug(StrEnum):
    """Amounts are free base: 57.67 mg of the hydrochloride is 50 mg."""

    KETAMINE = "ketamine"
    ESKETAMINE = "esketamine"
    ARKETAMINE = "arketamine"


class Route(StrEnum):
    """How the drug enters the body."""

    IV = "iv"
    IM = "im"
    SC = "sc"
    NASAL = "nasal"
    SUBLINGUAL = "sublingual"
    ORAL = "oral"
    BUCCAL_FILM = "buccal_film"


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose. Text is accepted for `drug` and `route` and read as the enum.

    amount_mg: free base (`base_mg` turns hydrochloride into it).   start_h: hours on the engine's clock, 0 or later.
    duration_h: intravenous only, 0 is a bolus.   devices: nasal only, how many spray devices hold the amount.
    line: intravenous only, the name of a second line; one line runs one infusion at a time.
    Refuses with RegimenError, path = field.
    """

    drug: Drug | str
    route: Route | str
    amount_mg: float
    start_h: float
    duration_h: float = 0.0
    devices: int | None = None
    line: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "drug", _word(Drug, self.drug, "drug"))
        object.__setattr__(self, "route", _word(Route, self.route, "route"))
        for name, highest in (("amount_mg", MOST_MG), ("start_h", LATEST_H), ("duration_h", LONGEST_H)):
            object.__setattr__(self, name, _number(getattr(self, name), name, (0.0, highest)))
        if self.amount_mg <= 0:
            raise RegimenError("not_positive", "amount_mg", "A dose must be above 0 mg.")
        if self.duration_h and self.route != Route.IV:
            raise RegimenError(
                "not_an_infusion", "duration_h", f"Only an iv dose runs over time; {self.route} does not."
            )
        if self.devices is not None:
            object.__setattr__(self, "devices", self._counted(self.devices))
        if not isinstance(self.line, str) or (self.line and self.route != Route.IV):
            raise RegimenError("not_a_line", "line", "A line is the name of a drip; only an iv dose has one.")

    @classmethod
    def from_hydrochloride(cls, drug: Drug | str, route: Route | str, hydrochloride_mg: float, start_h: float) -> Self:
        """A dose at once whose vial states the salt; over time or by device, give `base_mg(...)` to `Dose`."""
        return cls(drug, route, base_mg(hydrochloride_mg), start_h)

    def _counted(self, devices: object) -> int:
        if self.route != Route.NASAL:
            raise RegimenError("not_nasal", "devices", f"Devices belong to the nasal route, not to {self.route}.")
        if not is_whole(devices) or not 1 <= devices <= 12:
            raise RegimenError("out_of_range", "devices", "Give devices as a whole number from 1 to 12.")
        return int(devices)

    @property
    def end_h(self) -> float:
        """When the last of it has entered, on the engine's clock."""
        return self.start_h + self.duration_h


@dataclass(frozen=True, slots=True)
class Regimen:
    """Doses of one drug over time; their courses add up. Order does not matter.

    Refuses (RegimenError) no doses, more than MOST_DOSES, two drugs, and two infusions at once on one line
    (`overlapping_infusions`, path of the later one).
    """

    doses: tuple[Dose, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "doses", _doses(self.doses, "doses"))
        if not self.doses:
            raise RegimenError("no_doses", "doses", "A regimen needs at least one dose.")
        for place, dose in enumerate(self.doses):
            if dose.drug != self.doses[0].drug:
                raise RegimenError(
                    "mixed_drugs", f"doses[{place}].drug", f"One regimen, one drug; the first is {self.doses[0].drug}."
                )
        if len(self.doses) > MOST_DOSES:
            raise RegimenError("too_many_doses", "doses", f"A regimen holds at most {MOST_DOSES} doses.")
        _refuse_overlaps(self.doses)

    @classmethod
    def given(cls, *doses: Dose) -> Self:
        """A regimen from doses as they were recorded."""
        return cls(tuple(doses))

    def __iter__(self) -> Iterator[Dose]:
        return iter(self.doses)

    def __add__(self, other: Self) -> Self:
        if not isinstance(other, Regimen):
            return NotImplemented
        return replace(self, doses=self.doses + other.doses)

    @property
    def drug(self) -> Drug:
        return Drug(self.doses[0].drug)

    @property
    def routes(self) -> tuple[Route, ...]:
        """The routes in it, each once, in order of appearance."""
        return tuple(dict.fromkeys(Route(dose.route) for dose in self.doses))

    @property
    def first_h(self) -> float:
        return min(dose.start_h for dose in self.doses)

    @property
    def total_mg(self) -> float:
        return sum(dose.amount_mg for dose in self.doses)

    def later(self, by_h: float) -> Self:
        """The same doses, `by_h` hours later."""
        by_h = _number(by_h, "by_h", (-LATEST_H, LATEST_H))
        return replace(self, doses=tuple(replace(dose, start_h=dose.start_h + by_h) for dose in self.doses))

    def into_a_vein(self) -> Self:
        """The same amounts at the same times, each at once into a vein."""
        into_vein = (replace(dose, route=Route.IV, duration_h=0.0, devices=None) for dose in self.doses)
        return replace(self, doses=tuple(into_vein))

    def with_given(self, given: Iterable[Dose], *, until_h: float) -> Self:
        """What was really given up to `until_h` in the place of what was planned until then; the plan goes on after.

        A planned infusion that runs across `until_h` keeps its part after it.   Refuses a given dose that begins or
        ends after `until_h`, path `given[0]...`.
        """
        until_h = _number(until_h, "until_h", (0.0, LATEST_H))
        recorded = _doses(given, "given")
        for place, dose in enumerate(recorded):
            if dose.end_h > until_h + _TOUCHING_H:
                field = "start_h" if dose.start_h > until_h + _TOUCHING_H else "duration_h"
                raise RegimenError("not_yet_given", f"given[{place}].{field}", "Given doses end by `until_h`.")
        ahead = (_after(dose, until_h) for dose in self.doses)
        return replace(self, doses=recorded + tuple(dose for dose in ahead if dose is not None))

    def repeated(self, times: int, *, every_h: float) -> Self:
        """The regimen given `times` times, `every_h` hours apart."""
        if not is_whole(times) or not 1 <= times <= MOST_DOSES:
            raise RegimenError("out_of_range", "times", f"Repeat 1 to {MOST_DOSES} times, a whole number.")
        every_h = _number(every_h, "every_h", (0.0, LATEST_H))
        if every_h <= 0:
            raise RegimenError("not_positive", "every_h", "The interval must be above 0 h.")
        copies = [self.later(turn * every_h).doses for turn in range(times)]
        return replace(self, doses=tuple(dose for doses in copies for dose in doses))


@dataclass(frozen=True, slots=True)
class RateStep:
    """From `at_h` on, the pump runs at `mg_per_h`; 0 is a pause."""

    at_h: float
    mg_per_h: float


def infusion(drug: Drug | str, steps: Iterable[RateStep], *, stop_h: float) -> Regimen:
    """What a pump really gave: rate changes and pauses until it was stopped, as doses one after another.

    steps: increasing in time.   Refuses steps out of order, at or after `stop_h`, or with nothing given.
    """
    ordered = list(steps)
    if not ordered:
        raise RegimenError("no_doses", "steps", "Give at least one rate.")
    if wrong := [place for place, step in enumerate(ordered) if not isinstance(step, RateStep)]:
        raise RegimenError("not_a_rate", f"steps[{wrong[0]}]", "Give every step as a RateStep.")
    ends = [step.at_h for step in ordered[1:]] + [stop_h]
    doses: list[Dose] = []
    for place, (step, end_h) in enumerate(zip(ordered, ends, strict=True)):
        if not (is_number(step.at_h) and is_number(end_h)) or end_h <= step.at_h:
            raise RegimenError(
                "unsorted", f"steps[{place}].at_h", "Rate steps must follow one another before the stop."
            )
        if not is_number(step.mg_per_h) or step.mg_per_h < 0:
            raise RegimenError("out_of_range", f"steps[{place}].mg_per_h", "A pump's rate is 0 mg/h or more.")
        if step.mg_per_h > 0:
            running_h = end_h - step.at_h
            try:
                doses.append(Dose(drug, Route.IV, step.mg_per_h * running_h, step.at_h, duration_h=running_h))
            except RegimenError as error:
                raise RegimenError(error.code, f"steps[{place}]", f"{error.path}: {error.message}") from error
    return Regimen(tuple(doses))


def require_look_in_time(at_h: float, path: str) -> None:
    """Refuses (BadInput) a time so far from the start of the clock that it is a slip of the pen."""
    if abs(at_h) > _LATEST_LOOK_H:
        message = (
            f"{at_h:g} h is {at_h / 8766:.3g} years from the start of the clock; times go to {_LATEST_LOOK_H:g} h."
        )
        raise BadInput("out_of_range", path, message)


def checked_earlier_sessions(count: object) -> int:
    """How many sessions came before a regimen, or a refusal (BadInput, path `earlier_sessions`)."""
    if not is_whole(count) or not 0 <= count <= MOST_DOSES:
        message = f"Give how many sessions came before, 0 to {MOST_DOSES}."
        raise BadInput("out_of_range", "earlier_sessions", message)
    return int(count)


def base_mg(hydrochloride_mg: float) -> float:
    """Milligrams of free base in an amount of the hydrochloride; refuses what is not a positive amount."""
    hydrochloride_mg = _number(hydrochloride_mg, "hydrochloride_mg", (0.0, MOST_MG / BASE_PER_HYDROCHLORIDE))
    if hydrochloride_mg <= 0:
        raise RegimenError("not_positive", "hydrochloride_mg", "A dose must be above 0 mg.")
    return hydrochloride_mg * BASE_PER_HYDROCHLORIDE


def _after(dose: Dose, moment_h: float) -> Dose | None:
    """What is still to come of a planned dose at a moment; None where it has begun and takes no time."""
    if dose.start_h >= moment_h:
        return dose
    left_h = dose.end_h - moment_h
    if left_h <= _TOUCHING_H:
        return None
    return replace(dose, start_h=moment_h, duration_h=left_h, amount_mg=dose.amount_mg * left_h / dose.duration_h)


def _refuse_overlaps(doses: tuple[Dose, ...]) -> None:
    """Refuses an infusion that begins while another runs on its line."""
    running: dict[str, tuple[float, int]] = {}
    infusions = [(dose.start_h, place, dose) for place, dose in enumerate(doses) if dose.duration_h]
    for start_h, place, dose in sorted(infusions, key=lambda item: item[:2]):
        end_h, other = running.get(dose.line, (start_h, place))
        if start_h < end_h - _TOUCHING_H:
            first, second = sorted((other, place))
            message = f"It runs while doses[{first}] runs on the same line. Name another line, or change the rate."
            raise RegimenError("overlapping_infusions", f"doses[{second}].start_h", message)
        running[dose.line] = (dose.end_h, place)


def _word(kind: type[_Word], value: str, name: str) -> _Word:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(kind)
        raise RegimenError(f"unknown_{name}", name, f"'{value}' is not known. Use one of: {known}.") from None


def _doses(doses: object, path: str) -> tuple[Dose, ...]:
    """The doses as a tuple; a single dose, and what is none, are refused."""
    if isinstance(doses, Dose) or not isinstance(doses, Iterable):
        raise RegimenError("not_a_list", path, "Give a list of doses, also where there is only one.")
    found = tuple(doses)
    for place, dose in enumerate(found):
        if not isinstance(dose, Dose):
            raise RegimenError("not_a_dose", f"{path}[{place}]", "Give every dose as a Dose.")
    return found


def _number(value: object, name: str, limits: tuple[float, float]) -> float:
    low, high = limits
    if not is_number(value):
        raise RegimenError("not_a_number", name, f"Give {name} as a finite number.")
    if not low <= value <= high:
        raise RegimenError("out_of_range", name, f"{name} is {value:g}; it must be from {low:g} to {high:g}.")
    return plain(value)  # type: ignore[no-any-return]
