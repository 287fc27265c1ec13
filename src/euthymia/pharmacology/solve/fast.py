"""The closed form for large populations: the same modes and program, walked by a compiled kernel on every processor.

Needs the `fast` extra (numba); compiling takes some seconds, once per machine, so screens and the shell never use it.
People whose modes cannot be told apart, and systems in which drug goes round in a circle, take the slower closed form.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.solve import closed_form
from euthymia.pharmacology.solve.fast_modes import Asked, Found, Places, Plan, find, planned, seen_runs
from euthymia.pharmacology.solve.fast_recursion import Body, Schedule, walk, walk_and_sum
from euthymia.pharmacology.solve.modes import Group, cascade
from euthymia.pharmacology.solve.program import Kind, Program, compiled
from euthymia.pharmacology.solve.system import LinearSystem, Values, checked, slices

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
    """The same into `out`, (outputs, times, people), C-contiguous zeros; for callers that keep their own memory."""
    program, body = compiled(system.inputs, at_h), _Body.of(system)

    def task(part: slice) -> None:
        if found := _modes(system, part, body):
            walk(_body_of(system, part, program, found, body), _schedule(program), out, part.start)

    in_parallel(task, slices(system.people, _PEOPLE_PER_TASK))
    _solve_the_rest(out, system, at_h, body)


def add_up(system: LinearSystem, at_h: Values) -> tuple[Values, Values]:
    """Every output over time summed over the people, (outputs, times), and each one's peak over these times, (outputs,
    people). Nobody's course is kept; SolverFailed if not finite. Runs in this thread: blocks are shared out outside."""
    at_h = np.asarray(at_h, dtype=np.float64)
    system = system.reached()
    sums, peaks = np.zeros((system.readout.shape[1], at_h.size)), np.zeros((system.readout.shape[1], system.people))
    program, shared, everybody = compiled(system.inputs, at_h), _Body.of(system), slice(0, system.people)
    if found := _modes(system, everybody, shared):
        body = _body_of(system, everybody, program, found, shared)
        walk_and_sum(body, _schedule(program), found.sound, sums, peaks)
    for each in _runs(shared.unsound, system.people):
        slow_sums, peaks[:, each] = closed_form.add_up(system.some(each), at_h)
        sums += slow_sums
    return checked(sums), checked(peaks)


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
    return ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="engine")


@dataclass(frozen=True, slots=True)
class _Body:
    """What every part of the people shares: the cascade, where the modes come from, and who is left for later."""

    groups: tuple[Group, ...]
    plan: Plan
    asked: Asked
    first_term: Places
    first_mode: Places
    unsound: list[int]

    @classmethod
    def of(cls, system: LinearSystem) -> _Body:
        """The rates are walked where they lie if people lie side by side, as `Model.system` leaves them."""
        pattern = system.pattern.tobytes()
        groups = cascade(pattern, system.states)
        plan = planned(pattern, system.states, groups)
        readout = np.ascontiguousarray(system.readout.transpose(1, 2, 0))
        reads = np.asarray(readout.any(axis=2))
        asked = Asked(
            rates=np.ascontiguousarray(system.rates.transpose(1, 2, 0)),
            readout=readout,
            reads=np.argwhere(reads).astype(np.int64),
            input_states=np.array(sorted({entry.state for entry in system.inputs}), dtype=np.int64),
            first=0,
        )
        return cls(groups, plan, asked, *seen_runs(plan, reads), unsound=[])


def _modes(system: LinearSystem, part: slice, shared: _Body) -> Found | None:
    """The modes of some of the people; who has none is noted, and None given where that is everybody."""
    if not all(group.is_tree for group in shared.groups):
        shared.unsound.extend(range(part.start, part.stop))
        return None
    people = part.stop - part.start
    found = Found(
        rates=np.empty((system.states, people)),
        entering=np.empty((shared.asked.input_states.size, system.states, people)),
        seen=np.empty((int(shared.first_term[-1]), people)),
        sound=np.empty(people, dtype=np.bool_),
        first_term=shared.first_term,
        first_mode=shared.first_mode,
    )
    find(shared.plan, shared.asked._replace(first=part.start), found)
    shared.unsound.extend((part.start + np.flatnonzero(~found.sound)).tolist())
    return found


def _body_of(system: LinearSystem, part: slice, program: Program, found: Found, shared: _Body) -> Body:
    people, states = part.stop - part.start, shared.asked.input_states.tolist()
    entries, own = [entry.some(part) for entry in system.inputs], program.some(part).personal
    return Body(
        rates=found.rates,
        seen=found.seen,
        first_term=shared.first_term,
        first_mode=shared.first_mode,
        entering=found.entering,
        entry_row=np.array([states.index(entry.state) for entry in entries], dtype=np.int64),
        amounts=np.array([each.size for each in entries]),
        own_kind=np.array([int(each.kind) for each in own], dtype=np.int64),
        own_entry=np.array([each.entry for each in own], dtype=np.int64),
        own_moment=np.array([each.moment for each in own], dtype=np.int64).reshape(len(own), people),
        own_before_h=np.array([each.before_h for each in own], dtype=np.float64).reshape(len(own), people),
    )


def _solve_the_rest(out: Values, system: LinearSystem, at_h: Values, shared: _Body) -> None:
    """Those whose modes cannot be told apart, or whose drug goes round in a circle."""
    for each in _runs(shared.unsound, system.people):
        out[:, :, each] = closed_form.solve(system.some(each), at_h).transpose(2, 1, 0)


def _runs(unsound: list[int], people: int) -> list[slice]:
    """These people as runs: everybody at once, or one by one where they are few."""
    if len(unsound) == people:
        return [slice(0, people)]
    return [slice(place, place + 1) for place in unsound]


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
