"""The page of the suicide-risk pathway is generated, and current."""

from __future__ import annotations

from pathlib import Path

from euthymia.care.risk_diagram import risk_pathway_page
from euthymia.care.risk_due import TIMES
from euthymia.care.risk_pathway import TRANSITIONS, RiskEventKind


def test_the_page_is_current(repository: Path) -> None:
    page = (repository / "docs/reference/risk-pathway.md").read_text(encoding="utf-8")
    assert page == risk_pathway_page()


def test_every_phase_event_and_time_is_on_the_page() -> None:
    page = risk_pathway_page()
    assert all(f"| {phase} |" in page for phase in TRANSITIONS)
    assert all(f"| `{kind}` |" in page for kind in RiskEventKind)
    assert all(rule.says in page for rule in TIMES)
    assert "hole: No source says how soon." in page
    assert "closed --> [*]" in page
