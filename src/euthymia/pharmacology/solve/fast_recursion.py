"""The walk over a schedule as a compiled kernel: 64 people side by side in the processor's wide registers.

Every inner loop runs over people and touches few arrays, so the compiler can widen it; all scratch stays in the cache.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.solve.closed_form import FILLED_SERIES, NEAR_ZERO
from euthymia.pharmacology.solve.fast_body import Body, Schedule, Shown, Tables, laid_out
from euthymia.pharmacology.solve.fast_math import LANES, ROW, compiled, exp64, fetch_lanes, inlined, kept
from euthymia.pharmacology.solve.fast_modes import Places
from euthymia.pharmacology.solve.fast_rows import add_rows, fill_rows, multiply_rows, pass_and_see, see, subtract_rows
from euthymia.pharmacology.solve.fast_tape import lay_down, play
from euthymia.pharmacology.solve.system import Values
from euthymia.pharmacology.solve.tape import Tape

_BOLUS, _START = 0, 1
_SERIES = FILLED_SERIES
# How many looks before it is written a row is fetched: more would crowd one another out.
_AHEAD = 2


@kept
def walk(
    tape: Tape, given: Values, body: Body, schedule: Schedule, sound: NDArray[np.bool_], out: Values, begins: int
) -> None:
    """Write every output at every look of these people into `out`, (outputs, times, people) and C-contiguous, from the
    column at which they begin.

    given: (numbers, people), what the tape begins with.   sound: (people,), written: whose modes can be told apart;
    what is written for the others is not to be believed.
    """
    tables = laid_out(body, schedule, tape)
    z = np.zeros((tables.end, ROW))
    flat = z.reshape(-1)
    own_span = np.empty((body.own_kind.size, 2), dtype=np.int64)
    for first in range(0, given.shape[1], LANES):
        who = (first, min(LANES, given.shape[1] - first))
        _set_up(tape, given, body, z, flat, who, sound)
        _walk_some(body, schedule, z, tables, who, own_span, out, begins + first)


@kept
def walk_and_sum(
    tape: Tape,
    given: Values,
    body: Body,
    schedule: Schedule,
    sound: NDArray[np.bool_],
    sums: Values,
    peaks: Values,
) -> None:
    """Add every output at every look of those who are sound to `sums`, (outputs, times); the peaks of each, over all
    looks, into `peaks`, (outputs, people). Nobody's course is kept; the rest is as in `walk`."""
    outputs, times = sums.shape
    tables = laid_out(body, schedule, tape)
    z = np.zeros((tables.end, ROW))
    flat = z.reshape(-1)
    own_span = np.empty((body.own_kind.size, 2), dtype=np.int64)
    # Added up lane by lane, over the lanes at the end. Times before the first input are never written and stay 0.
    some, added = np.zeros((outputs, times, LANES)), np.zeros((outputs, times, LANES))
    tally = np.empty((2, LANES))
    for first in range(0, given.shape[1], LANES):
        who = (first, min(LANES, given.shape[1] - first))
        _set_up(tape, given, body, z, flat, who, sound)
        for lane in range(LANES):
            tally[0, lane] = 1.0 if lane < who[1] and sound[first + min(lane, who[1] - 1)] else 0.0
        _walk_some(body, schedule, z, tables, who, own_span, some, 0)
        for output in range(outputs):
            _add_up(some, added, tally, output)
            for lane in range(who[1]):
                peaks[output, first + lane] = tally[1, lane]
    for output in range(outputs):
        for look in range(times):
            sums[output, look] += added[output, look].sum()


