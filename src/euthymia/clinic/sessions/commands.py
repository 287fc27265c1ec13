"""Changing the session room: the only writers of sessions and events. Each writes and audits in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from euthymia.care.decision import Allowed, Decision, reasons_of
from euthymia.care.discharge import DischargeFacts
from euthymia.care.given_dose import given_mg
from euthymia.care.protocol_document import content_hash
from euthymia.care.session import LATE_AFTER, Phase, SessionState, fold
from euthymia.care.session_append import may_append
from euthymia.care.session_events import (
    Discharge,
    EventKind,
    GatePassed,
    Opened,
    Remark,
    SessionEvent,
)
from euthymia.care.vitals import Reading
from euthymia.clinic.accounts.policies import RUN_SESSIONS
from euthymia.clinic.accounts.viewer import Actor, Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import find_or_404, visible_to
from euthymia.clinic.plans.drafts import order_of
from euthymia.clinic.plans.queries import active_plan
from euthymia.clinic.sessions import gate
from euthymia.clinic.sessions.events import row_of
from euthymia.clinic.sessions.joining import ask_before
from euthymia.clinic.sessions.models import Chair, Session, SessionEventRow
from euthymia.clinic.sessions.note import sign_note
from euthymia.clinic.sessions.queries import find_session, session_protocol, state_of
from euthymia.clinic.sessions.refusals import NotAllowed
from euthymia.errors import BadInput

# Two visits of one person closer than this are one visit opened twice.
SAME_VISIT = timedelta(hours=12)
EARLIEST_PLANNED = timedelta(hours=12)
# Events that are only asked whether the table has a place for them; many at once get the same answer, much sooner.
PLAIN_KINDS = frozenset(
    {
        EventKind.VITALS,
        EventKind.SCALE,
        EventKind.SIDE_EFFECT,
        EventKind.SIDE_EFFECT_ENDED,
        EventKind.REMARK,
        EventKind.DOSE_PAUSED,
        EventKind.DOSE_RESUMED,
        EventKind.DOSE_STOPPED,
        EventKind.DOSE_COMPLETED,
    }
)
# Events with a question of their own: the gate, the door.
ASKED_ELSEWHERE = {EventKind.GATE_PASSED: "pass the gate", EventKind.DISCHARGED: "discharge the person"}


@transaction.atomic
def open_session(
    viewer: Viewer, patient: Patient, *, chair: Chair | None, scheduled_for: datetime, now: datetime
) -> Session:
    """Plan a dosing visit for a person with an active plan. The same visit opened twice is one session.

    Refuses (BadInput) without a plan, in the past, and while another visit of this person is open or near.
    """
    _require_bedside(viewer)
    plan = active_plan(viewer, patient)
    if plan is None:
        raise BadInput("no_plan", "patient", "There is no active plan. A prescriber signs one on the Plan page first.")
    if scheduled_for < now - EARLIEST_PLANNED:
        raise BadInput("in_the_past", "scheduled_for", "This time has passed. Choose today or later.")
    if chair is not None and chair.clinic_id != viewer.clinic_id:
        raise BadInput("unknown_chair", "chair", "This clinic has no such chair.")
    twin = _near_visit(viewer, patient, scheduled_for)
    if twin is not None:
        if twin.scheduled_for == scheduled_for and twin.phase == Phase.PLANNED.value:
            return twin
        raise BadInput("already_open", "scheduled_for", "This person already has a session open or planned then.")
    session = Session.objects.create(
        clinic_id=viewer.clinic_id,
        patient=patient,
        plan=plan,
        chair=chair,
        scheduled_for=scheduled_for,
        phase=Phase.PLANNED.value,
        created_by_id=viewer.user_id,
        created_at=now,
    )
    record(viewer, Action.CREATE, "session", now=now, patient_id=patient.id, subject_id=session.id)
    return session


def _near_visit(actor: Actor, patient: Patient, at: datetime) -> Session | None:
    """A visit of this person that is running, or planned within half a day of this time."""
    Patient.objects.select_for_update().get(pk=patient.pk)
    rows = list(visible_to(actor, Session).filter(patient=patient, closed_at=None))
    running = (row for row in rows if row.phase != Phase.PLANNED.value)
    near = (row for row in rows if abs(row.scheduled_for - at) < SAME_VISIT)
    return next(running, None) or next(near, None)


@transaction.atomic
def seat(
    actor: Actor,
    session: Session,
    chair: Chair,
    *,
    now: datetime,
    at: datetime | None = None,
    event_id: str | None = None,
    device: str = "",
) -> SessionState:
    """The person has arrived and sits in this chair. Refuses a taken chair and a plan that has ended."""
    row = _locked(actor, session)
    plan = active_plan(actor, row.patient)
    if plan is None:
        raise BadInput("no_plan", "patient", "The plan has ended. A prescriber signs a new one first.")
    if row.phase == Phase.PLANNED.value:
        row.plan, row.chair = plan, chair
        row.save(update_fields=["plan", "chair"])
    version = row.plan.protocol_version
    opened = Opened(version.protocol_id, version.version, order_of(row.plan).dose_mg)
    event = _event(actor, EventKind.OPENED, opened, at=at or now, now=now, event_id=event_id, device=device)
    return _append(actor, row, [event], now)


def append_event(actor: Actor, session: Session, event: SessionEvent, now: datetime) -> SessionState:
    """One more line of the flowsheet; the same event again changes nothing. Gives the state after it.

    Refuses (NotAllowed, BadInput) what the rules refuse: a reading from the future, a dose started twice or before the
    gate, an entry somebody else has corrected, another entry under the same id.
    """
    return append_events(actor, session, [event], now)


@transaction.atomic
def append_events(actor: Actor, session: Session, events: Iterable[SessionEvent], now: datetime) -> SessionState:
    """All of these lines or none, in the order they happened. See `append_event`."""
    ordered = sorted(events, key=lambda event: (event.at, event.recorded_at))
    for event in ordered:
        if event.kind in ASKED_ELSEWHERE:
            message = f"Use the page's own button to {ASKED_ELSEWHERE[event.kind]}: it asks the rules first."
            raise BadInput("ask_first", "kind", message)
    return _append(actor, _locked(actor, session), ordered, now)


@transaction.atomic
def correct_reading(
    actor: Actor, session: Session, reading: SessionEvent, *, because: str, now: datetime
) -> SessionState:
    """Replace a reading by another: the old line stays, struck through, and the reason stands beside it."""
    if not because.strip():
        raise BadInput("missing_reason", "reason", "Say why the line is corrected.")
    if not reading.corrects or not isinstance(reading.payload, Reading):
        raise BadInput("nothing_to_correct", "corrects", "Say which line is corrected.")
    at = reading.at.astimezone(actor.zone) if isinstance(actor, Viewer) else reading.at
    remark = Remark(f"Corrected the reading of {at:%H:%M}: {because.strip()}")
    why = replace(
        reading,
        id=str(uuid.uuid5(uuid.UUID(reading.id), "why")),
        kind=EventKind.REMARK,
        payload=remark,
        corrects=None,
        at=reading.recorded_at,
    )
    return append_events(actor, session, [reading, why], now)


@transaction.atomic
def pass_gate(
    actor: Actor,
    session: Session,
    answers: gate.GateAnswers,
    *,
    now: datetime,
    at: datetime | None = None,
    accept: Mapping[str, str] | None = None,
    event_id: str | None = None,
    device: str = "",
) -> Decision:
    """Ask the pre-dose gate, and record it as passed when it allows. Refused: the answer says why, nothing changes.

    at: when it was asked on paper; now unless given.   accept: hold → why a prescriber accepts it.
    """
    row = _locked(actor, session)
    overrides = gate.accepted(actor, accept or {})
    asked_at = at or now
    late = now - asked_at > LATE_AFTER
    decision = gate.ask_gate(actor, row, state_of(row), answers, overrides=overrides, at=asked_at, late=late)
    if not isinstance(decision, Allowed):
        _note_refusal(actor, row, "session_gate", decision, now)
        return decision
    protocol = session_protocol(row)
    passed = GatePassed(protocol.id, protocol.version, content_hash(protocol))
    row.statements = row.statements | {"gate": _stated(actor, now, answers.as_json(), overrides)}
    _append(
        actor,
        row,
        [_event(actor, EventKind.GATE_PASSED, passed, at=asked_at, now=now, event_id=event_id, device=device)],
        now,
    )
    session.refresh_from_db()
    return decision


@transaction.atomic
def discharge(
    actor: Viewer,
    session: Session,
    facts: DischargeFacts,
    *,
    now: datetime,
    at: datetime | None = None,
    accept: Mapping[str, str] | None = None,
    event_id: str | None = None,
    refresh: bool = True,
) -> Decision:
    """Ask whether the person may go home; when allowed, close the session and sign its note.

    at: when the person left, by the paper; now unless given.   accept: hold → why a prescriber accepts it.
    refresh: learn the course anew (off for filling in a long history).
    """
    row = _locked(actor, session)
    overrides = gate.accepted(actor, accept or {})
    state = state_of(row)
    left_at = at or now
    decision = gate.ask_discharge(actor, row, state, facts, overrides=overrides, at=left_at)
    if not isinstance(decision, Allowed):
        _note_refusal(actor, row, "session_discharge", decision, now)
        return decision
    stated = {name: getattr(facts, name) for name in facts.__slots__} | {"identifiers": list(facts.identifiers)}
    row.statements = row.statements | {"discharge": _stated(actor, now, stated, overrides)}
    left = Discharge(facts.escort_name or "", bool(facts.no_driving_told))
    event = _event(actor, EventKind.DISCHARGED, left, at=left_at, now=now, event_id=event_id, device="")
    state = _append(actor, row, [event], now)
    sign_note(actor, find_session(actor, row.id), state, now)
    if refresh:
        _refresh_forecast(actor, row.patient, now)
    session.refresh_from_db()
    return decision


def _append(actor: Actor, row: Session, events: list[SessionEvent], now: datetime) -> SessionState:
    """Write what is new, keep the session's copy of its state, and audit; the row is locked already."""
    _require_bedside(actor)
    state = state_of(row)
    # The last event with a question of its own, and all before it, are asked about one by one.
    asked = max((place for place, event in enumerate(events, start=1) if not _is_plain(event)), default=0)
    fresh, state = _one_by_one(actor, row, state, events[:asked], now)
    rest = events[asked:]
    if len(rest) > 1 and _all_fit(state, rest, now):
        fresh, state = fresh + rest, fold((*state.entries, *rest))
    else:
        more, state = _one_by_one(actor, row, state, rest, now)
        fresh += more
    if not fresh:
        return state
    SessionEventRow.objects.bulk_create([row_of(row, event) for event in fresh])
    _keep_state(row, state, now)
    kinds = sorted({event.kind.value for event in fresh})
    detail = {"kinds": kinds, "count": len(fresh)}
    record(actor, Action.CHANGE, "session_event", now=now, patient_id=row.patient_id, subject_id=row.id, detail=detail)
    _settle_ledger(actor, row, state, fresh, now)
    if any(event.kind is EventKind.DOSE_STARTED for event in fresh):
        _schedule_check_ins(actor, row, now)
    _tell_alarms(row, fresh, now)
    return state


