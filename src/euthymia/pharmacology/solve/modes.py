"""The modes of a compartment system: how fast each decays, what excites it, and how it shows in every output.

Compartments form groups that exchange drug both ways (a body, a metabolite's body); between groups drug only flows
onward. So the modes of each group are found alone, in closed form up to three compartments, and carried on to the
groups it feeds and back to the groups that feed it. All arrays have people last, which is how they are computed fast.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.solve.system import LinearSystem, Values, closure

Pattern = NDArray[np.bool_]
# Modes nearer to each other than this, as a share of their size, cannot be told apart to nine digits.
NEAR = 2e-7
_WORST_CONDITION = 1e8
_THIRD_TURN = 2.0 * np.pi / 3.0


class Modes(NamedTuple):
    """Every mode of these people's compartments; real numbers, or complex ones where drug goes round in a circle.

    rates_per_h: (modes, people), 0 or below.   entering: (input states, modes, people), how much one mg entering a
    state puts into each mode.   seen: (terms, people), and `terms` says which (output, mode) each belongs to.
    sound: (people,), whose modes can be told apart.
    """

    rates_per_h: NDArray[Any]
    entering: NDArray[Any]
    seen: NDArray[Any]
    terms: tuple[tuple[int, int], ...]
    sound: Pattern


class Group(NamedTuple):
    """Compartments that exchange drug both ways. `is_tree`: no circle among them, so their modes are real."""

    states: tuple[int, ...]
    is_tree: bool


class Local(NamedTuple):
    """The modes of one group alone: rates (modes,), right (states, modes), left (modes, states), each with people last
    or a symbol in every place."""

    group: Group
    rates: NDArray[Any]
    right: NDArray[Any]
    left: NDArray[Any]


def modes(system: LinearSystem, input_states: Sequence[int]) -> Modes:
    """The modes as the outputs see them and as drug entering `input_states` excites them."""
    rates = np.ascontiguousarray(system.rates.transpose(1, 2, 0))
    readout = system.readout.transpose(1, 2, 0)
    reads = {(int(output), int(state)): readout[output, state] for output, state in np.argwhere(readout.any(axis=2))}
    pattern = system.pattern
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        found = [_local(rates, group) for group in cascade(pattern.tobytes(), system.states)]
        carried = carry(rates, pattern, found, input_states, reads)
        sound = _apart(carried.pairs, system.people)
    kind = np.result_type(*(one.rates for one in found))
    entering = np.zeros((len(input_states), system.states, system.people), dtype=kind)
    for place, share in carried.entering.items():
        entering[place] = share
    terms = tuple(sorted(carried.seen))
    seen = np.stack([carried.seen[term] for term in terms]) if terms else np.zeros((0, system.people), dtype=kind)
    sound = sound & np.isfinite(seen).all(axis=0) & np.isfinite(entering).all(axis=(0, 1))
    return Modes(np.concatenate([one.rates for one in found]), entering, seen, terms, sound)


@lru_cache(maxsize=256)
def cascade(pattern: bytes, states: int) -> tuple[Group, ...]:
    """Groups in the order drug flows through them. `pattern`: bytes of (states, states) bool, [to, from]."""
    linked = np.frombuffer(pattern, dtype=np.bool_).reshape(states, states)
    reaches = closure(linked)
    together = reaches & reaches.T
    members = dict.fromkeys(tuple(int(state) for state in np.flatnonzero(row)) for row in together)
    # What feeds others reaches more than they do.
    ordered = sorted(members, key=lambda group: (-int(reaches[:, group[0]].sum()), group))
    return tuple(Group(group, _is_tree(linked, group)) for group in ordered)


def _is_tree(linked: Pattern, group: tuple[int, ...]) -> bool:
    inside = linked[np.ix_(group, group)] & ~np.eye(len(group), dtype=np.bool_)
    return bool((inside == inside.T).all()) and int(inside.sum()) == 2 * (len(group) - 1)


def _apart(pairs: Sequence[tuple[NDArray[Any], NDArray[Any]]], people: int) -> Pattern:
    """Whose modes can be told apart, (people,)."""
    if not pairs:
        return np.ones(people, dtype=np.bool_)
    one, other = (np.stack(side) for side in zip(*pairs, strict=True))
    return np.asarray((np.abs(one - other) > NEAR * (np.abs(one) + np.abs(other))).all(axis=0))


def _local(rates: Values, group: Group) -> Local:
    inside = rates[np.ix_(group.states, group.states)]
    match len(group.states), group.is_tree:
        case 1, _:
            one = np.ones((1, 1, rates.shape[2]))
            return Local(group, inside[0], one, one)
        case 2, True:
            return _from_projectors(group, inside, _two_rates(inside))
        case 3, True:
            return _from_projectors(group, inside, _three_rates(inside))
        case _, True:
            return _symmetric(group, inside)
        case _:
            return _general(group, inside)


def _two_rates(inside: Values) -> Values:
    (a, b), (c, d) = inside
    slower_twice = (a + d) - np.sqrt((a - d) ** 2 + 4.0 * b * c)
    faster = 0.5 * slower_twice
    # The other from the product, which cancels nothing.
    return np.stack([faster, (a * d - b * c) / faster])


def _three_rates(inside: Values) -> Values:
    """Roots of the cubic by its angle, made exact by one step of Newton; the smallest from the product."""
    (a, b, c), (d, e, f), (g, h, i) = inside
    total = -(a + e + i)
    pairs = (a * e - b * d) + (a * i - c * g) + (e * i - f * h)
    product = -(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g))
    third = total / 3.0
    across = np.sqrt(np.maximum(third * third - pairs / 3.0, 0.0))
    twist = third * (third * third - 0.5 * pairs) + 0.5 * product
    cosine = np.divide(twist, across**3, out=np.ones_like(twist), where=across > 0)
    angle = np.arccos(np.clip(cosine, -1.0, 1.0)) / 3.0
    fastest = third + 2.0 * across * np.cos(angle)
    middle = third + 2.0 * across * np.cos(angle - _THIRD_TURN)
    fastest = _newton(fastest, total, pairs, product)
    middle = _newton(middle, total, pairs, product)
    return -np.stack([fastest, middle, product / (fastest * middle)])


def _newton(root: Values, total: Values, pairs: Values, product: Values) -> Values:
    value = ((root - total) * root + pairs) * root - product
    slope = (3.0 * root - 2.0 * total) * root + pairs
    return np.asarray(root - np.divide(value, slope, out=np.zeros_like(value), where=slope != 0))


def _from_projectors(group: Group, inside: Values, rates: Values) -> Local:
    """Each mode's projector is the adjugate over the product of differences; its largest column and row are taken."""
    size, people = rates.shape
    right, left = np.empty((size, size, people)), np.empty((size, size, people))
    everybody = np.arange(people)
    for mode in range(size):
        apart = np.ones(people)
        for other in range(size):
            if other != mode:
                apart = apart * (rates[mode] - rates[other])
        projector = _adjugate(inside, rates[mode]) / apart
        # The diagonal adds up to 1 and has nothing negative in it, so the largest is never near 0.
        pivot = np.stack([projector[place, place] for place in range(size)]).argmax(axis=0)
        right[:, mode] = projector[:, pivot, everybody]
        row = projector[pivot, :, everybody].T
        left[mode] = row / row[pivot, everybody]
    return Local(group, rates, right, left)


