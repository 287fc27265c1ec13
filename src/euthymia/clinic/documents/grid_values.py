"""The flowsheet's grid as plain values for a page of paper: blocks of as many columns as fit side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from euthymia.clinic.sessions.flowsheet import Column, Entry, Grid

COLUMNS_UPRIGHT = 8
COLUMNS_LYING = 12
# A cell is narrow; a longer remark stands in full in the list of entries.
LONGEST_IN_CELL = 60


def grid_values(grid: Grid, *, across: int = COLUMNS_UPRIGHT) -> list[dict[str, Any]]:
    """The blocks from the earliest minute to the latest; none while nothing was written."""
    return [_block(grid, start, start + across) for start in range(0, len(grid.columns), across)]


def _block(grid: Grid, start: int, end: int) -> dict[str, Any]:
    columns: Sequence[Column] = grid.columns[start:end]
    return {
        "columns": [{"clock": column.clock, "minute": column.minute, "mark": column.mark} for column in columns],
        "rows": [
            {
                "name": row.name,
                "cells": [[entry_values(entry) for entry in entries] for _, entries in row.cells[start:end]],
            }
            for row in grid.rows
        ],
    }


def entry_values(entry: Entry) -> dict[str, Any]:
    """One value of a cell, a long one cut short."""
    text = entry.text
    if len(text) > LONGEST_IN_CELL:
        text = f"{text[:LONGEST_IN_CELL].rstrip()} … (in full below)"
    return {"text": text, "tone": entry.tone, "late": entry.late, "struck": entry.struck}