@inlined
def _set_up(
    tape: Tape, given: Values, body: Body, z: Values, flat: Values, who: tuple[int, int], sound: NDArray[np.bool_]
) -> None:
    """Let the tape find up to 64 people's modes; nothing is in them yet."""
    first, width = who
    lay_down(tape, given, z, first, width)
    play(tape, z, flat)
    for lane in range(width):
        sound[first + lane] = z[body.rows.sound, lane] > 0.0
    for row in range(body.rows.held, body.rows.entering):
        _clear(z, row)


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
    tables: Tables,
    who: tuple[int, int],
    own_span: Places,
    out: Values,
    column: int,
) -> None:
    """Walk the schedule for up to 64 people side by side; they begin at `column` of `out`."""
    _fill_tables(body, schedule, z, tables)
    _carry_own(body, z, tables, who, own_span)
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
            _pass_and_look(body, z, tables, row, at, out)
            looked_at = 1
        else:
            if running > 0:
                _pass_running(body, schedule, z, tables, moment)
            else:
                _pass(body, schedule, z, tables, moment)
            running += _happen_now(body, schedule, z, tables, moment, who, own_span)
            if running == 0 and (schedule.changes[moment] or body.own_kind.size > 0):
                # Nothing is left of a rate when the last one stops, not even rounding.
                for mode in range(body.rows.modes):
                    _clear(z, body.rows.running + mode)
        if look >= 0:
            _look(body, z, tables, looked_at, at, out)


@compiled
def _fill_tables(body: Body, schedule: Schedule, z: Values, tables: Tables) -> None:
    """What is left of every mode after each interval that comes again, and what runs in meanwhile."""
    modes = body.rows.modes
    for mode in range(modes):
        for row in range(schedule.row_h.size):
            _factors(z, mode, tables.table + row * modes + mode, schedule.row_h[row])
            if schedule.row_runs[row]:
                _fills(z, mode, tables.filled + row * modes + mode, schedule.row_h[row])


@inlined
def _pass(body: Body, schedule: Schedule, z: Values, tables: Tables, moment: int) -> None:
    """Let the interval before a moment go by."""
    modes = body.rows.modes
    if schedule.row[moment] >= 0:
        multiply_rows(z, body.rows.held, (tables.table + schedule.row[moment] * modes,), 0, modes)
        return
    for mode in range(modes):
        _factors(z, mode, tables.lines, schedule.length_h[moment])
        multiply_rows(z, body.rows.held + mode, (tables.lines,), 0, 1)


@inlined
def _pass_running(body: Body, schedule: Schedule, z: Values, tables: Tables, moment: int) -> None:
    """The same while something runs in."""
    modes, held, running = body.rows.modes, body.rows.held, body.rows.running
    if schedule.row[moment] >= 0:
        row = schedule.row[moment] * modes
        fill_rows(z, held, (tables.table + row, running, tables.filled + row), 0, modes)
        return
    for mode in range(modes):
        _factors(z, mode, tables.lines, schedule.length_h[moment])
        _fills(z, mode, tables.before_h, schedule.length_h[moment])
        fill_rows(z, held + mode, (tables.lines, running + mode, tables.before_h), 0, 1)


@inlined
def _happen_now(
    body: Body, schedule: Schedule, z: Values, tables: Tables, moment: int, who: tuple[int, int], own_span: Places
) -> int:
    """Everything of this moment; gives by how much the count of running inputs changes."""
    changed = 0
    for edge in range(schedule.first_edge[moment], schedule.first_edge[moment + 1]):
        changed += who[1] * _happen(body, z, schedule.edge_kind[edge], schedule.edge_entry[edge])
    for own in range(body.own_kind.size):
        if own_span[own, 0] <= moment <= own_span[own, 1]:
            changed += _happen_to_some(body, z, tables, own, moment, who)
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
def _happen(body: Body, z: Values, kind: int, entry: int) -> int:
    """An edge for everybody; gives by how much the count of running inputs changes."""
    modes, row = body.rows.modes, body.entry_row[entry]
    into = body.rows.held if kind == _BOLUS else body.rows.running
    share, amount = body.rows.entering + row * modes, body.rows.amounts + entry
    if kind <= _START:
        add_rows(z, into, (share,), amount, modes)
    else:
        subtract_rows(z, into, (share,), amount, modes)
    return 0 if kind == _BOLUS else (1 if kind == _START else -1)


