"""Refusals of the session room that are not about what was typed but about what has happened meanwhile."""

from __future__ import annotations

from euthymia.care.decision import Decision, missing_of, reasons_of
from euthymia.errors import BadInput

# Rules whose refusal means "somebody or something was faster", told to a tablet as a conflict.
CONFLICTS = frozenset(
    {
        "id_reused",
        "entry_id_reused",
        "already_resolved",
        "already_reversed",
        "already_corrected",
        "started_twice",
        "opened_twice",
        "session_closed",
        "no_open_side_effect",
        "chair_taken",
        "other_person",
        "already_open",
    }
)


class NotAllowed(BadInput):
    """A change to a session that the rules refuse; carries the decision so that a page can show every reason."""

    def __init__(self, decision: Decision, path: str = "event", *, next_step: str = "") -> None:
        refusing = [reason for reason in reasons_of(decision) if reason.refuses]
        absent = missing_of(decision)
        code = refusing[0].rule if refusing else absent[0].needed_by or absent[0].fact
        words = [reason.says or reason.rule for reason in refusing] + [one.says or one.fact for one in absent]
        words += [next_step] if next_step else []
        super().__init__(code, refusing[0].fact if refusing else path, " ".join(words))
        self.decision = decision


def is_conflict(refusal: BadInput) -> bool:
    """Whether trying again with fresh eyes may help."""
    return refusal.code in CONFLICTS
