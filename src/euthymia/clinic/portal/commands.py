"""Opening a person's own pages with a code, and the journal they write there."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings as django_settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from euthymia.clinic.accounts.viewer import System
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.measures.link_commands import hash_of
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import find_or_404
from euthymia.clinic.portal.models import JournalEntry, SignInCode
from euthymia.clinic.portal.queries import newest_code, person_with
from euthymia.errors import BadInput

CODE_LIVES = timedelta(minutes=10)
CODE_DIGITS = 6
# One in a million each, so five tries on each of three codes in a quarter of an hour guess one in 70,000.
MOST_TRIES = 5
MOST_CODES, CODES_WITHIN = 3, timedelta(minutes=15)
LONGEST_ENTRY = 5000
BY_PERSON = "the person, on their own pages"

Sending = Callable[[], object]


@transaction.atomic
def ask_code(email: str, birth_date: date, browser: str, now: datetime) -> Sending | None:
    """A code for whoever has this address and birth date; gives what sends it, or None.

    Nobody learns from the answer whether such a person exists, so the caller says the same either way and does not wait
    for the sending. browser: a secret kept in this browser's session alone; the code works there and nowhere else.
    """
    patient = person_with(email, birth_date)
    if patient is None:
        return None
    recent = SignInCode.objects.select_for_update().filter(patient=patient, asked_at__gt=now - CODES_WITHIN)
    if recent.count() >= MOST_CODES:
        return None
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    row = SignInCode.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        code_hash=hash_of(f"{browser}:{code}"),
        browser_hash=hash_of(browser),
        asked_at=now,
        expires_at=now + CODE_LIVES,
    )
    actor = System(patient.clinic_id, BY_PERSON)
    record(actor, Action.CREATE, "sign_in_code", now=now, patient_id=patient.id, subject_id=row.pk)
    return partial(mail_code, patient.email, patient.language, code)


def mail_code(address: str, language: str, code: str) -> None:
    """The code and nothing else."""
    with override(language):
        text = _("Your code: %(code)s. It works for ten minutes, in the browser where you asked for it.") % {
            "code": code
        }
        send_mail(_("Your code"), text, django_settings.DEFAULT_FROM_EMAIL, [address])


def enter_code(browser: str, code: str, now: datetime) -> Patient:
    """The person whose pages this code opens. Refuses (BadInput) in one sentence whatever was wrong; a code is spent
    after five tries."""
    patient = _spend(browser, code, now)
    if patient is None:
        raise BadInput(
            "wrong_code", "code", _("This code does not work, or no longer. Check it, or ask for a new one.")
        )
    return patient


@transaction.atomic
def _spend(browser: str, code: str, now: datetime) -> Patient | None:
    row = newest_code(hash_of(browser), now)
    if row is None or row.tries >= MOST_TRIES:
        return None
    row.tries += 1
    right = hmac.compare_digest(row.code_hash, hash_of(f"{browser}:{code.strip()}"))
    row.used_at = now if right else None
    row.save(update_fields=["tries", "used_at"])
    actor = System(row.clinic_id, BY_PERSON)
    action = Action.READ if right else Action.REFUSE
    record(actor, action, "own_pages", now=now, patient_id=row.patient_id, subject_id=row.pk)
    return row.patient if right else None


@transaction.atomic
def write_entry(patient: Patient, text: str, *, shared: bool, now: datetime) -> JournalEntry:
    """One more entry of the journal; refuses (BadInput) an empty one and one that is too long."""
    words = text.strip()
    if not words:
        raise BadInput("empty", "text", _("Write something first."))
    if len(words) > LONGEST_ENTRY:
        raise BadInput("too_long", "text", _("This is too long. Write it as two entries."))
    row = JournalEntry.objects.create(
        clinic_id=patient.clinic_id, patient=patient, text=words, at=now, shared_at=now if shared else None
    )
    _note(patient, Action.CREATE, row, now)
    return row


@transaction.atomic
def share_entry(patient: Patient, entry_id: UUID, now: datetime) -> JournalEntry:
    """Show an entry to the care team from now on. What they have read cannot be unread, so there is no way back."""
    row = _own(patient, entry_id)
    if row.shared_at is None:
        row.shared_at = now
        row.save(update_fields=["shared_at"])
        _note(patient, Action.CHANGE, row, now)
    return row


@transaction.atomic
def delete_entry(patient: Patient, entry_id: UUID, now: datetime) -> None:
    """Take a private entry away for good. A shared one is part of what the clinic knows, and stays (BadInput)."""
    row = _own(patient, entry_id)
    if row.shared_at is not None:
        raise BadInput("shared", "entry", _("You shared this entry with your clinic, so it stays."))
    _note(patient, Action.CHANGE, row, now)
    row.delete()


def _own(patient: Patient, entry_id: UUID) -> JournalEntry:
    row: JournalEntry = find_or_404(System(patient.clinic_id, BY_PERSON), JournalEntry, id=entry_id, patient=patient)
    return row


def _note(patient: Patient, action: Action, row: JournalEntry, now: datetime) -> None:
    actor = System(patient.clinic_id, BY_PERSON)
    record(actor, action, "journal", now=now, patient_id=patient.id, subject_id=row.id)
