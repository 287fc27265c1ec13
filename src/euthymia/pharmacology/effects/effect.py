"""An effect as data: what drives it, its parameters with their spread, what comes out over time and how looks scatter.

Made by `effects.load.load_effect` from one cited file. It turns a concentration at its site into a course, for many
people at once, as a model turns doses into concentrations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from euthymia.errors import Broken
from euthymia.pharmacology.card import Kind, ParameterNote
from euthymia.pharmacology.expression import Expression, Values, expit, logit
from euthymia.pharmacology.model import Model, Spread
from euthymia.pharmacology.regimen import Drug, Regimen

# Share of a drug that is S-ketamine, which drives effects; arketamine was inert in Olofsen 2022.
S_SHARE: Mapping[Drug, float] = {Drug.KETAMINE: 0.5, Drug.ESKETAMINE: 1.0}


class Site(StrEnum):
    """The concentration of S-ketamine that an effect answers to; the two are never mixed."""

    ARTERIAL_EFFECT_SITE = "arterial_effect_site"
    VENOUS_PLASMA = "venous_plasma"


class Looked(StrEnum):
    """How an effect is looked at: a number with scatter, a total of whole points, or yes and no."""

    CONTINUOUS = "continuous"
    ORDINAL = "ordinal"
    BINARY = "binary"


class Scatter(NamedTuple):
    """How one look differs from the course itself.

    sd: standard deviation of one reading, in `unit`; 0 for yes and no, whose scatter is its probability.   unit: that
    of the reading.   highest_total: for a total of points, the total that the output's 1 stands for.
    """

    kind: Looked
    sd: float
    unit: str
    highest_total: float
    provenance: str
    source: str


class EffectParameter(NamedTuple):
    """A parameter of an effect, how people differ in it and how well its typical value is known.

    variance: between people; uncertainty: of the typical value (both on the scale of `spread`, 0: none).
    """

    name: str
    value: float
    unit: str
    spread: Spread
    variance: float
    uncertainty: float
    provenance: str
    spread_provenance: str


class EffectOutput(NamedTuple):
    """What comes out over time: a formula of `site`, `session` and the parameters, and how looks at it scatter."""

    name: str
    unit: str
    course: Expression
    scatter: Scatter | None


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect. Names of its random effects are `<id>.<parameter>`, so that they can stand beside a model's."""

    id: str
    title: str
    kind: Kind
    site: Site
    citation: str
    doi: str | None
    provenance: str
    fitted_on: str
    parameters: tuple[EffectParameter, ...]
    correlations: Mapping[tuple[str, str], float]
    delay_per_h: Expression | None
    outputs: tuple[EffectOutput, ...]
    event: str
    chance: Expression | None
    assumptions: tuple[str, ...]
    checks_passed: tuple[str, ...]
    known_failures: tuple[str, ...]

    @property
    def unit(self) -> str:
        """The unit of its first output; empty where nothing comes out over time."""
        return self.outputs[0].unit if self.outputs else ""

    @property
    def varying(self) -> tuple[str, ...]:
        """Names of the random effects, with the effect's id before them."""
        return tuple(f"{self.id}.{parameter.name}" for parameter in self._varying())

    @property
    def covariance(self) -> Values:
        """Covariance of the random effects in the order of `varying`: between people and uncertainty together.

        Both are unknown of someone who was never seen, and the data say nothing that would tell them apart.
        """
        return self._covariance(np.array([each.variance + each.uncertainty for each in self._varying()]))

    def values(self, effects: Mapping[str, Values]) -> dict[str, Values]:
        """Every parameter by its plain name for each set of random effects, (people,) or ()."""
        found: dict[str, Values] = {}
        for parameter in self.parameters:
            typical = np.asarray(parameter.value, dtype=np.float64)
            effect = effects.get(f"{self.id}.{parameter.name}")
            found[parameter.name] = typical if effect is None else _varied(typical, effect, parameter.spread)
        return found

    def ke0_per_h(self, values: Mapping[str, Values]) -> Values:
        """How fast the site follows the blood, 1/h, (people,) or (). Refuses (Broken) an effect without a delay."""
        if self.delay_per_h is None:
            raise Broken(f"{self.id} follows the blood without delay.")
        return self.delay_per_h(values)

    def output(self, name: str = "") -> EffectOutput:
        """An output by name; without a name the first."""
        for each in self.outputs:
            if name in ("", each.name):
                return each
        raise Broken(f"{self.id} has no output '{name}'.")

    def course(
        self, site_ng_per_ml: Values, values: Mapping[str, Values], session: int | Values = 1, output: str = ""
    ) -> Values:
        """The effect over time, (people, times), in the output's unit.

        site_ng_per_ml: S-ketamine at the effect's `site`, (people, times).   values: from `values`.   session: which
        dosing session it is, 1 for the first; one number or (times,).   output: left out, the first.
        """
        return self._answered(self.output(output).course, {"site": site_ng_per_ml}, values, session)

    def chances(self, peak_ng_per_ml: Values, values: Mapping[str, Values], session: int | Values = 1) -> Values:
        """Probability that the event is seen in a session, (people, sessions), from the peak at the site in each."""
        if self.chance is None:
            raise Broken(f"{self.id} is not an event.")
        return self._answered(self.chance, {"peak": peak_ng_per_ml}, values, session)

    def notes(self) -> tuple[ParameterNote, ...]:
        """The parameters to read, each with its spread and where both are from."""
        return tuple(
            ParameterNote(
                name=each.name,
                value=each.value,
                unit=each.unit,
                provenance=each.provenance,
                spread=_spread_words(each),
                spread_provenance=each.spread_provenance,
            )
            for each in self.parameters
        )

    def as_json(self) -> dict[str, Any]:
        """The effect's card as plain values: what it is made of, passed and fails."""
        outputs = [
            {"name": each.name, "unit": each.unit, "course": each.course.text, "scatter": _scatter_json(each.scatter)}
            for each in self.outputs
        ]
        return {
            "id": self.id,
            "title": self.title,
            "kind": str(self.kind),
            "site": str(self.site),
            "citation": self.citation,
            "doi": self.doi,
            "provenance": self.provenance,
            "fitted_on": self.fitted_on,
            "outputs": outputs,
            "chance": self.chance.text if self.chance is not None else None,
            "assumptions": list(self.assumptions),
            "checks_passed": list(self.checks_passed),
            "known_failures": list(self.known_failures),
            "parameters": [note.as_json() for note in self.notes()],
        }

    def _varying(self) -> tuple[EffectParameter, ...]:
        return tuple(each for each in self.parameters if each.variance + each.uncertainty > 0)

    def _covariance(self, variances: Values) -> Values:
        names = [each.name for each in self._varying()]
        matrix = np.diag(variances).reshape(len(names), len(names))
        for (one, other), value in self.correlations.items():
            row, column = names.index(one), names.index(other)
            matrix[row, column] = matrix[column, row] = value * np.sqrt(variances[row] * variances[column])
        return np.asarray(matrix, dtype=np.float64)

    def _answered(
        self, formula: Expression, driver: dict[str, Values], values: Mapping[str, Values], session: int | Values
    ) -> Values:
        # Rounding can leave a trace below zero where nothing is there yet.
        known = {name: np.maximum(np.asarray(driven, dtype=np.float64), 0.0) for name, driven in driver.items()}
        shape = next(iter(known.values())).shape
        columns = {name: value[:, None] if value.ndim else value for name, value in values.items()}
        found = formula({**columns, **known, "session": np.asarray(session, dtype=np.float64)})
        return np.array(np.broadcast_to(found, np.broadcast_shapes(found.shape, shape)))


