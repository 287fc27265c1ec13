"""The walk over a schedule as a compiled kernel: 64 people side by side in the processor's wide registers.

Every inner loop runs over people and touches few arrays, so the compiler can widen it; all scratch stays in the cache.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.solve.closed_form import FILLED_SERIES, NEAR_ZERO
from euthymia.pharmacology.solve.fast_math import LANES, compiled, exp64, fetch_lanes, inlined, kept
from euthymia.pharmacology.solve.fast_modes import Places
from euthymia.pharmacology.solve.system import Values

_BOLUS, _START = 0, 1
_SERIES = FILLED_SERIES
# How many looks before it is written a row is fetched: more would crowd one another out.
_AHEAD = 2


class Body(NamedTuple):
    """These people: their modes, what their inputs put in, and edges at times of their own.

    rates: (modes, people).   seen: (terms, people), output by output, each a run of neighbouring modes that begins at
    `first_term` (outputs + 1,) with mode `first_mode` (outputs,).
    entering: (input states, modes, people).   amounts: (inputs, people), mg, or mg/h where it runs.
    own_*: (own edges,) or (own edges, people).
    """

    rates: Values
    seen: Values
    first_term: Places
    first_mode: Places
    entering: Values
    entry_row: Places
    amounts: Values
    own_kind: Places
    own_entry: Places
    own_moment: Places
    own_before_h: Values


class Schedule(NamedTuple):
    """What happens to everybody, per moment: the interval before it and its row in the table, the look, whether a rate
    changes, the edges. `row_runs`: in which intervals of the table something may run in."""

    length_h: Values
    row: Places
    row_h: Values
    row_runs: NDArray[np.bool_]
    looks: Places
    changes: NDArray[np.bool_]
    first_edge: Places
    edge_kind: Places
    edge_entry: Places


class _Rows(NamedTuple):
    """Where each kind of row begins in the scratch, (rows, 64): one array, so that no view of it has to be counted."""

    rates: int
    held: int
    running: int
    entering: int
    amounts: int
    seen: int
    table: int
    filled: int
    carried: int
    before_h: int
    line: int
    end: int


@compiled
def _laid_out(body: Body, schedule: Schedule) -> _Rows:
    modes = body.rates.shape[0]
    entering = 3 * modes
    amounts = entering + body.entering.shape[0] * modes
    seen = amounts + body.amounts.shape[0]
    table = seen + body.seen.shape[0]
    filled = table + schedule.row_h.size * modes
    carried = filled + schedule.row_h.size * modes
    before_h = carried + body.own_kind.size * modes
    return _Rows(
        0, modes, 2 * modes, entering, amounts, seen, table, filled, carried, before_h, before_h + 1, before_h + 2
    )


@kept
def walk(body: Body, schedule: Schedule, out: Values, begins: int) -> None:
    """Write every output at every look of these people into `out`, (outputs, times, people) and C-contiguous, from the
    column at which they begin."""
    people = body.rates.shape[1]
    rows = _laid_out(body, schedule)
    z = np.zeros((rows.end, LANES))
    own_span = np.empty((body.own_kind.size, 2), dtype=np.int64)
    for first in range(0, people, LANES):
        who = (first, min(LANES, people - first))
        _walk_some(body, schedule, z, rows, who, own_span, out, begins + first)


@kept
def walk_and_sum(body: Body, schedule: Schedule, counted: NDArray[np.bool_], sums: Values, peaks: Values) -> None:
    """Add every output at every look of those counted to `sums`, (outputs, times); the peaks of each, over all looks,
    into `peaks`, (outputs, people). Nobody's course is kept."""
    people, (outputs, times) = body.rates.shape[1], sums.shape
    rows = _laid_out(body, schedule)
    z = np.zeros((rows.end, LANES))
    own_span = np.empty((body.own_kind.size, 2), dtype=np.int64)
    # Added up lane by lane, over the lanes at the end. Times before the first input are never written and stay 0.
    some, added = np.zeros((outputs, times, LANES)), np.zeros((outputs, times, LANES))
    tally = np.empty((2, LANES))
    for first in range(0, people, LANES):
        who = (first, min(LANES, people - first))
        _walk_some(body, schedule, z, rows, who, own_span, some, 0)
        for lane in range(LANES):
            tally[0, lane] = 1.0 if lane < who[1] and counted[first + min(lane, who[1] - 1)] else 0.0
        for output in range(outputs):
            _add_up(some, added, tally, output)
            for lane in range(who[1]):
                peaks[output, first + lane] = tally[1, lane]
    for output in range(outputs):
        for look in range(times):
            sums[output, look] += added[output, look].sum()


