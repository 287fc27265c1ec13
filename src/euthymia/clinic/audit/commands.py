"""Writing the access log. Call these inside the transaction of the thing they record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.audit.chain import GENESIS, Sealed, seal
from euthymia.clinic.audit.models import Action, AuditEntry, ChainHead


@transaction.atomic
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
    head, _ = ChainHead.objects.select_for_update().get_or_create(pk=1, defaults={"hash": GENESIS})
    entry = Sealed(
        sequence=head.sequence + 1,
        at=now.astimezone(UTC).isoformat(timespec="microseconds"),
        clinic_id=actor.clinic_id,
        actor_id=actor.user_id,
        actor_name=actor.name,
        role=actor.role.value if actor.role else "",
        action=action.value,
        subject=subject,
        subject_id=str(subject_id),
        patient_id=str(patient_id) if patient_id else None,
        detail=detail or {},
    )
    row = AuditEntry(
        **{name: getattr(entry, name) for name in entry.__slots__ if name != "at"},
        at=now,
        previous_hash=head.hash,
        hash=seal(entry, head.hash),
    )
    row.save(force_insert=True)
    head.sequence, head.hash = entry.sequence, row.hash
    head.save(update_fields=["sequence", "hash"])
    return row
