"""Writing a paper flowsheet into the record: all of its lines with their true times, or none."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from euthymia.clinic.accounts.policies import RUN_SESSIONS, insist
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.documents.keying import Line, Sheet, read_sheet
from euthymia.clinic.sessions.commands import append_events
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.queries import find_session
from euthymia.errors import BadInput


@transaction.atomic
def key_in(viewer: Viewer, session: Session, day: date, lines: list[Line], *, sheet_id: UUID, now: datetime) -> Sheet:
    """Write every line of the sheet; gives the problems, and then nothing was written. The same sheet again is one.

    Refuses (BadInput) a sheet without a line.
    """
    insist(viewer, RUN_SESSIONS)
    found = find_session(viewer, session.id)
    if not lines:
        raise BadInput("nothing_typed", "at_1", "Nothing was typed. Write at least one line with its time.")
    sheet = read_sheet(viewer, found, day, lines, sheet_id=sheet_id, now=now)
    if sheet.problems:
        return sheet
    known = {str(row.id) for row in found.events.all()}
    append_events(viewer, found, [event for _, event in sheet.events], now)
    if any(event.id not in known for _, event in sheet.events):
        about: dict[str, Any] = {"patient_id": found.patient_id, "subject_id": found.id}
        detail = {"lines": len(lines), "day": day.isoformat()}
        record(viewer, Action.IMPORT, "paper_flowsheet", now=now, detail=detail, **about)
    return sheet
