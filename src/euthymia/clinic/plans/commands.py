"""Changing protocols and plans. With `protocol_commands`, the only writers of these rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import transaction

from euthymia.care.course_end import EndReason
from euthymia.care.decision import Allowed, Decision, missing_of, reasons_of
from euthymia.care.protocol import Protocol, fill
from euthymia.care.protocol_change import next_version
from euthymia.care.protocol_document import content_hash, to_mapping
from euthymia.care.protocol_signature import sign
from euthymia.care.protocols.load import load_protocol, shipped_protocols
from euthymia.clinic.accounts.policies import PRESCRIBE, SIGN_PROTOCOLS, insist
from euthymia.clinic.accounts.viewer import Actor, Viewer
from euthymia.clinic.assessments.decisions import decision_as_json
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.people.commands import add_measurement, hold_clinic
from euthymia.clinic.people.models import CarePhase, Patient
from euthymia.clinic.people.queries import find_or_404, visible_to
from euthymia.clinic.plans.drafts import WEIGHT, PlanChoice, PlanDraft, draft_plan, order_as_json, order_of
from euthymia.clinic.plans.lineage import refuse_looser
from euthymia.clinic.plans.models import Plan, PlanState, ProtocolVersion
from euthymia.clinic.plans.queries import protocol_of
from euthymia.errors import BadInput, ProtocolError

SHORTEST_REASON = 10
STARTS_FROM = (CarePhase.ENQUIRY, CarePhase.ASSESSMENT, CarePhase.FOLLOW_UP, CarePhase.ENDED)
# The same plan signed again within this time is one plan.
DOUBLE_CLICK = timedelta(seconds=30)


@transaction.atomic
def install_protocols(actor: Actor, now: datetime) -> list[ProtocolVersion]:
    """Put the shipped protocols into the actor's clinic, holes open and unsigned. Doing it again adds nothing.

    A new release of a protocol arrives as a new version beside the one the clinic signed.
    """
    return [_installed(actor, load_protocol(protocol_id), now) for protocol_id in shipped_protocols()]


def _installed(actor: Actor, protocol: Protocol, now: datetime) -> ProtocolVersion:
    there = visible_to(actor, ProtocolVersion).filter(protocol_id=protocol.id, version=protocol.version).first()
    return there or new_version(actor, protocol, now)


def new_version(
    actor: Actor,
    protocol: Protocol,
    now: datetime,
    *,
    action: Action = Action.CREATE,
    detail: dict[str, str] | None = None,
) -> ProtocolVersion:
    """A row for this content, unsigned, with its hash; audited. Call it inside a transaction."""
    row = ProtocolVersion.objects.create(
        clinic_id=actor.clinic_id,
        protocol_id=protocol.id,
        version=protocol.version,
        content=to_mapping(protocol),
        content_hash=content_hash(protocol),
        created_at=now,
        made_by=actor.name,
    )
    subject = f"{protocol.id} {protocol.version}"
    record(actor, action, "protocol_version", now=now, subject_id=subject[:60], detail=detail)
    return row


@transaction.atomic
def fill_protocol(
    viewer: Viewer, row: ProtocolVersion, values: Mapping[str, float], *, source: str, now: datetime
) -> ProtocolVersion:
    """A new version with these holes filled; `source` says where the numbers come from, in the filler's words.

    values: hole path → number in the hole's unit.   Refuses an implausible number, a number that has a published
    source, and a hold looser than its stop (ProtocolError).   Signed content stays: the new version is unsigned.
    """
    insist(viewer, SIGN_PROTOCOLS)
    hold_clinic(viewer)
    row = still_in_use(viewer, row)
    if len(source.strip()) < SHORTEST_REASON:
        raise ProtocolError(
            "missing_source", "source", f"Say where these numbers come from, in at least {SHORTEST_REASON} letters."
        )
    if not values:
        raise ProtocolError("nothing_filled", "values", "Fill at least one number.")
    protocol = protocol_of(row)
    filled = fill(protocol, values, f"{viewer.name}: {source.strip()}")
    made = new_version(viewer, next_version(protocol, filled, next_name(viewer, row)), now)
    replace_draft(row, now)
    return made


def replace_draft(row: ProtocolVersion, now: datetime) -> None:
    """A draft gives way to the version made from it; a signed one stays in use until the new one is signed."""
    if row.signed_at is None:
        row.retired_at = now
        row.save(update_fields=["retired_at"])


def next_name(actor: Actor, row: ProtocolVersion) -> str:
    """The shipped version with this clinic's own count behind it, e.g. `1.0-2`."""
    base = row.version.partition("-")[0]
    taken = set(
        visible_to(actor, ProtocolVersion).filter(protocol_id=row.protocol_id).values_list("version", flat=True)
    )
    return next(name for name in (f"{base}-{number}" for number in range(2, 10_000)) if name not in taken)


