"""How the clinic asks for answers, and the round that asks by itself."""

from __future__ import annotations

import logging
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from euthymia.care.reminders import ReminderRule
from euthymia.clinic.accounts.models import Clinic
from euthymia.clinic.accounts.policies import SET_CONTACT_RULES, insist
from euthymia.clinic.accounts.viewer import System, Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.measures.contact_queries import clinics_that_ask, contact_rules, reminder_rule, to_send
from euthymia.clinic.measures.link_commands import send_check_in
from euthymia.clinic.measures.models import ContactRules
from euthymia.errors import BadInput

log = logging.getLogger("euthymia.measures")
BY_ITSELF = "reminders"
# In one round; what is left goes out in the next, a minute later, and a provider's limit is not run into.
MOST_AT_ONCE = 30


@transaction.atomic
def set_contact_rules(viewer: Viewer, rule: ReminderRule, *, automatic: bool, now: datetime) -> ContactRules:
    """How often, when, and whether by itself. A new row; the earlier ones stay."""
    insist(viewer, SET_CONTACT_RULES)
    row = ContactRules.objects.create(
        clinic_id=viewer.clinic_id,
        automatic=automatic,
        again_after_h=rule.again_after_h,
        reminders=rule.reminders,
        quiet_from=rule.quiet_from,
        quiet_until=rule.quiet_until,
        set_at=now,
        set_by_id=viewer.user_id,
    )
    record(viewer, Action.CREATE, "contact_rules", now=now, subject_id=row.pk, detail={"automatic": automatic})
    return row


def send_due(now: datetime) -> str:
    """One round over every clinic that asks by itself; gives what was done in a few words.

    Whoever cannot be reached is left for the next round. A server that takes no message ends the clinic's round: the
    rest would fail like the first.
    """
    told = [words for clinic in clinics_that_ask() if (words := _round(clinic, now))]
    return "; ".join(told) or "nothing to send"


def _round(clinic: Clinic, now: datetime) -> str:
    actor, sent = System(clinic.pk, BY_ITSELF), 0
    row = contact_rules(actor)
    if row is None:
        return ""
    for check_in in to_send(actor, reminder_rule(row), ZoneInfo(clinic.time_zone), now)[:MOST_AT_ONCE]:
        try:
            send_check_in(actor, check_in, now)
        except BadInput as refusal:
            if refusal.code == "message_failed":
                log.error("messages are not taken", extra={"code": refusal.code})
                return f"{clinic.name}: {sent} sent, then the server that sends took no more"
        else:
            sent += 1
    return f"{clinic.name}: {sent} sent" if sent else ""