def _adjugate(inside: Values, rate: Values) -> Values:
    """Adjugate of (rate · 1 - inside) for two or three compartments, (states, states, people)."""
    found = np.empty_like(inside)
    if inside.shape[0] == 2:
        (a, b), (c, d) = inside
        found[0, 0], found[0, 1], found[1, 0], found[1, 1] = rate - d, b, c, rate - a
        return found
    (a, b, c), (d, e, f), (g, h, i) = inside
    a, e, i = a - rate, e - rate, i - rate
    found[0, 0], found[0, 1], found[0, 2] = e * i - f * h, c * h - b * i, b * f - c * e
    found[1, 0], found[1, 1], found[1, 2] = f * g - d * i, a * i - c * g, c * d - a * f
    found[2, 0], found[2, 1], found[2, 2] = d * h - e * g, b * g - a * h, a * e - b * d
    return found


def _symmetric(group: Group, inside: Values) -> Local:
    """Four or more compartments without a circle: scaled to a symmetric matrix, whose modes LAPACK gives exactly."""
    size, _, people = inside.shape
    scale = np.ones((size, people))
    done, waiting = {0}, [0]
    while waiting:
        here = waiting.pop()
        for there in range(size):
            if there not in done and inside[there, here].any():
                scale[there] = scale[here] * np.sqrt(inside[there, here] / inside[here, there])
                done.add(there)
                waiting.append(there)
    symmetric = inside * scale[None, :, :] / scale[:, None, :]
    if not np.isfinite(symmetric).all():
        # A flow of nothing in somebody: no scaling joins what is not joined.
        return _general(group, inside)
    rates, vectors = np.linalg.eigh(symmetric.transpose(2, 0, 1))
    right = vectors.transpose(1, 2, 0) * scale[:, None, :]
    left = vectors.transpose(2, 1, 0) / scale[None, :, :]
    return Local(group, np.ascontiguousarray(rates.T), right, left)


