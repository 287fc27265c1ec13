"""What this clinic calls an adequate trial: the shipped settings with the clinic's own changes, and their version."""

from __future__ import annotations

from dataclasses import replace

from euthymia.care.treatment_trial import ADEQUACY, SHIPPED, Adequacy
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.assessments.models import AdequacyChange
from euthymia.clinic.people.queries import visible_to

MIN_WEEKS = "min_weeks"


def changes_of(actor: Actor) -> list[AdequacyChange]:
    """Every change of this clinic, oldest first."""
    return list(visible_to(actor, AdequacyChange).select_related("by").order_by("at", "pk"))


def adequacy_of(actor: Actor) -> Adequacy:
    """The settings that count today; `version` is `shipped`, or the number of changes made so far."""
    changes = changes_of(actor)
    newest = {change.subject: change for change in changes}
    kept = {subject: change for subject, change in newest.items() if change.value is not None}
    return _with(kept, str(len(changes)) if changes else SHIPPED)


def version_words(adequacy: Adequacy) -> str:
    """Which settings these are, for whoever reads a judgement: `as shipped`, or `changed 3 times here`."""
    if adequacy.version == SHIPPED:
        return "as shipped"
    return "changed once here" if adequacy.version == "1" else f"changed {adequacy.version} times here"


def _with(newest: dict[str, AdequacyChange], version: str) -> Adequacy:
    adequacy = ADEQUACY
    for subject, change in newest.items():
        by = f"{change.by}, {change.at:%Y-%m-%d}: {change.source}"
        value = change.value or 0.0
        adequacy = (
            adequacy.with_weeks(value, by) if subject == MIN_WEEKS else adequacy.with_floors({subject: value}, by)
        )
    return replace(adequacy, version=version)
