"""Reading a risk signal: its pathway, who may own it, and the clinic's own times."""

from __future__ import annotations

from euthymia.care.risk import RiskLevel
from euthymia.care.risk_due import ClinicTimes
from euthymia.care.risk_pathway import RiskEvent, RiskEventKind, RiskPathway, fold_risk
from euthymia.clinic.accounts.models import Membership
from euthymia.clinic.accounts.roles import CLINICAL, Role
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.measures.models import RiskSignal, RiskStep, RiskTimes
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import visible_to


def event_of(step: RiskStep) -> RiskEvent:
    """A row as the rules know it."""
    return RiskEvent(
        id=str(step.event_id),
        kind=RiskEventKind(step.kind),
        at=step.at,
        by=step.by_name,
        says=step.says,
        to=step.to_name,
        level=RiskLevel(step.level) if step.level else None,
        missing=tuple(step.missing),
        as_clinician=step.as_clinician,
    )


def pathway_of(signal: RiskSignal) -> RiskPathway:
    """What the steps of this signal add up to, in the order they were written."""
    return fold_risk(event_of(step) for step in signal.steps.all())


def open_signal_of(actor: Actor, patient: Patient) -> RiskSignal | None:
    """The signal of this person that nobody has closed; None when there is none."""
    rows = visible_to(actor, RiskSignal).filter(patient=patient, closed_at=None)
    return rows.select_related("owner").order_by("raised_at").first()


def can_own(member: Membership) -> bool:
    """Whether this person can sign in and may open a risk signal."""
    return member.user.is_active and Role(member.role) in CLINICAL


def possible_owners(actor: Actor) -> list[Membership]:
    """Everybody here who may own a signal, by name."""
    rows = Membership.objects.filter(clinic_id=actor.clinic_id).select_related("user")
    return sorted((row for row in rows if can_own(row)), key=lambda row: str(row.user))


def owner_is_here(signal: RiskSignal) -> bool:
    """Whether the owner can still sign in and works in this clinic."""
    return signal.owner_id in staff_here(signal.clinic_id)


def staff_here(clinic_id: int) -> frozenset[int]:
    """The users who can sign in and work in this clinic."""
    rows = Membership.objects.filter(clinic_id=clinic_id, user__is_active=True)
    return frozenset(rows.values_list("user_id", flat=True))


def risk_times(actor: Actor) -> RiskTimes | None:
    """The clinic's own times that hold now; None while it has set none."""
    return visible_to(actor, RiskTimes).select_related("set_by").last()


def clinic_times(row: RiskTimes | None) -> ClinicTimes:
    """The hours as the rules know them; every one a hole while the clinic has set none."""
    if row is None:
        return ClinicTimes()
    return ClinicTimes(row.see_within_h, row.screen_within_h, row.act_within_h, row.close_within_h)
