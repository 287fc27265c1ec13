"""Bringing in the words of a questionnaire, and taking them back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from euthymia.care.instruments import load_instrument
from euthymia.clinic.accounts.policies import LOAD_WORDING, insist
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.wording.models import InstrumentWording
from euthymia.interop.fhir import questionnaire
from euthymia.interop.fhir.instrument_wording import wording_of


@transaction.atomic
def load_wording(
    viewer: Viewer, instrument_id: str, document: Mapping[str, object], *, now: datetime
) -> InstrumentWording:
    """Keep the words of this FHIR Questionnaire for the clinic; it replaces earlier ones in the same language.

    Refuses (BadInput) whoever may not, an instrument that is not shipped, and a form that does not match question by
    question, with the place. Nothing of a refused form is kept.
    """
    insist(viewer, LOAD_WORDING)
    instrument = load_instrument(instrument_id)
    wording = wording_of(document, instrument)
    row = InstrumentWording.objects.create(
        clinic_id=viewer.clinic_id,
        instrument=instrument.id,
        instrument_version=instrument.version,
        language=wording.language,
        items=dict(wording.items),
        options={item: dict(lines) for item, lines in wording.options.items()},
        instruction=wording.instruction,
        notice=wording.notice,
        origin=questionnaire.read(document).canonical[:300],
        loaded_at=now,
        loaded_by_id=viewer.user_id,
    )
    detail = {"instrument": instrument.id, "language": wording.language}
    record(viewer, Action.IMPORT, "wording", now=now, subject_id=row.pk, detail=detail)
    return row


@transaction.atomic
def take_back_wording(viewer: Viewer, row: InstrumentWording, *, now: datetime) -> None:
    """Show these words no more, and none of the earlier ones in the same language: the licence ended or was wrong."""
    insist(viewer, LOAD_WORDING)
    same = InstrumentWording.objects.filter(clinic_id=viewer.clinic_id, taken_back_at=None)
    same = same.filter(instrument=row.instrument, language=row.language)
    count = same.update(taken_back_at=now, taken_back_by_id=viewer.user_id)
    detail = {"instrument": row.instrument, "language": row.language, "count": count}
    record(viewer, Action.CHANGE, "wording", now=now, subject_id=row.pk, detail=detail)
