"""A decision as it is kept in a row: everything that was shown, so that it can be read again years later."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from euthymia.care.decision import Decision, Level, Missing, Reason, decide, missing_of, reasons_of, verdict


def decision_as_json(decision: Decision) -> dict[str, Any]:
    """{"verdict", "reasons": refusing and informing, "missing"}."""
    return {
        "verdict": verdict(decision),
        "reasons": [asdict(reason) | {"level": reason.level.value} for reason in reasons_of(decision)],
        "missing": [asdict(absent) for absent in missing_of(decision)],
    }


def decision_from_json(kept: dict[str, Any]) -> Decision:
    """The same decision again; the verdict is read off the facts, never trusted from the row."""
    reasons = [Reason(**row | {"level": Level(row["level"])}) for row in kept.get("reasons", [])]
    return decide(reasons, [Missing(**row) for row in kept.get("missing", [])])


@dataclass(frozen=True, slots=True)
class DecisionPanel:
    """A decision as the decision component shows it."""

    verdict: str
    title: str
    reasons: tuple[Reason, ...]
    missing: tuple[Missing, ...]
    flags: tuple[Reason, ...]


def decision_panel(decision: Decision, title: str) -> DecisionPanel:
    """The decision with its title, refusing reasons apart from what is only worth knowing."""
    found = reasons_of(decision)
    return DecisionPanel(
        verdict(decision),
        title,
        tuple(reason for reason in found if reason.refuses),
        missing_of(decision),
        tuple(reason for reason in found if not reason.refuses),
    )
