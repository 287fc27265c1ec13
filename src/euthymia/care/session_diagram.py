"""The page of session states, generated from the table that the fold obeys. A test keeps the page current."""

from __future__ import annotations

from euthymia.care.session import TRANSITIONS
from euthymia.care.session_events import PAYLOADS, EventKind
from euthymia.care.transition_page import diagram, what_follows

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
    ends = [phase for phase, row in TRANSITIONS.items() if set(row.values()) <= {phase}]
    phases = diagram(TRANSITIONS, EventKind, ends)
    return "\n".join([_HEAD, *phases, "", *what_follows("What may be written when", TRANSITIONS), "", *_payloads(), ""])


def _payloads() -> list[str]:
    lines = ["## What each event carries", "", "| event | payload |", "|---|---|"]
    for kind in EventKind:
        names = [f"`{name}`" for name in PAYLOADS[kind].__dataclass_fields__]
        lines.append(f"| `{kind}` | {', '.join(names) or '–'} |")
    return lines
