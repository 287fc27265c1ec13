"""How people are set up for the walk over a schedule: the modes of `modes.py`, written as a tape.

The tape begins with whatever is known of each person, the rates of their compartments or the parameters of a model, and
leaves rates, shares and weights of every mode in the rows in which the walk looks for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.solve.fast_rows import MOST_TOGETHER
from euthymia.pharmacology.solve.fast_tape import play_for
from euthymia.pharmacology.solve.modes import Carried, Group, Local, Modes, carry, cascade, modes
from euthymia.pharmacology.solve.system import LinearSystem, Make, PartInput, Parts, Values, reached
from euthymia.pharmacology.solve.tape import Op, Symbol, Tape, Writer, functions, rows_of

Places = NDArray[np.int64]


class Rows(NamedTuple):
    """Where each kind of row begins in the walk's scratch behind the rates of the modes, and the first row behind all.

    modes: how many there are.   held, running: one for each mode.   entering: one for each input state and mode.
    amounts: one for each input.   seen: one for each term.   sound: 1 for whoever's modes can be told apart.
    """

    modes: int
    held: int
    running: int
    entering: int
    amounts: int
    seen: int
    sound: int
    end: int

    @classmethod
    def of(cls, modes: int, ways: int, inputs: int, terms: int) -> Rows:
        """For so many modes, states that something enters, inputs, and terms of outputs."""
        return cls(modes, *accumulate((modes, modes, modes, ways * modes, inputs, terms, 1)))


class Setup(NamedTuple):
    """How people are set up, and what the walk must know of it.

    The terms of each output are a run of neighbouring modes from `first_mode`, at rows `first_term`; outputs of one
    block see the same run. together: the first output of every block.   inputs: those kept, and the row each enters by.
    """

    tape: Tape
    rows: Rows
    first_term: Places
    first_mode: Places
    together: Places
    inputs: Places
    entry_row: Places


def setup_of(system: LinearSystem) -> tuple[Setup | None, Values]:
    """For any people alike in who feeds whom, and what is known of these, (numbers, people); None where drug goes round
    in a circle."""
    rates, readout = system.rates.transpose(1, 2, 0), system.readout.transpose(1, 2, 0)
    pattern, reads = system.pattern, np.asarray(readout.any(axis=2))
    setup = _of_pattern(
        pattern.tobytes(), pattern.shape, reads.tobytes(), reads.shape, tuple(entry.state for entry in system.inputs)
    )
    given = [rates[pattern], readout[reads], *(entry.size[None] for entry in system.inputs)]
    return setup, np.concatenate(given)


def modes_of(system: LinearSystem, input_states: Sequence[int]) -> Modes:
    """What `modes.modes` gives, found by the tape; where drug goes round in a circle, by NumPy.

    All states must be reached.   input_states: those that something enters, in their order.
    """
    setup, given = setup_of(system)
    if setup is None:
        return modes(system, input_states)
    rows, first_term, first_mode = setup.rows, setup.first_term, setup.first_mode
    found = np.empty((rows.end, system.people))
    play_for(setup.tape, given, found)
    terms = tuple(
        (output, int(mode))
        for output, (mode_from, many) in enumerate(zip(first_mode, np.diff(first_term), strict=True))
        for mode in range(mode_from, mode_from + many)
    )
    entering = found[rows.entering : rows.amounts].reshape(-1, rows.modes, system.people)
    sound = (found[rows.sound] > 0) & np.isfinite(found).all(axis=0)
    return Modes(found[: rows.modes], entering, found[rows.seen : rows.sound], terms, sound)


@lru_cache(maxsize=256)
def _of_pattern(
    pattern: bytes, square: tuple[int, int], reads: bytes, shown: tuple[int, int], entries: tuple[int, ...]
) -> Setup | None:
    writer = Writer()
    links = np.argwhere(np.frombuffer(pattern, dtype=np.bool_).reshape(square)).tolist()
    rates = {(to, source): writer.comes_in() for to, source in links}
    seen = np.argwhere(np.frombuffer(reads, dtype=np.bool_).reshape(shown)).tolist()
    readout = {(output, state): writer.comes_in() for output, state in seen}
    sizes = [(state, writer.comes_in()) for state in entries]
    return _written(writer, Parts(square[0], shown[0], rates, readout, ()), sizes)


def setup_from(make: Make, names: Sequence[str]) -> tuple[Setup, Parts] | None:
    """For a model's people, of whom these names are given; and its parts as symbols. None where drug goes round in a
    circle, or a dose takes longer in some than in others."""
    writer = Writer()
    known = functions(writer)
    given = {name: writer.comes_in() for name in names}
    parts = make(given, lambda formula, values: formula.on(values, known))
    sizes = []
    for entry in parts.inputs:
        lasts_h = duration_of(entry)
        if lasts_h is None:
            return None
        amount = writer.symbol(entry.amount)
        sizes.append((entry.state, amount / lasts_h if lasts_h else amount))
    setup = _written(writer, parts, sizes)
    return None if setup is None else (setup, parts)


def duration_of(entry: PartInput) -> float | None:
    """For how long an input of symbols runs in everybody; None where that differs."""
    lasts_h = entry.duration_h
    return lasts_h.number if isinstance(lasts_h, Symbol) else float(lasts_h)


def _written(writer: Writer, parts: Parts, sizes: Sequence[tuple[int, Symbol]]) -> Setup | None:
    """The tape that ends in the walk's rows."""
    linked = np.zeros((parts.states, parts.states), dtype=np.bool_)
    for link in parts.rates:
        linked[link] = True
    kept = reached(linked, [state for state, _ in sizes], _read_states(parts))
    place_of = {int(state): place for place, state in enumerate(kept)}
    pattern = linked[np.ix_(kept, kept)]
    groups = cascade(pattern.tobytes(), kept.size)
    if not all(group.is_tree for group in groups):
        return None
    rates = np.full(pattern.shape, writer.number(0.0), dtype=object)
    for (to, source), rate in parts.rates.items():
        if to in place_of and source in place_of:
            rates[place_of[to], place_of[source]] = writer.symbol(rate)
    readout = {
        (output, place_of[state]): writer.symbol(weight)
        for (output, state), weight in parts.readout.items()
        if state in place_of
    }
    inputs = [place for place, (state, _) in enumerate(sizes) if state in place_of]
    ways = sorted({place_of[sizes[place][0]] for place in inputs})
    found, sound = [], writer.number(1.0)
    for group in groups:
        local, solved = _alone(writer, rates, group)
        found.append(local)
        sound = sound * solved
    carried = carry(rates, pattern, found, ways, readout)
    for one, other in carried.pairs:
        sound = sound * writer.step(Op.APART, one, other)
    for each in writer.logged:
        sound = sound * writer.step(Op.ABOVE, each)
    first_term, first_mode, together = seen_runs(carried.seen, parts.outputs)
    rows = Rows.of(int(kept.size), len(ways), len(inputs), int(first_term[-1]))
    results = _results(rows, carried, found, [sizes[place][1] for place in inputs], (first_term, first_mode))
    results[rows.sound] = sound
    everything = {
        row: results.get(row, writer.number(0.0)) for row in (*range(rows.held), *range(rows.entering, rows.end))
    }
    return Setup(
        tape=writer.tape(everything, rows.end),
        rows=rows,
        first_term=first_term,
        first_mode=first_mode,
        together=together,
        inputs=np.array(inputs, dtype=np.int64),
        entry_row=np.array([ways.index(place_of[sizes[place][0]]) for place in inputs], dtype=np.int64),
    )