@inlined
def _add_up(some: Values, added: Values, tally: Values, output: int) -> None:
    """Courses of 64 people onto the sum, and their peaks into the second row of the tally."""
    for lane in range(LANES):
        tally[1, lane] = 0.0
    for look in range(some.shape[1]):
        for lane in range(LANES):
            value = some[output, look, lane]
            # Who is not counted may have no number here, so it is left out and not multiplied away.
            added[output, look, lane] += value if tally[0, lane] > 0.0 else 0.0
            tally[1, lane] = max(tally[1, lane], value)


@inlined
def _walk_some(
    body: Body,
    schedule: Schedule,
    z: Values,
    rows: _Rows,
    who: tuple[int, int],
    own_span: Places,
    out: Values,
    column: int,
) -> None:
    """Walk the schedule for up to 64 people side by side; they begin at `column` of `out`."""
    _load(body, schedule, z, rows, who)
    _carry_own(body, z, rows, who, own_span)
    running = 0
    for moment in range(schedule.length_h.size):
        if running > 0:
            _pass_running(body, schedule, z, rows, moment)
        else:
            _pass(body, schedule, z, rows, moment)
        running += _happen_now(body, schedule, z, rows, moment, who, own_span)
        if running == 0 and (schedule.changes[moment] or body.own_kind.size > 0):
            # Nothing is left of a rate when the last one stops, not even rounding.
            for mode in range(body.rates.shape[0]):
                _clear(z, rows.running + mode)
        if schedule.looks[moment] >= 0:
            fetch_lanes(out, schedule.looks[moment] + _AHEAD, column, LANES)
            _look(body, z, rows, schedule.looks[moment], who[1], out, column)


@compiled
def _load(body: Body, schedule: Schedule, z: Values, rows: _Rows, who: tuple[int, int]) -> None:
    """Copy these people's numbers side by side (lanes beyond the last person repeat that person); fill the table."""
    modes = body.rates.shape[0]
    _copy(body.rates, z, rows.rates, who)
    _copy(body.seen, z, rows.seen, who)
    _copy(body.amounts, z, rows.amounts, who)
    for row in range(body.entering.shape[0]):
        _copy(body.entering[row], z, rows.entering + row * modes, who)
    for mode in range(modes):
        _clear(z, rows.held + mode)
        _clear(z, rows.running + mode)
        for row in range(schedule.row_h.size):
            _factors(z, rows.rates + mode, rows.table + row * modes + mode, schedule.row_h[row])
            if schedule.row_runs[row]:
                _fills(z, rows.rates + mode, rows.filled + row * modes + mode, schedule.row_h[row])


@compiled
def _copy(source: Values, z: Values, into: int, who: tuple[int, int]) -> None:
    first, width = who
    for row in range(source.shape[0]):
        if width == LANES:
            for lane in range(LANES):
                z[into + row, lane] = source[row, np.uintp(first + lane)]
        else:
            for lane in range(LANES):
                z[into + row, lane] = source[row, first + min(lane, width - 1)]


