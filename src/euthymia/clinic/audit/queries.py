"""Reading the access log back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

from django.db.models import QuerySet

from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.chain import GENESIS, Anchor, Finding, Sealed, verify
from euthymia.clinic.audit.models import AuditEntry, ChainHead
from euthymia.errors import BadInput


def entries_visible_to(viewer: Viewer) -> QuerySet[AuditEntry]:
    """The viewer's clinic's entries, newest first."""
    return AuditEntry.objects.filter(clinic_id=viewer.clinic_id).order_by("-sequence")


def verify_log(anchors: tuple[Anchor, ...] = ()) -> list[Finding]:
    """Walk the whole log against its own seals, the recorded head, and any anchors kept outside."""
    head = ChainHead.objects.filter(pk=1).first()
    own = (Anchor(head.sequence, head.hash),) if head else ()
    return verify(sealed_rows(), own + anchors)


def sealed_rows() -> Iterator[tuple[Sealed, str, str]]:
    """Every entry as (content, previous hash, hash), oldest first."""
    for row in AuditEntry.objects.order_by("sequence").iterator(chunk_size=2000):
        yield sealed(row), row.previous_hash, row.hash


def sealed(row: AuditEntry) -> Sealed:
    """What the hash of a stored entry covers."""
    values = {name: getattr(row, name) for name in Sealed.__slots__ if name not in {"at", "patient_id"}}
    at = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    return Sealed(**values, at=at, patient_id=str(row.patient_id) if row.patient_id else None)


def current_anchor() -> Anchor:
    """Where the log ends now."""
    head = ChainHead.objects.filter(pk=1).first()
    return Anchor(head.sequence, head.hash) if head else Anchor(0, "")


def read_anchors(path: Path) -> tuple[Anchor, ...]:
    """The anchors a file holds: one `sequence hash` a line; a missing file holds none."""
    if not path.exists():
        return ()
    lines = (line for line in path.read_text().splitlines() if line.strip())
    return tuple(_anchor(line, number) for number, line in enumerate(lines, 1))


def _anchor(line: str, number: int) -> Anchor:
    """One line of an anchors file; a line that says nothing is refused, or a damaged file would prove nothing."""
    sequence, _, entry_hash = line.strip().partition(" ")
    if not (sequence.isdecimal() and len(entry_hash) == len(GENESIS)):
        raise BadInput("not_an_anchor", f"line {number}", "Each line of an anchors file is: number, space, hash.")
    return Anchor(int(sequence), entry_hash)
