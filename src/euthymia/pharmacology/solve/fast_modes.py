"""The modes of `modes.py` as a compiled kernel: each group alone for one person after another, then carried along the
cascade for 64 people side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.solve.fast_group import many_alone, rows_of, three_alone, two_alone
from euthymia.pharmacology.solve.fast_math import LANES, compiled, inlined, kept
from euthymia.pharmacology.solve.fast_rows import MOST_TOGETHER
from euthymia.pharmacology.solve.modes import NEAR, Group
from euthymia.pharmacology.solve.system import Values

Places = NDArray[np.int64]

_rows_of = inlined(rows_of)


class Plan(NamedTuple):
    """The cascade as plain numbers; rows of `first_*` say where each group's part of the list behind it begins.

    states: group by group.   down, up: groups each one feeds, or is fed by, in the order they are carried to.
    links: all entries of the rates that are not nothing, (to, from).
    into: links into a group from others, (to, from, place of `to` in `states`).
    out_of: links out of a group to others, (from, to, place of `from` in `states`).
    """

    first_state: Places
    states: Places
    first_down: Places
    down: Places
    first_up: Places
    up: Places
    first_into: Places
    into: Places
    first_out_of: Places
    out_of: Places
    links: Places


class Found(NamedTuple):
    """Where the modes are written: (modes, people), (input states, modes, people), (terms, people), (people,).

    The terms of each output are a run of neighbouring modes from `first_mode`, at rows `first_term`; outputs of one
    block see the same run. `together`: the first output of every block.
    """

    rates: Values
    entering: Values
    seen: Values
    sound: NDArray[np.bool_]
    first_term: Places
    first_mode: Places
    together: Places


@lru_cache(maxsize=256)
def planned(pattern: bytes, states: int, groups: tuple[Group, ...]) -> Plan:
    """The plan of a cascade. `pattern` as in `modes.cascade`."""
    linked = np.frombuffer(pattern, dtype=np.bool_).reshape(states, states)
    stands = {state: place for place, state in enumerate(state for group in groups for state in group.states)}
    owner = {state: place for place, group in enumerate(groups) for state in group.states}
    links = [
        (int(to), int(source)) for to, source in zip(*np.nonzero(linked), strict=True) if owner[to] != owner[source]
    ]
    feeds: list[set[int]] = [set() for _ in groups]
    for place in reversed(range(len(groups))):
        direct = {owner[to] for to, source in links if owner[source] == place}
        feeds[place] = direct.union(*(feeds[each] for each in direct))
    down = [sorted(each) for each in feeds]
    up = [[other for other in reversed(range(place)) if place in feeds[other]] for place in range(len(groups))]
    into = [[(*link, stands[link[0]]) for link in links if owner[link[0]] == place] for place in range(len(groups))]
    out_of = [
        [(source, to, stands[source]) for to, source in links if owner[source] == place] for place in range(len(groups))
    ]
    return Plan(
        *_listed([list(group.states) for group in groups]),
        *_listed(down),
        *_listed(up),
        *_listed(into, columns=(3,)),
        *_listed(out_of, columns=(3,)),
        links=np.argwhere(linked | np.eye(states, dtype=np.bool_)).astype(np.int64),
    )


def _listed(
    parts: Sequence[Sequence[int] | Sequence[tuple[int, ...]]], *, columns: tuple[int, ...] = ()
) -> tuple[Places, Places]:
    first = np.cumsum([0, *(len(part) for part in parts)]).astype(np.int64)
    flat = [each for part in parts for each in part]
    # The shape holds even where there is nothing, as in a body that feeds no other group.
    return first, np.array(flat, dtype=np.int64).reshape(-1, *columns)


def seen_runs(plan: Plan, reads: NDArray[np.bool_]) -> tuple[Places, Places, Places]:
    """For each output, the run of modes it may see: (first term of each and the count of all, first mode of each), and
    the first output of every block of neighbours that see the same run.

    A run is made longer where a neighbour's is, if that wastes less than a third: what is looked at together is
    fetched once.
    """
    runs = [_run(plan, row) for row in reads]
    blocks: list[list[range]] = []
    for run in runs:
        if blocks and len(blocks[-1]) < MOST_TOGETHER:
            longer = [*blocks[-1], run]
            begin, end = min(each.start for each in longer), max(each.stop for each in longer)
            if 2 * (end - begin) * len(longer) <= 3 * sum(map(len, longer)):
                blocks[-1] = [range(begin, end)] * len(longer)
                continue
        blocks.append([run])
    runs = [run for block in blocks for run in block]
    return _counted(map(len, runs)), np.array([run.start for run in runs], dtype=np.int64), _counted(map(len, blocks))


def _counted(lengths: Iterable[int]) -> Places:
    return np.cumsum([0, *lengths]).astype(np.int64)


def _run(plan: Plan, row: NDArray[np.bool_]) -> range:
    """The modes an output may see that reads these states: those of every group that is read or feeds one that is."""
    told = [
        place
        for place in range(plan.first_state.size - 1)
        if any(
            row[plan.states[plan.first_state[each] : plan.first_state[each + 1]]].any()
            for each in (place, *plan.down[plan.first_down[place] : plan.first_down[place + 1]])
        )
    ]
    return range(int(plan.first_state[told[0]]), int(plan.first_state[told[-1] + 1])) if told else range(0)


class Asked(NamedTuple):
    """Whose modes are wanted: rates (states, states, people), readout (outputs, states, people) and where it is not
    nothing, `reads` (reads, 2) as (output, state), sorted."""

    rates: Values
    readout: Values
    reads: Places
    input_states: Places


class _Lanes(NamedTuple):
    """64 people side by side: rates, decay (modes), right and left (as in `modes.py`), a vector over states, shares."""

    here: Values
    decay: Values
    right: Values
    left: Values
    vector: Values
    share: Values
    sound: NDArray[np.bool_]


@kept
def find(plan: Plan, asked: Asked, found: Found) -> None:
    """Write everybody's modes."""
    size, people = asked.rates.shape[0], found.sound.size
    square = (size, size, LANES)
    lanes = _Lanes(
        np.zeros(square),
        np.zeros((size, LANES)),
        np.zeros(square),
        np.zeros(square),
        np.zeros((size, LANES)),
        np.zeros((2, LANES)),
        np.ones(LANES, dtype=np.bool_),
    )
    flat = np.zeros((_rows_of(3)[-1] + 1) * LANES)
    found.seen[:, :] = 0.0
    for first in range(0, people, LANES):
        width = min(LANES, people - first)
        _load(plan, asked, lanes, first, width)
        _alone(plan, lanes, flat)
        for group in range(plan.first_state.size - 1):
            for mode in range(plan.first_state[group], plan.first_state[group + 1]):
                found.rates[mode, first : first + width] = lanes.decay[mode, :width]
                _onward(plan, group, mode, lanes)
                _read(asked, found, mode, lanes, first, width)
                _back(plan, group, mode, lanes)
                for row in range(asked.input_states.size):
                    found.entering[row, mode, first : first + width] = lanes.vector[asked.input_states[row], :width]
        found.sound[first : first + width] = lanes.sound[:width]


