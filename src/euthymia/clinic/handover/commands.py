"""Handing over at the end of a shift: each thing once, with the names on both sides, together with its audit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction

from euthymia.care.adverse_event import StepKind
from euthymia.care.alarms import ActKind
from euthymia.care.risk_pathway import RiskEventKind
from euthymia.clinic.accounts.models import Membership
from euthymia.clinic.accounts.policies import RUN_SESSIONS, insist
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.adverse import commands as adverse
from euthymia.clinic.adverse.models import AdverseEvent
from euthymia.clinic.alarms.commands import Wanted, act
from euthymia.clinic.alarms.queries import alarms_of
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.handover.models import Handover, HandoverKind
from euthymia.clinic.handover.queries import ADVERSE, CHAIR, RISK, OpenItem, chair_owners, chairs_now, people_items
from euthymia.clinic.measures import risk_commands
from euthymia.clinic.measures.models import RiskSignal
from euthymia.clinic.people.queries import find_or_404, visible_to
from euthymia.clinic.sessions.models import Session
from euthymia.errors import BadInput


@transaction.atomic
def hand_over(
    viewer: Viewer, chosen: Iterable[str], to: Membership, says: str, *, batch_id: UUID, now: datetime
) -> list[Handover]:
    """Give these things (`subject:id`) to somebody, all or none. Signs of risk and adverse events change their owner.

    The same form sent again changes nothing. Refuses (BadInput) what is no longer open.
    """
    insist(viewer, RUN_SESSIONS)
    wanted = list(dict.fromkeys(chosen))
    if not wanted:
        raise BadInput("nothing_chosen", "items", "Choose what is handed over.")
    ids = {key: uuid5(batch_id, key) for key in wanted}
    earlier = list(visible_to(viewer, Handover).filter(id__in=ids.values()))
    if earlier:
        if {row.id for row in earlier} == set(ids.values()) and {row.to_id for row in earlier} == {to.user_id}:
            return earlier
        raise BadInput("id_reused", "items", "This form was sent before with other things. Reload the page.")
    items = {f"{item.subject}:{item.subject_id}": item for item in _open_items(viewer, now)}
    missing = [key for key in wanted if key not in items]
    if missing:
        raise BadInput("no_longer_open", "items", "Something chosen is no longer open. Reload the page and look again.")
    return [_give(viewer, items[key], to, says, ids[key], now) for key in wanted]


def _open_items(viewer: Viewer, now: datetime) -> list[OpenItem]:
    return [*people_items(viewer), *(chair.item for chair in chairs_now(viewer, now))]


def _give(viewer: Viewer, item: OpenItem, to: Membership, says: str, act_id: UUID, now: datetime) -> Handover:
    subject_id = UUID(item.subject_id)
    if item.subject == RISK:
        signal = find_or_404(viewer, RiskSignal, id=subject_id)
        step = risk_commands.Step(RiskEventKind.HANDED_OVER, says, to, event_id=uuid5(act_id, "step"))
        risk_commands.step_risk(viewer, signal, step, now)
    elif item.subject == ADVERSE:
        event = find_or_404(viewer, AdverseEvent, id=subject_id)
        written = adverse.Written(StepKind.HANDED_OVER, says, to, event_id=uuid5(act_id, "step"))
        adverse.write_step(viewer, event, written, now)
    before = chair_owners(viewer).get(subject_id, "") if item.subject == CHAIR else item.owner
    row = Handover.objects.create(
        id=act_id, clinic_id=viewer.clinic_id, kind=HandoverKind.GIVEN, subject=item.subject, subject_id=subject_id,
        patient=item.patient, what=item.what[:300], from_name=before or viewer.name, to_id=to.user_id,
        to_name=str(to.user)[:200], says=says.strip()[:500], at=now, by_id=viewer.user_id, by_name=viewer.name,
    )  # fmt: skip
    detail = {"what": item.subject, "to": to.user_id}
    record(viewer, Action.CHANGE, "handover", now=now, patient_id=item.patient.id, subject_id=row.id, detail=detail)
    if to.user_id == viewer.user_id:
        _take(viewer, row, now)
    return row


@transaction.atomic
def take_over(viewer: Viewer, given: Handover, now: datetime) -> Handover:
    """Confirm that what was handed over has been taken. Only whom it was given to can; twice is once."""
    insist(viewer, RUN_SESSIONS)
    row = find_or_404(viewer, Handover, id=given.id)
    taken = Handover.objects.filter(answers=row).first()
    if taken is not None:
        return taken
    if row.to_id != viewer.user_id:
        raise BadInput("not_yours", "handover", f"This was handed to {row.to_name}; only they can confirm it.")
    return _take(viewer, row, now)


def _take(viewer: Viewer, row: Handover, now: datetime) -> Handover:
    taken = Handover.objects.create(
        id=uuid5(row.id, "taken"), clinic_id=row.clinic_id, kind=HandoverKind.TAKEN, subject=row.subject,
        subject_id=row.subject_id, patient=row.patient, what=row.what, from_name=row.from_name, to_id=row.to_id,
        to_name=row.to_name, at=now, by_id=viewer.user_id, by_name=viewer.name, answers=row,
    )  # fmt: skip
    record(viewer, Action.CHANGE, "handover_taken", now=now, patient_id=row.patient_id, subject_id=row.id)
    if row.subject == CHAIR:
        _take_alarms(viewer, row, now)
    return taken


def _take_alarms(viewer: Viewer, row: Handover, now: datetime) -> None:
    """Whoever takes a chair owns its alarms from now on. Until then they stay with whoever gave it: an alarm must not
    belong to somebody who does not know of it yet."""
    session = find_or_404(viewer, Session, id=row.subject_id)
    for alarm in alarms_of(viewer, session, now):
        if alarm.owner != viewer.name:
            act_id = uuid5(row.id, f"alarm {alarm.key.text}")
            act(viewer, session, Wanted(act_id, ActKind.OWNER_TAKEN, alarm.key, alarm.raises), now)
