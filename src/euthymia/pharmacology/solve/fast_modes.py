"""The modes of `modes.py` as a compiled kernel, one person after another: the same steps, without arrays in between."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.solve.fast_math import compiled, inlined, kept
from euthymia.pharmacology.solve.modes import NEAR, Group
from euthymia.pharmacology.solve.system import Values

Places = NDArray[np.int64]
_THIRD_TURN = 2.0 * np.pi / 3.0
_MOST_SWEEPS = 30


class Plan(NamedTuple):
    """The cascade as plain numbers; rows of `first_*` say where each group's part of the list behind it begins.

    states: group by group.   down, up: groups each one feeds, or is fed by, in the order they are carried to.
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


class Found(NamedTuple):
    """Where the modes are written: (modes, people), (input states, modes, people), (terms, people), (people,).

    The terms of each output are a run of neighbouring modes from `first_mode`, at rows `first_term`.
    """

    rates: Values
    entering: Values
    seen: Values
    sound: NDArray[np.bool_]
    first_term: Places
    first_mode: Places


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
    )


def _listed(
    parts: Sequence[Sequence[int] | Sequence[tuple[int, ...]]], *, columns: tuple[int, ...] = ()
) -> tuple[Places, Places]:
    first = np.cumsum([0, *(len(part) for part in parts)]).astype(np.int64)
    flat = [each for part in parts for each in part]
    # The shape holds even where there is nothing, as in a body that feeds no other group.
    return first, np.array(flat, dtype=np.int64).reshape(-1, *columns)


def seen_runs(plan: Plan, reads: NDArray[np.bool_]) -> tuple[Places, Places]:
    """For each output, the run of modes it may see: (first term of each and the count of all, first mode of each)."""
    groups = plan.first_state.size - 1
    begins, lengths = [], []
    for row in reads:
        told = [
            place
            for place in range(groups)
            if any(
                row[plan.states[plan.first_state[each] : plan.first_state[each + 1]]].any()
                for each in (place, *plan.down[plan.first_down[place] : plan.first_down[place + 1]])
            )
        ]
        first = int(plan.first_state[told[0]]) if told else 0
        begins.append(first)
        lengths.append(int(plan.first_state[told[-1] + 1]) - first if told else 0)
    return np.cumsum([0, *lengths]).astype(np.int64), np.array(begins, dtype=np.int64)


@kept
def find(plan: Plan, rates: Values, readout: Values, input_states: Places, found: Found) -> None:
    """Write the modes of every person. rates: (states, states, people).   readout: (outputs, states, people)."""
    size, people = rates.shape[0], rates.shape[2]
    here = np.empty((size, size))
    right, left = np.empty((size, size)), np.empty((size, size))
    decay, vector, held = np.empty(size), np.empty(size), np.empty((5, size, size))
    groups = plan.first_state.size - 1
    for person in range(people):
        for to in range(size):
            for source in range(size):
                here[to, source] = rates[to, source, person]
        sound = True
        for group in range(groups):
            sound &= _local(plan, group, here, decay, right, left, held)
        for group in range(groups):
            first = plan.first_state[group]
            for mode in range(first, plan.first_state[group + 1]):
                found.rates[mode, person] = decay[mode]
                sound &= _onward(plan, group, mode, here, decay, right, left, vector)
                for output in range(readout.shape[0]):
                    place = mode - found.first_mode[output]
                    term = found.first_term[output] + place
                    if place >= 0 and term < found.first_term[output + 1]:
                        total = 0.0
                        for state in range(size):
                            total += readout[output, state, person] * vector[state]
                        found.seen[term, person] = total
                sound &= _back(plan, group, mode, here, decay, right, left, vector)
                for row in range(input_states.size):
                    found.entering[row, mode, person] = vector[input_states[row]]
        found.sound[person] = sound


