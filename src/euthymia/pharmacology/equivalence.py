"""The same target by another route: how much must be given, and how far people differ when it is.

Doses are found for the typical person. The spread says what that is worth: where a tenth of the dose reaches one person
and half of it another, the same dose is not the same treatment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from euthymia.errors import BadInput, RegimenError
from euthymia.pharmacology.exposure import Exposure, exposure, own_model
from euthymia.pharmacology.person import Individual, Person
from euthymia.pharmacology.population import Band
from euthymia.pharmacology.regimen import MOST_MG, Regimen, Route
from euthymia.pharmacology.simulate import models_for

# A label knows no more devices in one sitting than this; nor does `Dose`.
MOST_DEVICES = 12
# With whole devices the target is met as nearly as they allow; beyond a quarter off it is another dose.
FURTHEST_OFF = 0.25
REFERENCE = "reference"


class Target(StrEnum):
    """What is to be the same: the peak of S-ketamine where dissociation is felt, or its area in venous plasma."""

    EFFECT_SITE_PEAK = "effect_site_peak"
    AREA = "area"


_MEASURE = {Target.EFFECT_SITE_PEAK: "effect_site_peak", Target.AREA: "esketamine_auc_0_24"}


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Ways to the same target, the reference first.

    value: the target in the typical person, in `unit`.   ways: by name; each with its doses, its simulated day and its
    measures.   reached: name → share of the target that the typical person reaches; 1 but where devices come whole.
    """

    target: Target
    value: float
    unit: str
    ways: Mapping[str, Exposure]
    reached: Mapping[str, float]

    def as_json(self) -> dict[str, Any]:
        """Plain values in the shape of `euthymia compare --json`."""
        ways = [
            {"name": name, "reached": round(self.reached[name], 6)} | way.as_json() for name, way in self.ways.items()
        ]
        return {"target": str(self.target), "value": round(self.value, 6), "unit": self.unit, "ways": ways}

    def svg(self, name: str = "dissociation", *, until_h: float = 4.0) -> str:
        """One analyte or effect by every way as an SVG file's text, up to an hour of the first day."""
        from euthymia.pharmacology.drawing import drawn_together

        title = f"{name.replace('_', ' ').capitalize()} by ways to the same target"
        return drawn_together(
            {said: way.simulation for said, way in self.ways.items()}, name, title=title, until_h=until_h
        )


def equivalent_doses(
    reference: Regimen,
    others: Mapping[str, Regimen],
    person: Person | Individual,
    *,
    target: Target | str = Target.EFFECT_SITE_PEAK,
    band: Band | None = None,
    named: str = REFERENCE,
    taking: Sequence[str] = (),
    earlier_sessions: int = 0,
) -> Equivalence:
    """The doses by other routes that give the typical person (or this individual) the same target as a reference.

    others: name → a regimen whose amounts are to be scaled together, whatever they are; a dose of a model that knows
    whole devices gets the number of them that comes nearest.   band: left out, no spread is computed.   named: what the
    reference is called among the ways.   taking, earlier_sessions: as in `simulate`.
    Refuses (BadInput) a drug or route without an effect site, and a way by which no dose does it
    (`no_equivalent_dose`).
    """
    asked = _Asked(person, _target(target), tuple(taking))
    aim = asked.aim
    if not others or named in others:
        raise BadInput("no_others", "others", f"Name one way or more to compare with; '{named}' is taken.")
    value = asked.reached(reference, named)
    regimens = {named: reference}
    for name, regimen in others.items():
        regimens[name] = _matched(regimen, name, asked, value)
    ways = side_by_side(regimens, person, band=band, taking=taking, earlier_sessions=earlier_sessions)
    reached = {name: _aimed(way, aim, name) / value for name, way in ways.items()}
    measure = ways[named].measure(_MEASURE[aim])
    return Equivalence(aim, value, measure.unit if measure else "", ways, reached)


def side_by_side(
    regimens: Mapping[str, Regimen],
    person: Person | Individual,
    *,
    band: Band | None = None,
    taking: Sequence[str] = (),
    earlier_sessions: int = 0,
) -> dict[str, Exposure]:
    """What each regimen amounts to on its first day in the same people: person k is the same in all of them."""
    return {
        name: exposure(regimen, person, band=band, taking=taking, earlier_sessions=earlier_sessions)
        for name, regimen in regimens.items()
    }


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whom doses are looked for, what is to be the same, and what is taken alongside."""

    person: Person | Individual
    aim: Target
    taking: tuple[str, ...]

    def reached(self, regimen: Regimen, name: str) -> float:
        """The target as the typical person (or the individual) reaches it; refuses a way without one."""
        return _aimed(exposure(regimen, self.person, taking=self.taking), self.aim, name)

    def mg_per_device(self, regimen: Regimen) -> float | None:
        """How much a device holds, where the model that answers knows whole devices."""
        if Route.NASAL not in regimen.routes:
            return None
        return models_for(regimen, own_model(self.person, regimen)).shown.mg_per_device


def _target(target: Target | str) -> Target:
    try:
        return Target(target)
    except ValueError:
        message = f"'{target}' is not known. Use one of: {', '.join(Target)}."
        raise BadInput("unknown_target", "target", message) from None


def _aimed(way: Exposure, aim: Target, name: str) -> float:
    found = way.measure(_MEASURE[aim])
    if found is None or found.typical <= 0:
        message = f"There is no {_MEASURE[aim]} by this way, so nothing to make equal. Choose another drug or route."
        raise BadInput("no_effect_site", name, message)
    return found.typical


def _matched(regimen: Regimen, name: str, asked: _Asked, value: float) -> Regimen:
    """The regimen with its amounts scaled, or its devices counted, so that it reaches the value wanted."""
    mg_per_device = asked.mg_per_device(regimen)
    if mg_per_device is not None:
        return _counted(regimen, name, asked, value, mg_per_device)
    # Kinetics are linear, so the target grows with the dose.
    factor = value / asked.reached(regimen, name)
    try:
        return replace(regimen, doses=tuple(replace(dose, amount_mg=dose.amount_mg * factor) for dose in regimen.doses))
    except RegimenError as refusal:
        message = f"It would take more than the {MOST_MG:g} mg that one dose may be."
        raise BadInput("no_equivalent_dose", name, message) from refusal


def _counted(regimen: Regimen, name: str, asked: _Asked, value: float, mg_per_device: float) -> Regimen:
    """As many whole devices as come nearest; how much of each is taken up depends on how many there are."""
    if len(regimen.doses) != 1:
        raise BadInput("not_one_dose", name, "Give one nasal dose; how many devices it takes is what is looked for.")
    best, off = regimen, float("inf")
    for devices in range(1, MOST_DEVICES + 1):
        dose = replace(regimen.doses[0], amount_mg=devices * mg_per_device, devices=devices)
        tried = replace(regimen, doses=(dose,))
        reached = asked.reached(tried, name) / value
        if abs(reached - 1) >= off:
            break
        best, off = tried, abs(reached - 1)
    if off > FURTHEST_OFF:
        message = f"No number of whole devices from 1 to {MOST_DEVICES} comes within {FURTHEST_OFF:.0%} of it."
        raise BadInput("no_equivalent_dose", name, message)
    return best
