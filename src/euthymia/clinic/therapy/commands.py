"""Writing therapy notes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from euthymia.clinic.accounts.policies import WRITE_THERAPY, insist
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.people.commands import refuse_impossible_time
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import find_or_404, visible_to
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.therapy.models import NoteKind, TherapyNote
from euthymia.errors import BadInput

# The same note sent again within this time is a double click, not a second note.
DOUBLE_CLICK = timedelta(minutes=1)


@transaction.atomic
def write_note(
    viewer: Viewer,
    patient: Patient,
    *,
    kind: str,
    text: str,
    at: datetime,
    now: datetime,
    intention: str = "",
    session_id: str = "",
) -> TherapyNote:
    """A preparation, dosing-day or integration note, tied to a session of the same person when one is named."""
    insist(viewer, WRITE_THERAPY)
    if kind not in NoteKind.values:
        raise BadInput("unknown_kind", "kind", "Choose preparation, dosing day or integration.")
    if not text.strip():
        raise BadInput("empty", "text", "Write the note before you save it.")
    refuse_impossible_time(patient, at, now)
    session = find_or_404(viewer, Session, id=session_id, patient=patient) if session_id else None
    again = visible_to(viewer, TherapyNote).filter(
        patient=patient, by_id=viewer.user_id, kind=kind, text=text, at__gt=at - DOUBLE_CLICK, at__lte=at
    )
    earlier = again.first()
    if earlier is not None:
        return earlier
    note = TherapyNote.objects.create(
        clinic_id=viewer.clinic_id,
        patient=patient,
        session=session,
        kind=kind,
        intention=intention,
        text=text,
        at=at,
        by_id=viewer.user_id,
    )
    record(viewer, Action.CREATE, "therapy_note", now=now, patient_id=patient.id, subject_id=note.id)
    return note
