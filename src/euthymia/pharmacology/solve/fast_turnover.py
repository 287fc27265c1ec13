"""Turnover states for populations: the same definition as `rosenbrock.py`, compiled, many people at once.

People are solved in blocks; a block shares its steps, as large as the worst of its people allows, and always a half,
a quarter, ... of the interval between two events, so that the decay over a step is worked out once and used again. What
a step does is written by `turnover_source.py`. Threads share the blocks. Needs the `fast` extra; the first call of a
model compiles it, which takes seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.derivative import Formula
from euthymia.pharmacology.solve import fast, rosenbrock
from euthymia.pharmacology.solve.fast_modes import modes_of
from euthymia.pharmacology.solve.modes import Modes
from euthymia.pharmacology.solve.parallel import in_parallel
from euthymia.pharmacology.solve.program import Kind, Program, compiled
from euthymia.pharmacology.solve.system import Values, checked
from euthymia.pharmacology.solve.turnover_source import Layout, Step
from euthymia.pharmacology.turnover import Turnover, TurnoverSystem, structure

# People per block: wide enough for every processor's registers, small enough that a block's tables stay in its cache.
BLOCK = 32
# Rows are this much longer than a block: at a power of two apart they would push one another out of the cache.
_APART = 8
# The shortest step is the interval between two events over 2 to this power.
HALVINGS = 20
# At the shortest step an error of this size is rounding: where nearly nothing is there yet, more cannot be had.
_ROUNDING = 1e-4
# What the slow method is allowed per step, beside this one: its answer's error is nearer to that of its steps.
_FOR_THE_SLOW, _LEAST_FOR_THE_SLOW = 0.01, 4e-8
# Intervals that come again have tables of their own; the others share one.
_MOST_KEPT = 48
# Threads that ask for the same kernel at once get the same one.
_COMPILING = Lock()

_KERNEL = """
B, WIDTH, HALVINGS, PER_TABLE, ROUNDING = {block}, {width}, {halvings}, {table_rows}, {rounding}
{rows} = {places}

@inlined
def refresh(Z):
{refresh}

@inlined
def table(Z, E, h):
{table}

@inlined
def step(Z, E, h):
    per_h = 1.0 / h
{step}

@inlined
def accept(Z, E):
{accept}

@inlined
def hear(Z):
{hear}

@inlined
def sized(Z):
{sized}

@inlined
def worst_of(Z):
    half = B // 2
    while half > 0:
        for b in range(half):
            Z[ERROR, b] = max(Z[ERROR, b], Z[ERROR, b + half])
        half //= 2
    return Z[ERROR, 0]