@compiled
def _carry_own(body: Body, z: Values, tables: Tables, who: tuple[int, int], own_span: Places) -> None:
    """What each person's own edge leaves in every mode at the next moment of the grid."""
    first, width = who
    modes = body.rows.modes
    for own in range(body.own_kind.size):
        moments = body.own_moment[own, first : first + width]
        own_span[own, 0], own_span[own, 1] = moments.min(), moments.max()
        for lane in range(LANES):
            z[tables.before_h, lane] = body.own_before_h[own, first + min(lane, width - 1)]
        entry, kind = body.own_entry[own], body.own_kind[own]
        share = body.rows.entering + body.entry_row[entry] * modes
        into = tables.carried + own * modes
        for mode in range(modes):
            if kind == _BOLUS:
                _carry_bolus(z, mode, tables.before_h, into + mode)
            else:
                _carry_rate(z, mode, tables.before_h, into + mode, 1.0 if kind == _START else -1.0)
            multiply_rows(z, into + mode, (share + mode,), 0, 1)
            multiply_rows(z, into + mode, (body.rows.amounts + entry,), 0, 1)


@compiled
def _carry_bolus(z: Values, rate: int, before_h: int, into: int) -> None:
    for lane in range(LANES):
        z[into, lane] = exp64(z[rate, lane] * z[before_h, lane])


@compiled
def _carry_rate(z: Values, rate: int, before_h: int, into: int, sign: float) -> None:
    for lane in range(LANES):
        z[into, lane] = sign * _filled(z[rate, lane], z[before_h, lane])


@compiled
def _happen_to_some(body: Body, z: Values, tables: Tables, own: int, moment: int, who: tuple[int, int]) -> int:
    """Own edges of those whose moment has come; gives by how much the count of running inputs changes."""
    first, width = who
    modes = body.rows.modes
    kind, entry = body.own_kind[own], body.own_entry[own]
    share, carried = body.rows.entering + body.entry_row[entry] * modes, tables.carried + own * modes
    turn = 0 if kind == _BOLUS else (1 if kind == _START else -1)
    changed = 0
    for lane in range(width):
        if body.own_moment[own, first + lane] == moment:
            changed += turn
            for mode in range(modes):
                z[body.rows.held + mode, lane] += z[carried + mode, lane]
                z[body.rows.running + mode, lane] += turn * z[share + mode, lane] * z[body.rows.amounts + entry, lane]
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
def _pass_and_look(body: Body, z: Values, tables: Tables, row: int, at: Shown, out: Values) -> None:
    """Let an interval of the table go by and write what the first block of outputs shows: the modes that it sees go by
    as they are looked at."""
    modes, factor = body.rows.modes, tables.table + row * body.rows.modes
    first, end = body.first_mode[0], body.first_mode[0] + body.first_term[1]
    multiply_rows(z, body.rows.held, (factor,), 0, first)
    multiply_rows(z, body.rows.held + end, (factor + end,), 0, modes - end)
    place, apart = _place(out, at, 0)
    pass_and_see(
        z, out, (body.rows.held + first, factor + first, body.rows.seen, end - first, place, apart, body.together[1])
    )


@inlined
def _look(body: Body, z: Values, tables: Tables, block: int, at: Shown, out: Values) -> None:
    """Write what the outputs show, from a block of them on."""
    for each in range(block, body.together.size - 1):
        first, count = body.together[each], body.together[each + 1] - body.together[each]
        held, seen = body.rows.held + body.first_mode[first], body.rows.seen + body.first_term[first]
        modes = body.first_term[first + 1] - body.first_term[first]
        if at.width == LANES:
            place, apart = _place(out, at, first)
            see(z, out, (held, held, seen, modes, place, apart, count))
        else:
            see(z, z, (held, held, seen, modes, tables.lines * ROW, ROW, count))
            _copy_lines(z, tables, out, at, first, count)


@inlined
def _place(out: Values, at: Shown, output: int) -> tuple[int, int]:
    """Where an output's people begin in `out`, counted flat, and how far the next output's are from them."""
    _, times, people = out.shape
    return (output * times + at.look) * people + at.column, times * people


@inlined
def _copy_lines(z: Values, tables: Tables, out: Values, at: Shown, first: int, count: int) -> None:
    """What a block of outputs shows of fewer people than there are lanes."""
    for each in range(count):
        for lane in range(at.width):
            out[first + each, at.look, np.uintp(at.column + lane)] = z[tables.lines + each, lane]