def _one_by_one(
    actor: Actor, row: Session, state: SessionState, events: list[SessionEvent], now: datetime
) -> tuple[list[SessionEvent], SessionState]:
    """What is new among these, and the state after it; refuses at the first that may not join."""
    fresh: list[SessionEvent] = []
    for event in events:
        decision = may_append(state, event, now)
        if any(reason.rule == "already_recorded" for reason in reasons_of(decision)):
            continue
        if not isinstance(decision, Allowed):
            raise NotAllowed(decision)
        ask_before(actor, row, state, event)
        state = fold((*state.entries, event))
        fresh.append(event)
    return fresh, state


def _is_plain(event: SessionEvent) -> bool:
    return event.kind in PLAIN_KINDS and event.corrects is None


def _all_fit(state: SessionState, events: list[SessionEvent], now: datetime) -> bool:
    """Whether these new plain events may join as they are; False only means: ask one by one."""
    known = {entry.id for entry in state.entries}
    ids = {event.id for event in events}
    if len(ids) < len(events) or ids & known or any(max(one.at, one.recorded_at) > now for one in events):
        return False
    after = fold((*state.entries, *events))
    ends = sum(event.kind is EventKind.SIDE_EFFECT_ENDED for event in events)
    ended = sum(span.until_at is not None for span in after.side_effects)
    before = sum(span.until_at is not None for span in state.side_effects)
    return not after.unplaced - state.unplaced and ended - before == ends


