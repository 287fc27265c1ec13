"""Check-ins in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from euthymia.care.instruments import Instrument, load_instrument
from euthymia.care.reminders import Contact, ReminderRule
from euthymia.clinic.measures.contact_queries import contact_of
from euthymia.clinic.measures.models import WITHOUT_MESSAGE, CheckIn, Response
from euthymia.clinic.measures.queries import STILL_USEFUL
from euthymia.clinic.people.models import Channel


@dataclass(frozen=True, slots=True)
class CheckInRow:
    """One check-in with its state in a word and a colour."""

    check_in: CheckIn
    title: str
    state: str
    look: str
    total: float | None
    may_send: bool
    contact: str = ""
    since: str = ""


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One filled questionnaire in words."""

    at: datetime
    title: str
    total: float | None
    band: str
    source: str


def check_in_rows(
    check_ins: Iterable[CheckIn], now: datetime, zone: ZoneInfo, rule: ReminderRule | None
) -> list[CheckInRow]:
    """Each check-in in words; `rule` is the clinic's where it asks by itself."""
    rows = []
    for one in check_ins:
        row = replace(check_in_row(one, now), contact=contact_words(one, now, zone, rule))
        begun_at = max((draft.kept_at for draft in one.drafts.all()), default=None)
        if begun_at is not None and one.answered_at is None:
            since = f"last answer {begun_at.astimezone(zone):%-d %b, %H:%M}"
            row = replace(row, state="begun, not sent", since=since, look="caution")
        rows.append(row)
    return rows


def contact_words(check_in: CheckIn, now: datetime, zone: ZoneInfo, rule: ReminderRule | None) -> str:
    """How many messages went out, and when the next one will by itself."""
    rows = [row for row in check_in.messages.all() if row.way not in WITHOUT_MESSAGE]
    counts = (
        (sum(row.sent_at is not None for row in rows), "sent"),
        (sum(bool(row.failed) for row in rows), "failed"),
        (sum(row.sent_at is None and not row.failed for row in rows), "perhaps sent"),
    )
    words = [f"{count} {what}" for count, what in counts if count]
    if rule is not None and check_in.patient.channel != Channel.NONE:
        following = contact_of(check_in, rule, zone, now)
        if following.contact is Contact.SEND:
            words.append("the next one goes out now")
        elif following.at is not None:
            words.append(f"the next one {following.at.astimezone(zone):%-d %b, %H:%M}")
    return ", ".join(words)


def check_in_row(check_in: CheckIn, now: datetime) -> CheckInRow:
    title = load_instrument(check_in.instrument).title
    if check_in.answered_at is not None:
        return CheckInRow(check_in, title, "answered", "ok", check_in.response.total, False)
    if check_in.due_at > now:
        return CheckInRow(check_in, title, "not due yet", "quiet", None, True)
    if check_in.due_at < now - STILL_USEFUL:
        return CheckInRow(check_in, title, "not answered", "quiet", None, False)
    if check_in.expires_at is not None and check_in.expires_at < now:
        return CheckInRow(check_in, title, "link expired", "caution", None, True)
    return CheckInRow(check_in, title, "sent, no answer yet" if check_in.sent_at else "due", "caution", None, True)


@dataclass(frozen=True, slots=True)
class FormRow:
    """One published form of a questionnaire, and whether it is the one on screen."""

    name: str
    words: str
    note: str
    is_shown: bool


def form_rows(instrument: Instrument, shown: str) -> list[FormRow]:
    """The forms to choose from; empty where there is only one."""
    if len(instrument.variants) == 1:
        return []
    return [FormRow(one.name, one.name.replace("_", " "), one.note, one.name == shown) for one in instrument.variants]


def score_in_words(response: Response) -> str:
    """What came of a filled form: its total, else its level, else why there is neither."""
    if response.total is not None:
        return f"{response.total:g}"
    if response.band:
        return response.band.replace("_", " ")
    return "no total, answers are missing" if response.missing else "kept, it has no total"


def answer_rows(responses: Iterable[Response]) -> list[AnswerRow]:
    """Every answer, newest first."""
    return [
        AnswerRow(
            response.at,
            load_instrument(response.instrument).title,
            response.total,
            response.band.replace("_", " "),
            response.get_source_display(),
        )
        for response in sorted(responses, key=lambda row: row.at, reverse=True)
    ]