@compiled
def kernel(relative, spans, numbers, edges, people, reads, out, column, report):
    spans_h, span, slot, look, edge_from = spans
    kind, entry, entry_row = edges
    rates, entering, amounts, constants, start = people
    states, terms, modes, heard, slots = numbers
    Z = np.zeros((ROWS, WIDTH))
    T = np.zeros((slots * (HALVINGS + 1), PER_TABLE, WIDTH))
    ready = np.zeros(slots * (HALVINGS + 1), np.uint8)
    settled = np.zeros((terms, WIDTH))
    running = np.zeros((terms, WIDTH))
    opened = np.full(spans_h.size, -1)
    full = 1 << HALVINGS
    for block in range(report.shape[0]):
        one = block * B
        here = column + one
        ready[:] = 0
        settled[:] = 0.0
        running[:] = 0.0
        active = 0
        h_next = 0.01
        Z[:] = 0.0
        for row in range(modes):
            for b in range(B):
                Z[RATES + row, b] = rates[row, one + b]
        for row in range(states):
            for b in range(B):
                Z[STATES + row, b] = start[row, one + b]
                Z[PEAKS + row, b] = abs(start[row, one + b])
        for row in range(constants.shape[0]):
            for b in range(B):
                Z[CONSTANTS + row, b] = constants[row, one + b]
        refresh(Z)
        steps, refused = 0, 0
        turned = False
        opening = HALVINGS + 1
        for moment in range(span.size):
            if moment > 0:
                this = span[moment]
                if slot[this] == 0:
                    ready[: HALVINGS + 1] = 0
                level = 0
                while level < HALVINGS and spans_h[this] > h_next * (1.0001 * (1 << level)):
                    level += 1
                if turned and opened[this] >= 0:
                    level = opened[this]
                done = 0
                worst = 0.0
                while done < full:
                    h = spans_h[this] / (1 << level)
                    which = slot[this] * (HALVINGS + 1) + level
                    E = T[which]
                    if ready[which] == 0:
                        if level < HALVINGS and ready[which + 1] == 1:
                            half = T[which + 1]
                            for row in range(PER_TABLE):
                                for b in range(B):
                                    E[row, b] = half[row, b] * half[row, b]
                        else:
                            table(Z, E, h)
                        ready[which] = 1
                    step(Z, E, h)
                    if moment == 1 and level < opening:
                        sized(Z)
                        opening = level
                    worst = worst_of(Z) / relative
                    if worst <= 1.0 or (level == HALVINGS and worst * relative < ROUNDING):
                        accept(Z, E)
                        if turned and done == 0:
                            opened[this] = level
                        done += full >> level
                        steps += 1
                        # The error falls with the fifth power of the step; a little more is asked before it doubles.
                        while worst < 0.027 and level > 0 and done < full and done % (full >> (level - 1)) == 0:
                            level -= 1
                            worst *= 32.0
                    elif level == HALVINGS:
                        report[block, 2] = 1
                        done = full
                    else:
                        refused += 1
                        level += 1
                        if worst > 48.0 and level < HALVINGS:
                            level += 1
                h_next = h * min(4.0, 0.9 * max(worst, 1e-4) ** -0.2)
                turned = False
            jumped = False
            for edge in range(edge_from[moment], edge_from[moment + 1]):
                turned = True
                at = entry[edge]
                for row in range(terms):
                    for b in range(B):
                        size = entering[entry_row[at], row, one + b] * amounts[at, one + b]
                        Z[TERMS + row, b] += settled[row, b]
                        if kind[edge] == 0:
                            Z[TERMS + row, b] += size
                        elif kind[edge] == 1:
                            running[row, b] += size
                        else:
                            running[row, b] -= size
                if kind[edge] == 0:
                    jumped = True
                elif kind[edge] == 1:
                    active += 1
                else:
                    active -= 1
                for row in range(heard):
                    for b in range(B):
                        Z[LEVELS + row, b] = 0.0
                for row in range(terms):
                    for b in range(B):
                        if active == 0:
                            running[row, b] = 0.0
                        settled[row, b] = -running[row, b] / Z[RATES + MODE_OF[row], b]
                        Z[TERMS + row, b] -= settled[row, b]
                        Z[LEVELS + HEARD_OF[row], b] += settled[row, b]
            if jumped:
                refresh(Z)
            if look[moment] >= 0:
                fetch_lanes(out, look[moment] + 1, here, B)
                hear(Z)
                for row in range(reads.size):
                    for b in range(B):
                        out[row, look[moment], here + b] = Z[reads[row], b]
        report[block, 0] = steps
        report[block, 1] = refused
"""


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A kernel, the formulas of parameters it takes as numbers, and the rows of its scratch that can be read."""

    kernel: Callable[..., None]
    constants: tuple[Formula, ...]
    rows: Mapping[str, int]


