"""Limits of one person: their words, those that hold, and the protocol asked with them."""

from __future__ import annotations

from datetime import datetime

from euthymia.care.decision import Level
from euthymia.care.person_limits import own_limit, tightest
from euthymia.care.protocol import Limit, Measure, Protocol
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.plans.models import PersonLimit

MEASURE_WORDS = {
    Measure.DOSE_MG: "One dose at most, mg",
    Measure.DOSE_MG_PER_KG: "One dose at most, mg/kg",
    Measure.INTERVAL_H: "Hours between two doses at least",
    Measure.DOSES_IN_7_DAYS: "Doses in seven days at most",
    Measure.MG_IN_7_DAYS: "Milligrams in seven days at most",
}
LEVEL_WORDS = {
    Level.STOP: "Stop: nothing goes beyond it",
    Level.HOLD: "Hold: a prescriber may accept more, with a reason",
}


def own_limits(actor: Actor, patient: Patient) -> list[PersonLimit]:
    """Every limit ever set for this person, the ended ones too, oldest first."""
    return list(visible_to(actor, PersonLimit).filter(patient=patient))


def limit_of(row: PersonLimit) -> Limit:
    """The row as care understands it. Its name says whose it is and stays the same, so that an accepted hold is of
    this very limit."""
    name = f"own_{row.measure}_{row.pk}"
    return own_limit(name, Measure(row.measure), row.value, Level(row.level), set_by=f"{row.set_name}: {row.because}")


def limited(actor: Actor, patient: Patient, protocol: Protocol, at: datetime) -> Protocol:
    """The protocol with the limits that held for this person at `at`; the stricter speaks."""
    rows = [row for row in own_limits(actor, patient) if row.set_at <= at and (not row.ended_at or row.ended_at > at)]
    return tightest(protocol, [limit_of(row) for row in rows])