def _keep_state(row: Session, state: SessionState, now: datetime) -> None:
    row.phase = state.phase.value
    row.dose_started_at = state.clock_at
    row.dose_given_mg = given_mg(state, now) if state.clock_at else None
    row.closed_at = state.closed_at
    row.save(update_fields=["phase", "dose_started_at", "dose_given_mg", "closed_at", "statements"])


def _locked(actor: Actor, session: Session) -> Session:
    """The session's row, held until the transaction ends, so that two writers queue."""
    find_or_404(actor, Session, id=session.id)
    row: Session = (
        Session.objects.select_for_update(of=("self",))
        .select_related("patient", "plan__protocol_version")
        .get(pk=session.pk)
    )
    return row


def _event(
    actor: Actor,
    kind: EventKind,
    payload: Opened | GatePassed | Discharge,
    *,
    at: datetime,
    now: datetime,
    event_id: str | None,
    device: str,
) -> SessionEvent:
    return SessionEvent(event_id or str(uuid.uuid4()), kind, at, now, actor.name, payload, device)


def _stated(
    actor: Actor, now: datetime, answers: dict[str, object], overrides: Iterable[gate.Override]
) -> dict[str, object]:
    return answers | {"by": actor.name, "at": now.isoformat(), "overrides": gate.overrides_as_json(overrides)}


