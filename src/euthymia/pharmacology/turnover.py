"""What the drug sets going: states made and lost at rates that its concentrations change, such as a pressure.

Kinetics stay linear and exact; these states follow them. A model's file says what they are (`[[effect_site]]`,
`[[signal]]`, `[[turnover]]`), and every method reads that one definition: `solve/rosenbrock.py` (NumPy),
`solve/fast_turnover.py` (compiled), the adaptive integrator and the slow reference.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import BadInput, ModelError
from euthymia.pharmacology.derivative import Formula, is_zero, names, replaced, slope, tree
from euthymia.pharmacology.expression import Expression
from euthymia.pharmacology.solve.system import LinearSystem, Values, closure

if TYPE_CHECKING:
    from euthymia.pharmacology.model import Model
    from euthymia.pharmacology.regimen import Regimen

TABLES = ("effect_site", "signal", "turnover")


@dataclass(frozen=True, slots=True)
class Site:
    """A place that follows one of the model's outputs with delay."""

    name: str
    output: int
    ke0_per_h: Expression


@dataclass(frozen=True, slots=True)
class State:
    """A quantity that is made and lost. It stands at `start` until the first dose; `change` is its unit per hour."""

    name: str
    unit: str
    start: Expression
    change: Expression


@dataclass(frozen=True, slots=True)
class Turnover:
    """The states of one model and what they hear.

    outputs: names of the model's linear outputs, `drug` for the drug itself.   signals: words for formulas of
    parameters, concentrations, earlier signals and states.
    """

    outputs: tuple[str, ...]
    sites: tuple[Site, ...]
    signals: tuple[tuple[str, Expression], ...]
    states: tuple[State, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the states, in order."""
        return tuple(state.name for state in self.states)

    @property
    def linear(self) -> tuple[str, ...]:
        """Names of what is exact: outputs, then sites."""
        return self.outputs + tuple(site.name for site in self.sites)


@dataclass(frozen=True, slots=True)
class Structure:
    """What the formulas say about each other.

    drivers: linear names the states hear.   changes: each state's change with its signals written out.
    jacobian: [state][state] slopes.   by_driver: [state][driver] slopes.   groups: states in the order they can be
    solved, those that hear each other together.   plain: the states whose own slope depends on nothing that moves and
    who hear nobody that hears them: their course is an integral.
    """

    drivers: tuple[str, ...]
    changes: tuple[ast.expr, ...]
    jacobian: tuple[tuple[ast.expr, ...], ...]
    by_driver: tuple[tuple[ast.expr, ...], ...]
    groups: tuple[tuple[int, ...], ...]
    plain: frozenset[int]


@dataclass(frozen=True, slots=True)
class TurnoverSystem:
    """One regimen in these people: what every method takes.

    linear: outputs are the exact courses in the order of `heard`.   values: parameters, each (people,) or ().
    start: (states, people).   reads: what is answered, names of states or of linear outputs among `heard`.
    """

    turnover: Turnover
    linear: LinearSystem
    heard: tuple[str, ...]
    values: Mapping[str, Values]
    start: Values
    reads: tuple[str, ...]

    @property
    def people(self) -> int:
        return self.linear.people

    def some(self, places: slice | NDArray[np.int64]) -> TurnoverSystem:
        """The same for some of its people."""
        values = {name: value[places] if value.ndim else value for name, value in self.values.items()}
        return replace(self, linear=self.linear.some(places), values=values, start=self.start[:, places])

    def shown(self, concentrations: Values, states: Values) -> Values:
        """(people, times, reads) from concentrations (people, times, heard) and states (people, times, states)."""
        places = {name: concentrations[:, :, place] for place, name in enumerate(self.heard)}
        places |= {name: states[:, :, place] for place, name in enumerate(self.turnover.names)}
        return np.stack([places[name] for name in self.reads], axis=2)


def solve(
    model: Model,
    regimen: Regimen,
    values: Mapping[str, Values],
    people: int,
    at_h: Values,
    *,
    reads: Sequence[str] | None = None,
) -> Values:
    """States and concentrations over time, (people, times, reads), by the default method (NumPy, no compiler).

    values: parameters of these people (`Model.values`).   reads: names of states, effect sites or analytes; left out,
    every state.   Refuses (BadInput) times as `simulate` does.   SolverFailed where the accuracy cannot be kept.
    """
    # Imported here: most models have no turnover.
    from euthymia.pharmacology.simulate import checked_times
    from euthymia.pharmacology.solve import rosenbrock

    return rosenbrock.driven(system(model, regimen, values, people, reads=reads), checked_times(at_h))


def system(
    model: Model,
    regimen: Regimen,
    values: Mapping[str, Values],
    people: int,
    *,
    reads: Sequence[str] | None = None,
) -> TurnoverSystem:
    """The states of these people with the regimen entering them, for any method. Refuses (BadInput) unknown reads."""
    turnover = model.turnover
    if turnover is None:
        raise ModelError("no_turnover", "model", f"{model.id} has no turnover states.")
    for name, value in values.items():
        if np.shape(value) not in ((), (1,), (people,)):
            raise BadInput("wrong_shape", f"values.{name}", f"Give one number, or one for each of {people} people.")
    asked = turnover.names if reads is None else tuple(reads)
    for place, name in enumerate(asked):
        if name not in turnover.names + turnover.linear:
            known = ", ".join(turnover.names + turnover.linear)
            raise BadInput("unknown_output", f"reads[{place}]", f"'{name}' is not in {model.id}. Known: {known}.")
    linear = model.system(regimen, values, people)
    for site in turnover.sites:
        linear = linear.with_effect_site(site.output, share=1.0, ke0_per_h=site.ke0_per_h(values))
    drivers = structure(turnover).drivers
    heard = drivers + tuple(name for name in dict.fromkeys(asked) if name in turnover.linear and name not in drivers)
    places = [turnover.linear.index(name) for name in heard]
    linear = replace(linear, readout=np.ascontiguousarray(linear.readout[:, places]))
    start = np.stack([np.broadcast_to(state.start(values), (people,)) for state in turnover.states])
    arrays = {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}
    return TurnoverSystem(turnover, linear, heard, arrays, start, asked)


def compiled_formulas(nodes: Sequence[ast.expr]) -> tuple[Formula, ...]:
    """Formulas ready to be evaluated on arrays."""
    return tuple(Formula(node) for node in nodes)


@lru_cache(maxsize=64)
def structure(turnover: Turnover) -> Structure:
    """Who hears whom, and the slopes implicit methods need; found once per model."""
    written: dict[str, ast.expr] = {}
    for name, formula in turnover.signals:
        written[name] = replaced(tree(formula), written)
    changes = tuple(replaced(tree(state.change), written) for state in turnover.states)
    used = frozenset[str]().union(*(names(change) for change in changes))
    drivers = tuple(name for name in turnover.linear if name in used)
    jacobian = tuple(tuple(slope(change, name) for name in turnover.names) for change in changes)
    by_driver = tuple(tuple(slope(change, name) for name in drivers) for change in changes)
    groups = _cascade(np.array([[not is_zero(one) for one in row] for row in jacobian]))
    moving = frozenset(turnover.names + drivers)
    plain = frozenset(
        group[0] for group in groups if len(group) == 1 and not names(jacobian[group[0]][group[0]]) & moving
    )
    return Structure(drivers, changes, jacobian, by_driver, groups, plain)


def _cascade(hears: NDArray[np.bool_]) -> tuple[tuple[int, ...], ...]:
    """Groups of states that hear each other, in an order in which nobody hears a later one. hears: [who, whom]."""
    reaches = closure(hears)
    together = reaches & reaches.T
    groups = dict.fromkeys(tuple(int(place) for place in np.flatnonzero(row)) for row in together)
    return tuple(sorted(groups, key=lambda group: (int(reaches[group[0]].sum()), group)))


def turnover_from(rows: Mapping[str, Sequence[Mapping[str, Any]]], parameters: frozenset[str]) -> Turnover:
    """The states from a model file's checked tables, each row with its `path`.

    parameters: every name with a value per person.   Refuses (ModelError, path to the field) a name that is not
    defined, not new, or not a word of letters.
    """
    analytes = tuple(row["analyte"] for row in rows["output"])
    outputs = tuple(analyte.strip("{}") for analyte in analytes)
    taken = set(parameters) | set(outputs)
    for table in TABLES:
        for row in rows[table]:
            if not row["name"].isidentifier() or iskeyword(row["name"]) or row["name"] in taken:
                code = "duplicate" if row["name"] in taken else "bad_name"
                raise ModelError(code, f"{row['path']}.name", f"'{row['name']}' is not a new word of letters.")
            taken.add(row["name"])
    heard = (
        set(parameters) | set(outputs) | {row["name"] for table in ("effect_site", "turnover") for row in rows[table]}
    )
    sites = tuple(_site(row, outputs, parameters) for row in rows["effect_site"])
    signals = []
    for row in rows["signal"]:
        # A signal may use those before it only, so there is no circle.
        signals.append((row["name"], _formula(row, "as", heard)))
        heard.add(row["name"])
    states = tuple(
        State(row["name"], row["unit"], _formula(row, "start", parameters), _formula(row, "change", heard))
        for row in rows["turnover"]
    )
    return Turnover(outputs, sites, tuple(signals), states)


def _site(row: Mapping[str, Any], outputs: tuple[str, ...], parameters: frozenset[str]) -> Site:
    of = str(row["of"]).strip("{}")
    if of not in outputs:
        message = f"'{of}' is not read out by the model. It reads {', '.join(outputs)}."
        raise ModelError("unknown_name", f"{row['path']}.of", message)
    return Site(row["name"], outputs.index(of), _formula(row, "ke0_per_h", parameters))


def _formula(row: Mapping[str, Any], field: str, known: frozenset[str] | set[str]) -> Expression:
    formula = Expression(row[field])
    unknown = sorted(formula.names - known)
    if unknown:
        message = f"'{formula.text}' uses {', '.join(unknown)}, which is not defined."
        raise ModelError("unknown_name", f"{row['path']}.{field}", message)
    return formula
