"""The walk over a schedule as a compiled kernel: 64 people side by side in the processor's wide registers.

Every inner loop runs over people and touches few arrays, so the compiler can widen it; all scratch stays in the cache.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.solve.closed_form import FILLED_SERIES, NEAR_ZERO
from euthymia.pharmacology.solve.fast_body import Body, Rows, Schedule, Shown, laid_out
from euthymia.pharmacology.solve.fast_math import LANES, ROW, compiled, exp64, fetch_lanes, inlined, kept
from euthymia.pharmacology.solve.fast_modes import Places
from euthymia.pharmacology.solve.fast_rows import multiply_rows, pass_and_see, see
from euthymia.pharmacology.solve.system import Values

_BOLUS, _START = 0, 1
_SERIES = FILLED_SERIES
# How many looks before it is written a row is fetched: more would crowd one another out.
_AHEAD = 2


@kept
def walk(body: Body, schedule: Schedule, out: Values, begins: int) -> None:
    """Write every output at every look of these people into `out`, (outputs, times, people) and C-contiguous, from the
    column at which they begin."""
    people = body.rates.shape[1]
    rows = laid_out(body, schedule)
    z = np.zeros((rows.end, ROW))
    own_span = np.empty((body.own_kind.size, 2), dtype=np.int64)
    for first in range(0, people, LANES):
        who = (first, min(LANES, people - first))
        _walk_some(body, schedule, z, rows, who, own_span, out, begins + first)


@kept
def walk_and_sum(body: Body, schedule: Schedule, counted: NDArray[np.bool_], sums: Values, peaks: Values) -> None:
    """Add every output at every look of those counted to `sums`, (outputs, times); the peaks of each, over all looks,
    into `peaks`, (outputs, people). Nobody's course is kept."""
    people, (outputs, times) = body.rates.shape[1], sums.shape
    rows = laid_out(body, schedule)
    z = np.zeros((rows.end, ROW))
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
    rows: Rows,
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
        look, row, looked_at = schedule.looks[moment], schedule.row[moment], 0
        at = Shown(look, who[1], column)
        if look >= 0:
            fetch_lanes(out, look + _AHEAD, column, LANES)
        if (
            running == 0
            and look >= 0
            and row >= 0
            and who[1] == LANES
            and not _happens(body, schedule, moment, own_span)
        ):
            _pass_and_look(body, z, rows, row, at, out)
            looked_at = 1
        else:
            if running > 0:
                _pass_running(body, schedule, z, rows, moment)
            else:
                _pass(body, schedule, z, rows, moment)
            running += _happen_now(body, schedule, z, rows, moment, who, own_span)
            if running == 0 and (schedule.changes[moment] or body.own_kind.size > 0):
                # Nothing is left of a rate when the last one stops, not even rounding.
                for mode in range(body.rates.shape[0]):
                    _clear(z, rows.running + mode)
        if look >= 0:
            _look(body, z, rows, looked_at, at, out)


@compiled
def _load(body: Body, schedule: Schedule, z: Values, rows: Rows, who: tuple[int, int]) -> None:
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
def _pass(body: Body, schedule: Schedule, z: Values, rows: Rows, moment: int) -> None:
    """Let the interval before a moment go by."""
    modes = body.rates.shape[0]
    if schedule.row[moment] >= 0:
        multiply_rows(z, rows.held, rows.table + schedule.row[moment] * modes, modes)
        return
    for mode in range(modes):
        _factors(z, rows.rates + mode, rows.lines, schedule.length_h[moment])
        multiply_rows(z, rows.held + mode, rows.lines, 1)


