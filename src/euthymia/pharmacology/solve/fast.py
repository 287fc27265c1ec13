"""The closed form for large populations: the same modes and program, walked by a compiled kernel on every processor.

Needs the `fast` extra (numba); compiling takes some seconds, once per machine, so screens and the shell never use it.
People whose modes cannot be told apart, and systems in which drug goes round in a circle, take the slower closed form.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.solve import closed_form
from euthymia.pharmacology.solve.fast_body import Body, Schedule
from euthymia.pharmacology.solve.fast_math import LANES
from euthymia.pharmacology.solve.fast_modes import Asked, Found, Places, Plan, find, planned, seen_runs
from euthymia.pharmacology.solve.fast_recursion import walk, walk_and_sum
from euthymia.pharmacology.solve.modes import cascade
from euthymia.pharmacology.solve.program import Kind, Program, compiled
from euthymia.pharmacology.solve.system import LinearSystem, Values, checked, slices

# People per task: few enough for the cache and to share out evenly, enough to be worth what a task costs before its
# kernel runs. Not a power of two: rows of people would then all fall on the same lines of the cache.
_LEAST_PER_TASK, _MOST_PER_TASK = 2100, 5000
_PROCESSORS = os.cpu_count() or 1
_MOST_KEPT = 64


def solve(system: LinearSystem, at_h: Values) -> Values:
    """Every output over time, (people, times, outputs); 0 before the first input. SolverFailed if not finite."""
    at_h = np.asarray(at_h, dtype=np.float64)
    out = np.zeros((system.readout.shape[1], at_h.size, system.people))
    solve_into(out, system.reached().some, at_h)
    return checked(out.transpose(2, 1, 0))


def solve_into(out: Values, system_of: Callable[[slice], LinearSystem], at_h: Values) -> None:
    """The same into `out`, (outputs, times, people), C-contiguous zeros, for callers that keep their own memory.

    system_of: these people's system. It is asked for some of them at a time, on every processor, so that a population
    never lies in memory whole; a system that does is given by its `some`.
    """

    def task(part: slice) -> None:
        system = system_of(part)
        walked, unsound = _ready(system, at_h)
        if walked:
            walk(*walked, out, part.start)
        for each in _runs(unsound, system.people):
            slow = closed_form.solve(system.some(each), at_h)
            out[:, :, part.start + each.start : part.start + each.stop] = slow.transpose(2, 1, 0)

    in_parallel(task, shares(out.shape[2]))


def add_up(system: LinearSystem, at_h: Values) -> tuple[Values, Values]:
    """Every output over time summed over the people, (outputs, times), and each one's peak over these times, (outputs,
    people). Nobody's course is kept; SolverFailed if not finite. Runs in this thread: blocks are shared out outside."""
    at_h = np.asarray(at_h, dtype=np.float64)
    system = system.reached()
    sums, peaks = np.zeros((system.readout.shape[1], at_h.size)), np.zeros((system.readout.shape[1], system.people))
    walked, unsound = _ready(system, at_h)
    if walked:
        counted = np.ones(system.people, dtype=np.bool_)
        counted[unsound] = False
        walk_and_sum(*walked, counted, sums, peaks)
    for each in _runs(unsound, system.people):
        slow_sums, peaks[:, each] = closed_form.add_up(system.some(each), at_h)
        sums += slow_sums
    return checked(sums), checked(peaks)


def shares(people: int) -> Iterator[slice]:
    """Even shares for every processor, each but the last of whole lanes."""
    rounds = -(-people // (_PROCESSORS * _MOST_PER_TASK))
    each = max(_LEAST_PER_TASK, -(-people // (_PROCESSORS * rounds)))
    return slices(people, -(-each // LANES) * LANES)


def in_parallel(task: Callable[[slice], None], parts: Iterator[slice]) -> None:
    """Run the task for every part on all processors, a single part at once; the first failure is raised."""
    shared = list(parts)
    if len(shared) == 1:
        task(shared[0])
        return
    for done in [_pool().submit(task, part) for part in shared]:
        done.result()


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=_PROCESSORS, thread_name_prefix="engine")


def _ready(system: LinearSystem, at_h: Values) -> tuple[tuple[Body, Schedule] | None, NDArray[np.int64]]:
    """These people and their schedule as the kernel takes them, and who of them it cannot solve; None where that is
    everybody."""
    pattern = system.pattern.tobytes()
    groups = cascade(pattern, system.states)
    everybody = np.arange(system.people)
    if not all(group.is_tree for group in groups):
        return None, everybody
    program, input_states = compiled(system.inputs, at_h), sorted({entry.state for entry in system.inputs})
    found = _modes(system, planned(pattern, system.states, groups), input_states)
    return (_body(system, program, found, input_states), _schedule(program)), everybody[~found.sound]


def _modes(system: LinearSystem, plan: Plan, input_states: list[int]) -> Found:
    """The rates are walked where they lie if people lie side by side, as `Model.system` leaves them."""
    readout = np.ascontiguousarray(system.readout.transpose(1, 2, 0))
    reads = np.asarray(readout.any(axis=2))
    asked = Asked(
        rates=np.ascontiguousarray(system.rates.transpose(1, 2, 0)),
        readout=readout,
        reads=np.argwhere(reads).astype(np.int64),
        input_states=np.array(input_states, dtype=np.int64),
    )
    first_term, first_mode, together = seen_runs(plan, reads)
    found = Found(
        rates=np.empty((system.states, system.people)),
        entering=np.empty((len(input_states), system.states, system.people)),
        seen=np.empty((int(first_term[-1]), system.people)),
        sound=np.empty(system.people, dtype=np.bool_),
        first_term=first_term,
        first_mode=first_mode,
        together=together,
    )
    find(plan, asked, found)
    return found


def _body(system: LinearSystem, program: Program, found: Found, input_states: list[int]) -> Body:
    entries, own = system.inputs, program.personal
    return Body(
        rates=found.rates,
        seen=found.seen,
        first_term=found.first_term,
        first_mode=found.first_mode,
        together=found.together,
        entering=found.entering,
        entry_row=np.array([input_states.index(entry.state) for entry in entries], dtype=np.int64),
        amounts=np.array([each.size for each in entries]),
        own_kind=np.array([int(each.kind) for each in own], dtype=np.int64),
        own_entry=np.array([each.entry for each in own], dtype=np.int64),
        own_moment=np.array([each.moment for each in own], dtype=np.int64).reshape(len(own), system.people),
        own_before_h=np.array([each.before_h for each in own], dtype=np.float64).reshape(len(own), system.people),
    )


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
