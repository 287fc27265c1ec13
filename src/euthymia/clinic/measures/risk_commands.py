"""Writing what becomes of a sign of suicidal thoughts: each step once, with a name, together with its audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.db import transaction

from euthymia.care.instruments import load_instrument
from euthymia.care.instruments.score import Score
from euthymia.care.risk import SCREENERS, RiskLevel, ScreenerAnswers, Trigger, assess, level_of, triage
from euthymia.care.risk_due import ClinicTimes
from euthymia.care.risk_pathway import RiskEventKind, RiskPathway, append_risk
from euthymia.clinic.accounts.models import Membership
from euthymia.clinic.accounts.policies import ASSESS, SIGN_PROTOCOLS, insist
from euthymia.clinic.accounts.roles import CLINICAL, Role
from euthymia.clinic.accounts.viewer import Actor, Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.measures.models import Response, RiskSignal, RiskStep, RiskTimes
from euthymia.clinic.measures.risk_queries import can_own, event_of, open_signal_of, pathway_of
from euthymia.clinic.people.models import Patient
from euthymia.errors import BadInput

# A form sent incomplete and then complete within this time is one sign, with one owner.
SAME_SITTING = timedelta(hours=1)
# Who owns a risk signal first: the prescriber if there is one, else whoever leads.
OWNER_ROLES = (Role.PRESCRIBER, Role.MEDICAL_LEAD, Role.NURSE, Role.COORDINATOR)
FEW_WORDS = 10
LONGEST_TRIGGER = 200


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody writes: the kind of step, the words, and what belongs to its kind. `event_id` comes from the form,
    so that the same form sent twice is one step."""

    kind: RiskEventKind
    says: str = ""
    to: Membership | None = None
    level: RiskLevel | None = None
    answers: Mapping[str, bool] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    event_id: UUID = field(default_factory=uuid4)


@transaction.atomic
def raise_risk_of_unfinished(
    actor: Actor, patient: Patient, instrument_id: str, answers: Mapping[str, int | None], now: datetime
) -> RiskSignal | None:
    """Suicidal thoughts marked on a form that is not complete: somebody owns it now, even if nobody ever finishes it.

    The other answers are not kept. Sending the form again raises nothing new; completing it joins the same signal.
    """
    found = assess(load_instrument(instrument_id), answers)
    if found is None or found.trigger is not Trigger.SUICIDAL_THOUGHTS:
        return None
    return raise_risk(actor, patient, None, found.says, now)


@transaction.atomic
def raise_risk(actor: Actor, patient: Patient, response: Response | None, trigger: str, now: datetime) -> RiskSignal:
    """A risk signal with a named owner. While one is open a new sign joins it and asks for everything anew; the same
    sign within one sitting is one. Never without an owner: a clinic without staff cannot take answers."""
    # Two answers at once: the second waits for the first, and joins it.
    Patient.objects.select_for_update().get(pk=patient.pk)
    trigger = trigger[:LONGEST_TRIGGER]
    signal = open_signal_of(actor, patient)
    if signal is None:
        owner = owner_of_risk(actor)
        signal = RiskSignal.objects.create(
            clinic_id=actor.clinic_id,
            patient=patient,
            response=response,
            trigger=trigger,
            raised_at=now,
            owner_id=owner.user_id,
        )
        detail = {"owner": owner.user_id}
        record(actor, Action.CREATE, "risk_signal", now=now, patient_id=patient.id, subject_id=signal.id, detail=detail)
        write_step(actor, signal, Step(RiskEventKind.RAISED, trigger, owner), now)
        return signal
    unfinished = signal.response_id is None
    said_now = signal.steps.filter(kind=RiskEventKind.RAISED.value, says=trigger, at__gt=now - SAME_SITTING).exists()
    if unfinished and response is not None:
        signal.response = response
        signal.save(update_fields=["response"])
    if not (unfinished and said_now):
        write_step(actor, signal, Step(RiskEventKind.RAISED, trigger, owner_of_risk(actor)), now)
    return signal


