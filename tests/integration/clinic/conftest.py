"""The people most tests of the clinic begin with; a test file that needs others names its own."""

from __future__ import annotations

import pytest
from tests.builders import make_clinic, make_patient, make_viewer

from euthymia.clinic.accounts.models import Clinic
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.people.models import Patient


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
