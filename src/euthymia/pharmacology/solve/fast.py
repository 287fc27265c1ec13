"""The closed form for large populations: the same modes and program, walked by a compiled kernel on every processor.

Needs the `fast` extra (numba); compiling takes some seconds, once per machine, so screens and the shell never use it.
People whose modes cannot be told apart, and systems in which drug goes round in a circle, take the slower closed form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import Broken
from euthymia.pharmacology.expression import Expression
from euthymia.pharmacology.solve import closed_form
from euthymia.pharmacology.solve.fast_body import Body, Schedule
from euthymia.pharmacology.solve.fast_math import LANES
from euthymia.pharmacology.solve.fast_modes import Places, Setup, duration_of, setup_from, setup_of
from euthymia.pharmacology.solve.fast_recursion import walk, walk_and_sum
from euthymia.pharmacology.solve.parallel import PROCESSORS, in_parallel
from euthymia.pharmacology.solve.program import Kind, Program, compiled
from euthymia.pharmacology.solve.system import Input, LinearSystem, Make, Values, checked, slices

# People per task: few enough for the cache and to share out evenly, enough to be worth what a task costs before its
# kernel runs. Not a power of two: rows of people would then all fall on the same lines of the cache.
_LEAST_PER_TASK, _MOST_PER_TASK = 2100, 5000
_MOST_KEPT = 64


class _People(NamedTuple):
    """People ready for the kernel: how they are set up (None where it cannot be), what is known of them, (numbers,
    people), how many outputs they have, what happens when, and the same people as the slower closed form takes them."""

    setup: Setup | None
    given: Values
    outputs: int
    program: Program
    system_of: Callable[[slice], LinearSystem]

    @classmethod
    def of(cls, system: LinearSystem, at_h: Values) -> _People:
        setup, given = setup_of(system)
        inputs = system.inputs if setup is None else [system.inputs[place] for place in setup.inputs]
        return cls(setup, given, system.readout.shape[1], compiled(inputs, at_h), system.some)

    def walk_into(self, out: Values, at_h: Values, begins: int) -> None:
        """Write every output into `out`, (outputs, times, people), from a column on."""
        # The kernel writes where it is told to, without asking whether there is room.
        room = out.shape[:2] == (self.outputs, at_h.size) and begins + self.given.shape[1] <= out.shape[2]
        if not room or out.dtype != np.float64 or not out.flags.c_contiguous:
            raise Broken(f"{self.given.shape[1]} people with {self.outputs} outputs do not fit into {out.shape}")
        sound = np.zeros(self.given.shape[1], dtype=np.bool_)
        if self.setup is not None:
            walk(self.setup.tape, self.given, self._body(self.setup), _schedule(self.program), sound, out, begins)
        for each in _runs(np.flatnonzero(~sound), sound.size):
            slow = closed_form.solve(self.system_of(each), at_h)
            out[:, :, begins + each.start : begins + each.stop] = slow.transpose(2, 1, 0)

    def add_up(self, at_h: Values) -> tuple[Values, Values]:
        """Sums over these people, (outputs, times), and peaks, (outputs, people)."""
        sound = np.zeros(self.given.shape[1], dtype=np.bool_)
        sums, peaks = np.zeros((self.outputs, at_h.size)), np.zeros((self.outputs, sound.size))
        if self.setup is not None:
            body, schedule = self._body(self.setup), _schedule(self.program)
            walk_and_sum(self.setup.tape, self.given, body, schedule, sound, sums, peaks)
        for each in _runs(np.flatnonzero(~sound), sound.size):
            slow_sums, peaks[:, each] = closed_form.add_up(self.system_of(each), at_h)
            sums += slow_sums
        return checked(sums), checked(peaks)

    def _body(self, setup: Setup) -> Body:
        own, people = self.program.personal, self.given.shape[1]
        return Body(
            rows=setup.rows,
            first_term=setup.first_term,
            first_mode=setup.first_mode,
            together=setup.together,
            entry_row=setup.entry_row,
            own_kind=np.array([int(each.kind) for each in own], dtype=np.int64),
            own_entry=np.array([each.entry for each in own], dtype=np.int64),
            own_moment=np.array([each.moment for each in own], dtype=np.int64).reshape(len(own), people),
            own_before_h=np.array([each.before_h for each in own], dtype=np.float64).reshape(len(own), people),
        )


def solve(system: LinearSystem, at_h: Values) -> Values:
    """Every output over time, (people, times, outputs); 0 before the first input. SolverFailed if not finite."""
    at_h = np.asarray(at_h, dtype=np.float64)
    out = np.zeros((system.readout.shape[1], at_h.size, system.people))
    solve_into(out, system, at_h)
    return checked(out.transpose(2, 1, 0))


def solve_into(out: Values, system: LinearSystem, at_h: Values) -> None:
    """The same into `out`, (outputs, times, people), C-contiguous zeros, for callers that keep their own memory."""
    in_parallel(lambda part: _People.of(system.some(part), at_h).walk_into(out, at_h, part.start), shares(out.shape[2]))


def add_up(system: LinearSystem, at_h: Values) -> tuple[Values, Values]:
    """Every output over time summed over the people, (outputs, times), and each one's peak over these times, (outputs,
    people). Nobody's course is kept; SolverFailed if not finite. Runs in this thread: blocks are shared out outside."""
    at_h = np.asarray(at_h, dtype=np.float64)
    return _People.of(system, at_h).add_up(at_h)