def driver_of(model: Model, regimen: Regimen) -> tuple[int, float] | None:
    """Which output of a model drives effects, and which share of it is S-ketamine; None for a drug without any."""
    names = model.analytes(regimen)
    if str(Drug.ESKETAMINE) in names:
        return names.index(str(Drug.ESKETAMINE)), 1.0
    share = S_SHARE.get(regimen.drug)
    return None if share is None else (model.parent(), share)


def _scatter_json(scatter: Scatter | None) -> dict[str, Any] | None:
    if scatter is None:
        return None
    return {"kind": str(scatter.kind), "sd": scatter.sd, "unit": scatter.unit, "source": scatter.source}


def _varied(typical: Values, effect: Values, spread: Spread) -> Values:
    if spread is Spread.LOGIT:
        return expit(logit(typical) + effect)
    return np.asarray(typical * np.exp(effect))


def _spread_words(parameter: EffectParameter) -> str:
    scale = "logit" if parameter.spread is Spread.LOGIT else "log"
    words = []
    if parameter.variance:
        words.append(f"SD {parameter.variance**0.5:.2g} between people")
    if parameter.uncertainty:
        words.append(f"SD {parameter.uncertainty**0.5:.2g} of uncertainty")
    return f"{' and '.join(words)} on the {scale} scale" if words else "none"
