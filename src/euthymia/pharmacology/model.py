"""A kinetic model as data: parameters with their spread, compartments, flows, ways in, and what is read out.

Made by `compounds.load.load_model` from one cited file. It turns a person, their random effects and a regimen into a
`LinearSystem`, which any solver takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from euthymia.errors import ModelError
from euthymia.pharmacology.card import Card
from euthymia.pharmacology.expression import Evaluate, Expression, Values
from euthymia.pharmacology.person import Person
from euthymia.pharmacology.regimen import Dose, Regimen, Route
from euthymia.pharmacology.solve.system import LinearSystem, PartInput, Parts

if TYPE_CHECKING:
    from euthymia.pharmacology.turnover import Turnover

# What a formula of nasal entry may use besides the parameters.
DEVICE_WORDS = ("devices", "earlier_devices")
# Nasal devices used within this time of one another are one sitting; the later ones are absorbed less well.
SAME_SITTING_H = 1.0
# Whom the widest of the shipped models of adults was fitted on (perez_ruixo_2021, its card).
_WIDEST_AGE_Y, _WIDEST_WEIGHT_KG = (18.0, 86.0), (39.0, 170.0)
NANOGRAM_PER_ML = 1000.0


class Spread(StrEnum):
    """How a random effect acts on its parameter."""

    LOG = "log"
    LOGIT = "logit"


_VARIED = {Spread.LOG: Expression("typical * exp(effect)"), Spread.LOGIT: Expression("expit(logit(typical) + effect)")}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: its typical value, a formula of `value` and covariates, and how it differs.

    variance: between people, occasion_variance: from one occasion of a person to the next; 0 where it does not.
    """

    name: str
    value: float
    typical: Expression
    unit: str
    variance: float
    spread: Spread
    occasion_variance: float = 0.0

    @property
    def total_variance(self) -> float:
        """How far one person on one occasion lies from the typical value."""
        return self.variance + self.occasion_variance


class Flow(NamedTuple):
    """Drug moving at `rate_per_h` from one state to another (or out, if `to` is None); `fraction` of it arrives."""

    source: int
    to: int | None
    rate_per_h: Expression
    fraction: Expression


class Entry(NamedTuple):
    """A way in: which share of a dose by this route enters which state, over how long (None: as the dose says)."""

    route: Route
    state: int
    fraction: Expression
    duration_h: Expression | None


class Term(NamedTuple):
    """A state's amount over a volume."""

    state: int
    volume_l: Expression


class Output(NamedTuple):
    """What is read: the sum of its terms. `is_parent` marks the drug itself among its parts and metabolites."""

    analyte: str
    terms: tuple[Term, ...]
    is_parent: bool