@transaction.atomic
def sign_protocol(viewer: Viewer, row: ProtocolVersion, *, name: str, meaning: str, now: datetime) -> ProtocolVersion:
    """The medical lead's name under exactly this content; earlier versions retire. Signing twice changes nothing.

    Refuses a protocol that still has holes, and a name that is not the signer's own (ProtocolError).
    """
    insist(viewer, SIGN_PROTOCOLS)
    hold_clinic(viewer)
    row = still_in_use(viewer, row)
    if row.signed_at is not None:
        return row
    if name.strip().casefold() != viewer.name.strip().casefold():
        raise ProtocolError("not_your_name", "name", f"Type your own name as it is known here: {viewer.name}.")
    protocol = protocol_of(row)
    signature = sign(protocol, name, meaning, now, now=now, made_at=row.created_at)
    refuse_looser(viewer, protocol, parent_needed=True)
    row.signed_by_id = viewer.user_id
    row.signed_name, row.signed_meaning = signature.name, signature.meaning
    row.signed_at, row.signed_hash = signature.at, signature.content_hash
    row.save(update_fields=["signed_by", "signed_name", "signed_meaning", "signed_at", "signed_hash"])
    others = visible_to(viewer, ProtocolVersion).filter(protocol_id=row.protocol_id, retired_at=None)
    others.exclude(pk=row.pk).update(retired_at=now)
    subject = f"{row.protocol_id} {row.version}"
    record(viewer, Action.SIGN, "protocol_version", now=now, subject_id=subject[:60])
    return row


def still_in_use(viewer: Viewer, row: ProtocolVersion) -> ProtocolVersion:
    """The version as it is now; refuses one that a newer version has replaced since the page was opened."""
    newest = find_or_404(viewer, ProtocolVersion, pk=row.pk)
    if newest.retired_at is not None:
        says = f"{row} was replaced by a newer version. Work on that one."
        raise ProtocolError("retired", "version", says)
    return newest


@transaction.atomic
def sign_plan(
    viewer: Viewer,
    patient: Patient,
    row: ProtocolVersion,
    choice: PlanChoice,
    *,
    reasons: Mapping[str, str] | None = None,
    now: datetime,
) -> Plan:
    """The plan this person is treated on from now; the one before is replaced, and a typed weight joins the record.

    reasons: rule → why a hold on it is accepted (at least 10 letters).   Refuses (BadInput, code `not_allowed`)
    whatever the decision does not allow: no consent, no eligibility decision, an unsigned protocol, a dose over a cap.
    """
    insist(viewer, PRESCRIBE)
    for rule, because in (reasons or {}).items():
        if len(because.strip()) < SHORTEST_REASON:
            says = f"Say why this is accepted, in at least {SHORTEST_REASON} letters."
            raise BadInput("override_needs_reason", f"reason:{rule}", says)
    # Two signatures at once: the second waits here, and then sees the plan of the first.
    patient = visible_to(viewer, Patient).select_for_update(no_key=True).get(pk=patient.pk)
    row = still_in_use(viewer, row)
    draft = draft_plan(viewer, patient, row, choice, reasons=reasons, now=now)
    if not isinstance(draft.decision, Allowed):
        raise BadInput("not_allowed", "decision", refusal_words(draft.decision))
    active = visible_to(viewer, Plan).select_for_update().filter(patient=patient, state=PlanState.ACTIVE)
    there = active.first()
    if there is not None and _same_again(there, draft, viewer, now):
        return there
    switched = there if there and there.protocol_version.protocol_id != row.protocol_id else None
    if switched is not None:
        why = {"ended_because": EndReason.SWITCHED.value, "ended_reason": f"to {draft.protocol.title}"[:300]}
    else:
        why = {"ended_because": "", "ended_reason": "replaced by a new plan"}
    active.update(state=PlanState.REPLACED, ended_at=now, **why)
    if draft.weight.typed:
        add_measurement(
            viewer,
            patient,
            code=WEIGHT,
            value=choice.weight or 0.0,
            unit=choice.weight_unit,
            at=now,
            now=now,
            sure=True,
        )
    plan = Plan.objects.create(
        clinic_id=viewer.clinic_id,
        patient=patient,
        protocol_version=row,
        order=order_as_json(draft),
        decision=decision_as_json(draft.decision),
        overrides=[asdict(override) | {"at": now.isoformat()} for override in draft.overrides],
        switched_from=switched,
        signed_by_id=viewer.user_id,
        signed_at=now,
    )
    record(viewer, Action.SIGN, "plan", now=now, patient_id=patient.id, subject_id=plan.id)
    if patient.phase in STARTS_FROM:
        patient.phase = CarePhase.INDUCTION
        patient.save(update_fields=["phase"])
    return plan


def _same_again(there: Plan, draft: PlanDraft, viewer: Viewer, now: datetime) -> bool:
    """Whether this is the plan that was signed a moment ago: a double click."""
    return (
        there.signed_by_id == viewer.user_id
        and now - there.signed_at < DOUBLE_CLICK
        and there.protocol_version_id == draft.row.pk
        and order_of(there) == draft.order
    )


def refusal_words(decision: Decision) -> str:
    """Why it was refused, in one line."""
    refusing = [reason.says or reason.rule for reason in reasons_of(decision) if reason.refuses]
    return " ".join(refusing + [absent.says or absent.fact for absent in missing_of(decision)])
