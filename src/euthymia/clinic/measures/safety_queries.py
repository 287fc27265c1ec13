"""Reading safety plans."""

from __future__ import annotations

from types import MappingProxyType

from euthymia.care.safety_plan import PARTS, SafetyPlan
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.measures.models import SafetyPlanVersion
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import visible_to


def plan_of(row: SafetyPlanVersion) -> SafetyPlan:
    """A row as the rules know it."""
    lines = MappingProxyType({part.id: tuple(row.lines.get(part.id, ())) for part in PARTS})
    return SafetyPlan(
        row.version, lines, row.written_at, row.by_name, row.with_person, row.review_on, row.changed_because
    )  # fmt: skip


def plans_of(actor: Actor, patient: Patient) -> list[SafetyPlan]:
    """Every version of a person's plan, the one that holds first. Call after `open_patient`."""
    return [plan_of(row) for row in visible_to(actor, SafetyPlanVersion).filter(patient=patient)]