@inlined
def _local(plan: Plan, group: int, here: Values, decay: Values, right: Values, left: Values, held: Values) -> bool:
    """The modes of one group alone, in the rows and columns of its place in the cascade."""
    first = plan.first_state[group]
    size = plan.first_state[group + 1] - first
    if size == 1:
        state = plan.states[first]
        decay[first] = here[state, state]
        right[first, first] = left[first, first] = 1.0
        return True
    inside, work = held[0], held[1]
    for to in range(size):
        for source in range(size):
            inside[to, source] = here[plan.states[first + to], plan.states[first + source]]
    if size == 2:
        _two_rates(inside, decay, first)
    elif size == 3:
        _three_rates(inside, decay, first)
    else:
        return _symmetric(inside, size, first, decay, right, left, held)
    for mode in range(size):
        apart = 1.0
        for other in range(size):
            if other != mode:
                apart *= decay[first + mode] - decay[first + other]
        _adjugate(inside, size, decay[first + mode], work)
        pivot = 0
        for place in range(1, size):
            if abs(work[place, place]) > abs(work[pivot, pivot]):
                pivot = place
        for place in range(size):
            right[first + place, first + mode] = work[place, pivot] / apart
            left[first + mode, first + place] = work[pivot, place] / work[pivot, pivot]
    return _are_apart(decay, first, size)


@compiled
def _are_apart(decay: Values, first: int, size: int) -> bool:
    for one in range(first, first + size):
        for other in range(one + 1, first + size):
            if not abs(decay[one] - decay[other]) > NEAR * (abs(decay[one]) + abs(decay[other])):
                return False
    return True


@compiled
def _two_rates(m: Values, decay: Values, first: int) -> None:
    a, b, c, d = m[0, 0], m[0, 1], m[1, 0], m[1, 1]
    decay[first] = 0.5 * ((a + d) - np.sqrt((a - d) ** 2 + 4.0 * b * c))
    decay[first + 1] = (a * d - b * c) / decay[first]


@compiled
def _three_rates(m: Values, decay: Values, first: int) -> None:
    """Roots of the cubic by its angle, made exact by one step of Newton; the smallest from the product."""
    one = m[1, 1] * m[2, 2] - m[1, 2] * m[2, 1]
    total = -(m[0, 0] + m[1, 1] + m[2, 2])
    pairs = (m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]) + (m[0, 0] * m[2, 2] - m[0, 2] * m[2, 0]) + one
    product = -(
        m[0, 0] * one
        - m[0, 1] * (m[1, 0] * m[2, 2] - m[1, 2] * m[2, 0])
        + m[0, 2] * (m[1, 0] * m[2, 1] - m[1, 1] * m[2, 0])
    )
    third = total / 3.0
    across = np.sqrt(max(third * third - pairs / 3.0, 0.0))
    twist = third * (third * third - 0.5 * pairs) + 0.5 * product
    cosine = twist / (across * across * across) if across > 0.0 else 1.0
    angle = np.arccos(min(1.0, max(-1.0, cosine))) / 3.0
    fastest = third + 2.0 * across * np.cos(angle)
    middle = third + 2.0 * across * np.cos(angle - _THIRD_TURN)
    fastest -= (((fastest - total) * fastest + pairs) * fastest - product) / (
        (3.0 * fastest - 2.0 * total) * fastest + pairs
    )
    middle -= (((middle - total) * middle + pairs) * middle - product) / ((3.0 * middle - 2.0 * total) * middle + pairs)
    decay[first], decay[first + 1], decay[first + 2] = -fastest, -middle, -product / (fastest * middle)


@compiled
def _adjugate(m: Values, size: int, rate: float, into: Values) -> None:
    if size == 2:
        into[0, 0], into[0, 1], into[1, 0], into[1, 1] = rate - m[1, 1], m[0, 1], m[1, 0], rate - m[0, 0]
        return
    a, b, c = m[0, 0] - rate, m[0, 1], m[0, 2]
    d, e, f = m[1, 0], m[1, 1] - rate, m[1, 2]
    g, h, i = m[2, 0], m[2, 1], m[2, 2] - rate
    into[0, 0], into[0, 1], into[0, 2] = e * i - f * h, c * h - b * i, b * f - c * e
    into[1, 0], into[1, 1], into[1, 2] = f * g - d * i, a * i - c * g, c * d - a * f
    into[2, 0], into[2, 1], into[2, 2] = d * h - e * g, b * g - a * h, a * e - b * d


