"""The page of session states is generated, and current."""

from __future__ import annotations

from pathlib import Path

from euthymia.care.session import TRANSITIONS
from euthymia.care.session_diagram import session_states_page
from euthymia.care.session_events import EventKind


def test_the_page_is_current(repository: Path) -> None:
    page = (repository / "docs/reference/session-states.md").read_text(encoding="utf-8")
    assert page == session_states_page()


def test_every_phase_and_every_event_is_on_the_page() -> None:
    page = session_states_page()
    assert all(f"| {phase} |" in page for phase in TRANSITIONS)
    assert all(f"| `{kind}` |" in page for kind in EventKind)
    assert "discharged --> [*]" in page