def note_screener(actor: Actor, patient: Patient, scored: Score, now: datetime) -> None:
    """A screener filled as a questionnaire also tells the open signal its level, if there is a signal."""
    if scored.instrument not in SCREENERS:
        return
    signal = open_signal_of(actor, patient)
    if signal is None:
        return
    found = scored.level
    level = level_of(scored.instrument, found.name) if found else None
    missing = () if found and found.final else scored.missing
    write_step(actor, signal, Step(RiskEventKind.SCREENED, level=level, missing=missing), now)


def owner_of_risk(actor: Actor) -> Membership:
    """Who owns a new signal: somebody who can sign in, by role; refuses (BadInput) where nobody could."""
    # Somebody who left and can no longer sign in would never see it.
    working = Membership.objects.filter(clinic_id=actor.clinic_id, user__is_active=True)
    members = list(working.select_related("user").order_by("pk"))
    for role in OWNER_ROLES:
        found = next((member for member in members if member.role == role), None)
        if found is not None:
            return found
    raise BadInput("nobody_to_own_it", "clinic", "This clinic has nobody who could own a risk signal. Add staff first.")


@transaction.atomic
def write_step(actor: Actor, signal: RiskSignal, step: Step, now: datetime) -> RiskPathway:
    """Append one step and keep the signal's row as the steps add up. The same step again changes nothing."""
    row = RiskSignal.objects.select_for_update().get(pk=signal.pk)
    made = RiskStep(
        clinic_id=row.clinic_id,
        signal=row,
        event_id=step.event_id,
        kind=step.kind.value,
        at=now,
        by_id=actor.user_id,
        by_name=actor.name,
        says=step.says.strip(),
        to_id=step.to.user_id if step.to else None,
        to_name=str(step.to.user)[:200] if step.to else "",
        level=step.level.value if step.level else "",
        answers=dict(step.answers),
        missing=list(step.missing),
        as_clinician=actor.role in CLINICAL,
    )
    earlier = RiskStep.objects.filter(event_id=step.event_id).first()
    if earlier is not None:
        refuse_another_with_this_id(earlier, made)
        return pathway_of(row)
    before = pathway_of(row)
    after = append_risk(before, event_of(made), now)
    made.save(force_insert=True)
    keep_row(row, before, after, made)
    detail = {"step": step.kind.value}
    record(
        actor, Action.CHANGE, "risk_signal", now=now, patient_id=row.patient_id, subject_id=row.id, detail=detail
    )  # fmt: skip
    signal.refresh_from_db()
    return after


def refuse_another_with_this_id(earlier: RiskStep, made: RiskStep) -> None:
    """The same form sent twice is one step; another step under its id is refused (BadInput)."""
    same = ("signal_id", "kind", "by_id", "says", "to_id", "level", "answers", "missing")
    if any(getattr(earlier, name) != getattr(made, name) for name in same):
        raise BadInput("id_reused", "", "This form was used already. Reload the page and write it again.")


def keep_row(row: RiskSignal, before: RiskPathway, after: RiskPathway, step: RiskStep) -> None:
    """What lists show, read off the pathway: a summary for queries, never another truth."""
    if after.owned_since != before.owned_since and after.owner == step.to_name and step.to_id is not None:
        row.owner_id = step.to_id
    row.level = after.level.value if after.level else ""
    row.seen_at, row.closed_at = after.seen_at, after.closed_at
    row.closed_by_id = step.by_id if after.closed_at else None
    if step.kind in (RiskEventKind.ACTED, RiskEventKind.CLOSED):
        row.action_taken = step.says
    row.save()


