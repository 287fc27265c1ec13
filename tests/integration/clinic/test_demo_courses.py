"""The demonstration shows courses that come to an end: a taper under way, a held one, and two that are over."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.utils import timezone
from tests.builders import sign_in

from euthymia.clinic.demo.build import build_clinic
from euthymia.clinic.demo.cast import HARBOUR, invented_people
from euthymia.clinic.demo.courses import LAST_PARTS, LEAST_PEOPLE, build_last_part, last_part_for
from euthymia.clinic.measures.models import Response
from euthymia.clinic.people.models import CarePhase, Patient
from euthymia.clinic.plans.models import TaperStep

pytestmark = pytest.mark.django_db


def test_each_last_part_is_made_and_seen_where_it_matters(client: Any) -> None:
    now = timezone.now()
    rng = np.random.default_rng(1)
    team = build_clinic(HARBOUR, now)
    cast = invented_people(len(LAST_PARTS), rng, now.date())
    for part, who in zip(LAST_PARTS, cast, strict=True):
        build_last_part(part, who, team, rng, now)
    going, held, well, unhelped = (Patient.objects.get(email=who.email) for who in cast)
    assert [step.interval_days for step in TaperStep.objects.filter(plan__patient=going)] == [14, 21]
    today = sign_in(client, team.lead).get("/today/").content.decode()
    stopping = today.split('id="group-taper"')[1].split("</section>")[0]
    assert str(held) in stopping
    assert str(going) not in stopping
    assert "In a taper" in client.get(f"/people/{going.pk}/").content.decode()
    assert "The taper must not go on as it is" in client.get(f"/people/{held.pk}/").content.decode()
    for patient, words in ((well, "Remission held"), (unhelped, "No benefit by the protocol")):
        assert patient.phase == CarePhase.FOLLOW_UP
        home = client.get(f"/people/{patient.pk}/").content.decode()
        assert "The course has ended" in home
        assert words in home
    assert Response.objects.filter(patient=well, total__lt=5).exists()


def test_a_small_cast_spares_nobody() -> None:
    assert {last_part_for(number, LEAST_PEOPLE - 1) for number in range(LEAST_PEOPLE)} == {None}
    assert [part for number in range(LEAST_PEOPLE) if (part := last_part_for(number, LEAST_PEOPLE))] == [*LAST_PARTS]
