"""A named person's override of a hold. A stop has no path, and what is missing stays missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from euthymia.care.decision import Decision, Level, Reason, decide, missing_of, reasons_of
from euthymia.errors import BadInput


@dataclass(frozen=True, slots=True)
class Override:
    """Who accepts which hold, and why."""

    rule: str
    by: str
    because: str

    def __post_init__(self) -> None:
        if not self.by.strip() or not self.because.strip():
            raise BadInput("override_needs_reason", self.rule, "An override needs a name and a reason.")


def with_overrides(decision: Decision, overrides: Iterable[Override]) -> Decision:
    """The decision with overridden holds turned into flags that say who accepted them and why."""
    by_rule = {override.rule: override for override in overrides}
    return decide((_soften(reason, by_rule.get(reason.rule)) for reason in reasons_of(decision)), missing_of(decision))


def _soften(reason: Reason, override: Override | None) -> Reason:
    if override is None or reason.level is not Level.HOLD:
        return reason
    says = f"{reason.says} Accepted by {override.by}: {override.because}".strip()
    return replace(reason, level=Level.FLAG, says=says)
