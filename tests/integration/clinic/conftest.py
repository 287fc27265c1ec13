"""The people most tests of the clinic begin with; a test file that needs others names its own."""

from __future__ import annotations

import pytest
from tests.builders import make_clinic, make_patient, make_viewer
from tests.integration.clinic.monitor_bed import Clock

from euthymia.clinic.accounts import remembered
from euthymia.clinic.accounts.models import Clinic
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.monitors import queries as monitor_queries
from euthymia.clinic.monitors import views as monitor_views
from euthymia.clinic.people.models import Patient


@pytest.fixture(autouse=True)
def nobody_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is looking is asked each time, so that what a page asks of the database is the same on a slow machine."""
    monkeypatch.setattr(remembered, "REMEMBERED_FOR_S", 0.0)


@pytest.fixture
def clinic() -> Clinic:
    return make_clinic()


@pytest.fixture
def prescriber(clinic: Clinic) -> Viewer:
    return make_viewer(clinic, Role.PRESCRIBER)


@pytest.fixture
def lead(clinic: Clinic) -> Viewer:
    return make_viewer(clinic, Role.MEDICAL_LEAD)


@pytest.fixture
def patient(clinic: Clinic) -> Patient:
    return make_patient(clinic)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """What the views take for now; it moves only when the test says so."""
    made = Clock()
    monitor_queries.forget()
    monitor_views.forget()
    monkeypatch.setattr("django.utils.timezone.now", made.now)
    return made
