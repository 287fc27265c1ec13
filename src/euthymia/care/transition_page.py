"""A table of transitions as Markdown: the diagram of its phases, and what may follow what. For generated pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeVar

Phase = TypeVar("Phase", bound=StrEnum)
Kind = TypeVar("Kind", bound=StrEnum)


def diagram(
    transitions: Mapping[Phase, Mapping[Kind, Phase]], kinds: Iterable[Kind], ends: Iterable[Phase]
) -> list[str]:
    """The lines of a Mermaid diagram. The first phase of the table is where it begins; `kinds` gives their order."""
    ordered = tuple(kinds)
    lines = ["## Phases", "", "```mermaid", "stateDiagram-v2", f"    [*] --> {next(iter(transitions))}"]
    for phase, row in transitions.items():
        for following in transitions:
            names = [kind.value for kind in ordered if row.get(kind) is following and following is not phase]
            if names:
                lines.append(f"    {phase} --> {following}: {', '.join(names)}")
    return [*lines, *(f"    {end} --> [*]" for end in ends), "```"]


def what_follows(title: str, transitions: Mapping[Phase, Mapping[Kind, Phase]]) -> list[str]:
    """The lines of a table: what leads on from each phase, and what leaves it as it is."""
    lines = [f"## {title}", "", "| phase | leads on | stays |", "|---|---|---|"]
    for phase, row in transitions.items():
        moves = [f"`{kind}` → {following}" for kind, following in row.items() if following is not phase]
        stays = [f"`{kind}`" for kind, following in row.items() if following is phase]
        lines.append(f"| {phase} | {', '.join(moves) or '–'} | {', '.join(stays) or '–'} |")
    return lines
