"""Reading what belongs to one person, for that person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from euthymia.care.protocol import Protocol
from euthymia.care.session import Phase
from euthymia.clinic.accounts.viewer import Actor, System, Viewer
from euthymia.clinic.exchange.resources import READERS, Scope
from euthymia.clinic.followup.queries import PersonHome, person_home
from euthymia.clinic.measures.models import CheckIn
from euthymia.clinic.measures.queries import STILL_USEFUL
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.plans.models import Plan, PlanState
from euthymia.clinic.plans.queries import protocol_of
from euthymia.clinic.plans.tapers import known_today
from euthymia.clinic.portal.models import JournalEntry, SignInCode
from euthymia.clinic.sessions.models import Session
from euthymia.interop.fhir.document import Document

# A visit that began this long ago is no longer "next".
STILL_NEXT = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class OwnTaper:
    """The interval a prescriber decided on.   due_at: the next dose by it; None where that day is past."""

    interval_days: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnPages:
    """Everything the first page shows."""

    home: PersonHome
    visit: Session | None
    protocol: Protocol | None
    asked: list[CheckIn]
    taper: OwnTaper | None
    ended_at: datetime | None
    next_asked_at: datetime | None


def person_with(email: str, birth_date: date) -> Patient | None:
    """The one person with this address and birth date; None without one, and where two could be meant."""
    rows = list(Patient.objects.filter(email__iexact=email.strip(), birth_date=birth_date).select_related("clinic")[:2])
    return rows[0] if len(rows) == 1 else None


def newest_code(browser_hash: str, now: datetime) -> SignInCode | None:
    """The code this browser asked for last, if it still works; held until the transaction ends."""
    rows = SignInCode.objects.select_for_update(of=("self",)).select_related("patient__clinic")
    return rows.filter(browser_hash=browser_hash, used_at=None, expires_at__gt=now).last()


def person_again(patient_id: str) -> Patient | None:
    """The person whose pages are open in this browser."""
    return Patient.objects.select_related("clinic").filter(id=patient_id).first()


def own_pages(actor: System, patient: Patient, now: datetime) -> OwnPages:
    """The person's course, their next visit with its protocol, and the questions that wait."""
    home = person_home(actor, patient)
    coming = [row for row in home.sessions if row.phase == Phase.PLANNED and row.scheduled_for > now - STILL_NEXT]
    visit = coming[0] if coming else None
    asked = [row for row in home.check_ins if row.answered_at is None and now - STILL_USEFUL < row.due_at <= now]
    last = home.last_plan
    later = (row.due_at for row in home.still_to_ask(now))
    return OwnPages(
        home,
        visit,
        protocol_of(visit.plan.protocol_version) if visit else None,
        asked,
        own_taper(actor, last, now) if last and last.state == PlanState.ACTIVE else None,
        last.ended_at if last else None,
        next(later, None),
    )


def own_taper(actor: System, plan: Plan, now: datetime) -> OwnTaper | None:
    """What was decided of the taper of this plan; None where none is under way. Nothing a rule or a forecast says."""
    known = known_today(actor, plan, now)
    if known.step is None or known.step.interval_days is None:
        return None
    due_at = known.doses[-1] + timedelta(days=known.step.interval_days) if known.doses else None
    return OwnTaper(known.step.interval_days, due_at if due_at and due_at > now else None)


def without_forecast(home: PersonHome) -> PersonHome:
    """The same rows, and nothing about days to come."""
    return replace(home, forecast=None)


def journal_of(actor: Actor, patient: Patient) -> list[JournalEntry]:
    """Everything the person wrote, newest first; for the person alone."""
    return list(visible_to(actor, JournalEntry).filter(patient=patient))


def shared_journal(viewer: Viewer, patient: Patient) -> list[JournalEntry]:
    """What the person chose to show, newest first. Call after `open_patient`, which records the reading."""
    return list(visible_to(viewer, JournalEntry).filter(patient=patient, shared_at__isnull=False))


def own_record(actor: System, patient: Patient, base_url: str) -> list[Document]:
    """Every resource the clinic has of this person."""
    scope = Scope(actor, base_url, patient.id)
    return [made() for reader in READERS.values() for made in reader(scope)]