@compiled
def _symmetric(inside: Values, size: int, first: int, decay: Values, right: Values, left: Values, held: Values) -> bool:
    """Four or more compartments without a circle: scaled to be symmetric, then turned until diagonal (Jacobi)."""
    scale, done, matrix, turned = held[1, 0], held[1, 1], held[2], held[3]
    for place in range(size):
        scale[place], done[place] = 1.0, 0.0
    done[0] = 1.0
    for _ in range(size):
        for source in range(size):
            for to in range(size):
                if done[source] == 1.0 and done[to] == 0.0 and inside[to, source] != 0.0:
                    scale[to] = scale[source] * np.sqrt(inside[to, source] / inside[source, to])
                    done[to] = 1.0
    for row in range(size):
        if done[row] == 0.0 or not np.isfinite(scale[row]):
            # A flow of nothing in this person: no scaling joins what is not joined.
            return False
        for column in range(size):
            matrix[row, column] = inside[row, column] * scale[column] / scale[row]
            turned[row, column] = 1.0 if row == column else 0.0
    _diagonal(matrix, turned, size)
    for mode in range(size):
        decay[first + mode] = matrix[mode, mode]
        for state in range(size):
            right[first + state, first + mode] = turned[state, mode] * scale[state]
            left[first + mode, first + state] = turned[state, mode] / scale[state]
    return _are_apart(decay, first, size)


@compiled
def _diagonal(matrix: Values, turned: Values, size: int) -> None:
    """Turn a symmetric matrix until nothing is beside its diagonal; `turned` gathers the turns."""
    for _ in range(_MOST_SWEEPS):
        beside = 0.0
        for p in range(size - 1):
            for q in range(p + 1, size):
                if abs(matrix[p, q]) <= 1e-18 * np.sqrt(abs(matrix[p, p] * matrix[q, q])):
                    continue
                beside += 1.0
                lean = (matrix[q, q] - matrix[p, p]) / (2.0 * matrix[p, q])
                t = (1.0 if lean >= 0.0 else -1.0) / (abs(lean) + np.sqrt(lean * lean + 1.0))
                c = 1.0 / np.sqrt(t * t + 1.0)
                s = t * c
                for k in range(size):
                    one, other = matrix[k, p], matrix[k, q]
                    matrix[k, p], matrix[k, q] = c * one - s * other, s * one + c * other
                for k in range(size):
                    one, other = matrix[p, k], matrix[q, k]
                    matrix[p, k], matrix[q, k] = c * one - s * other, s * one + c * other
                matrix[p, q] = matrix[q, p] = 0.0
                for k in range(size):
                    one, other = turned[k, p], turned[k, q]
                    turned[k, p], turned[k, q] = c * one - s * other, s * one + c * other
        if beside == 0.0:
            return


@inlined
def _onward(
    plan: Plan, group: int, mode: int, here: Values, decay: Values, right: Values, left: Values, vector: Values
) -> bool:
    """The mode in its own states and in every state downstream; whether it stands apart from those it meets."""
    vector[:] = 0.0
    for place in range(plan.first_state[group], plan.first_state[group + 1]):
        vector[plan.states[place]] = right[place, mode]
    sound = True
    for each in range(plan.first_down[group], plan.first_down[group + 1]):
        other = plan.down[each]
        first, end = plan.first_state[other], plan.first_state[other + 1]
        for own in range(first, end):
            sound &= abs(decay[mode] - decay[own]) > NEAR * (abs(decay[mode]) + abs(decay[own]))
            share = 0.0
            for link in range(plan.first_into[other], plan.first_into[other + 1]):
                to, source = plan.into[link, 0], plan.into[link, 1]
                share += left[own, plan.into[link, 2]] * here[to, source] * vector[source]
            held = share / (decay[mode] - decay[own])
            for place in range(first, end):
                # The group's own states are read by no link into it, so they may be written at once.
                vector[plan.states[place]] += right[place, own] * held
    return sound


@inlined
def _back(
    plan: Plan, group: int, mode: int, here: Values, decay: Values, right: Values, left: Values, vector: Values
) -> bool:
    """What one mg in any state upstream, or its own, puts into the mode."""
    vector[:] = 0.0
    for place in range(plan.first_state[group], plan.first_state[group + 1]):
        vector[plan.states[place]] = left[mode, place]
    sound = True
    for each in range(plan.first_up[group], plan.first_up[group + 1]):
        other = plan.up[each]
        first, end = plan.first_state[other], plan.first_state[other + 1]
        for own in range(first, end):
            sound &= abs(decay[mode] - decay[own]) > NEAR * (abs(decay[mode]) + abs(decay[own]))
            share = 0.0
            for link in range(plan.first_out_of[other], plan.first_out_of[other + 1]):
                source, to = plan.out_of[link, 0], plan.out_of[link, 1]
                share += right[plan.out_of[link, 2], own] * here[to, source] * vector[to]
            held = share / (decay[mode] - decay[own])
            for place in range(first, end):
                vector[plan.states[place]] += left[own, place] * held
    return sound
