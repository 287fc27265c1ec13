"""What the research room is handed, and what came back."""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from euthymia.clinic.accounts.policies import SEE_PEOPLE
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.evidence.models import CohortTable, TrialRun
from euthymia.clinic.measures.models import Response
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.plans.queries import protocol_of
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.settings import settings

NAMES = ("patient__given_name", "patient__family_name")


@dataclass(frozen=True, slots=True)
class PanelPerson:
    """A person behind a pseudonym: days of doses since the first, and a name where the viewer may open them."""

    id: UUID
    name: str
    dose_days: tuple[int, ...]


def cohort_request(viewer: Viewer) -> dict[str, Any]:
    """Every person's doses and scores as plain records. The key never leaves: it makes pseudonyms and date shifts."""
    scores: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in visible_to(viewer, Response).filter(total__isnull=False):
        on = row.at.astimezone(viewer.zone).date().isoformat()
        scores[row.patient_id].append({"on": on, "instrument": row.instrument, "total": row.total})
    doses: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    given = visible_to(viewer, Session).filter(dose_started_at__isnull=False, dose_given_mg__gt=0)
    for session in given.select_related("plan__protocol_version"):
        protocol = protocol_of(session.plan.protocol_version)
        on = dose_day(session.dose_started_at, viewer)
        dose = {"on": on, "drug": protocol.drug, "route": protocol.route, "amount_mg": session.dose_given_mg}
        doses[session.patient_id].append(dose)
    people = [
        {
            "key": str(patient.id),
            "birth_year": patient.birth_date.year if patient.birth_date else None,
            "sex": patient.sex,
            "scores": scores[patient.id],
            "doses": doses[patient.id],
        }
        for patient in visible_to(viewer, Patient)
    ]
    return {"secret": pseudonym_key(viewer), "people": people}


def dose_day(at: datetime | None, viewer: Viewer) -> str:
    return at.astimezone(viewer.zone).date().isoformat() if at else ""


def pseudonym_key(viewer: Viewer) -> str:
    """This clinic's own key for pseudonyms, made from the installation's secret."""
    return hashlib.sha256(f"cohort|{viewer.clinic_id}|{settings().secret_key}".encode()).hexdigest()


def pseudonym(secret: bytes, patient_id: UUID) -> str:
    """The pseudonym the research room gives this person; the rooms are strangers, and a test holds the two together."""
    return hmac.digest(secret, str(patient_id).encode(), hashlib.sha256)[:8].hex()


def people_behind(viewer: Viewer, pseudonyms: Iterable[str], until: datetime) -> dict[str, PanelPerson]:
    """The people of a page of panels with their doses up to `until`: two queries, however many people there are.

    Names are read only for a viewer who may open people.
    """
    secret, wanted = bytes.fromhex(pseudonym_key(viewer)), set(pseudonyms)
    ids = {id_: pseudonym(secret, id_) for id_ in visible_to(viewer, Patient).values_list("id", flat=True)}
    shown = {id_: name for id_, name in ids.items() if name in wanted}
    rows = visible_to(viewer, Session).filter(patient_id__in=shown, dose_started_at__lte=until, dose_given_mg__gt=0)
    asked = ("patient_id", "dose_started_at", *(NAMES if SEE_PEOPLE.allows(viewer) else ()))
    days: dict[UUID, list[date]] = defaultdict(list)
    names: dict[UUID, str] = {}
    for id_, at, *name in rows.order_by("dose_started_at").values_list(*asked):
        days[id_].append(at.astimezone(viewer.zone).date())
        names[id_] = " ".join(name)
    return {
        shown[id_]: PanelPerson(id_, names[id_], tuple((day - given[0]).days for day in given))
        for id_, given in days.items()
    }


def latest_table(viewer: Viewer) -> CohortTable | None:
    return visible_to(viewer, CohortTable).order_by("-made_at").first()


def runs_of(viewer: Viewer) -> list[TrialRun]:
    return list(visible_to(viewer, TrialRun).order_by("-asked_at")[:20])
