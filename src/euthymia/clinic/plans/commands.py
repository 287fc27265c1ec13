"""Changing protocols and plans. The only writers of these rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from euthymia.care.decision import Allowed, reasons_of
from euthymia.care.protocol import Protocol, fill
from euthymia.care.protocol_document import content_hash, to_mapping
from euthymia.care.protocol_signature import sign
from euthymia.care.protocols.load import load_protocol, shipped_protocols
from euthymia.clinic.accounts.policies import SIGN_PROTOCOLS, Policy
from euthymia.clinic.accounts.viewer import Actor, Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.plans.models import ProtocolVersion
from euthymia.clinic.plans.queries import protocol_of
from euthymia.errors import BadInput, ProtocolError

SHORTEST_REASON = 10


@transaction.atomic
def install_protocols(actor: Actor, now: datetime) -> list[ProtocolVersion]:
    """Put the shipped protocols into the actor's clinic, holes open and unsigned. Doing it again adds nothing.

    A new release of a protocol arrives as a new version beside the one the clinic signed.
    """
    return [_installed(actor, load_protocol(protocol_id), now) for protocol_id in shipped_protocols()]


def _installed(actor: Actor, protocol: Protocol, now: datetime) -> ProtocolVersion:
    there = visible_to(actor, ProtocolVersion).filter(protocol_id=protocol.id, version=protocol.version).first()
    return there or _new_version(actor, protocol, now)


def _new_version(actor: Actor, protocol: Protocol, now: datetime) -> ProtocolVersion:
    row = ProtocolVersion.objects.create(
        clinic_id=actor.clinic_id,
        protocol_id=protocol.id,
        version=protocol.version,
        content=to_mapping(protocol),
        content_hash=content_hash(protocol),
        created_at=now,
    )
    record(actor, Action.CREATE, "protocol_version", now=now, subject_id=f"{protocol.id} {protocol.version}")
    return row


@transaction.atomic
def fill_protocol(
    viewer: Viewer, row: ProtocolVersion, values: Mapping[str, float], *, source: str, now: datetime
) -> ProtocolVersion:
    """A new version with these holes filled; `source` says where the numbers come from, in the filler's words.

    values: hole path → number in the hole's unit.   Refuses an implausible number, a number that has a published
    source, and a hold looser than its stop (ProtocolError).   Signed content stays: the new version is unsigned.
    """
    _require(viewer, SIGN_PROTOCOLS)
    if len(source.strip()) < SHORTEST_REASON:
        raise ProtocolError(
            "missing_source", "source", f"Say where these numbers come from, in at least {SHORTEST_REASON} letters."
        )
    if not values:
        raise ProtocolError("nothing_filled", "values", "Fill at least one number.")
    filled = fill(protocol_of(row), values, f"{viewer.name}: {source.strip()}")
    made = _new_version(viewer, replace(filled, version=_next_version(viewer, row)), now)
    if row.signed_at is None:
        row.retired_at = now
        row.save(update_fields=["retired_at"])
    return made


def _next_version(actor: Actor, row: ProtocolVersion) -> str:
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
    _require(viewer, SIGN_PROTOCOLS)
    if row.signed_at is not None:
        return row
    if name.strip().casefold() != viewer.name.strip().casefold():
        raise ProtocolError("not_your_name", "name", f"Type your own name as it is known here: {viewer.name}.")
    signature = sign(protocol_of(row), name, meaning, now)
    row.signed_by_id = viewer.user_id
    row.signed_name, row.signed_meaning = signature.name, signature.meaning
    row.signed_at, row.signed_hash = signature.at, signature.content_hash
    row.save(update_fields=["signed_by", "signed_name", "signed_meaning", "signed_at", "signed_hash"])
    others = visible_to(viewer, ProtocolVersion).filter(protocol_id=row.protocol_id, retired_at=None)
    others.exclude(pk=row.pk).update(retired_at=now)
    record(viewer, Action.SIGN, "protocol_version", now=now, subject_id=f"{row.protocol_id} {row.version}")
    return row


def _require(viewer: Viewer, policy: Policy) -> None:
    """The command asks what the page's policy asked, so that no other door is wider."""
    decision = policy.decide(viewer)
    if not isinstance(decision, Allowed):
        says = next((reason.says for reason in reasons_of(decision)), policy.says)
        raise BadInput("not_permitted", policy.name, says)
