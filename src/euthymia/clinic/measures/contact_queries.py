"""Reading how the clinic asks for answers: its rule, what went out, what is due to go out now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, DurationField, F, Min, Q

from euthymia.care.reminders import Contact, NextContact, ReminderRule, next_contact
from euthymia.clinic.accounts.models import Clinic
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.measures.models import WITHOUT_MESSAGE, CheckIn, ContactRules
from euthymia.clinic.measures.queries import STILL_USEFUL
from euthymia.clinic.people.models import Channel
from euthymia.clinic.people.queries import visible_to

# Over how long a clinic looks back when it asks how many answers it gets: short enough that a new rule shows.
LOOK_BACK = timedelta(days=28)
# The worklist calls a check-in unanswered from here on; an answer after that is late.
LATE_AFTER = timedelta(days=1)


def contact_rules(actor: Actor) -> ContactRules | None:
    """The rule that holds now; None while the clinic has set none, and then nothing is sent by itself."""
    return visible_to(actor, ContactRules).select_related("set_by").last()


def reminder_rule(row: ContactRules) -> ReminderRule:
    """The row as the rules of care understand it."""
    return ReminderRule(row.again_after_h, row.reminders, row.quiet_from, row.quiet_until)


def clinics_that_ask() -> list[Clinic]:
    """Every clinic whose newest rule sends by itself."""
    return [clinic for clinic in Clinic.objects.order_by("pk") if _asks_by_itself(clinic)]


def _asks_by_itself(clinic: Clinic) -> bool:
    row = ContactRules.objects.filter(clinic=clinic).last()
    return row is not None and row.automatic


def waiting_check_ins(actor: Actor, now: datetime) -> list[CheckIn]:
    """Check-ins without an answer that are due and still of use, of people who want to be asked, longest due first."""
    rows = visible_to(actor, CheckIn).filter(answered_at=None, due_at__lte=now, due_at__gt=now - STILL_USEFUL)
    rows = rows.exclude(patient__channel=Channel.NONE).select_related("patient", "clinic").prefetch_related("messages")
    return list(rows.order_by("due_at"))


def contact_of(check_in: CheckIn, rule: ReminderRule, zone: ZoneInfo, now: datetime) -> NextContact:
    """What the rule says about this check-in now; a message nobody knows the fate of counts as sent."""
    sent = [row.begun_at for row in check_in.messages.all() if not row.failed and row.way not in WITHOUT_MESSAGE]
    return next_contact(
        check_in.due_at,
        sent,
        rule,
        zone,
        now,
        answered=check_in.answered_at is not None,
        useful_until=check_in.due_at + STILL_USEFUL,
    )


def to_send(actor: Actor, rule: ReminderRule, zone: ZoneInfo, now: datetime) -> list[CheckIn]:
    """Of those that wait, the ones whose message goes out now; one for each person, so that nobody gets two at once."""
    chosen: dict[object, CheckIn] = {}
    for row in waiting_check_ins(actor, now):
        if contact_of(row, rule, zone, now).contact is Contact.SEND:
            chosen.setdefault(row.patient_id, row)
    return list(chosen.values())


@dataclass(frozen=True, slots=True)
class MomentAnswers:
    """What came of one moment after a dose: how many were due, asked for, answered, and answered late."""

    label: str
    due: int
    asked: int
    answered: int
    late: int


def clinic_answers(actor: Actor, now: datetime) -> list[MomentAnswers]:
    """The clinic's check-ins that came due in the last four weeks, moment by moment from the dose on; one query."""
    rows = visible_to(actor, CheckIn).filter(due_at__gt=now - LOOK_BACK, due_at__lte=now).order_by()
    # A link that replaces another clears when it was sent; an answer shows that one was.
    asked = Q(sent_at__isnull=False) | Q(answered_at__isnull=False)
    counted = rows.values("label").annotate(
        after_dose=Min(F("due_at") - F("session__dose_started_at"), output_field=DurationField()),
        due=Count("id"),
        asked=Count("id", filter=asked),
        answered=Count("id", filter=Q(answered_at__isnull=False)),
        late=Count("id", filter=Q(answered_at__gt=F("due_at") + LATE_AFTER)),
    )
    nearest = sorted(counted, key=lambda row: (row["after_dose"] is None, row["after_dose"] or LOOK_BACK, row["label"]))
    return [MomentAnswers(*(row[name] for name in ("label", "due", "asked", "answered", "late"))) for row in nearest]
