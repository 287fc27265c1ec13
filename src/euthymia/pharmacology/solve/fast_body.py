"""What the walk over a schedule is given, and where its scratch keeps it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.solve.fast_math import compiled
from euthymia.pharmacology.solve.fast_modes import Places
from euthymia.pharmacology.solve.fast_rows import MOST_TOGETHER
from euthymia.pharmacology.solve.system import Values


class Body(NamedTuple):
    """These people: their modes, what their inputs put in, and edges at times of their own.

    rates: (modes, people).   seen: (terms, people), output by output, each a run of neighbouring modes that begins at
    `first_term` (outputs + 1,) with mode `first_mode` (outputs,).   together: (blocks + 1,), the first output of every
    block of at most three that see the same run.
    entering: (input states, modes, people).   amounts: (inputs, people), mg, or mg/h where it runs.
    own_*: (own edges,) or (own edges, people).
    """

    rates: Values
    seen: Values
    first_term: Places
    first_mode: Places
    together: Places
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


class Rows(NamedTuple):
    """Where each kind of row begins in the scratch: one array, so that no view of it has to be counted. A row holds 64
    people and is 72 long."""

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
    lines: int
    end: int


class Shown(NamedTuple):
    """Where people are written in what comes out: at which look, how many of them, and where the first."""

    look: int
    width: int
    column: int


@compiled
def laid_out(body: Body, schedule: Schedule) -> Rows:
    """The scratch these people need for this schedule."""
    modes = body.rates.shape[0]
    entering = 3 * modes
    amounts = entering + body.entering.shape[0] * modes
    seen = amounts + body.amounts.shape[0]
    table = seen + body.seen.shape[0]
    filled = table + schedule.row_h.size * modes
    carried = filled + schedule.row_h.size * modes
    before_h = carried + body.own_kind.size * modes
    return Rows(
        0,
        modes,
        2 * modes,
        entering,
        amounts,
        seen,
        table,
        filled,
        carried,
        before_h,
        before_h + 1,
        before_h + 1 + MOST_TOGETHER,
    )
