"""Single edits of a document made of dicts and lists, for tests of what a reader refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Document = dict[str, Any]
Edit = Callable[[Document], None]


def change(*path: Any, to: Any) -> Edit:
    """Puts `to` at this place."""

    def edit(document: Document) -> None:
        _holder(document, path)[path[-1]] = to

    return edit


def drop(*path: Any) -> Edit:
    """Takes away what stands at this place."""

    def edit(document: Document) -> None:
        del _holder(document, path)[path[-1]]

    return edit


def _holder(document: Document, path: tuple[Any, ...]) -> Any:
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    return place
