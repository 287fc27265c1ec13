"""The answers for the safety programme on paper: our own layout, what is missing in plain sight."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any

from euthymia.care.rems_form import CLOCK_BASIS, Answer
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.documents.note_document import about, moment
from euthymia.clinic.documents.rems_commands import WAYS
from euthymia.clinic.documents.rems_queries import RemsForm
from euthymia.clinic.documents.typesetting import pdf_of
from euthymia.clinic.sessions.models import Session

WHAT_IT_IS = (
    "This is not the programme's form. It holds the answers for it, taken from the flowsheet and the record, "
    "to be entered on the programme's website or copied to its form."
)


def parts_of(answers: tuple[Answer, ...]) -> list[tuple[str, list[Answer]]]:
    """The answers under their headings, in order."""
    return [(part, list(rows)) for part, rows in groupby(answers, key=lambda answer: answer.question.part)]


def rems_pdf(viewer: Viewer, session: Session, form: RemsForm, now: datetime) -> bytes:
    """The form's answers as PDF, as they stand now."""
    values: dict[str, Any] = about(viewer, session.patient) | {
        "title": "Answers for the REMS monitoring form",
        "what": WHAT_IT_IS,
        "parts": [{"name": name, "rows": [_row(one) for one in rows]} for name, rows in parts_of(form.answers)],
        "missing": len(form.missing),
        "due": moment(form.due_at, viewer.zone) if form.due_at else "",
        "basis": CLOCK_BASIS.says,
        "sendings": [_sent(row, viewer) for row in form.sendings],
        "made": moment(now, viewer.zone),
    }
    return pdf_of("rems.typ", values, at=now)


def _row(answer: Answer) -> dict[str, Any]:
    return {
        "asks": answer.question.asks,
        "words": answer.words or "",
        "missing": answer.missing,
        "note": answer.note,
    }


def _sent(row: Any, viewer: Viewer) -> dict[str, str]:
    return {
        "at": moment(row.sent_at, viewer.zone),
        "how": WAYS[row.how],
        "detail": row.detail,
        "by": str(row.by),
        "hash": row.answers_hash,
    }