@compiled
def _load(plan: Plan, asked: Asked, lanes: _Lanes, first: int, width: int) -> None:
    """Lanes beyond the last person repeat that person."""
    for link in range(plan.links.shape[0]):
        to, source = plan.links[link, 0], plan.links[link, 1]
        for lane in range(width):
            lanes.here[to, source, lane] = asked.rates[to, source, np.uintp(first + lane)]
        for lane in range(width, LANES):
            lanes.here[to, source, lane] = lanes.here[to, source, width - 1]


@compiled
def _read(asked: Asked, found: Found, mode: int, lanes: _Lanes, first: int, width: int) -> None:
    """What every output sees of a mode."""
    for read in range(asked.reads.shape[0]):
        output, state = asked.reads[read, 0], asked.reads[read, 1]
        term = found.first_term[output] + mode - found.first_mode[output]
        if found.first_term[output] <= term < found.first_term[output + 1]:
            for lane in range(width):
                weight = asked.readout[output, state, np.uintp(first + lane)]
                found.seen[term, np.uintp(first + lane)] += weight * lanes.vector[state, lane]


@compiled
def _alone(plan: Plan, lanes: _Lanes, flat: Values) -> None:
    """The modes of every group alone."""
    lanes.sound[:] = True
    for group in range(plan.first_state.size - 1):
        first, end = plan.first_state[group], plan.first_state[group + 1]
        if end - first == 1:
            for lane in range(LANES):
                lanes.decay[first, lane] = lanes.here[plan.states[first], plan.states[first], lane]
                lanes.right[first, first, lane] = lanes.left[first, first, lane] = 1.0
        elif end - first <= 3:
            _few_alone(plan, lanes, first, end, flat)
        else:
            _many_alone(plan, lanes, first, end)


