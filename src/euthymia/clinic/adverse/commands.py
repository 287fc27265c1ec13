"""Writing adverse events: opened, judged, handed over, closed and opened again; each step once, with its audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from euthymia.care.adverse_event import AdverseCase, StepKind, append_adverse
from euthymia.clinic.accounts.models import Membership
from euthymia.clinic.accounts.policies import ASSESS, insist
from euthymia.clinic.accounts.roles import PRESCRIBING
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.adverse.models import AdverseEvent, AdverseEventStep
from euthymia.clinic.adverse.queries import case_of, possible_owners, step_of
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import find_or_404, visible_to
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.queries import state_of
from euthymia.errors import BadInput

LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody writes. `judged`: the grade, the answers, the relatedness, the action or the outcome; `event_id`
    comes from the form, so that the same form sent twice is one step; `at`: when it was so, None for now."""

    kind: StepKind
    says: str = ""
    to: Membership | None = None
    judged: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None
    event_id: UUID = field(default_factory=uuid4)


@transaction.atomic
def open_event(
    viewer: Viewer,
    patient: Patient,
    written: Written,
    now: datetime,
    *,
    session: Session | None = None,
    side_effect_id: UUID | None = None,
) -> AdverseEvent:
    """A new adverse event, owned by whoever opens it unless another is named. From one side effect there is one."""
    insist(viewer, ASSESS)
    find_or_404(viewer, Patient, id=patient.id)
    Patient.objects.select_for_update().get(pk=patient.pk)
    twin = AdverseEventStep.objects.filter(event_id=written.event_id).select_related("adverse_event").first()
    if twin is not None:
        return _same(viewer, twin, written)
    if side_effect_id is not None:
        earlier = visible_to(viewer, AdverseEvent).filter(side_effect_id=side_effect_id).first()
        if earlier is not None:
            return earlier
    owner = written.to or _self(viewer)
    row = AdverseEvent(
        clinic_id=viewer.clinic_id,
        patient=patient,
        session=session,
        side_effect_id=side_effect_id,
        what=written.says.strip()[:200],
        began_at=written.at or now,
        owner_id=owner.user_id,
        opened_at=now,
    )
    step = _step(viewer, row, written, owner, now)
    case = append_adverse(AdverseCase(), step_of(step), now)
    _copy(row, case)
    row.save(force_insert=True)
    step.save(force_insert=True)
    detail = {"step": written.kind.value}
    record(viewer, Action.CREATE, "adverse_event", now=now, patient_id=patient.id, subject_id=row.id, detail=detail)
    return row


def open_from_side_effect(viewer: Viewer, session: Session, side_effect_id: UUID, now: datetime) -> AdverseEvent:
    """An adverse event with the name, the strength and the time of an entry of the flowsheet (BadInput)."""
    span = next((one for one in state_of(session).side_effects if one.event_id == str(side_effect_id)), None)
    if span is None:
        raise BadInput("no_side_effect", "side_effect_id", "This side effect is not in the flowsheet. Reload the page.")
    judged = {"severity": span.severity.value}
    # The id follows from the entry, so that two nurses who press at once open one.
    written = Written(StepKind.OPENED, span.name, None, judged, span.from_at, side_effect_id)
    return open_event(viewer, session.patient, written, now, session=session, side_effect_id=side_effect_id)


@transaction.atomic
def write_step(viewer: Viewer, event: AdverseEvent, written: Written, now: datetime) -> AdverseCase:
    """One more step, and the row as the steps add up. The same step again changes nothing (BadInput)."""
    insist(viewer, ASSESS)
    find_or_404(viewer, AdverseEvent, id=event.id)
    row = AdverseEvent.objects.select_for_update().get(pk=event.pk)
    owner = written.to
    if written.kind is StepKind.REOPENED and owner is None:
        owner = _self(viewer)
    step = _step(viewer, row, written, owner, now)
    twin = AdverseEventStep.objects.filter(event_id=written.event_id).first()
    if twin is not None and twin.adverse_event_id != row.pk:
        raise BadInput("id_reused", "id", "Another entry has this id. Reload and write it again.")
    before = case_of(row)
    after = append_adverse(before, step_of(step), now)
    if twin is not None:
        return after
    step.save(force_insert=True)
    _copy(row, after)
    if written.kind in (StepKind.HANDED_OVER, StepKind.REOPENED) and owner is not None:
        row.owner_id = owner.user_id
    row.save()
    detail = {"step": written.kind.value}
    record(viewer, Action.CHANGE, "adverse_event", now=now, patient_id=row.patient_id, subject_id=row.id, detail=detail)
    return after


def _step(
    viewer: Viewer, row: AdverseEvent, written: Written, owner: Membership | None, now: datetime
) -> AdverseEventStep:
    return AdverseEventStep(
        clinic_id=viewer.clinic_id,
        adverse_event=row,
        event_id=written.event_id,
        kind=written.kind.value,
        at=written.at or now,
        recorded_at=now,
        by_id=viewer.user_id,
        by_name=viewer.name,
        says=written.says.strip()[:LONGEST],
        to_id=owner.user_id if owner else None,
        to_name=str(owner.user)[:200] if owner else "",
        judged=dict(written.judged),
        as_prescriber=viewer.role in PRESCRIBING,
    )


def _copy(row: AdverseEvent, case: AdverseCase) -> None:
    row.phase, row.serious, row.closed_at = case.phase.value, case.is_serious, case.closed_at
    row.severity = case.severity.value if case.severity else ""


def _same(viewer: Viewer, twin: AdverseEventStep, written: Written) -> AdverseEvent:
    if (twin.clinic_id, twin.says) == (viewer.clinic_id, written.says.strip()[:LONGEST]):
        found: AdverseEvent = twin.adverse_event
        return found
    raise BadInput("id_reused", "id", "Another entry has this id. Reload and write it again.")


def _self(viewer: Viewer) -> Membership:
    found = next((one for one in possible_owners(viewer) if one.user_id == viewer.user_id), None)
    if found is None:
        raise BadInput("no_owner", "to", "Name the person who looks after this.")
    return found
