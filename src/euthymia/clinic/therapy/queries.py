"""Reading therapy notes."""

from __future__ import annotations

from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.therapy.models import TherapyNote


def notes_of(viewer: Viewer, patient: Patient) -> list[TherapyNote]:
    """The person's notes, newest first. Call after `open_patient`, which records the reading."""
    rows = visible_to(viewer, TherapyNote).filter(patient=patient)
    return list(rows.select_related("by", "session").order_by("-at"))
