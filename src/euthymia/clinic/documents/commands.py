"""Writing after a session: additions to its signed note."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.accounts.policies import RUN_SESSIONS, insist
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.documents.models import NoteAddendum
from euthymia.clinic.documents.sealing import addendum_hash
from euthymia.clinic.people.queries import find_or_404
from euthymia.clinic.sessions.models import Session, SessionNote
from euthymia.errors import BadInput

LONGEST_ADDENDUM = 8000


@transaction.atomic
def add_addendum(viewer: Viewer, session: Session, text: str, *, addendum_id: UUID, now: datetime) -> NoteAddendum:
    """Add to a signed note under the viewer's name; the same addition sent again is one addition.

    Refuses (BadInput) without a signed note, without words, and another text under the same id.
    """
    insist(viewer, RUN_SESSIONS)
    find_or_404(viewer, Session, id=session.id)
    words = _words(text)
    # Locked, so that two who add at once get one place each.
    note = SessionNote.objects.select_for_update().filter(session_id=session.id).first()
    if note is None:
        raise BadInput("not_signed", "text", "The note is not signed yet. Write a remark in the flowsheet instead.")
    twin = NoteAddendum.objects.filter(id=addendum_id).first()
    if twin is not None:
        if (twin.note_id, twin.text, twin.by_id) == (note.pk, words, viewer.user_id):
            return twin
        raise BadInput("id_reused", "text", "This form was sent before with other words. Reload the page and look.")
    last = NoteAddendum.objects.filter(note=note).order_by("-place").first()
    before, place = (last.hash, last.place + 1) if last else (note.content_hash, 1)
    row = NoteAddendum.objects.create(
        clinic_id=session.clinic_id, id=addendum_id, note=note, place=place, text=words, at=now,
        by_id=viewer.user_id, by_name=viewer.name, previous_hash=before,
        hash=addendum_hash(addendum_id, viewer.name, now, words, before),
    )  # fmt: skip
    record(viewer, Action.SIGN, "note_addendum", now=now, patient_id=session.patient_id, subject_id=session.id)
    return row


def _words(text: str) -> str:
    words = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not words:
        raise BadInput("nothing_typed", "text", "Write what is to be added.")
    if len(words) > LONGEST_ADDENDUM:
        raise BadInput("too_long", "text", f"An addition has at most {LONGEST_ADDENDUM} letters. Write two.")
    return words
