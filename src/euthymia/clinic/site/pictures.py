"""Pictures of the public pages, drawn by the engine and kept for the life of the process."""

from __future__ import annotations

from functools import cache

from euthymia.charts import Figure


@cache
def picture(name: str) -> Figure | None:
    """The picture of this name; None when there is none."""
    return None
