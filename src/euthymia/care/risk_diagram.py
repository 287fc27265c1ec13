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
    return "\n".join([_HEAD, *_diagram(), "", *_table(), "", *_needs(), "", *_times(), ""])


def _diagram() -> list[str]:
    lines = ["## Phases", "", "```mermaid", "stateDiagram-v2", f"    [*] --> {RiskPhase.QUIET}"]
    for phase, row in TRANSITIONS.items():
        for following in RiskPhase:
            kinds = [kind.value for kind, leads in row.items() if leads is following and following is not phase]
            if kinds:
                lines.append(f"    {phase} --> {following}: {', '.join(kinds)}")
    return [*lines, f"    {RiskPhase.CLOSED} --> [*]", "```"]


def _table() -> list[str]:
    lines = ["## What may follow", "", "| phase | leads on | stays |", "|---|---|---|"]
    for phase, row in TRANSITIONS.items():
        moves = [f"`{kind}` → {following}" for kind, following in row.items() if following is not phase]
        stays = [f"`{kind}`" for kind, following in row.items() if following is phase]
        lines.append(f"| {phase} | {', '.join(moves)} | {', '.join(stays) or '–'} |")
    return lines


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
