"""What waited on a tablet while the server was away: whose it is, and what others wrote in the meantime."""

from __future__ import annotations

from datetime import datetime

from django.utils.crypto import salted_hmac
from django.utils.dateparse import parse_datetime

from euthymia.care.session import SessionState
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.sessions.note import detail_of
from euthymia.clinic.sessions.wording import KINDS
from euthymia.errors import BadInput

# As many lines as a nurse reads while deciding about one entry.
MOST_LINES = 6


def pen_name(viewer: Viewer) -> str:
    """Under which name a tablet keeps this person's entries: the same each time, and telling nothing by itself."""
    return salted_hmac("euthymia.bedside", f"{viewer.clinic_id}.{viewer.user_id}", algorithm="sha256").hexdigest()[:32]


def refuse_other_author(viewer: Viewer, typed_by: str) -> None:
    """Refuses an entry that somebody else typed on this tablet: it is never written under a new name."""
    if typed_by != pen_name(viewer):
        message = "Somebody else wrote this entry on this tablet. It is sent when that person signs in."
        raise BadInput("other_author", "typed_by", message)


def written_meanwhile(state: SessionState, viewer: Viewer, since: str) -> list[str]:
    """What others wrote in this session after the page had last heard from the server, in words, newest last."""
    seen_at = _instant(since)
    if seen_at is None:
        return []
    others = [event for event in state.entries if event.recorded_at > seen_at and event.by != viewer.name]
    newest = sorted(others, key=lambda event: event.recorded_at)[-MOST_LINES:]
    return [
        f"{event.by}, {event.at.astimezone(viewer.zone):%H:%M}: {KINDS[event.kind]} {detail_of(event)}".rstrip()
        for event in newest
    ]


def _instant(text: str) -> datetime | None:
    try:
        at = parse_datetime(text)
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None