def _read_states(parts: Parts) -> NDArray[np.bool_]:
    found = np.zeros(parts.states, dtype=np.bool_)
    found[[state for _, state in parts.readout]] = True
    return found


def _alone(writer: Writer, rates: NDArray[Any], group: Group) -> tuple[Local, Symbol]:
    """The modes of one group alone, and a symbol that is 1 for everybody who could be solved."""
    size, one = len(group.states), writer.number(1.0)
    inside = rates[np.ix_(group.states, group.states)]
    if size == 1:
        square = np.full((1, 1), one, dtype=object)
        return Local(group, inside[0], square, square), one
    rows = writer.alone(list(inside.flat), size)
    decays, right, left, sound = rows_of(size)
    listed = np.array(rows, dtype=object)
    local = Local(
        group, listed[decays:right], *(listed[at : at + size * size].reshape(size, size) for at in (right, left))
    )
    return local, rows[sound] if size > 3 else one


def _results(
    rows: Rows, carried: Carried, found: Sequence[Local], sizes: Sequence[Symbol], runs: tuple[Places, Places]
) -> dict[int, Symbol]:
    """Which symbol belongs in which row; rows of nothing are left out."""
    modes, (first_term, first_mode) = rows.modes, runs
    results = dict(enumerate(rate for one in found for rate in one.rates))
    results |= {rows.entering + way * modes + mode: share for (way, mode), share in carried.entering.items()}
    results |= {rows.amounts + place: size for place, size in enumerate(sizes)}
    for (output, mode), weight in carried.seen.items():
        results[rows.seen + int(first_term[output]) + mode - int(first_mode[output])] = weight
    return results


def seen_runs(seen: Iterable[tuple[int, int]], outputs: int) -> tuple[Places, Places, Places]:
    """From (output, mode) of everything seen: for each output, the run of modes it may see, as (first term of each and
    the count of all, first mode of each), and the first output of every block of neighbours that see the same run.

    A run is made longer where a neighbour's is, if that wastes less than a third: what is looked at together is
    fetched once.
    """
    modes: list[list[int]] = [[] for _ in range(outputs)]
    for output, mode in seen:
        modes[output].append(mode)
    blocks: list[list[range]] = []
    for run in (range(min(each), max(each) + 1) if each else range(0) for each in modes):
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