@compiled
def _few_alone(plan: Plan, lanes: _Lanes, first: int, end: int, flat: Values) -> None:
    """A group of two or three, 64 people at once."""
    size = end - first
    decays, right, left, sound = _rows_of(size)
    for to in range(size):
        for source in range(size):
            for lane in range(LANES):
                flat[(to * size + source) * LANES + lane] = lanes.here[
                    plan.states[first + to], plan.states[first + source], lane
                ]
    if size == 2:
        two_alone(flat)
    else:
        three_alone(flat)
    for place in range(size):
        for lane in range(LANES):
            lanes.decay[first + place, lane] = flat[(decays + place) * LANES + lane]
        for other in range(size):
            for lane in range(LANES):
                lanes.right[first + place, first + other, lane] = flat[(right + place * size + other) * LANES + lane]
                lanes.left[first + place, first + other, lane] = flat[(left + place * size + other) * LANES + lane]
    for lane in range(LANES):
        lanes.sound[lane] &= flat[sound * LANES + lane] > 0.0


@compiled
def _many_alone(plan: Plan, lanes: _Lanes, first: int, end: int) -> None:
    """A larger group, person after person."""
    size = end - first
    decay, held = np.empty(size), np.empty((5, size, size))
    right, left = np.empty((size, size)), np.empty((size, size))
    for lane in range(LANES):
        for to in range(size):
            for source in range(size):
                held[0, to, source] = lanes.here[plan.states[first + to], plan.states[first + source], lane]
        lanes.sound[lane] &= many_alone(size, decay, right, left, held)
        for place in range(size):
            lanes.decay[first + place, lane] = decay[place]
            for other in range(size):
                lanes.right[first + place, first + other, lane] = right[place, other]
                lanes.left[first + place, first + other, lane] = left[place, other]


@compiled
def _onward(plan: Plan, group: int, mode: int, lanes: _Lanes) -> None:
    """The mode in its own states and in every state downstream, in the vector; notes who stands too near to others."""
    vector = lanes.vector
    vector[:, :] = 0.0
    for place in range(plan.first_state[group], plan.first_state[group + 1]):
        for lane in range(LANES):
            vector[plan.states[place], lane] = lanes.right[place, mode, lane]
    for each in range(plan.first_down[group], plan.first_down[group + 1]):
        other = plan.down[each]
        first, end = plan.first_state[other], plan.first_state[other + 1]
        for own in range(first, end):
            lanes.share[1] = 0.0
            for link in range(plan.first_into[other], plan.first_into[other + 1]):
                to, source, place = plan.into[link, 0], plan.into[link, 1], plan.into[link, 2]
                _gather(lanes, lanes.left, (own, place), (to, source), source)
            _divide(lanes, mode, own)
            for place in range(first, end):
                # The group's own states are read by no link into it, so they may be written at once.
                _spread(lanes, plan.states[place], lanes.right, (place, own))


@compiled
def _back(plan: Plan, group: int, mode: int, lanes: _Lanes) -> None:
    """What one mg in any state upstream, or its own, puts into the mode, in the vector."""
    vector = lanes.vector
    vector[:, :] = 0.0
    for place in range(plan.first_state[group], plan.first_state[group + 1]):
        for lane in range(LANES):
            vector[plan.states[place], lane] = lanes.left[mode, place, lane]
    for each in range(plan.first_up[group], plan.first_up[group + 1]):
        other = plan.up[each]
        first, end = plan.first_state[other], plan.first_state[other + 1]
        for own in range(first, end):
            lanes.share[1] = 0.0
            for link in range(plan.first_out_of[other], plan.first_out_of[other + 1]):
                source, to, place = plan.out_of[link, 0], plan.out_of[link, 1], plan.out_of[link, 2]
                _gather(lanes, lanes.right, (place, own), (to, source), to)
            _divide(lanes, mode, own)
            for place in range(first, end):
                _spread(lanes, plan.states[place], lanes.left, (own, place))


@inlined
def _divide(lanes: _Lanes, mode: int, own: int) -> None:
    """What was gathered over how far the two modes are apart."""
    for lane in range(LANES):
        apart = lanes.decay[mode, lane] - lanes.decay[own, lane]
        lanes.share[0, lane] = abs(apart) - NEAR * (abs(lanes.decay[mode, lane]) + abs(lanes.decay[own, lane]))
        lanes.share[1, lane] = lanes.share[1, lane] / apart
    for lane in range(LANES):
        lanes.sound[lane] &= lanes.share[0, lane] > 0.0


@inlined
def _gather(lanes: _Lanes, side: Values, at: tuple[int, int], link: tuple[int, int], state: int) -> None:
    """What comes over a link from a state of the vector."""
    for lane in range(LANES):
        lanes.share[1, lane] += (
            side[at[0], at[1], lane] * lanes.here[link[0], link[1], lane] * lanes.vector[state, lane]
        )


@inlined
def _spread(lanes: _Lanes, state: int, side: Values, at: tuple[int, int]) -> None:
    for lane in range(LANES):
        lanes.vector[state, lane] += side[at[0], at[1], lane] * lanes.share[1, lane]
