"""Why a course ended, in words."""

from __future__ import annotations

from euthymia.care.course_end import EndReason
from euthymia.clinic.plans.models import Plan

REASON_WORDS = {
    EndReason.REMISSION_HELD: "Remission held",
    EndReason.NO_BENEFIT: "No benefit by the protocol's rule",
    EndReason.ADVERSE_EFFECT: "Adverse effect",
    EndReason.PERSONS_WISH: "The person's wish",
    EndReason.SWITCHED: "Switched to another protocol",
    EndReason.OTHER: "Another reason",
}


def end_words(plan: Plan) -> str:
    """Why a plan ended: the reason chosen, then the prescriber's own words."""
    known = plan.ended_because in set(EndReason)
    chosen = REASON_WORDS[EndReason(plan.ended_because)] if known else ""
    return ": ".join(part for part in (chosen, plan.ended_reason) if part)
