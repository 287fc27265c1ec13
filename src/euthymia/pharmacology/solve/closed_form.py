"""Exact solution of a linear compartment system by its modes, for many people and times at once.

Between two events every mode decays by a factor that depends on the interval only, so a schedule is a list of factors
and jumps. People whose modes are too close to tell apart are solved by matrix exponential instead (`exponential.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.solve import exponential
from euthymia.pharmacology.solve.modes import Modes, modes
from euthymia.pharmacology.solve.program import Edge, Kind, PersonalEdges, Program, compiled
from euthymia.pharmacology.solve.system import LinearSystem, Values, checked, slices

# People solved at once: enough that steps of arithmetic outweigh what each costs to begin, few enough for the cache.
_PEOPLE_AT_ONCE = 2500
# Factors kept for intervals that come again; beyond this they are computed anew.
_MOST_KEPT = 64
_LOOKS_AT_ONCE = 8
# Up to this many numbers (moments × modes × people), steps cost more than arithmetic.
_NUMBERS_IN_A_STRETCH = 200_000
# For kernels without an expm1: where exp(x) - 1 has lost a digit, (exp(x) - 1) / x is its series, here from x**13 down
# to 1, good to 1e-16.
NEAR_ZERO = 0.5
FILLED_SERIES = tuple(1.0 / factorial(power + 1) for power in range(13, -1, -1))


def solve(system: LinearSystem, at_h: Values) -> Values:
    """Every output over time, (people, times, outputs); 0 before the first input. SolverFailed if not finite."""
    at_h = np.asarray(at_h, dtype=np.float64)
    out = np.zeros((system.readout.shape[1], at_h.size, system.people))
    solve_into(out, system, at_h)
    return checked(out.transpose(2, 1, 0))


def solve_into(out: Values, system: LinearSystem, at_h: Values) -> None:
    """The same into `out`, (outputs, times, people), zeros, for callers that keep their own memory."""
    system = system.reached()
    program = compiled(system.inputs, at_h)
    alone = system.people <= _PEOPLE_AT_ONCE
    for part in slices(system.people, _PEOPLE_AT_ONCE):
        _solve_into(out[:, :, part], system if alone else system.some(part), program.some(part), at_h)


def add_up(system: LinearSystem, at_h: Values) -> tuple[Values, Values]:
    """Every output over time summed over the people, (outputs, times), and each one's peak over these times, (outputs,
    people). SolverFailed if not finite."""
    courses = solve(system, at_h).transpose(2, 1, 0)
    return courses.sum(axis=2), courses.max(axis=1)


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
        self.sizes = [found.entering[states.index(entry.state)] * entry.size for entry in system.inputs]
        self.kept: dict[int, NDArray[Any]] = {}
        self.kept_filled: dict[int, NDArray[Any]] = {}
        again = np.bincount(program.span, minlength=program.spans_h.size)
        most = np.argsort(again)[::-1][:_MOST_KEPT]
        self.worth_keeping = set(most[again[most] > 1].tolist())

    def run(self, out: Values) -> None:
        """Walk the grid, and write down what is seen."""
        if self.program.grid_h.size * self.history[0].size <= _NUMBERS_IN_A_STRETCH:
            self._by_stretches(out)
        else:
            self._by_moments(out)

    def _by_moments(self, out: Values) -> None:
        """For many people: from each moment to the next, by factors that intervals of equal length share."""
        program, shows, happenings = self.program, _Shows(self.found, out.shape[0]), _by_moment(self.program)
        first_look, waiting = out.shape[1] - int((program.looks >= 0).sum()), 0
        for moment, (span, look) in enumerate(zip(program.span.tolist(), program.looks.tolist(), strict=True)):
            self._pass(span, keep=waiting == self.slot + 1)
            self._happen_now(moment, happenings.get(moment, ()))
            waiting += look >= 0
            if waiting == _LOOKS_AT_ONCE:
                shows.into(out[:, first_look : first_look + waiting], self.history[:waiting])
                self.history[0] = self.history[self.slot]
                first_look, waiting, self.slot = first_look + waiting, 0, 0
        if waiting:
            shows.into(out[:, first_look : first_look + waiting], self.history[:waiting])

    def _by_stretches(self, out: Values) -> None:
        """For few people: all looks between two moments at which something happens in one step of arithmetic."""
        program, shows, happenings = self.program, _Shows(self.found, out.shape[0]), _by_moment(self.program)
        rates, moments = self.found.rates_per_h, sorted(happenings)
        for moment, end in zip(moments, [*moments[1:], program.grid_h.size], strict=True):
            self._happen_now(moment, happenings[moment])
            last = min(end + 1, program.grid_h.size)
            after_h = (program.grid_h[moment:last] - program.grid_h[moment])[:, None, None]
            held = self.history[0] * np.exp(rates * after_h)
            if self.is_running:
                held += self.running * filled(rates, after_h)
            looks = program.looks[moment:end]
            seen = np.flatnonzero(looks >= 0)
            if seen.size:
                shows.into(out[:, int(looks[seen[0]]) : int(looks[seen[-1]]) + 1], held[seen])
            self.history[0] = held[-1]

    def _happen_now(self, moment: int, happenings: Sequence[Edge | PersonalEdges]) -> None:
        for each in happenings:
            if isinstance(each, Edge):
                self._happen(each)
            else:
                self._happen_to_some(each, moment)

    def _pass(self, span: int, *, keep: bool) -> None:
        """Let one interval go by; `keep` where the moment before is still to be read off."""
        factor = self._factor(span)
        before = self.history[self.slot]
        self.slot += keep
        held = np.multiply(before, factor, out=self.history[self.slot])
        if self.is_running:
            held += self.running * self._filled(span)

    def _factor(self, span: int) -> NDArray[Any]:
        if span in self.kept:
            return self.kept[span]
        factor: NDArray[Any] = np.exp(self.found.rates_per_h * self.program.spans_h[span])
        if span in self.worth_keeping:
            self.kept[span] = factor
        return factor

    def _filled(self, span: int) -> NDArray[Any]:
        if span not in self.kept_filled:
            found = filled(self.found.rates_per_h, float(self.program.spans_h[span]))
            if span not in self.worth_keeping:
                return found
            self.kept_filled[span] = found
        return self.kept_filled[span]

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
        size = np.where(now, self.sizes[personal.entry], 0.0)
        before_h = np.where(now, personal.before_h, 0.0)
        rates = self.found.rates_per_h
        match personal.kind:
            case Kind.BOLUS:
                self.history[self.slot] += size * np.exp(rates * before_h)
                return
            case Kind.START:
                self.is_running += int(now.sum())
            case Kind.STOP:
                self.is_running -= int(now.sum())
                size = -size
        self.history[self.slot] += size * filled(rates, before_h)
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


def filled(rates: NDArray[Any], span_h: float | Values) -> NDArray[Any]:
    """∫ exp(rate · s) ds over the span."""
    turned = rates * span_h
    # Where nothing turns, what runs in stays.
    return np.asarray(span_h * np.divide(np.expm1(turned), turned, out=np.ones_like(turned), where=turned != 0))


def _by_moment(program: Program) -> dict[int, list[Edge | PersonalEdges]]:
    """What happens at each moment of the grid."""
    found: dict[int, list[Edge | PersonalEdges]] = {}
    for edge in program.edges:
        found.setdefault(edge.moment, []).append(edge)
    for personal in program.personal:
        for moment in set(personal.moment.tolist()):
            if moment < program.grid_h.size:
                found.setdefault(moment, []).append(personal)
    return found