@inlined
def _pass_running(body: Body, schedule: Schedule, z: Values, rows: Rows, moment: int) -> None:
    """The same while something runs in."""
    modes = body.rates.shape[0]
    for mode in range(modes):
        factor = rows.table + schedule.row[moment] * modes + mode
        filled = rows.filled + schedule.row[moment] * modes + mode
        if schedule.row[moment] < 0:
            factor, filled = rows.lines, rows.before_h
            _factors(z, rows.rates + mode, factor, schedule.length_h[moment])
            _fills(z, rows.rates + mode, filled, schedule.length_h[moment])
        _fill(z, rows.held + mode, factor, rows.running + mode, filled)


@inlined
def _happen_now(
    body: Body, schedule: Schedule, z: Values, rows: Rows, moment: int, who: tuple[int, int], own_span: Places
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
def _happen(body: Body, z: Values, rows: Rows, kind: int, entry: int) -> int:
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
def _carry_own(body: Body, z: Values, rows: Rows, who: tuple[int, int], own_span: Places) -> None:
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
            multiply_rows(z, into + mode, share + mode, 1)
            multiply_rows(z, into + mode, rows.amounts + entry, 1)


@compiled
def _carry_bolus(z: Values, rate: int, before_h: int, into: int) -> None:
    for lane in range(LANES):
        z[into, lane] = exp64(z[rate, lane] * z[before_h, lane])


@compiled
def _carry_rate(z: Values, rate: int, before_h: int, into: int, sign: float) -> None:
    for lane in range(LANES):
        z[into, lane] = sign * _filled(z[rate, lane], z[before_h, lane])


@compiled
def _happen_to_some(body: Body, z: Values, rows: Rows, own: int, moment: int, who: tuple[int, int]) -> int:
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
def _happens(body: Body, schedule: Schedule, moment: int, own_span: Places) -> bool:
    """Whether anything may happen to anybody at this moment."""
    if schedule.first_edge[moment] < schedule.first_edge[moment + 1]:
        return True
    happens = False
    for own in range(body.own_kind.size):
        happens |= own_span[own, 0] <= moment <= own_span[own, 1]
    return happens


@inlined
def _pass_and_look(body: Body, z: Values, rows: Rows, row: int, at: Shown, out: Values) -> None:
    """Let an interval of the table go by and write what the first block of outputs shows: the modes that it sees go by
    as they are looked at."""
    modes, factor = body.rates.shape[0], rows.table + row * body.rates.shape[0]
    first, end = body.first_mode[0], body.first_mode[0] + body.first_term[1]
    multiply_rows(z, rows.held, factor, first)
    multiply_rows(z, rows.held + end, factor + end, modes - end)
    place, apart = _place(out, at, 0)
    pass_and_see(z, out, (rows.held + first, factor + first, rows.seen, end - first, place, apart, body.together[1]))


@inlined
def _look(body: Body, z: Values, rows: Rows, block: int, at: Shown, out: Values) -> None:
    """Write what the outputs show, from a block of them on."""
    for each in range(block, body.together.size - 1):
        first, count = body.together[each], body.together[each + 1] - body.together[each]
        held, seen = rows.held + body.first_mode[first], rows.seen + body.first_term[first]
        modes = body.first_term[first + 1] - body.first_term[first]
        if at.width == LANES:
            place, apart = _place(out, at, first)
            see(z, out, (held, held, seen, modes, place, apart, count))
        else:
            see(z, z, (held, held, seen, modes, rows.lines * ROW, ROW, count))
            _copy_lines(z, rows, out, at, first, count)


@inlined
def _place(out: Values, at: Shown, output: int) -> tuple[int, int]:
    """Where an output's people begin in `out`, counted flat, and how far the next output's are from them."""
    _, times, people = out.shape
    return (output * times + at.look) * people + at.column, times * people


@inlined
def _copy_lines(z: Values, rows: Rows, out: Values, at: Shown, first: int, count: int) -> None:
    """What a block of outputs shows of fewer people than there are lanes."""
    for each in range(count):
        for lane in range(at.width):
            out[first + each, at.look, np.uintp(at.column + lane)] = z[rows.lines + each, lane]