class Recipe:
    """A model with a regimen, looked at at set times, made ready once for any number of people given by their numbers.

    The kernel works out compartments and modes itself, so that nobody's matrices lie in memory; only where a tape
    cannot say it (`fast_modes.setup_from`), and for people whose modes cannot be told apart, NumPy does. make: the
    model's parts from what is given by name (`Model.parts`), of symbols once, of arrays for those.   names: what is
    given, in this order.
    """

    def __init__(self, make: Make, names: Sequence[str], at_h: Values) -> None:
        self._make, self._names = make, tuple(names)
        self._at_h = np.asarray(at_h, dtype=np.float64)
        found = setup_from(make, names)
        self._ready: tuple[Setup, Program] | None = None
        if found is not None:
            setup, parts = found
            one = np.ones(1)
            inputs = [
                Input(each.state, each.start_h, one, np.array([duration_of(each)]))
                for each in (parts.inputs[place] for place in setup.inputs)
            ]
            self._ready = setup, compiled(inputs, self._at_h)

    def solve_into(self, out: Values, given: Values) -> None:
        """Every output of these people, (names, people), into `out`, (outputs, times, people), C-contiguous zeros.
        Broken where the shapes do not fit, SolverFailed where what is given is not finite; what comes out is not looked
        through."""
        in_parallel(
            lambda part: self._people(given[:, part]).walk_into(out, self._at_h, part.start), shares(given.shape[1])
        )

    def add_up(self, given: Values) -> tuple[Values, Values]:
        """Sums and peaks of these people, (names, people), as `fast.add_up` gives them, in this thread."""
        return self._people(given).add_up(self._at_h)

    def _people(self, given: Values) -> _People:
        if given.ndim != 2 or given.shape[0] != len(self._names):
            raise Broken(f"{given.shape} given does not fit {len(self._names)} names")
        given = checked(np.ascontiguousarray(given, dtype=np.float64))

        def system_of(part: slice) -> LinearSystem:
            values = dict(zip(self._names, given[:, part], strict=True))
            return self._make(values, Expression.__call__).system(part.stop - part.start)

        if self._ready is None:
            return _People.of(system_of(slice(0, given.shape[1])), self._at_h)
        setup, program = self._ready
        return _People(setup, given, setup.first_mode.size, program, system_of)


def shares(people: int) -> Iterator[slice]:
    """Even shares for every processor, each but the last of whole lanes."""
    rounds = -(-people // (PROCESSORS * _MOST_PER_TASK))
    each = max(_LEAST_PER_TASK, -(-people // (PROCESSORS * rounds)))
    return slices(people, -(-each // LANES) * LANES)


def _runs(unsound: NDArray[np.int64], people: int) -> list[slice]:
    """These people as runs: everybody at once, or one by one where they are few."""
    if unsound.size == people:
        return [slice(0, people)]
    return [slice(place, place + 1) for place in unsound.tolist()]


def _may_run(program: Program, moments: Places, kinds: Places) -> NDArray[np.bool_]:
    """The moments before which something may have been running in."""
    if any(own.kind is not Kind.BOLUS for own in program.personal):
        return np.ones(program.grid_h.size, dtype=np.bool_)
    turned = np.zeros(program.grid_h.size + 1)
    np.add.at(turned, moments + 1, np.where(kinds == Kind.START, 1.0, np.where(kinds == Kind.STOP, -1.0, 0.0)))
    return np.cumsum(turned)[:-1] > 0


@lru_cache(maxsize=64)
def _schedule(program: Program) -> Schedule:
    """The program as plain arrays. Intervals that come again get a row in a table of factors."""
    again = np.bincount(program.span, minlength=program.spans_h.size)
    most = np.argsort(again)[::-1][:_MOST_KEPT]
    kept = most[again[most] > 1]
    row = np.full(program.spans_h.size, -1, dtype=np.int64)
    row[kept] = np.arange(kept.size)
    moments = np.array([edge.moment for edge in program.edges], dtype=np.int64)
    kinds = np.array([int(edge.kind) for edge in program.edges], dtype=np.int64)
    return Schedule(
        length_h=program.spans_h[program.span],
        row=row[program.span],
        row_h=program.spans_h[kept],
        row_runs=np.isin(kept, program.span[_may_run(program, moments, kinds)]),
        looks=program.looks,
        changes=np.isin(np.arange(program.grid_h.size), moments[kinds != int(Kind.BOLUS)]),
        first_edge=np.searchsorted(moments, np.arange(program.grid_h.size + 1)),
        edge_kind=kinds,
        edge_entry=np.array([edge.entry for edge in program.edges], dtype=np.int64),
    )