class FirstPass(NamedTuple):
    """Where an interaction acts in this model, by names of its parameters.

    routes: those it can act on.   gut: the share escaping the gut wall.   liver: rate constants of its metabolism.
    clearance: a clearance from the blood, in models without a liver.   shares: route → what reaches the blood of a
    dose by it, gut and liver together.
    """

    routes: tuple[str, ...]
    gut: str | None
    liver: tuple[str, ...]
    clearance: str | None
    shares: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Model:
    """One model. Names of random effects are the names of the parameters they act on."""

    card: Card
    parameters: tuple[Parameter, ...]
    defined: tuple[tuple[str, Expression], ...]
    states: tuple[str, ...]
    flows: tuple[Flow, ...]
    entries: tuple[Entry, ...]
    outputs: tuple[Output, ...]
    covariances: Mapping[tuple[str, str], float]
    mg_per_device: float | None
    residual_log_sd: float | None
    first_pass: FirstPass | None = None
    turnover: Turnover | None = None

    @property
    def id(self) -> str:
        return self.card.id

    @property
    def varying(self) -> tuple[str, ...]:
        """Names of the random effects of one person on one occasion."""
        return tuple(parameter.name for parameter in self.parameters if parameter.total_variance > 0)

    @property
    def covariance(self) -> Values:
        """Covariance of the random effects of one person on one occasion, in the order of `varying`."""
        names = self.varying
        return self._covariance(names, [parameter.total_variance for parameter in self._of(names)])

    @property
    def lasting(self) -> tuple[str, ...]:
        """Names of the random effects that a person keeps from occasion to occasion."""
        return tuple(parameter.name for parameter in self.parameters if parameter.variance > 0)

    @property
    def lasting_covariance(self) -> Values:
        """Covariance of what a person keeps, in the order of `lasting`."""
        names = self.lasting
        return self._covariance(names, [parameter.variance for parameter in self._of(names)])

    @property
    def occasional(self) -> Mapping[str, float]:
        """Variance from occasion to occasion, by name of the random effect; empty in most models."""
        return {row.name: row.occasion_variance for row in self.parameters if row.occasion_variance > 0}

    def _of(self, names: tuple[str, ...]) -> list[Parameter]:
        return [parameter for parameter in self.parameters if parameter.name in names]

    def _covariance(self, names: tuple[str, ...], variances: list[float]) -> Values:
        matrix = np.diag(variances)
        for (one, other), value in self.covariances.items():
            row, column = names.index(one), names.index(other)
            matrix[row, column] = matrix[column, row] = value
        return np.asarray(matrix, dtype=np.float64).reshape(len(names), len(names))

    def parent(self) -> int:
        """Place of the drug itself among the outputs."""
        return next(place for place, output in enumerate(self.outputs) if output.is_parent)

    def analytes(self, regimen: Regimen) -> tuple[str, ...]:
        """Names of the outputs; a model of several drugs names its parent after the one given."""
        return tuple(str(regimen.drug) if out.analyte == "{drug}" else out.analyte for out in self.outputs)

    def values(
        self,
        person: Person | Mapping[str, Any],
        effects: Mapping[str, Any],
        *,
        evaluate: Evaluate = Expression.__call__,
    ) -> dict[str, Any]:
        """Every parameter of a person for each set of random effects, (people,) or (); or of people of many kinds.

        person: one, or covariates by the names of `Person.covariates`, each (people,).   evaluate: how a formula is
        worked out; left out, on arrays.
        """
        covariates = person.covariates() if isinstance(person, Person) else person
        # Numbers of NumPy's own, which come to infinity where Python's would stop.
        found: dict[str, Any] = {
            name: np.float64(value) if isinstance(value, (int, float)) else value for name, value in covariates.items()
        }
        for parameter in self.parameters:
            typical = evaluate(parameter.typical, {**found, "value": parameter.value})
            if parameter.name in effects:
                known = {"typical": typical, "effect": effects[parameter.name]}
                typical = evaluate(_VARIED[parameter.spread], known)
            found[parameter.name] = typical
        for name, formula in self.defined:
            found[name] = evaluate(formula, found)
        return found

    def system(self, regimen: Regimen, values: Mapping[str, Values], people: int) -> LinearSystem:
        """The compartments of these people with the regimen entering them."""
        return self.parts(regimen, values).system(people)

    def parts(self, regimen: Regimen, values: Mapping[str, Any], *, evaluate: Evaluate = Expression.__call__) -> Parts:
        """The same as its parts, of whatever `values` are: arrays, or the symbols of a tape."""
        rates: dict[tuple[int, int], Any] = {}
        for flow in self.flows:
            rate, own = evaluate(flow.rate_per_h, values), (flow.source, flow.source)
            rates[own] = rates.get(own, 0.0) - rate
            if flow.to is not None:
                link = (flow.to, flow.source)
                rates[link] = rates.get(link, 0.0) + rate * evaluate(flow.fraction, values)
        readout: dict[tuple[int, int], Any] = {}
        for place, output in enumerate(self.outputs):
            for term in output.terms:
                read = (place, term.state)
                readout[read] = readout.get(read, 0.0) + NANOGRAM_PER_ML / evaluate(term.volume_l, values)
        earlier = self._earlier_devices(regimen)
        shares: dict[tuple[str, int, int], list[tuple[int, Any, Any]]] = {}
        inputs: list[PartInput] = []
        for place, dose in enumerate(regimen):
            counts = self._device_counts(dose, earlier.get(place, 0))
            key = (str(dose.route), *counts)
            if key not in shares:
                known = {**values, **dict(zip(DEVICE_WORDS, map(np.float64, counts), strict=True))}
                shares[key] = [
                    (
                        entry.state,
                        evaluate(entry.fraction, known),
                        None if entry.duration_h is None else evaluate(entry.duration_h, known),
                    )
                    for entry in self.entries
                    if entry.route == dose.route
                ]
            for state, share, lasts in shares[key]:
                duration_h = float(dose.duration_h) if lasts is None else lasts
                inputs.append(PartInput(state, dose.start_h, dose.amount_mg * share, duration_h))
        return Parts(len(self.states), len(self.outputs), rates, readout, tuple(inputs))

    def _device_counts(self, dose: Dose, earlier: int) -> tuple[int, int]:
        """How many devices this dose has, and how many were used shortly before; 0 where devices do not matter."""
        if self.mg_per_device is None or dose.route != Route.NASAL:
            return 0, 0
        return self._devices(dose), earlier

    def _earlier_devices(self, regimen: Regimen) -> dict[int, int]:
        """For each nasal dose by its place, how many devices were used in the hour before it."""
        if self.mg_per_device is None:
            return {}
        nasal = [(dose.start_h, place, dose) for place, dose in enumerate(regimen) if dose.route == Route.NASAL]
        found: dict[int, int] = {}
        window: list[tuple[float, int]] = []
        for start_h, place, dose in sorted(nasal, key=lambda item: item[:2]):
            window = [(at_h, devices) for at_h, devices in window if start_h - at_h <= SAME_SITTING_H]
            found[place] = sum(devices for _, devices in window)
            window.append((start_h, self._devices(dose)))
        return found

    def _devices(self, dose: Dose) -> int:
        return dose.devices or round(dose.amount_mg / (self.mg_per_device or dose.amount_mg))

    def require_covers(self, regimen: Regimen, person: Person) -> None:
        """Refuses (ModelError) a drug, route, device or person this model was not made for."""
        card = self.card
        if str(regimen.drug) not in card.drugs:
            raise ModelError("drug_not_covered", "doses[0].drug", f"{card.id} covers {_list(card.drugs)} only.")
        for place, dose in enumerate(regimen):
            if str(dose.route) not in card.routes:
                message = f"{card.id} covers {_list(card.routes)}, not {dose.route}. Choose another model."
                raise ModelError("route_not_covered", f"doses[{place}].route", message)
            self._require_devices(dose, f"doses[{place}]")
        if not self.covers_age(person):
            whom = "adults" if card.oldest_y is None else "children"
            message = f"{card.id} was fitted on {whom}; at {person.age_y:g} years it says nothing."
            raise ModelError("person_not_covered", "person.age_y", message)

    def covers_age(self, person: Person) -> bool:
        """Whether the model says anything about somebody of this age."""
        oldest_y = self.card.oldest_y
        return self.card.youngest_y <= person.age_y and (oldest_y is None or person.age_y <= oldest_y)

    def _require_devices(self, dose: Dose, path: str) -> None:
        if self.mg_per_device is None or dose.route != Route.NASAL:
            return
        devices = self._devices(dose)
        if devices < 1 or abs(dose.amount_mg - devices * self.mg_per_device) > 0.01 * self.mg_per_device:
            message = f"{self.card.id} knows devices of {self.mg_per_device:g} mg; amount and devices must agree."
            raise ModelError("devices_mismatch", f"{path}.devices" if dose.devices else f"{path}.amount_mg", message)

    def notes(self, person: Person) -> tuple[str, ...]:
        """Where this person lies outside those the model was fitted on; where that is not said, any model of adults."""
        asked = (
            ("age", person.age_y, self.card.fitted_age_y, _WIDEST_AGE_Y, "years"),
            ("weight", person.weight_kg, self.card.fitted_weight_kg, _WIDEST_WEIGHT_KG, "kg"),
        )
        found = []
        for name, value, fitted, widest, unit in asked:
            low, high = fitted or (widest if self.card.oldest_y is None else (value, value))
            if not low <= value <= high:
                whom = "it was fitted on" if fitted else f"of any adult model; its own {name}s are not stated"
                within = f"the {low:g} to {high:g} {unit} {whom}"
                found.append(f"{self.card.id}: {name} {value:g} {unit} is outside {within}.")
        return tuple(found)


def _list(words: Sequence[str]) -> str:
    return ", ".join(words)
