"""The closed form for large populations: the same modes and program, walked by a compiled kernel on every processor.

Needs the `fast` extra (numba); compiling takes some seconds, once per process, so screens and the shell never use it.
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
from euthymia.pharmacology.solve.fast_modes import Found, find, planned, seen_runs
from euthymia.pharmacology.solve.fast_recursion import Body, Places, Schedule, walk
from euthymia.pharmacology.solve.modes import Group, cascade
from euthymia.pharmacology.solve.program import Kind, Program, compiled
from euthymia.pharmacology.solve.system import LinearSystem, Values, checked

# People per task: few enough to share out evenly, enough to be worth a task. Not a power of two: rows of people would
# then all fall on the same lines of the cache and push one another out.
_PEOPLE_PER_TASK = 2040
_MOST_KEPT = 64


def solve(system: LinearSystem, at_h: Values) -> Values:
    """Every output over time, (people, times, outputs); 0 before the first input. SolverFailed if not finite."""
    at_h = np.asarray(at_h, dtype=np.float64)
    system = system.reached()
    out = np.zeros((system.readout.shape[1], at_h.size, system.people))
    solve_into(out, system, at_h)
    return checked(out.transpose(2, 1, 0))


def solve_into(out: Values, system: LinearSystem, at_h: Values) -> None:
    """The same into `out`, (outputs, times, people), which holds zeros; for callers that keep their own memory."""
    program = compiled(system.inputs, at_h)
    schedule = _schedule(program)

    def task(part: slice) -> None:
        _solve_part(out[:, :, part], system.some(part), program.some(part), schedule, at_h)

    in_parallel(task, slices(system.people, _PEOPLE_PER_TASK))


class Repeated:
    """The kernel for block after block of people on one schedule, in memory that is kept from block to block."""

    def __init__(self) -> None:
        self._out = np.zeros((0, 0, 0))

    def solve(self, system: LinearSystem, at_h: Values) -> Values:
        """Every output over time, (outputs, times, people), in the order of the kernel; good until the next call."""
        system = system.reached()
        program = compiled(system.inputs, at_h)
        wanted = (system.readout.shape[1], at_h.size, system.people)
        if self._out.shape != wanted:
            self._out = np.zeros(wanted)
        # Times before the first input are never written, so they stay nothing.
        _solve_part(self._out, system, program, _schedule(program), at_h)
        return checked(self._out)


def in_parallel(task: Callable[[slice], None], parts: Iterator[slice]) -> None:
    """Run the task for every part on all processors, a single part at once; the first failure is raised."""
    shared = list(parts)
    if len(shared) == 1:
        task(shared[0])
        return
    for done in [_pool().submit(task, part) for part in shared]:
        done.result()


def slices(people: int, at_once: int) -> Iterator[slice]:
    """People in runs of `at_once`."""
    return (slice(first, min(first + at_once, people)) for first in range(0, people, at_once))


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="engine")


def _solve_part(out: Values, system: LinearSystem, program: Program, schedule: Schedule, at_h: Values) -> None:
    groups = cascade(system.pattern.tobytes(), system.states)
    if not all(group.is_tree for group in groups):
        out[...] = closed_form.solve(system, at_h).transpose(2, 1, 0)
        return
    body, sound = _body(system, program, groups)
    walk(body, schedule, out)
    for place in np.flatnonzero(~sound):
        out[:, :, place] = closed_form.solve(system.person(int(place)), at_h)[0].T


def _body(system: LinearSystem, program: Program, groups: tuple[Group, ...]) -> tuple[Body, NDArray[np.bool_]]:
    """These people's modes and what enters them; and whose modes can be told apart, (people,)."""
    plan = planned(system.pattern.tobytes(), system.states, groups)
    rates = np.ascontiguousarray(system.rates.transpose(1, 2, 0))
    readout = np.ascontiguousarray(system.readout.transpose(1, 2, 0))
    first_term, first_mode = seen_runs(plan, np.asarray(readout.any(axis=2)))
    states = sorted({entry.state for entry in system.inputs})
    count, people, entries, own = system.states, system.people, system.inputs, program.personal
    found = Found(
        rates=np.empty((count, people)),
        entering=np.empty((len(states), count, people)),
        seen=np.empty((int(first_term[-1]), people)),
        sound=np.empty(people, dtype=np.bool_),
        first_term=first_term,
        first_mode=first_mode,
    )
    find(plan, rates, readout, np.array(states, dtype=np.int64), found)
    body = Body(
        rates=found.rates,
        seen=found.seen,
        first_term=first_term,
        first_mode=first_mode,
        entering=found.entering,
        entry_row=np.array([states.index(entry.state) for entry in entries], dtype=np.int64),
        amounts=np.array([each.amount if each.is_bolus else each.amount / each.duration_h for each in entries]),
        own_kind=np.array([int(each.kind) for each in own], dtype=np.int64),
        own_entry=np.array([each.entry for each in own], dtype=np.int64),
        own_moment=np.array([each.moment for each in own], dtype=np.int64).reshape(len(own), people),
        own_before_h=np.array([each.before_h for each in own], dtype=np.float64).reshape(len(own), people),
    )
    return body, found.sound


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
