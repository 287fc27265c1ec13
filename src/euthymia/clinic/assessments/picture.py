"""The present episode as care lays it out: what a clinician stated here, and the newest PHQ-9 and QIDS."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from euthymia.care.episode import FACT_NAMES, PHQ9, QIDS, Answered, Episode, System, assess_episode
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.assessments.models import FactEntry
from euthymia.clinic.measures.models import Response
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import visible_to
from euthymia.errors import BadInput

# How a statement about the episode is named among a person's facts.
SIGN = "episode."


def picture_of(
    actor: Actor,
    patient: Patient,
    now: datetime,
    system: System = System.DSM5,
    *,
    entries: Mapping[str, FactEntry] | None = None,
) -> Episode:
    """The criteria of this person's episode as they are known now. `entries`: the newest answers, where at hand."""
    if entries is None:
        rows = visible_to(actor, FactEntry).filter(patient=patient, name__startswith=SIGN).order_by("at", "pk")
        entries = {row.name: row for row in rows}
    facts, said_at = said_facts({name: row for name, row in entries.items() if name.startswith(SIGN)})
    answered = answered_questionnaires(actor, patient, now)
    return assess_episode(facts, answered, now=now, said_at=said_at, system=system)


def said_facts(entries: Mapping[str, FactEntry]) -> tuple[dict[str, object], dict[str, datetime]]:
    """(what was stated, when) by care's names; a name care no longer knows is left out."""
    known = {name.removeprefix(SIGN): row for name, row in entries.items() if name.removeprefix(SIGN) in FACT_NAMES}
    stated = {name: row for name, row in known.items() if row.value is not None}
    return {name: row.value for name, row in stated.items()}, {name: row.at for name, row in stated.items()}


def answered_questionnaires(actor: Actor, patient: Patient, now: datetime) -> list[Answered]:
    """The newest PHQ-9 and the newest QIDS up to now, where there are any."""
    rows = visible_to(actor, Response).filter(patient=patient, instrument__in=(PHQ9, QIDS), at__lte=now)
    newest = {row.instrument: row for row in rows.order_by("at")}
    return [Answered(row.instrument, row.answers, row.at) for row in newest.values()]


def read_sign(name: str, value: Any, now: datetime) -> Any:
    """A statement about the episode, of its kind; None takes it back. Refuses (BadInput, path = the fact's name)."""
    try:
        assess_episode({name.removeprefix(SIGN): value}, now=now)
    except BadInput as refusal:
        raise BadInput(refusal.code, name, refusal.message) from refusal
    return value
