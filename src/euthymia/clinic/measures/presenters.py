"""Check-ins in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from euthymia.clinic.measures.models import CheckIn


@dataclass(frozen=True, slots=True)
class CheckInRow:
    """One check-in with its state in a word and a colour."""

    check_in: CheckIn
    state: str
    look: str
    total: float | None
    may_send: bool


def check_in_rows(check_ins: Iterable[CheckIn], now: datetime) -> list[CheckInRow]:
    return [check_in_row(check_in, now) for check_in in check_ins]


def check_in_row(check_in: CheckIn, now: datetime) -> CheckInRow:
    if check_in.answered_at is not None:
        return CheckInRow(check_in, "answered", "ok", check_in.response.total, False)
    if check_in.due_at > now:
        return CheckInRow(check_in, "not due yet", "quiet", None, True)
    if check_in.expires_at is not None and check_in.expires_at < now:
        return CheckInRow(check_in, "link expired", "caution", None, True)
    return CheckInRow(check_in, "sent, no answer yet" if check_in.sent_at else "due", "caution", None, True)