@inlined
def _pass(body: Body, schedule: Schedule, z: Values, rows: _Rows, moment: int) -> None:
    """Let the interval before a moment go by."""
    modes = body.rates.shape[0]
    for mode in range(modes):
        factor = rows.table + schedule.row[moment] * modes + mode
        if schedule.row[moment] < 0:
            factor = rows.line
            _factors(z, rows.rates + mode, factor, schedule.length_h[moment])
        _times(z, rows.held + mode, factor)


@inlined
def _pass_running(body: Body, schedule: Schedule, z: Values, rows: _Rows, moment: int) -> None:
    """The same while something runs in."""
    modes = body.rates.shape[0]
    for mode in range(modes):
        factor = rows.table + schedule.row[moment] * modes + mode
        filled = rows.filled + schedule.row[moment] * modes + mode
        if schedule.row[moment] < 0:
            factor, filled = rows.line, rows.before_h
            _factors(z, rows.rates + mode, factor, schedule.length_h[moment])
            _fills(z, rows.rates + mode, filled, schedule.length_h[moment])
        _fill(z, rows.held + mode, factor, rows.running + mode, filled)


@inlined
def _happen_now(
    body: Body, schedule: Schedule, z: Values, rows: _Rows, moment: int, who: tuple[int, int], own_span: Places
) -> int:
    """Everything of this moment; gives by how much the count of running inputs changes."""
    changed = 0
    for edge in range(schedule.first_edge[moment], schedule.first_edge[moment + 1]):
        changed += who[1] * _happen(body, z, rows, schedule.edge_kind[edge], schedule.edge_entry[edge])
    for own in range(body.own_kind.size):
        if own_span[own, 0] <= moment <= own_span[own, 1]:
            changed += _happen_to_some(body, z, rows, own, moment, who)
    return changed


@compiled
def _clear(z: Values, row: int) -> None:
    for lane in range(LANES):
        z[row, lane] = 0.0


@compiled
def _factors(z: Values, rate: int, into: int, length_h: float) -> None:
    for lane in range(LANES):
        z[into, lane] = exp64(z[rate, lane] * length_h)


@inlined
def _times(z: Values, held: int, factor: int) -> None:
    for lane in range(LANES):
        z[held, lane] *= z[factor, lane]


@inlined
def _filled(rate: float, length_h: float) -> float:
    """∫ exp(rate · s) ds over the interval."""
    x = rate * length_h
    series = _SERIES[0]
    for place in range(1, len(_SERIES)):
        series = series * x + _SERIES[place]
    near = abs(x) < NEAR_ZERO
    # Both are computed, and one is taken: a branch would keep the loop from being widened.
    far = (exp64(x) - 1.0) / (1.0 if near else x)
    return length_h * (series if near else far)


@compiled
def _fills(z: Values, rate: int, into: int, length_h: float) -> None:
    for lane in range(LANES):
        z[into, lane] = _filled(z[rate, lane], length_h)


@inlined
def _fill(z: Values, held: int, factor: int, running: int, filled: int) -> None:
    for lane in range(LANES):
        z[held, lane] = z[held, lane] * z[factor, lane] + z[running, lane] * z[filled, lane]


@inlined
def _happen(body: Body, z: Values, rows: _Rows, kind: int, entry: int) -> int:
    """An edge for everybody; gives by how much the count of running inputs changes."""
    modes, row = body.rates.shape[0], body.entry_row[entry]
    into = rows.held if kind == _BOLUS else rows.running
    sign = 1.0 if kind <= _START else -1.0
    for mode in range(modes):
        _add(z, into + mode, rows.entering + row * modes + mode, rows.amounts + entry, sign)
    return 0 if kind == _BOLUS else int(sign)


@compiled
def _add(z: Values, into: int, share: int, amount: int, sign: float) -> None:
    for lane in range(LANES):
        z[into, lane] += sign * z[share, lane] * z[amount, lane]


