"""Small makers of clinic rows for tests; each takes only what the test cares about."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from euthymia.care.eligibility import reassuring_facts
from euthymia.clinic.accounts.models import Clinic, Membership, User
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer, viewer_of
from euthymia.clinic.assessments.commands import decide_eligibility, record_facts, sign_consent
from euthymia.clinic.assessments.rules import rules_id
from euthymia.clinic.people.models import Patient
from euthymia.clinic.plans.models import ProtocolVersion
from euthymia.clinic.plans.queries import open_holes, protocol_of

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
_numbers = count(1)


def make_clinic(**fields: Any) -> Clinic:
    number = next(_numbers)
    return Clinic.objects.create(
        **{"name": f"Clinic {number}", "slug": f"clinic-{number}", "country": "US", "time_zone": "UTC"} | fields
    )


def make_viewer(clinic: Clinic, role: Role = Role.PRESCRIBER, **fields: Any) -> Viewer:
    """A member of staff at work in this clinic. `Membership` and `User` rows stand behind it."""
    number = next(_numbers)
    user = User.objects.create(
        username=f"{role.value}-{number}", first_name="Test", last_name=f"Staff{number}", **fields
    )
    return viewer_of(Membership.objects.create(user=user, clinic=clinic, role=role))


def make_patient(clinic: Clinic, **fields: Any) -> Patient:
    number = next(_numbers)
    defaults = {
        "record_number": f"T-{number:04d}",
        "given_name": "Ada",
        "family_name": f"Sample{number}",
        "birth_date": date(1984, 5, 17),
        "sex": "female",
        "email": f"ada{number}@example.org",
        "created_at": NOW,
        "invented": True,
    }
    return Patient.objects.create(clinic=clinic, **defaults | fields)


def plausible(row: ProtocolVersion) -> dict[str, float]:
    """A number in the middle of what each hole finds plausible, by the name of the hole."""
    values = {}
    for hole in open_holes(row):
        assert hole.low is not None
        assert hole.high is not None
        values[hole.name] = round((hole.low + hole.high) / 2)
    return values


def clear(viewer: Viewer, patient: Patient, row: ProtocolVersion, now: datetime, **facts: Any) -> None:
    """Facts that speak for this protocol but for `facts`, consent to it, and an eligibility decision on them."""
    protocol = protocol_of(row)
    answers = reassuring_facts(rules_id(protocol) or "") | facts
    for worked_out in ("consent_signed", "age_y", "birth_date"):
        answers.pop(worked_out, None)
    record_facts(viewer, patient, answers, now)
    sign_consent(viewer, patient, protocol, signed_name=str(patient), text_version="2026.1", now=now)
    decide_eligibility(viewer, patient, protocol, now=now)


def sign_in(client: Any, viewer: Viewer) -> Any:
    """The Django test client, signed in as this viewer; gives the client back."""
    client.force_login(User.objects.get(pk=viewer.user_id))
    return client