def _general(group: Group, inside: Values) -> Local:
    """Drug that goes round in a circle: modes may be complex."""
    matrices = np.ascontiguousarray(inside.transpose(2, 0, 1))
    rates, vectors = np.linalg.eig(matrices)
    try:
        inverse = np.linalg.inv(vectors)
    except np.linalg.LinAlgError:
        inverse = np.full_like(vectors, np.nan)
    size = np.abs(vectors).sum(axis=2).max(axis=1) * np.abs(inverse).sum(axis=2).max(axis=1)
    inverse[~(size < _WORST_CONDITION)] = np.nan
    return Local(group, rates.T, vectors.transpose(1, 2, 0), inverse.transpose(1, 2, 0))


class Carried(NamedTuple):
    """What the cascade makes of the modes of its groups.

    entering: (input state's place, mode) → how much one mg puts into the mode.   seen: (output, mode) → its weight.
    pairs: rates that must be apart for the rest to hold.
    """

    entering: dict[tuple[int, int], Any]
    seen: dict[tuple[int, int], Any]
    pairs: list[tuple[Any, Any]]


def carry(
    rates: NDArray[Any],
    pattern: Pattern,
    found: Sequence[Local],
    input_states: Sequence[int],
    reads: Mapping[tuple[int, int], Any],
) -> Carried:
    """Carry each group's modes along the cascade: onward to what it feeds, back to what feeds it.

    Only adds, multiplies and divides, so it takes people's numbers as well as the symbols of a tape.
    rates: [to, from].   reads: (output, state) → what one mg there shows.
    """
    carried = Carried({}, {}, [])
    mode = 0
    for place, one in enumerate(found):
        carried.pairs.extend(combinations(one.rates, 2))
        for own in range(len(one.group.states)):
            start = {state: one.right[row, own] for row, state in enumerate(one.group.states)}
            onward = _onward(rates, pattern, found[place + 1 :], one.rates[own], start, carried.pairs)
            start = {state: one.left[own, row] for row, state in enumerate(one.group.states)}
            back = _back(rates, pattern, found[:place], one.rates[own], start)
            carried.entering.update(
                ((row, mode), back[state]) for row, state in enumerate(input_states) if state in back
            )
            shown: dict[int, list[Any]] = {}
            for (output, state), weight in reads.items():
                if state in onward:
                    shown.setdefault(output, []).append(weight * onward[state])
            carried.seen.update(((output, mode), _total(parts)) for output, parts in shown.items())
            mode += 1
    return carried


def _onward(
    rates: NDArray[Any],
    pattern: Pattern,
    below: Sequence[Local],
    rate: Any,
    vector: dict[int, Any],
    pairs: list[tuple[Any, Any]],
) -> dict[int, Any]:
    """A mode in its own states, `vector`, and in every state downstream."""
    for one in below:
        fed = {
            row: _total(rates[state, other] * vector[other] for other in vector if pattern[state, other])
            for row, state in enumerate(one.group.states)
            if any(pattern[state, other] for other in vector)
        }
        if fed:
            pairs.extend((rate, other) for other in one.rates)
            vector |= _solved(one, rate, fed, one.left, one.right.swapaxes(0, 1))
    return vector


def _back(
    rates: NDArray[Any], pattern: Pattern, above: Sequence[Local], rate: Any, vector: dict[int, Any]
) -> dict[int, Any]:
    """What one mg in any state upstream, or in a mode's own, `vector`, puts into the mode."""
    for one in reversed(above):
        fed = {
            row: _total(vector[other] * rates[other, state] for other in vector if pattern[other, state])
            for row, state in enumerate(one.group.states)
            if any(pattern[other, state] for other in vector)
        }
        if fed:
            vector |= _solved(one, rate, fed, one.right.swapaxes(0, 1), one.left)
    return vector


def _solved(one: Local, rate: Any, fed: Mapping[int, Any], into: NDArray[Any], out_of: NDArray[Any]) -> dict[int, Any]:
    """x of (rate - group) x = fed, by state, through the group's own modes. into, out_of: [mode][place]."""
    shares = [
        _total(into[mode][row] * value for row, value in fed.items()) / (rate - own)
        for mode, own in enumerate(one.rates)
    ]
    return {
        state: _total(out_of[mode][row] * share for mode, share in enumerate(shares))
        for row, state in enumerate(one.group.states)
    }


def _total(parts: Iterable[Any]) -> Any:
    found = iter(parts)
    total = next(found)
    for part in found:
        total = total + part
    return total