@compiled
def _carry_own(body: Body, z: Values, rows: _Rows, who: tuple[int, int], own_span: Places) -> None:
    """What each person's own edge leaves in every mode at the next moment of the grid."""
    first, width = who
    modes = body.rates.shape[0]
    for own in range(body.own_kind.size):
        moments = body.own_moment[own, first : first + width]
        own_span[own, 0], own_span[own, 1] = moments.min(), moments.max()
        for lane in range(LANES):
            z[rows.before_h, lane] = body.own_before_h[own, first + min(lane, width - 1)]
        entry, kind = body.own_entry[own], body.own_kind[own]
        share = rows.entering + body.entry_row[entry] * modes
        into = rows.carried + own * modes
        for mode in range(modes):
            if kind == _BOLUS:
                _carry_bolus(z, rows.rates + mode, rows.before_h, into + mode)
            else:
                _carry_rate(z, rows.rates + mode, rows.before_h, into + mode, 1.0 if kind == _START else -1.0)
            _times(z, into + mode, share + mode)
            _times(z, into + mode, rows.amounts + entry)


@compiled
def _carry_bolus(z: Values, rate: int, before_h: int, into: int) -> None:
    for lane in range(LANES):
        z[into, lane] = exp64(z[rate, lane] * z[before_h, lane])


@compiled
def _carry_rate(z: Values, rate: int, before_h: int, into: int, sign: float) -> None:
    for lane in range(LANES):
        z[into, lane] = sign * _filled(z[rate, lane], z[before_h, lane])


@compiled
def _happen_to_some(body: Body, z: Values, rows: _Rows, own: int, moment: int, who: tuple[int, int]) -> int:
    """Own edges of those whose moment has come; gives by how much the count of running inputs changes."""
    first, width = who
    modes = body.rates.shape[0]
    kind, entry = body.own_kind[own], body.own_entry[own]
    share, carried = rows.entering + body.entry_row[entry] * modes, rows.carried + own * modes
    turn = 0 if kind == _BOLUS else (1 if kind == _START else -1)
    changed = 0
    for lane in range(width):
        if body.own_moment[own, first + lane] == moment:
            changed += turn
            for mode in range(modes):
                z[rows.held + mode, lane] += z[carried + mode, lane]
                z[rows.running + mode, lane] += turn * z[share + mode, lane] * z[rows.amounts + entry, lane]
    return changed


@inlined
def _look(body: Body, z: Values, rows: _Rows, look: int, width: int, out: Values, column: int) -> None:
    """Write what every output shows now: the modes it sees, up to four neighbours at a time."""
    for output in range(out.shape[0]):
        held, seen = rows.held + body.first_mode[output], rows.seen + body.first_term[output]
        left, kept = body.first_term[output + 1] - body.first_term[output], 0.0
        while left > 0:
            if left >= 4:
                _four(z, rows.line, seen, held, kept)
                step = 4
            elif left >= 2:
                _two(z, rows.line, seen, held, kept)
                step = 2
            else:
                _one(z, rows.line, seen, held, kept)
                step = 1
            left, seen, held, kept = left - step, seen + step, held + step, 1.0
        for lane in range(width):
            out[output, look, np.uintp(column + lane)] = z[rows.line, lane]


@inlined
def _one(z: Values, line: int, seen: int, held: int, kept: float) -> None:
    for lane in range(LANES):
        z[line, lane] = kept * z[line, lane] + z[seen, lane] * z[held, lane]


@inlined
def _two(z: Values, line: int, seen: int, held: int, kept: float) -> None:
    for lane in range(LANES):
        pair = z[seen, lane] * z[held, lane] + z[seen + 1, lane] * z[held + 1, lane]
        z[line, lane] = kept * z[line, lane] + pair


@inlined
def _four(z: Values, line: int, seen: int, held: int, kept: float) -> None:
    for lane in range(LANES):
        pair = z[seen, lane] * z[held, lane] + z[seen + 1, lane] * z[held + 1, lane]
        more = z[seen + 2, lane] * z[held + 2, lane] + z[seen + 3, lane] * z[held + 3, lane]
        z[line, lane] = kept * z[line, lane] + (pair + more)
