"""What the walk over a schedule is given, and where its scratch keeps it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.solve.fast_math import compiled
from euthymia.pharmacology.solve.fast_modes import Places, Rows
from euthymia.pharmacology.solve.fast_rows import MOST_TOGETHER
from euthymia.pharmacology.solve.system import Values
from euthymia.pharmacology.solve.tape import Tape


class Body(NamedTuple):
    """These people: where their rows are (`Setup`), and edges at times of their own.

    first_term: (outputs + 1,).   first_mode: (outputs,).   together: (blocks + 1,), the first output of every block of
    at most three that see the same run of modes.   entry_row: (inputs,).   own_*: (own edges,) or (own edges, people).
    """

    rows: Rows
    first_term: Places
    first_mode: Places
    together: Places
    entry_row: Places
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


class Tables(NamedTuple):
    """Where what is made of these people for the schedule begins in the scratch: one array, so that no view of it has
    to be counted. A row holds 64 people and is 72 long."""

    table: int
    filled: int
    carried: int
    before_h: int
    lines: int
    end: int


class Shown(NamedTuple):
    """Where people are written in what comes out: at which look, how many of them, and where the first."""

    look: int
    width: int
    column: int


@compiled
def laid_out(body: Body, schedule: Schedule, tape: Tape) -> Tables:
    """The scratch these people need for this schedule, behind the rows the tape leaves; what else the tape uses may be
    written over."""
    modes, table = body.rows.modes, body.rows.end
    filled = table + schedule.row_h.size * modes
    carried = filled + schedule.row_h.size * modes
    before_h = carried + body.own_kind.size * modes
    end = before_h + 1 + MOST_TOGETHER
    return Tables(table, filled, carried, before_h, before_h + 1, max(end, tape.rows))
