"""The facts the rules see: what somebody answered here, and what the record says, each with where it is from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from euthymia.care.episode import Status
from euthymia.care.resistance import meets_definition
from euthymia.care.session_events import EventKind
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.assessments.adequacy import adequacy_of
from euthymia.clinic.assessments.episode import history_of
from euthymia.clinic.assessments.models import FactEntry
from euthymia.clinic.assessments.picture import picture_of
from euthymia.clinic.people.models import Patient, RecordEntry, RecordKind
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.people.shell import age_on
from euthymia.clinic.sessions.models import SessionEventRow

# Fact → the LOINC code of the record line that supplies it.
FROM_RECORD = {
    "systolic_mmhg": "8480-6",
    "diastolic_mmhg": "8462-4",
    "heart_rate_per_min": "8867-4",
    "weight_kg": "29463-7",
    "height_cm": "8302-2",
}
PRESSURES = ("systolic_mmhg", "diastolic_mmhg")
# A house rule of the form, no clinical threshold: an older pressure is measured again before it speaks for today.
PRESSURE_COUNTS_FOR = timedelta(days=30)
RESISTANT = "resistance_definition_met"
EPISODE = "depressive_episode"
# How the source of a fact begins that no record and no person said.
WORKED_OUT_FROM = "worked out from"
# Kept with a decision: which settings made the answer. No rule asks for it.
ADEQUACY_VERSION = "adequacy_version"
# A medication line in one of these states is no longer taken.
NOT_TAKEN = {"stopped", "completed", "cancelled", "entered-in-error", "draft", "not-taken", "ended", "on-hold"}


@dataclass(frozen=True, slots=True)
class KnownFact:
    """One fact with where it comes from. `answered` says that somebody here answered it, rather than the record."""

    name: str
    value: Any
    at: datetime | None
    source: str
    answered: bool


def known_facts(
    actor: Actor, patient: Patient, now: datetime, *, entries: Mapping[str, FactEntry] | None = None
) -> dict[str, KnownFact]:
    """Everything known, by name. An answer given here outranks the record; one taken back leaves the record's.

    entries: `latest_entries`, where they are already at hand.
    """
    facts = recorded_facts(actor, patient, now)
    entries = latest_entries(actor, patient) if entries is None else entries
    for entry in entries.values():
        if entry.value is not None and not outdated(entry, facts.get(entry.name), now):
            facts[entry.name] = KnownFact(entry.name, entry.value, entry.at, str(entry.by), answered=True)
    if EPISODE not in facts:
        picture = picture_of(actor, patient, now, entries=entries)
        laid_out = f"{WORKED_OUT_FROM} the criteria of the episode"
        if picture.status is not Status.NOT_ASKED:
            facts[EPISODE] = KnownFact(EPISODE, picture.status is Status.MET, None, laid_out, answered=False)
    history = history_of(actor, patient, {name: fact.value for name, fact in facts.items()})
    found = meets_definition(history, adequacy_of(actor))
    source = f"{WORKED_OUT_FROM} the earlier treatments, adequacy settings {found.adequacy_version}"
    if found.met is not None:
        facts[RESISTANT] = KnownFact(RESISTANT, found.met, None, source, answered=False)
        facts[ADEQUACY_VERSION] = KnownFact(ADEQUACY_VERSION, found.adequacy_version, None, source, answered=False)
    return facts


def latest_entries(actor: Actor, patient: Patient) -> dict[str, FactEntry]:
    """The newest answer to each question, those taken back included."""
    rows = visible_to(actor, FactEntry).filter(patient=patient).select_related("by").order_by("at", "pk")
    return {row.name: row for row in rows}


def recorded_facts(actor: Actor, patient: Patient, now: datetime) -> dict[str, KnownFact]:
    """What the record says by itself: age, sex, the newest measurements, the medicines taken now."""
    facts: dict[str, KnownFact] = {}
    age_y = age_on(patient.birth_date, now.date())
    if age_y is not None and patient.birth_date is not None:
        facts["age_y"] = KnownFact("age_y", age_y, None, f"born {patient.birth_date:%d %B %Y}", answered=False)
    if patient.sex in {"female", "male"}:
        facts["sex"] = KnownFact("sex", patient.sex, None, "person's record", answered=False)
    for name, line in newest_measurements(actor, patient, now).items():
        value = None if line.value is None else round(line.value, 1)
        facts[name] = KnownFact(name, value, line.at, line.source, answered=False)
    for name, fact in bedside_pressures(actor, patient, now).items():
        earlier = facts.get(name)
        if earlier is None or (fact.at and earlier.at and fact.at > earlier.at):
            facts[name] = fact
    names = medications(actor, patient)
    if names:
        facts["medications"] = KnownFact("medications", names, None, "medications of the record", answered=False)
    return facts


def newest_measurements(actor: Actor, patient: Patient, now: datetime) -> dict[str, RecordEntry]:
    """Fact → the newest line of the record that supplies it; a pressure of long ago says nothing about today."""
    codes = {code: name for name, code in FROM_RECORD.items()}
    rows = visible_to(actor, RecordEntry).filter(patient=patient, code__in=codes, value__isnull=False, at__isnull=False)
    lines = {codes[row.code]: row for row in rows.order_by("at", "pk")}
    return {name: line for name, line in lines.items() if name not in PRESSURES or counts_today(line.at, now)}


def bedside_pressures(actor: Actor, patient: Patient, now: datetime) -> dict[str, KnownFact]:
    """The pressure of the newest look at this person in a visit, while it counts."""
    looks = visible_to(actor, SessionEventRow).filter(session__patient=patient, kind=EventKind.VITALS.value)
    recent = looks.filter(at__gt=now - PRESSURE_COUNTS_FOR, at__lte=now, payload__has_key=PRESSURES[0])
    look = recent.exclude(corrections__isnull=False).order_by("-at").first()
    if look is None:
        return {}
    about = (look.at, f"measured in a visit by {look.by}")
    return {name: KnownFact(name, look.payload[name], *about, answered=False) for name in PRESSURES}


def outdated(entry: FactEntry, measured: KnownFact | None, now: datetime) -> bool:
    """A pressure somebody typed is outdated when it is old, or when a newer one was measured."""
    if entry.name not in PRESSURES:
        return False
    newer = measured is not None and measured.at is not None and measured.at > entry.at
    return newer or not counts_today(entry.at, now)


def counts_today(at: datetime | None, now: datetime) -> bool:
    return at is not None and now - at <= PRESSURE_COUNTS_FOR


def medications(actor: Actor, patient: Patient) -> list[str]:
    """The medicines the record says are taken now, each once."""
    rows = visible_to(actor, RecordEntry).filter(patient=patient, kind=RecordKind.MEDICATION)
    taken = (row.display for row in rows.order_by("display") if row.status.lower() not in NOT_TAKEN)
    return list(dict.fromkeys(taken))