def _note_refusal(actor: Actor, row: Session, subject: str, decision: Decision, now: datetime) -> None:
    rules = sorted({reason.rule for reason in reasons_of(decision) if reason.refuses})
    detail = {"rules": rules}
    record(actor, Action.REFUSE, subject, now=now, patient_id=row.patient_id, subject_id=row.id, detail=detail)


def _require_bedside(actor: Actor) -> None:
    """The command asks what the page's policy asked, so that no other door is wider."""
    if isinstance(actor, Viewer) and not isinstance(RUN_SESSIONS.decide(actor), Allowed):
        raise BadInput("not_permitted", RUN_SESSIONS.name, RUN_SESSIONS.says)


def _settle_ledger(actor: Actor, row: Session, state: SessionState, fresh: list[SessionEvent], now: datetime) -> None:
    """What was given and its debit are one transaction."""
    from euthymia.clinic.medication.session_commands import may_change_debit, settle

    if any(may_change_debit(event) for event in fresh):
        settle(actor, row, state, min(now, max(event.recorded_at for event in fresh)))


def _schedule_check_ins(actor: Actor, row: Session, now: datetime) -> None:
    # Imported here: check-ins know sessions, and sessions only ring their bell.
    from euthymia.clinic.measures.commands import schedule_check_ins

    schedule_check_ins(actor, row, now)


def _tell_alarms(row: Session, fresh: list[SessionEvent], now: datetime) -> None:
    from euthymia.clinic.alarms.commands import note_entries

    note_entries(row, fresh, now)


def _refresh_forecast(actor: Actor, patient: Patient, now: datetime) -> None:
    from euthymia.clinic.followup.commands import refresh_forecast

    refresh_forecast(actor, patient, now)
