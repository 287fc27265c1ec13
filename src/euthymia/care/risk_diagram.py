"""The page of the suicide-risk pathway, generated from the table that the fold obeys. A test keeps the page current."""

from __future__ import annotations

from euthymia.care.risk_due import TIMES
from euthymia.care.risk_pathway import (
    NEEDS_CLINICIAN,
    NEEDS_OWNER,
    NEEDS_WORDS,
    TRANSITIONS,
    RiskEventKind,
    RiskPhase,
)
from euthymia.care.transition_page import diagram, what_follows

_HEAD = """# The suicide-risk pathway

This page is generated from the tables in `euthymia.care.risk_pathway` and `risk_times.toml`. After changing them,
write it again:

```sh
.venv/bin/python -c "from euthymia.care.risk_diagram import risk_pathway_page as p; print(p(), end='')" \\
  > docs/reference/risk-pathway.md
```

A pathway is a list of events that only grows. A new sign while one is open joins it and asks for everything anew; a
sign after closing opens it again. The level only rises until a named clinician records another one with a reason. A
high level is not closed before a clinician's evaluation is recorded. An event that does not follow stays visible and
changes nothing, so no order of events loses a sign.
"""


def risk_pathway_page() -> str:
    """The whole page as Markdown: the diagram, what may follow what, what each event needs, and the times."""
    phases = diagram(TRANSITIONS, RiskEventKind, [RiskPhase.CLOSED])
    return "\n".join(
        [_HEAD, *phases, "", *what_follows("What may follow", TRANSITIONS), "", *_needs(), "", *_times(), ""]
    )


def _needs() -> list[str]:
    lines = ["## What each event needs, besides a name and a time", "", "| event | needs |", "|---|---|"]
    for kind in RiskEventKind:
        words = [
            word
            for word, kinds in (("words", NEEDS_WORDS), ("an owner", NEEDS_OWNER), ("a clinician", NEEDS_CLINICIAN))
            if kind in kinds
        ]
        lines.append(f"| `{kind}` | {', '.join(words) or '–'} |")
    return lines


def _times() -> list[str]:
    lines = ["## What is due by when", "", "| task | at level | within | in words | from |", "|---|---|---|---|---|"]
    for rule in TIMES:
        within = rule.within.replace("_", " ") or f"hole: {rule.why}"
        lines.append(f"| {rule.task} | {rule.level or 'any'} | {within} | {rule.says} | {rule.basis.says} |")
    return lines
