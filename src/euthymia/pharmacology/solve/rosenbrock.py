"""Turnover states in NumPy: RODAS4, an implicit method of order 4 with an error of order 3 (Hairer and Wanner 1996).

The concentrations the states hear are exact at every instant, from the modes of the compartments. People of one block
share their steps, as large as the worst of them allows. All states are solved together with their whole Jacobian.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import SolverFailed
from euthymia.pharmacology.solve import closed_form, integrated
from euthymia.pharmacology.solve.modes import Modes, modes
from euthymia.pharmacology.solve.program import Edge, Kind, Program, compiled
from euthymia.pharmacology.solve.system import Values, checked, slices
from euthymia.pharmacology.turnover import TurnoverSystem, compiled_formulas, structure

GAMMA = 0.25
# When in the step each stage looks, and its share of the slope in time.
NODES = (0.0, 0.386, 0.21, 0.63, 1.0, 1.0)
IN_TIME = (0.25, -0.1043, 0.1035, -0.0362, 0.0, 0.0)
# What the stages before add to the state a stage looks at; and, over the step, to its right side.
ADDED: tuple[tuple[float, ...], ...] = (
    (),
    (1.544,),
    (0.9466785280815826, 0.2557011698983284),
    (3.314825187068521, 2.896124015972201, 0.9986419139977817),
    (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.687886036105895),
    (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.687886036105895, 1.0),
)
CARRIED: tuple[tuple[float, ...], ...] = (
    (),
    (-5.6688,),
    (-2.430093356833875, -0.2063599157091915),
    (-0.1073529058151375, -9.594562251023355, -20.47028614809616),
    (7.496443313967647, -10.24680431464352, -33.99990352819905, 11.7089089320616),
    (8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054),
)
# A state far below its own peak is held to this share of the peak.
PEAK_SHARE = 1e-3
PEOPLE_AT_ONCE = 512
_SMALLEST_SCALE = 1e-30
_MOST_STEPS = 200_000

# Concentrations and their slopes at a time of the interval: each (heard, people).
_Heard = Callable[[float], tuple[Values, Values]]


def driven(system: TurnoverSystem, at_h: Values, *, relative: float = 4e-8) -> Values:
    """States and concentrations over time, (people, times, reads).

    relative: error allowed per step, as a share of the state or of a thousandth of its peak, whichever is larger.
    SolverFailed where it cannot be kept. People whose modes cannot be told apart go through `integrated.py`.
    """
    at_h = np.asarray(at_h, dtype=np.float64)
    concentrations = np.maximum(closed_form.solve(system.linear, at_h), 0.0)
    states = np.empty((system.people, at_h.size, len(system.turnover.states)))
    for places in alike(system):
        sound = has_modes(system.some(places))
        if not sound.all():
            lost = places[~sound]
            states[lost] = integrated.states(system.some(lost), at_h)
            places = places[sound]
        for part in slices(places.size, PEOPLE_AT_ONCE):
            block = places[part]
            states[block] = _Block(system.some(block), at_h, relative).run()
    return checked(system.shown(concentrations, states))


def alike(system: TurnoverSystem) -> list[NDArray[np.int64]]:
    """People by schedule: those whose inputs all begin and end at the same times."""
    inputs = system.linear.inputs
    times = [entry.starts_h for entry in inputs] + [entry.duration_h for entry in inputs]
    if all((each == each[0]).all() for each in times):
        return [np.arange(system.people)]
    _, group = np.unique(np.stack(times, axis=1), axis=0, return_inverse=True)
    return [np.flatnonzero(group == place) for place in range(int(group.max()) + 1)]


def has_modes(system: TurnoverSystem) -> NDArray[np.bool_]:
    """Whose compartments have modes that can be told apart, (people,)."""
    linear = system.linear.reached()
    return modes(linear, sorted({entry.state for entry in linear.inputs})).sound


class Course:
    """The exact concentrations between two moments: held in the modes, with what is running into them."""

    def __init__(self, system: TurnoverSystem, at_h: Values) -> None:
        linear = system.linear.reached()
        self.states = sorted({entry.state for entry in linear.inputs})
        self.found: Modes = modes(linear, self.states)
        self.program: Program = compiled(linear.inputs, at_h)
        self.rates: NDArray[Any] = self.found.rates_per_h
        # A mode that never empties is let empty over a thousand million hours.
        self.rates = np.where(self.rates == 0, -1e-9, self.rates)
        self.sizes = [self.found.entering[self.states.index(entry.state)] * entry.size for entry in linear.inputs]
        self.weights = np.zeros((len(system.heard), *self.rates.shape), dtype=self.rates.dtype)
        for row, (output, mode) in enumerate(self.found.terms):
            self.weights[output, mode] += self.found.seen[row]
        self.held = np.zeros_like(self.rates)
        self.running = np.zeros_like(self.rates)
        self.is_running = 0

    def happen(self, edge: Edge) -> None:
        """An input begins or ends."""
        size = self.sizes[edge.entry]
        match edge.kind:
            case Kind.BOLUS:
                self.held = self.held + size
            case Kind.START:
                self.running, self.is_running = self.running + size, self.is_running + 1
            case Kind.STOP:
                self.is_running -= 1
                self.running = self.running - size if self.is_running else np.zeros_like(size)

    def ahead(self) -> _Heard:
        """What is heard from now on until something happens."""
        rates, weights = self.rates, self.weights
        settled = -self.running / rates
        moving = self.held - settled
        level = np.einsum("hmp,mp->hp", weights, settled)

        def at(after_h: float) -> tuple[Values, Values]:
            left = weights * (moving * np.exp(rates * after_h))
            heard = (level + left.sum(axis=1)).real
            return np.maximum(heard, 0.0), np.asarray((left * rates).sum(axis=1).real)

        return at

    def passed(self, span_h: float) -> None:
        """Let an interval go by."""
        settled = -self.running / self.rates
        self.held = settled + (self.held - settled) * np.exp(self.rates * span_h)


class _Block:
    """People who share their schedule and their steps."""

    def __init__(self, system: TurnoverSystem, at_h: Values, relative: float) -> None:
        self.system, self.at_h, self.relative = system, at_h, relative
        found = structure(system.turnover)
        self.change = compiled_formulas(found.changes)
        self.jacobian = [compiled_formulas(row) for row in found.jacobian]
        self.by_driver = [compiled_formulas(row) for row in found.by_driver]
        self.names, self.drivers = system.turnover.names, found.drivers
        self.step_h = 1e-2

    def run(self) -> Values:
        """(people, times, states)."""
        course = Course(self.system, self.at_h)
        program, now = course.program, np.array(self.system.start)
        peak = np.abs(now)
        out = np.repeat(now.T[:, None], self.at_h.size, axis=1)
        edges: dict[int, list[Edge]] = {}
        for edge in program.edges:
            edges.setdefault(edge.moment, []).append(edge)
        for moment in range(program.grid_h.size):
            span_h = float(program.spans_h[program.span[moment]])
            if moment:
                now = self._advanced(course.ahead(), now, peak, span_h)
                course.passed(span_h)
            for edge in edges.get(moment, ()):
                course.happen(edge)
            if program.looks[moment] >= 0:
                out[:, program.looks[moment]] = now.T
        return out

    def _advanced(self, heard: _Heard, now: Values, peak: Values, span_h: float) -> Values:
        """The states after the interval. `peak` grows along."""
        done_h, before = 0.0, heard(0.0)
        for _ in range(_MOST_STEPS):
            left_h = span_h - done_h
            step_h = left_h if self.step_h > 0.99 * left_h else min(self.step_h, 0.5 * left_h)
            looks = [before, *(heard(done_h + node * step_h) for node in NODES[1:5])]
            reached, error = self._step(looks, now, step_h)
            np.maximum(peak, np.abs(reached), out=peak)
            scale = np.maximum(np.maximum(np.abs(now), np.abs(reached)), PEAK_SHARE * peak)
            worst = float((np.abs(error) / (self.relative * scale + _SMALLEST_SCALE)).max())
            if not np.isfinite(worst):
                raise SolverFailed("A turnover state left the finite numbers.")
            factor = min(5.0, max(0.1, 0.9 * max(worst, 1e-12) ** -0.25))
            if worst <= 1.0:
                done_h, now, before = done_h + step_h, reached, looks[4]
                # A step cut short by the end of the interval says little about the next.
                self.step_h = max(self.step_h, step_h * factor) if step_h < self.step_h else step_h * factor
                if done_h >= span_h * (1 - 1e-12):
                    return now
            else:
                self.step_h = step_h * factor
        raise SolverFailed("The turnover states need more steps than they may take.")

    def _step(self, looks: list[tuple[Values, Values]], now: Values, step_h: float) -> tuple[Values, Values]:
        """The states after one step and the error of them, each (states, people)."""
        count, people = now.shape
        values = [self._known(heard, now) for heard, _ in looks]
        matrix = np.zeros((people, count, count))
        for row, formulas in enumerate(self.jacobian):
            for column, formula in enumerate(formulas):
                matrix[:, row, column] = -formula(values[0])
        matrix[:, range(count), range(count)] += 1.0 / (GAMMA * step_h)
        inverse = np.linalg.inv(matrix).transpose(1, 2, 0)
        in_time = step_h * self._in_time(values[0], looks[0][1], people)
        stages: list[Values] = []
        for stage in range(6):
            reached = now + _weighted(ADDED[stage], stages)
            known = values[min(stage, 4)]
            known.update(zip(self.names, reached, strict=True))
            right = self._changes(known, people) + IN_TIME[stage] * in_time
            right = right + _weighted(CARRIED[stage], stages) / step_h
            stages.append(np.einsum("ijp,jp->ip", inverse, right))
        return np.asarray(reached + stages[5]), stages[5]

    def _known(self, heard: Values, now: Values) -> dict[str, Values]:
        known = dict(self.system.values)
        known.update(zip(self.system.heard, heard, strict=True))
        known.update(zip(self.names, now, strict=True))
        return known

    def _changes(self, known: Mapping[str, Values], people: int) -> Values:
        return np.stack([np.broadcast_to(formula(known), (people,)) for formula in self.change])

    def _in_time(self, known: Mapping[str, Values], slopes: Values, people: int) -> Values:
        total = np.zeros((len(self.change), people))
        for row, formulas in enumerate(self.by_driver):
            for name, formula in zip(self.drivers, formulas, strict=True):
                total[row] += formula(known) * slopes[self.system.heard.index(name)]
        return total


def _weighted(weights: tuple[float, ...], stages: list[Values]) -> Values | float:
    total: Values | float = 0.0
    for weight, stage in zip(weights, stages, strict=False):
        total = total + weight * stage
    return total
