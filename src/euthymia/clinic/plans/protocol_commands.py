"""The life of a protocol in a clinic: cloned, edited, brought in as a file, retired. Filled and signed: `commands`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from euthymia.care.protocol import Protocol
from euthymia.care.protocol_change import clone, edit, next_version, retire
from euthymia.care.protocol_document import content_hash
from euthymia.clinic.accounts.policies import SIGN_PROTOCOLS, insist
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.people.commands import hold_clinic
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.plans.commands import SHORTEST_REASON, new_version, next_name, replace_draft, still_in_use
from euthymia.clinic.plans.lineage import refuse_looser
from euthymia.clinic.plans.models import ProtocolVersion
from euthymia.clinic.plans.queries import newest_version, protocol_of
from euthymia.errors import ProtocolError

LONGEST_VERSION = 20


@transaction.atomic
def clone_protocol(
    viewer: Viewer, row: ProtocolVersion, *, new_id: str, version: str, title: str, now: datetime
) -> ProtocolVersion:
    """A draft of the clinic's own made from this version; its limits may only be tighter.

    A retired version may be cloned. Refuses an id and version that are here already (ProtocolError).
    """
    insist(viewer, SIGN_PROTOCOLS)
    hold_clinic(viewer)
    made = clone(protocol_of(row), new_id, version, title)
    if visible_to(viewer, ProtocolVersion).filter(protocol_id=made.id).exists():
        raise ProtocolError("id_taken", "id", f"'{made.id}' is here already. Choose another name.")
    return new_version(viewer, made, now, detail={"made_from": str(row)})


@transaction.atomic
def edit_protocol(
    viewer: Viewer,
    row: ProtocolVersion,
    changes: Mapping[str, Any],
    *,
    reason: str,
    seen: str = "",
    now: datetime,
) -> ProtocolVersion:
    """A new version with these places changed; what was signed stays as it was and in use until the new one is signed.

    changes: path → value, as `care.protocol_change.edit`.   reason: where the clinic's own numbers come from.
    seen: the newest version when the page was opened.   Refuses (ProtocolError) with the path of the change, one that
    loosens a limit of the parent, and an edit of what somebody else changed meanwhile.
    """
    insist(viewer, SIGN_PROTOCOLS)
    hold_clinic(viewer)
    row = still_in_use(viewer, row)
    if len(reason.strip()) < SHORTEST_REASON:
        says = f"Say what this change rests on, in at least {SHORTEST_REASON} letters."
        raise ProtocolError("missing_reason", "reason", says)
    newest = newest_version(viewer, row.protocol_id)
    if seen and newest is not None and newest.version != seen:
        who = newest.made_by or "Somebody"
        says = f"{who} made version {newest.version} since you opened this page. Compare with it before you go on."
        raise ProtocolError("changed_meanwhile", "seen", says)
    before = protocol_of(row)
    edited = edit(before, changes, f"{viewer.name}: {reason.strip()}")
    if content_hash(edited) == row.content_hash:
        raise ProtocolError("nothing_changed", "", "Nothing was changed, so no new version was made.")
    made = next_version(before, edited, next_name(viewer, row))
    refuse_looser(viewer, made)
    new = new_version(viewer, made, now, detail={"made_from": str(row), "changed": str(len(changes))})
    replace_draft(row, now)
    return new


@transaction.atomic
def upload_protocol(viewer: Viewer, protocol: Protocol, *, now: datetime) -> ProtocolVersion:
    """A protocol from a file as an unsigned version; the same file again changes nothing.

    Refuses (ProtocolError) another content under an id and version that are here, and a looser limit than its parent.
    """
    insist(viewer, SIGN_PROTOCOLS)
    hold_clinic(viewer)
    rows = visible_to(viewer, ProtocolVersion).filter(protocol_id=protocol.id, version=protocol.version)
    there = rows.filter(content_hash=content_hash(protocol)).first()
    if there is not None:
        return there
    if len(protocol.version) > LONGEST_VERSION:
        raise ProtocolError("too_long", "version", f"At most {LONGEST_VERSION} letters fit here.")
    if rows.exists():
        says = f"{protocol.id} {protocol.version} is here already and says something else. Give the file a new version."
        raise ProtocolError("version_taken", "version", says)
    refuse_looser(viewer, protocol)
    return new_version(viewer, protocol, now, action=Action.IMPORT)


@transaction.atomic
def retire_protocol(viewer: Viewer, row: ProtocolVersion, *, reason: str, now: datetime) -> ProtocolVersion:
    """Take a version out of use with a reason: no new plan starts on it; plans made from it can be read as before.

    Retiring twice changes nothing.   Refuses a reason that says nothing (ProtocolError).
    """
    insist(viewer, SIGN_PROTOCOLS)
    hold_clinic(viewer)
    row.refresh_from_db()
    if row.retired_at is not None:
        return row
    retirement = retire(viewer.name, reason, now)
    row.retired_at = retirement.at
    row.retired_name, row.retired_reason = retirement.name, retirement.reason[:300]
    row.save(update_fields=["retired_at", "retired_name", "retired_reason"])
    record(viewer, Action.CHANGE, "protocol_version", now=now, subject_id=str(row)[:60], detail={"state": "retired"})
    return row