@transaction.atomic
def see_risk(viewer: Viewer, signal: RiskSignal, now: datetime, event_id: UUID | None = None) -> RiskPathway:
    """Note that the signal was seen; the first time counts."""
    insist(viewer, ASSESS)
    pathway = pathway_of(signal)
    if pathway.seen_at is not None or not pathway.is_open:
        return pathway
    return write_step(viewer, signal, Step(RiskEventKind.SEEN, event_id=event_id or uuid4()), now)


@transaction.atomic
def screen_risk(
    viewer: Viewer, signal: RiskSignal, answers: ScreenerAnswers, now: datetime, event_id: UUID | None = None
) -> RiskPathway:
    """Keep the answers of the screener and the level they reach. Refuses a screener without any answer."""
    insist(viewer, ASSESS)
    given = {name: value for name, value in asdict(answers).items() if value is not None}
    if not given:
        raise BadInput("nothing_asked", "wish_to_be_dead", "Answer at least one question of the screener.")
    found = triage(answers)
    missing = () if found.is_complete else tuple(gap.fact for gap in found.missing)
    step = Step(
        RiskEventKind.SCREENED, level=found.level, answers=given, missing=missing, event_id=event_id or uuid4()
    )  # fmt: skip
    return write_step(viewer, signal, step, now)


@transaction.atomic
def step_risk(viewer: Viewer, signal: RiskSignal, step: Step, now: datetime) -> RiskPathway:
    """A clinician's level, evaluation or action, a hand-over or a re-opening, in words. Refuses too few of them."""
    insist(viewer, ASSESS)
    if step.kind is RiskEventKind.HANDED_OVER:
        refuse_wrong_owner(signal, step.to)
    elif len(step.says.strip()) < FEW_WORDS:
        raise BadInput("say_what_was_done", "says", "Write what was done, in at least a few words.")
    return write_step(viewer, signal, step, now)


def refuse_wrong_owner(signal: RiskSignal, to: Membership | None) -> None:
    """Refuse (BadInput) a hand-over to nobody, to who owns it already, and to who could not open it."""
    if to is None or to.clinic_id != signal.clinic_id or not can_own(to):
        raise BadInput("no_owner", "to", "Choose somebody who works here and may assess.")
    if to.user_id == signal.owner_id:
        raise BadInput("same_owner", "to", "They own it already.")


@transaction.atomic
def close_risk(
    viewer: Viewer, signal: RiskSignal, action_taken: str, now: datetime, event_id: UUID | None = None
) -> RiskSignal:
    """Close a signal with what was done. Refuses to close it with nothing, to close it twice, and to close a high
    level before a clinician's evaluation."""
    insist(viewer, ASSESS)
    signal = RiskSignal.objects.select_for_update().get(pk=signal.pk)
    if signal.closed_at is not None:
        raise BadInput("already_closed", "", f"{signal.closed_by} closed this already on {signal.closed_at:%d %B %Y}.")
    if len(action_taken.strip()) < FEW_WORDS:
        raise BadInput("say_what_was_done", "action_taken", "Write what was done, in at least a few words.")
    base = event_id or uuid4()
    see_risk(viewer, signal, now)
    # What is written to close it is also what was done.
    write_step(viewer, signal, Step(RiskEventKind.ACTED, action_taken, event_id=uuid5(base, "acted")), now)
    write_step(viewer, signal, Step(RiskEventKind.CLOSED, action_taken, event_id=base), now)
    return signal


@transaction.atomic
def set_risk_times(viewer: Viewer, times: ClinicTimes, trusted_line_days: int | None, now: datetime) -> RiskTimes:
    """The clinic's own hours, and how long it trusts a telephone number. A new row; the earlier ones stay."""
    insist(viewer, SIGN_PROTOCOLS)
    fields: dict[str, Any] = asdict(times) | {"trusted_line_days": trusted_line_days}
    row = RiskTimes.objects.create(clinic_id=viewer.clinic_id, set_at=now, set_by_id=viewer.user_id, **fields)
    record(viewer, Action.CREATE, "risk_times", now=now, subject_id=row.pk, detail={"fields": sorted(fields)})
    return row