def driven(system: TurnoverSystem, at_h: Values, *, relative: float = 3e-3) -> Values:
    """States and concentrations over time, (people, times, reads), as `rosenbrock.driven` gives them.

    relative: error allowed per step, 1e-7 or more; that of the answer is ten to a thousand times smaller.
    SolverFailed where it cannot be kept. People whose kinetics have no real modes of their own go through
    `rosenbrock.driven`.
    """
    at_h = np.asarray(at_h, dtype=np.float64)
    groups = rosenbrock.alike(system)
    out = np.empty((len(system.reads), at_h.size, -(-system.people // BLOCK) * BLOCK))
    if len(groups) == 1:
        parts = fast.shares(system.people)
        in_parallel(lambda part: _Run(system.some(part), at_h, relative).into(out, part.start), parts)
    else:
        for places in groups:
            out[:, :, places] = driven(system.some(places), at_h, relative=relative).transpose(2, 1, 0)
    return out[:, :, : system.people].transpose(2, 1, 0)


class _Run:
    """People who share their schedule."""

    def __init__(self, system: TurnoverSystem, at_h: Values, relative: float) -> None:
        self.system, self.at_h, self.relative = system, at_h, relative
        linear = system.linear.reached()
        self.inputs = linear.inputs
        self.rows = sorted({entry.state for entry in linear.inputs})
        self.found: Modes = modes_of(linear, self.rows)
        self.program: Program = compiled(linear.inputs, at_h)

    def into(self, out: Values, column: int) -> None:
        """Write what is read into `out`, (reads, times, people in whole blocks), from this column, a block's first."""
        everybody = np.arange(self.system.people)
        if np.iscomplexobj(self.found.rates_per_h):
            lost = everybody
        else:
            stuck = np.repeat(self._walk(out, column)[:, 2] > 0, BLOCK)[: everybody.size]
            lost = everybody[~self.found.sound | stuck]
        if lost.size:
            relative = max(_FOR_THE_SLOW * self.relative, _LEAST_FOR_THE_SLOW)
            slow = rosenbrock.driven(self.system.some(lost), self.at_h, relative=relative)
            out[:, :, column + lost] = slow.transpose(2, 1, 0)
        checked(out[:, :, column : column + everybody.size])

    def _walk(self, out: Values, column: int) -> NDArray[np.int64]:
        """Every block through the kernel; gives, per block, steps taken, steps refused, and whether it got stuck."""
        system, program = self.system, self.program
        layout = Layout(system.heard, self.found.terms, self.found.rates_per_h.shape[0], system.turnover.names)
        with _COMPILING:
            ready = _kernel(system.turnover, layout)
        report = np.zeros((-(-system.people // BLOCK), 3), dtype=np.int64)
        people = self._people(ready.constants, report.shape[0] * BLOCK)
        self._before_the_first_dose(out[:, :, column : column + report.shape[0] * BLOCK])
        slots, count = _slots(program)
        numbers = (len(layout.states), len(layout.terms), layout.modes, len(layout.heard), count)
        spans = (program.spans_h, program.span, slots, program.looks, _first_edges(program))
        edges = (*(_whole(each) for each in _edges(program)), _whole([self.rows.index(e.state) for e in self.inputs]))
        reads = _whole([ready.rows[name] for name in system.reads])
        ready.kernel(self.relative, spans, numbers, edges, people, reads, out, column, report)
        return report

    def _people(self, constants: Sequence[Formula], size: int) -> tuple[Values, ...]:
        """What the kernel needs of each person, people last, in whole blocks."""
        system, found = self.system, self.found
        # A mode that never empties is let empty over a thousand million hours.
        rates = np.where(found.rates_per_h == 0, -1e-9, found.rates_per_h)
        with np.errstate(invalid="ignore", over="ignore"):
            entering = np.stack(
                [found.entering[:, mode] * found.seen[row] for row, (_, mode) in enumerate(found.terms)], axis=1
            )
        # People without modes of their own are solved elsewhere; here they must not disturb their block.
        rates, entering = (np.where(found.sound, each, sane) for each, sane in ((rates, -1.0), (entering, 0.0)))
        amounts = np.stack([entry.size for entry in self.inputs])
        worked_out = [np.broadcast_to(formula(system.values), (system.people,)) for formula in constants]
        steady = np.stack(worked_out) if worked_out else np.zeros((0, system.people))
        rows = (rates, entering, amounts, steady, system.start)
        return tuple(_in_blocks(each, size) for each in rows)

    def _before_the_first_dose(self, out: Values) -> None:
        program, system = self.program, self.system
        seen = np.isin(np.arange(self.at_h.size), program.looks)
        start = dict(zip(system.turnover.names, _in_blocks(system.start, out.shape[2]), strict=True))
        for row, name in enumerate(system.reads):
            out[row, ~seen] = start.get(name, 0.0)


@lru_cache(maxsize=32)
def _kernel(turnover: Turnover, layout: Layout) -> _Compiled:
    """Compiled when it is first called; kept, so that a second regimen of the same shape is not compiled again."""
    # Imported here: numba is the `fast` extra and takes a while to load.
    from euthymia.pharmacology.solve import fast_math

    step = Step(structure(turnover), layout)
    parts = {name: getattr(step, name)() for name in ("refresh", "table", "hear", "sized", "step", "accept")}
    states, heard, carried = len(layout.states), len(layout.heard), len(step.carried)
    rows = {"TERMS": len(layout.terms), "RATES": layout.modes, "LEVELS": heard, "HEARD": heard, "STATES": states}
    rows |= {"NEXT": states, "PEAKS": states, "CARRIED": carried, "NEXT_CARRIED": carried}
    rows |= {"CONSTANTS": len(step.constants), "ERROR": 1}
    first = dict(zip([*rows, "ROWS"], accumulate(rows.values(), initial=0), strict=True))
    source = _KERNEL.format(
        block=BLOCK,
        width=BLOCK + _APART,
        halvings=HALVINGS,
        rounding=_ROUNDING,
        table_rows=step.table_rows(),
        rows=", ".join(first),
        places=tuple(first.values()),
        **{name: _indented(text, 4) for name, text in parts.items()},
    )
    known: dict[str, Any] = {
        "np": np,
        "compiled": fast_math.compiled,
        "inlined": fast_math.inlined,
        "exp64": fast_math.exp64,
        "exp_short": fast_math.exp_short,
        "log_short": fast_math.log_short,
        "fetch_lanes": fast_math.fetch_lanes,
        "MODE_OF": np.array([mode for _, mode in layout.terms]),
        "HEARD_OF": np.array([heard for heard, _ in layout.terms]),
    }
    exec(compile(source, "<turnover kernel>", "exec"), known)
    readable = [(name, first["STATES"] + place) for place, name in enumerate(layout.states)]
    readable += [(name, first["HEARD"] + place) for place, name in enumerate(layout.heard)]
    return _Compiled(known["kernel"], tuple(Formula(node) for node in step.constants.values()), dict(readable))


def _in_blocks(rows: Values, size: int) -> Values:
    """The rows with people last, the last person repeated up to whole blocks."""
    people = rows.shape[-1]
    found = np.empty((*rows.shape[:-1], size))
    found[..., :people], found[..., people:] = rows, rows[..., -1:]
    return found


def _slots(program: Program) -> tuple[NDArray[np.int64], int]:
    """Which tables each interval uses, and how many there are; 0 is shared by those that come once."""
    again = np.bincount(program.span[1:], minlength=program.spans_h.size)
    kept = [int(span) for span in np.argsort(-again, kind="stable")[:_MOST_KEPT] if again[span] > 1]
    slots = np.zeros(program.spans_h.size, dtype=np.int64)
    slots[kept] = np.arange(1, len(kept) + 1)
    return slots, len(kept) + 1


def _first_edges(program: Program) -> NDArray[np.int64]:
    moments = [edge.moment for edge in program.edges]
    return np.searchsorted(moments, np.arange(program.grid_h.size + 1)).astype(np.int64)


def _edges(program: Program) -> tuple[list[int], list[int]]:
    kinds = {Kind.BOLUS: 0, Kind.START: 1, Kind.STOP: 2}
    return [kinds[edge.kind] for edge in program.edges], [edge.entry for edge in program.edges]


def _whole(numbers: Sequence[int]) -> NDArray[np.int64]:
    return np.asarray(numbers, dtype=np.int64)


def _indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line for line in text.splitlines())
