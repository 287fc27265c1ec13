"""Writing the access log. Call these inside the transaction of the thing they record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.audit.chain import GENESIS, Sealed, seal
from euthymia.clinic.audit.models import Action, AuditEntry, ChainHead


@dataclass(frozen=True, slots=True)
class Noted:
    """One entry to be. `detail` names fields and counts, not clinical content."""

    actor: Actor
    action: Action
    subject: str
    _: KW_ONLY
    now: datetime
    patient_id: UUID | None = None
    subject_id: object = ""
    detail: dict[str, Any] | None = None


def record(
    actor: Actor,
    action: Action,
    subject: str,
    *,
    now: datetime,
    patient_id: UUID | None = None,
    subject_id: object = "",
    detail: dict[str, Any] | None = None,
) -> AuditEntry:
    """Append one entry. `detail` names fields and counts, not clinical content."""
    noted = Noted(actor, action, subject, now=now, patient_id=patient_id, subject_id=subject_id, detail=detail)
    (entry,) = record_each([noted])
    return entry


@transaction.atomic
def record_each(noted: Iterable[Noted]) -> list[AuditEntry]:
    """Append one entry for each, in this order, with one look at where the chain ends."""
    wanted = list(noted)
    if not wanted:
        return []
    head, _ = ChainHead.objects.select_for_update().get_or_create(pk=1, defaults={"hash": GENESIS})
    rows = []
    for one in wanted:
        entry = Sealed(
            sequence=head.sequence + 1,
            at=one.now.astimezone(UTC).isoformat(timespec="microseconds"),
            clinic_id=one.actor.clinic_id,
            actor_id=one.actor.user_id,
            actor_name=one.actor.name,
            role=one.actor.role.value if one.actor.role else "",
            action=one.action.value,
            subject=one.subject,
            subject_id=str(one.subject_id),
            patient_id=str(one.patient_id) if one.patient_id else None,
            detail=one.detail or {},
        )
        row = AuditEntry(
            **{name: getattr(entry, name) for name in entry.__slots__ if name != "at"},
            at=one.now,
            previous_hash=head.hash,
            hash=seal(entry, head.hash),
        )
        rows.append(row)
        head.sequence, head.hash = entry.sequence, row.hash
    AuditEntry.objects.bulk_create(rows)
    head.save(update_fields=["sequence", "hash"])
    return rows
