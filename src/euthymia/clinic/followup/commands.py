"""Making the forecast when an answer or a dose arrives, so that pages only read it."""

from __future__ import annotations

import zlib
from datetime import datetime

from django.db import transaction

from euthymia.care.instruments import load_instrument
from euthymia.clinic.accounts.policies import ASSESS, insist
from euthymia.clinic.accounts.viewer import Actor, Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.followup.course import course_of, forecast_result
from euthymia.clinic.followup.models import AcceptedRisk, CourseForecast
from euthymia.clinic.followup.risk_choice import accepted_risk_of, checked_risk
from euthymia.clinic.people.models import Patient


@transaction.atomic
def refresh_forecast(actor: Actor, patient: Patient, now: datetime) -> CourseForecast | None:
    """Learn this person's course anew and keep the forecast; None, and nothing kept, while there is no score."""
    person = course_of(actor, patient)
    if person is None:
        return None
    # The seed follows from who it is: the same rows always give the same forecast.
    seed = zlib.crc32(patient.id.bytes)
    risk = accepted_risk_of(actor, patient)
    result = forecast_result(
        person, now, threshold=slipping_threshold(person.instrument), accepted_risk=risk.chance, seed=seed
    )
    proposed = result["next_dose"]["at"]
    forecast, _ = CourseForecast.objects.update_or_create(
        patient=patient,
        defaults={
            "clinic_id": actor.clinic_id,
            "instrument": person.instrument,
            "made_at": now,
            "result": result,
            "next_dose_at": datetime.fromisoformat(proposed) if proposed and person.doses else None,
        },
    )
    record(actor, Action.CHANGE, "forecast", now=now, patient_id=patient.id, subject_id=forecast.pk)
    return forecast


@transaction.atomic
def state_accepted_risk(viewer: Viewer, patient: Patient, chance: float, now: datetime) -> AcceptedRisk:
    """Write down the chance of slipping this person says they accept, and time the next dose by it."""
    insist(viewer, ASSESS)
    row = AcceptedRisk.objects.create(
        clinic_id=viewer.clinic_id,
        patient=patient,
        chance=checked_risk(chance),
        said_at=now,
        written_by_id=viewer.user_id,
    )
    about = {"patient_id": patient.id, "subject_id": row.pk, "detail": {"fields": ["chance"]}}
    record(viewer, Action.CREATE, "accepted_risk", now=now, **about)
    refresh_forecast(viewer, patient, now)
    return row


def slipping_threshold(instrument: str) -> float:
    """The score from which the course counts as slipping: where the scale's moderate band begins."""
    bands = load_instrument(instrument).band_sets[0].bands
    return next(band.low for band in bands if band.name == "moderate")
