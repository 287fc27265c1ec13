"""The page of session states, generated from the table that the fold obeys. A test keeps the page current."""

from __future__ import annotations

from euthymia.care.session import TRANSITIONS, Phase
from euthymia.care.session_events import PAYLOADS, EventKind

_HEAD = """# Session states

This page is generated from the table in `euthymia.care.session`. After changing the table, write it again:

```sh
.venv/bin/python -c "from euthymia.care.session_diagram import session_states_page as p; print(p(), end='')" \\
  > docs/reference/session-states.md
```

A session is a list of events that only grows. Its phase is what the events add up to. `struck_out` is possible in
every phase: it names the entry it strikes (`corrects`), which stays visible and counts no more. An event of the same
kind with `corrects` takes the place of the entry it names.
"""


def session_states_page() -> str:
    """The whole page as Markdown: the diagram, what may be written in which phase, and what each event carries."""
    return "\n".join([_HEAD, *_diagram(), "", *_written(), "", *_payloads(), ""])


def _diagram() -> list[str]:
    lines = ["## Phases", "", "```mermaid", "stateDiagram-v2", f"    [*] --> {Phase.PLANNED}"]
    for phase, row in TRANSITIONS.items():
        for following in Phase:
            kinds = [kind.value for kind in EventKind if row.get(kind) is following and following is not phase]
            if kinds:
                lines.append(f"    {phase} --> {following}: {', '.join(kinds)}")
    ends = [phase for phase, row in TRANSITIONS.items() if set(row.values()) <= {phase}]
    return [*lines, *(f"    {phase} --> [*]" for phase in ends), "```"]


def _written() -> list[str]:
    lines = ["## What may be written when", "", "| phase | leads on | stays |", "|---|---|---|"]
    for phase, row in TRANSITIONS.items():
        moves = [f"`{kind}` → {following}" for kind, following in row.items() if following is not phase]
        stays = [f"`{kind}`" for kind, following in row.items() if following is phase]
        lines.append(f"| {phase} | {', '.join(moves) or '–'} | {', '.join(stays)} |")
    return lines


def _payloads() -> list[str]:
    lines = ["## What each event carries", "", "| event | payload |", "|---|---|"]
    for kind in EventKind:
        names = [f"`{name}`" for name in PAYLOADS[kind].__dataclass_fields__]
        lines.append(f"| `{kind}` | {', '.join(names) or '–'} |")
    return lines
