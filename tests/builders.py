"""Small makers of clinic rows for tests; each takes only what the test cares about."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from euthymia.clinic.accounts.models import Clinic, Membership, User
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer, viewer_of
from euthymia.clinic.people.models import Patient

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


def sign_in(client: Any, viewer: Viewer) -> Any:
    """The Django test client, signed in as this viewer; gives the client back."""
    client.force_login(User.objects.get(pk=viewer.user_id))
    return client
