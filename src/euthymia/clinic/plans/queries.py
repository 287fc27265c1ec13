"""Reading protocols as this clinic holds them, and the plans made from them."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from django.http import Http404

from euthymia.care.decision import Allowed, Decision, Level, Reason, combine, decide
from euthymia.care.protocol import Hole, Protocol, holes
from euthymia.care.protocol_document import content_hash, parse_protocol
from euthymia.care.protocol_signature import Signature, ready
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.plans.models import Plan, PlanState, ProtocolVersion

# The best-studied route first, wherever protocols stand side by side.
ROUTE_ORDER = {"iv": 0, "im": 1, "sc": 2, "nasal": 3}
# Where a row in hand keeps its content as one text, beside the very content it was written from.
KEPT_TEXT = "_content_and_text"


def protocol_of(row: ProtocolVersion) -> Protocol:
    """What this version says, as the value the rules work with."""
    return _parsed(_text(row))


def open_holes(row: ProtocolVersion) -> tuple[Hole, ...]:
    """The numbers this version still leaves open."""
    return _holes(_text(row))


def _text(row: ProtocolVersion) -> str:
    """The content as one text, written once for each row in hand: a page asks dozens of times."""
    kept: tuple[dict[str, Any], str] | None = row.__dict__.get(KEPT_TEXT)
    if kept is None or kept[0] is not row.content:
        kept = row.__dict__[KEPT_TEXT] = (row.content, json.dumps(row.content, sort_keys=True))
    return kept[1]


# A version's content never changes and every page about a person asks for it, so what follows from it is kept.
@lru_cache(maxsize=256)
def _parsed(content: str) -> Protocol:
    document: dict[str, Any] = json.loads(content)
    return parse_protocol(document)


@lru_cache(maxsize=256)
def _holes(content: str) -> tuple[Hole, ...]:
    return holes(_parsed(content))


@lru_cache(maxsize=256)
def _ready(content: str, signature: Signature | None) -> Decision:
    return ready(_parsed(content), signature)


def signature_of(row: ProtocolVersion) -> Signature | None:
    """The medical lead's signature under this version; None while nobody signed."""
    if row.signed_at is None:
        return None
    return Signature(row.signed_name, row.signed_meaning, row.signed_at, row.signed_hash)


def readiness(row: ProtocolVersion) -> Decision:
    """Whether a plan may rest on this version: no hole, signed as it stands, and stored as it was made."""
    return combine(_ready(_text(row), signature_of(row)), stored_whole(row))


def stored_whole(row: ProtocolVersion) -> Decision:
    """Whether the content read from the database is the one that was sealed when the version was made."""
    if _hash(_text(row)) == row.content_hash:
        return Allowed()
    says = "The stored content is not what was sealed when this version was made. Do not use it; restore a backup."
    return decide([Reason("protocol_stored", Level.STOP, "protocol.content", row.content_hash[:12], says=says)])


@lru_cache(maxsize=256)
def _hash(content: str) -> str:
    return content_hash(_parsed(content))


def protocol_versions(actor: Actor) -> list[ProtocolVersion]:
    """Every version of every protocol of the clinic, by protocol, newest first."""
    rows = visible_to(actor, ProtocolVersion).select_related("signed_by")
    return list(rows.order_by("protocol_id", "-created_at", "-pk"))


def current_versions(actor: Actor) -> list[ProtocolVersion]:
    """One row per protocol, by route: the newest that was not retired."""
    rows = (row for row in protocol_versions(actor) if row.retired_at is None)
    newest: dict[str, ProtocolVersion] = {}
    for row in rows:
        newest.setdefault(row.protocol_id, row)
    return sorted(newest.values(), key=lambda row: ROUTE_ORDER.get(row.content.get("route", ""), len(ROUTE_ORDER)))


def usable_versions(actor: Actor) -> dict[str, ProtocolVersion]:
    """By protocol id, the newest version that is signed and complete; what plans are made from."""
    usable: dict[str, ProtocolVersion] = {}
    for row in protocol_versions(actor):
        if row.retired_at is None and row.protocol_id not in usable and isinstance(readiness(row), Allowed):
            usable[row.protocol_id] = row
    return usable


def version_for(actor: Actor, protocol_id: str) -> ProtocolVersion | None:
    """The version the clinic works with: the usable one, else the newest, else None."""
    usable = usable_versions(actor).get(protocol_id)
    return usable or next((row for row in current_versions(actor) if row.protocol_id == protocol_id), None)


def newest_version(actor: Actor, protocol_id: str) -> ProtocolVersion | None:
    """The version of a protocol that was made last, in use or not; None when the clinic has none."""
    rows = visible_to(actor, ProtocolVersion).filter(protocol_id=protocol_id)
    return rows.order_by("-created_at", "-pk").first()


def last_signed(actor: Actor, protocol_id: str, before: ProtocolVersion) -> ProtocolVersion | None:
    """The version of a protocol that was signed last, other than this one; None when none was."""
    rows = visible_to(actor, ProtocolVersion).filter(protocol_id=protocol_id).exclude(signed_at=None)
    return rows.exclude(pk=before.pk).order_by("-signed_at", "-pk").first()


def compared_before_signing(actor: Actor, row: ProtocolVersion) -> ProtocolVersion | None:
    """What a signer compares with: the version signed last, else what it was made from, else nothing."""
    signed = last_signed(actor, row.protocol_id, row)
    parent = protocol_of(row).parent
    if signed is not None or parent is None:
        return signed
    return visible_to(actor, ProtocolVersion).filter(protocol_id=parent.id, version=parent.version).first()


def newer_signed(actor: Actor, row: ProtocolVersion) -> ProtocolVersion | None:
    """The version in use now, when it is not this one: what a plan made from this one may move to."""
    usable = usable_versions(actor).get(row.protocol_id)
    return None if usable is None or usable.pk == row.pk else usable


def find_version(actor: Actor, protocol_id: str, version: str) -> ProtocolVersion:
    """One version of the actor's clinic; another clinic's looks like one that does not exist."""
    rows = visible_to(actor, ProtocolVersion).select_related("signed_by")
    row = rows.filter(protocol_id=protocol_id, version=version).first()
    if row is None:
        raise Http404
    return row


def active_plan(actor: Actor, patient: Patient) -> Plan | None:
    """The plan this person is treated on now; None before the first and after the last."""
    rows = visible_to(actor, Plan).filter(patient=patient, state=PlanState.ACTIVE)
    return rows.select_related("protocol_version", "signed_by").first()


def plans_of(actor: Actor, patient: Patient) -> list[Plan]:
    """Every plan of this person, newest first."""
    rows = visible_to(actor, Plan).filter(patient=patient)
    return list(rows.select_related("protocol_version", "signed_by").order_by("-signed_at"))
