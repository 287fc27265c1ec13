"""Exact solution of a linear compartment system by its modes, for many people and times at once.

Between two events every mode decays by a factor that depends on the interval only, so a schedule is a list of factors
and jumps. People whose modes are too close to tell apart are solved by matrix exponential instead (`exponential.py`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.solve import exponential
from euthymia.pharmacology.solve.modes import Modes, modes
from euthymia.pharmacology.solve.program import Edge, Kind, PersonalEdges, Program, compiled
from euthymia.pharmacology.solve.system import LinearSystem, Values, checked

# People solved at once: their factors then stay in the processor's cache.
_PEOPLE_AT_ONCE = 2048
# Factors kept for intervals that come again; beyond this they are computed anew.
_MOST_KEPT = 64
_LOOKS_AT_ONCE = 8


def solve(system: LinearSystem, at_h: Values) -> Values:
    """Every output over time, (people, times, outputs); 0 before the first input. SolverFailed if not finite."""
    at_h = np.asarray(at_h, dtype=np.float64)
    system = system.reached()
    program = compiled(system.inputs, at_h)
    out = np.zeros((system.readout.shape[1], at_h.size, system.people))
    for first in range(0, system.people, _PEOPLE_AT_ONCE):
        part = slice(first, min(first + _PEOPLE_AT_ONCE, system.people))
        alone = system.people <= _PEOPLE_AT_ONCE
        _solve_into(out[:, :, part], system if alone else system.some(part), program.some(part), at_h)
    return checked(out.transpose(2, 1, 0))


def _solve_into(out: Values, system: LinearSystem, program: Program, at_h: Values) -> None:
    """The same into `out`, (outputs, times, people), which holds zeros."""
    states = sorted({entry.state for entry in system.inputs})
    found = modes(system, states)
    with np.errstate(invalid="ignore", over="ignore"):
        _Recursion(system, found, program, states).run(out)
    for place in np.flatnonzero(~found.sound):
        out[:, :, place] = exponential.solve(system.person(int(place)), at_h)[0].T


class _Recursion:
    """How much is in each mode, (modes, people), carried from moment to moment.

    What is to be looked at is kept for several looks and read off together: fewer, larger steps of arithmetic.
    """

    def __init__(self, system: LinearSystem, found: Modes, program: Program, states: list[int]) -> None:
        self.found, self.program, self.people = found, program, system.people
        rates = found.rates_per_h
        self.history = np.zeros((_LOOKS_AT_ONCE + 1, *rates.shape), dtype=rates.dtype)
        self.slot = 0
        self.running = np.zeros_like(rates)
        # In how many people, counted once per input.
        self.is_running = 0
        # What each input puts into each mode: at once, or per hour.
        self.sizes = [
            found.entering[states.index(entry.state)]
            * (entry.amount if entry.is_bolus else entry.amount / entry.duration_h)
            for entry in system.inputs
        ]
        self.kept: dict[int, NDArray[Any]] = {}
        again = np.bincount(program.span, minlength=program.spans_h.size)
        most = np.argsort(again)[::-1][:_MOST_KEPT]
        self.worth_keeping = set(most[again[most] > 1].tolist())

    def run(self, out: Values) -> None:
        """Walk the grid, and write down what is seen."""
        program, shows = self.program, _Shows(self.found, out.shape[0])
        edges = _by_moment(program.edges)
        own = _by_first_and_last(program.personal, program.grid_h.size)
        first_look, waiting = out.shape[1] - int((program.looks >= 0).sum()), 0
        for moment, (span, look) in enumerate(zip(program.span.tolist(), program.looks.tolist(), strict=True)):
            self._pass(span, keep=waiting == self.slot + 1)
            for edge in edges.get(moment, ()):
                self._happen(edge)
            for personal, first, last in own:
                if first <= moment <= last:
                    self._happen_to_some(personal, moment)
            waiting += look >= 0
            if waiting == _LOOKS_AT_ONCE:
                shows.into(out[:, first_look : first_look + waiting], self.history[:waiting])
                self.history[0] = self.history[self.slot]
                first_look, waiting, self.slot = first_look + waiting, 0, 0
        if waiting:
            shows.into(out[:, first_look : first_look + waiting], self.history[:waiting])

    def _pass(self, span: int, *, keep: bool) -> None:
        """Let one interval go by; `keep` where the moment before is still to be read off."""
        factor = self._factor(span)
        before = self.history[self.slot]
        self.slot += keep
        held = np.multiply(before, factor, out=self.history[self.slot])
        if self.is_running:
            held += self.running * _filled(self.found.rates_per_h, float(self.program.spans_h[span]), factor)

    def _factor(self, span: int) -> NDArray[Any]:
        if span in self.kept:
            return self.kept[span]
        factor = np.exp(self.found.rates_per_h * self.program.spans_h[span])
        if span in self.worth_keeping:
            self.kept[span] = factor
        return factor

    def _happen(self, edge: Edge) -> None:
        size = self.sizes[edge.entry]
        match edge.kind:
            case Kind.BOLUS:
                self.history[self.slot] += size
            case Kind.START:
                self.running = self.running + size
                self.is_running += self.people
            case Kind.STOP:
                self.is_running -= self.people
                # Nothing is left of a rate when the last one stops, not even rounding.
                self.running = self.running - size if self.is_running else np.zeros_like(size)

    def _happen_to_some(self, personal: PersonalEdges, moment: int) -> None:
        """An edge that fell, for these people, between the moment before and this one."""
        now = personal.moment == moment
        if not now.any():
            return
        size = np.where(now, self.sizes[personal.entry], 0.0)
        before_h = np.where(now, personal.before_h, 0.0)
        rates = self.found.rates_per_h
        factor = np.exp(rates * before_h)
        match personal.kind:
            case Kind.BOLUS:
                self.history[self.slot] += size * factor
                return
            case Kind.START:
                self.is_running += int(now.sum())
            case Kind.STOP:
                self.is_running -= int(now.sum())
                size = -size
        self.history[self.slot] += size * _filled(rates, before_h, factor)
        self.running = self.running + size


class _Shows:
    """Reads the outputs off the modes; only the range of modes that an output sees is added up for it."""

    def __init__(self, found: Modes, outputs: int) -> None:
        self.parts: list[tuple[int, slice, NDArray[Any]]] = []
        for output in range(outputs):
            terms = [term for term, (each, _) in enumerate(found.terms) if each == output]
            if terms:
                places = [found.terms[term][1] for term in terms]
                weights = np.zeros((places[-1] + 1 - places[0], found.seen.shape[1]), dtype=found.seen.dtype)
                weights[[place - places[0] for place in places]] = found.seen[terms]
                self.parts.append((output, slice(places[0], places[-1] + 1), weights))

    def into(self, out: Values, history: NDArray[Any]) -> None:
        """out: (outputs, looks, people).   history: (looks, modes, people)."""
        for output, places, weights in self.parts:
            if np.iscomplexobj(weights):
                out[output] = np.einsum("kn,lkn->ln", weights, history[:, places]).real
            else:
                np.einsum("kn,lkn->ln", weights, history[:, places], out=out[output])


def _filled(rates: NDArray[Any], span_h: float | Values, factor: NDArray[Any]) -> NDArray[Any]:
    """∫ exp(rate · s) ds over the span, whose `factor` is exp(rate · span)."""
    turned = rates * span_h
    slow = np.abs(turned) < 1e-3
    safe = np.where(rates == 0, 1.0, rates)
    filled = (factor - 1.0) / safe
    if slow.any():
        # A span of a second in a slow mode: the series, since 1 is nearly all of the factor.
        series = span_h * (1.0 + turned * (0.5 + turned * (1 / 6 + turned * (1 / 24 + turned / 120))))
        filled = np.where(slow, series, filled)
    return np.asarray(filled)


def _by_moment(edges: tuple[Edge, ...]) -> dict[int, list[Edge]]:
    found: dict[int, list[Edge]] = {}
    for edge in edges:
        found.setdefault(edge.moment, []).append(edge)
    return found


def _by_first_and_last(
    personal: tuple[PersonalEdges, ...], moments: int
) -> list[tuple[PersonalEdges, int, int]]:
    return [
        (each, int(each.moment.min()), min(int(each.moment.max()), moments - 1)) for each in personal if each.moment.size
    ]
