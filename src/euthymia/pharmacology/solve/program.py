"""What happens when: doses, ends of infusions and looks as one list of moments, made once for everybody.

An input that begins and ends at the same time for all is part of the shared grid. One whose times differ from person
to person (an absorption that lasts longer in some, a schedule of one's own) is a personal edge: it acts between two
moments of the grid and is carried on to the later one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.solve.system import Input, Values

# Intervals that differ by less than this many hours are one: floating times far from zero do not repeat exactly.
SAME_H = 1e-10


class Kind(IntEnum):
    """What an edge does to its input."""

    BOLUS = 0
    START = 1
    STOP = 2


class Edge(NamedTuple):
    """Something that happens to everybody at a moment of the grid."""

    moment: int
    kind: Kind
    entry: int


class PersonalEdges(NamedTuple):
    """The same edge at a time of each person's own.

    moment: (people,), the first moment of the grid at or after it.   before_h: (people,), how long before that.
    """

    kind: Kind
    entry: int
    moment: NDArray[np.int64]
    before_h: Values

    def some(self, part: slice) -> PersonalEdges:
        """Those of some of the people."""
        return self._replace(moment=self.moment[part], before_h=self.before_h[part])


# Compared by being the same object: a program is made once and asked for again.
@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """The grid of moments and everything that happens on it.

    grid_h: (moments,).   span: (moments,), which of `spans_h` leads up to each moment.   looks: (moments,), place among
    the times asked for, or -1.   edges: in order of their moments.
    """

    grid_h: Values
    span: NDArray[np.int64]
    spans_h: Values
    looks: NDArray[np.int64]
    edges: tuple[Edge, ...]
    personal: tuple[PersonalEdges, ...]

    def some(self, part: slice) -> Program:
        """The program of some of the people."""
        return replace(self, personal=tuple(each.some(part) for each in self.personal)) if self.personal else self


def compiled(inputs: Sequence[Input], at_h: Values) -> Program:
    """The program of these inputs, looked at `at_h` (increasing). Nothing before the first input is on the grid.

    A fit asks the same of many people many times, so programs that are everybody's are kept.
    """
    if any(entry.later_h is not None or np.ptp(entry.duration_h) > 0 for entry in inputs):
        return _made(inputs, at_h)
    return _kept(tuple((entry.start_h, float(entry.duration_h[0])) for entry in inputs), at_h.tobytes())


@lru_cache(maxsize=64)
def _kept(times: tuple[tuple[float, float], ...], at_h: bytes) -> Program:
    one = np.ones(1)
    inputs = [Input(0, start_h, one, np.array([duration_h])) for start_h, duration_h in times]
    return _made(inputs, np.frombuffer(at_h, dtype=np.float64))


def _made(inputs: Sequence[Input], at_h: Values) -> Program:
    shared: list[tuple[float, Kind, int]] = []
    own: list[tuple[Kind, int, Values]] = []
    for place, entry in enumerate(inputs):
        starts_h, ends_h = entry.starts_h, entry.starts_h + entry.duration_h
        for kind, times in _edges_of(entry, starts_h, ends_h):
            if times.size and (times == times[0]).all():
                shared.append((float(times[0]), kind, place))
            else:
                own.append((kind, place, times))
    firsts = [moment for moment, _, _ in shared] + [float(times.min()) for _, _, times in own]
    first_h = min(firsts, default=np.inf)
    looks_h = at_h[at_h >= first_h]
    # Personal edges after the last moment never matter; before the first there is nothing to carry on.
    moments_h = np.concatenate([looks_h, [moment for moment, _, _ in shared], [first_h] if firsts else []])
    # Asked for places too, np.unique does not load numpy's masked arrays, a tenth of a second of a shell command.
    grid_h = np.unique(moments_h, return_index=True)[0]
    if looks_h.size:
        grid_h = grid_h[grid_h <= looks_h[-1]]
    lengths = np.diff(grid_h, prepend=grid_h[:1])
    _, where, span = np.unique(np.round(lengths / SAME_H), return_index=True, return_inverse=True)
    looks = np.full(grid_h.size, -1, dtype=np.int64)
    looks[np.searchsorted(grid_h, looks_h)] = np.arange(at_h.size - looks_h.size, at_h.size)
    return Program(
        grid_h=grid_h,
        span=span.reshape(-1).astype(np.int64),
        spans_h=lengths[where],
        looks=looks,
        edges=_on_grid(grid_h, shared),
        personal=tuple(_personal(grid_h, kind, place, times) for kind, place, times in own),
    )


def _edges_of(entry: Input, starts_h: Values, ends_h: Values) -> list[tuple[Kind, Values]]:
    if entry.is_bolus:
        return [(Kind.BOLUS, starts_h)]
    return [(Kind.START, starts_h), (Kind.STOP, ends_h)]


def _on_grid(grid_h: Values, shared: list[tuple[float, Kind, int]]) -> tuple[Edge, ...]:
    found = []
    for moment_h, kind, place in sorted(shared):
        moment = int(np.searchsorted(grid_h, moment_h))
        if moment < grid_h.size:
            found.append(Edge(moment, kind, place))
    return tuple(found)


def _personal(grid_h: Values, kind: Kind, place: int, times: Values) -> PersonalEdges:
    # Looked for only among the moments between the first person's and the last one's, which are few.
    low, high = np.searchsorted(grid_h, (times.min(), times.max()))
    moment = low + np.searchsorted(grid_h[low:high], times)
    reached = np.minimum(moment, grid_h.size - 1)
    return PersonalEdges(kind, place, moment.astype(np.int64), np.maximum(grid_h[reached] - times, 0.0))
