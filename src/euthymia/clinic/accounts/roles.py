"""Who works in a clinic, and what each kind of work may do."""

from __future__ import annotations

from django.db.models import TextChoices


class Role(TextChoices):
    """A person's work in one clinic."""

    MEDICAL_LEAD = "medical_lead", "Medical lead"
    PRESCRIBER = "prescriber", "Prescriber"
    NURSE = "nurse", "Session nurse"
    THERAPIST = "therapist", "Therapist"
    COORDINATOR = "coordinator", "Coordinator"
    PHARMACIST = "pharmacist", "Pharmacist"
    MANAGER = "manager", "Manager"
    RESEARCHER = "researcher", "Researcher"


EVERYONE = frozenset(Role)
# A researcher works on de-identified tables and never opens a person's record.
CARE_TEAM = EVERYONE - {Role.RESEARCHER}
PRESCRIBING = frozenset({Role.MEDICAL_LEAD, Role.PRESCRIBER})
BEDSIDE = PRESCRIBING | {Role.NURSE}
CLINICAL = BEDSIDE | {Role.THERAPIST}
INTAKE = CLINICAL | {Role.COORDINATOR}
