"""Writing down what was found out: earlier treatments, facts, eligibility decisions, consents, and what counts as an
adequate trial. The only writers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from euthymia.care.decision import Allowed, Decision, Level, reasons_of, verdict
from euthymia.care.override import Override, with_overrides
from euthymia.care.protocol import Protocol
from euthymia.care.treatment_trial import WEEKS_OPTIONS
from euthymia.clinic.accounts.policies import ASSESS, PRESCRIBE, SIGN_PROTOCOLS, insist
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.assessments.adequacy import MIN_WEEKS
from euthymia.clinic.assessments.consent.load import consent_text
from euthymia.clinic.assessments.decisions import decision_as_json
from euthymia.clinic.assessments.facts import latest_entries
from euthymia.clinic.assessments.models import (
    AdequacyChange,
    Consent,
    EligibilityDecision,
    FactEntry,
    TreatmentTrialEntry,
)
from euthymia.clinic.assessments.queries import eligibility_facts, valid_consent
from euthymia.clinic.assessments.rules import eligibility_of, read_answer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import visible_to
from euthymia.errors import BadInput

SHORTEST_REASON = 10
# The same thing written down again within this time is one thing.
DOUBLE_CLICK = timedelta(seconds=30)


# What a form refuses as a slip of the hand; no clinical limits.
HIGHEST_DOSE_MG_DAY = 5000
LONGEST_WEEKS = 2600
LONGEST_DRUG_NAME = 80
LONGEST_SOURCE, LONGEST_REASON = 300, 500


@dataclass(frozen=True, slots=True)
class TrialFields:
    """One earlier treatment as it was told. `None` is not known, and stays not known."""

    drug: str
    dose_mg_day: float | None = None
    weeks: float | None = None
    outcome: str = ""
    augmentation: bool = False
    current_episode: bool = True


@transaction.atomic
def add_trial(viewer: Viewer, patient: Patient, fields: TrialFields, now: datetime) -> TreatmentTrialEntry:
    """Write down one earlier treatment; refuses a number that cannot be meant. A double click writes it once."""
    insist(viewer, ASSESS)
    if not fields.drug.strip():
        raise BadInput("missing", "drug", "Say which medicine it was.")
    if len(fields.drug.strip()) > LONGEST_DRUG_NAME:
        raise BadInput("too_long", "drug", f"Name one medicine, in at most {LONGEST_DRUG_NAME} letters.")
    _within("dose_mg_day", fields.dose_mg_day, HIGHEST_DOSE_MG_DAY, "mg a day")
    _within("weeks", fields.weeks, LONGEST_WEEKS, "weeks")
    again = visible_to(viewer, TreatmentTrialEntry).filter(
        patient=patient, withdrawn_at=None, at__gt=now - DOUBLE_CLICK, **asdict(fields) | {"drug": fields.drug.strip()}
    )
    if (there := again.first()) is not None:
        return there
    row = TreatmentTrialEntry.objects.create(
        clinic_id=viewer.clinic_id,
        patient=patient,
        drug=fields.drug.strip(),
        dose_mg_day=fields.dose_mg_day,
        weeks=fields.weeks,
        outcome=fields.outcome,
        augmentation=fields.augmentation,
        current_episode=fields.current_episode,
        at=now,
        by_id=viewer.user_id,
    )
    record(viewer, Action.CREATE, "treatment_trial", now=now, patient_id=patient.id, subject_id=row.pk)
    return row


@transaction.atomic
def withdraw_trial(viewer: Viewer, row: TreatmentTrialEntry, now: datetime) -> TreatmentTrialEntry:
    """Strike one through; it stays in sight. Doing it twice changes nothing."""
    insist(viewer, ASSESS)
    if row.withdrawn_at is None:
        row.withdrawn_at = now
        row.save(update_fields=["withdrawn_at"])
        record(
            viewer,
            Action.CHANGE,
            "treatment_trial",
            now=now,
            patient_id=row.patient_id,
            subject_id=row.pk,
            detail={"withdrawn": True},
        )
    return row


def _within(name: str, value: float | None, highest: float, unit: str) -> None:
    if value is not None and not 0 < value <= highest:
        raise BadInput(
            "out_of_range", name, f"{value:g} {unit} cannot be right. Give a number above 0 and at most {highest:g}."
        )


@transaction.atomic
def record_facts(
    viewer: Viewer, patient: Patient, answers: Mapping[str, Any], now: datetime, *, again: bool = False
) -> list[FactEntry]:
    """Write down answers to questions; None takes an earlier one back. Only what changed becomes a line.

    again: the same answers were asked anew today, and each becomes a line with today's date.

    Refuses (BadInput, path = the fact's name) an unknown question and an answer it does not take; then nothing is kept.
    """
    insist(viewer, ASSESS)
    before = latest_entries(viewer, patient)
    read = {name: read_answer(name, value, now) for name, value in answers.items()}
    kept = {name: before[name].value if name in before else None for name in read}
    changed = {name: value for name, value in read.items() if value != kept[name] or (again and value is not None)}
    rows = [
        FactEntry.objects.create(
            clinic_id=viewer.clinic_id, patient=patient, name=name, value=value, at=now, by_id=viewer.user_id
        )
        for name, value in changed.items()
    ]
    if rows:
        detail = {"facts": sorted(changed)}
        record(viewer, Action.CREATE, "facts", now=now, patient_id=patient.id, subject_id=patient.id, detail=detail)
    return rows


@transaction.atomic
def decide_eligibility(
    viewer: Viewer,
    patient: Patient,
    protocol: Protocol,
    *,
    reasons: Mapping[str, str] | None = None,
    now: datetime,
) -> EligibilityDecision:
    """Record what the rules answer today for this protocol, with the facts they saw.

    reasons: rule → why a hold is accepted; only a prescriber may, in at least 10 letters; a stop has no path, and what
    is missing stays missing.   Refuses (BadInput) an override of anything that is not a hold.
    """
    insist(viewer, ASSESS)
    facts = eligibility_facts(viewer, patient, protocol, now)
    answer = eligibility_of(protocol, facts, now)
    overrides = [_override(viewer, answer, rule, because) for rule, because in (reasons or {}).items()]
    row = EligibilityDecision.objects.create(
        clinic_id=viewer.clinic_id,
        patient=patient,
        protocol_id=protocol.id,
        protocol_version=protocol.version,
        verdict=verdict(with_overrides(answer, overrides)),
        answer=decision_as_json(answer),
        facts=facts,
        overrides=[asdict(override) | {"at": now.isoformat()} for override in overrides],
        at=now,
        by_id=viewer.user_id,
    )
    detail = {"protocol": f"{protocol.id} {protocol.version}", "verdict": row.verdict, "overrides": len(overrides)}
    record(
        viewer,
        Action.SIGN,
        "eligibility_decision",
        now=now,
        patient_id=patient.id,
        subject_id=row.pk,
        detail=detail,
    )
    return row


def _override(viewer: Viewer, answer: Decision, rule: str, because: str) -> Override:
    """One accepted hold, or a refusal to accept it."""
    if not isinstance(PRESCRIBE.decide(viewer), Allowed):
        raise BadInput("not_permitted", f"reason:{rule}", "Only a prescriber or the medical lead may accept a hold.")
    if len(because.strip()) < SHORTEST_REASON:
        says = f"Say why this hold is accepted, in at least {SHORTEST_REASON} letters."
        raise BadInput("override_needs_reason", f"reason:{rule}", says)
    if not any(reason.rule == rule and reason.level is Level.HOLD for reason in reasons_of(answer)):
        raise BadInput("no_such_hold", f"reason:{rule}", "There is no hold of this kind to accept; a stop has no path.")
    return Override(rule, viewer.name, because.strip())


@transaction.atomic
def sign_consent(
    viewer: Viewer, patient: Patient, protocol: Protocol, *, signed_name: str, text_version: str, now: datetime
) -> Consent:
    """The person's name under what they read, witnessed by the viewer, for this version of this protocol.

    Refuses (BadInput) an empty name, one that is not the person's, and a text other than the one shown today.
    Signing the same again changes nothing.
    """
    insist(viewer, ASSESS)
    shown = consent_text(protocol)
    if text_version != shown.version:
        raise BadInput("old_text", "text_version", "The text has changed since this page was opened. Read it again.")
    if _words(signed_name) != _words(str(patient)):
        raise BadInput("not_their_name", "signed_name", f"The person types their own name here: {patient}.")
    there = valid_consent(viewer, patient, protocol.id, protocol.version)
    if there is not None and there.text_version == shown.version:
        return there
    row = Consent.objects.create(
        clinic_id=viewer.clinic_id,
        patient=patient,
        protocol_id=protocol.id,
        protocol_version=protocol.version,
        text_version=shown.version,
        signed_name=" ".join(signed_name.split()),
        signed_at=now,
        witnessed_by_id=viewer.user_id,
    )
    record(viewer, Action.SIGN, "consent", now=now, patient_id=patient.id, subject_id=row.pk)
    return row


@transaction.atomic
def withdraw_consent(viewer: Viewer, row: Consent, now: datetime) -> Consent:
    """The person takes their consent back; nothing can be planned or started on it from now."""
    insist(viewer, ASSESS)
    if row.withdrawn_at is None:
        row.withdrawn_at = now
        row.save(update_fields=["withdrawn_at"])
        detail = {"withdrawn": True}
        record(viewer, Action.CHANGE, "consent", now=now, patient_id=row.patient_id, subject_id=row.pk, detail=detail)
    return row


@transaction.atomic
def change_adequacy(
    viewer: Viewer, subject: str, value: float | None, *, source: str, because: str, now: datetime
) -> AdequacyChange:
    """One medicine's lowest adequate daily dose, or the shortest duration, under the medical lead's name.

    value: mg a day or weeks; None goes back to what was shipped.   Refuses (BadInput) anybody else, a value without a
    source, no reason, and a number that cannot be meant; then nothing is kept.
    """
    insist(viewer, SIGN_PROTOCOLS)
    name = " ".join(subject.casefold().split())
    if not 0 < len(name) <= LONGEST_DRUG_NAME:
        raise BadInput("missing", "subject", f"Name one medicine, in at most {LONGEST_DRUG_NAME} letters.")
    if not SHORTEST_REASON <= len(because.strip()) <= LONGEST_REASON:
        says = f"Say why, in {SHORTEST_REASON} to {LONGEST_REASON} letters; your name is kept beside it."
        raise BadInput("needs_reason", "because", says)
    if value is not None:
        _check_adequacy(name, value, source.strip())
    row = AdequacyChange.objects.create(
        clinic_id=viewer.clinic_id,
        subject=name,
        value=value,
        source=source.strip() if value is not None else "",
        because=because.strip(),
        at=now,
        by_id=viewer.user_id,
    )
    detail = {"subject": name, "value": value}
    record(viewer, Action.CHANGE, "adequacy", now=now, subject_id=row.pk, detail=detail)
    return row


def _check_adequacy(name: str, value: float, source: str) -> None:
    if not 0 < len(source) <= LONGEST_SOURCE:
        raise BadInput("needs_source", "source", f"Say where it is from, in at most {LONGEST_SOURCE} letters.")
    if name == MIN_WEEKS:
        if value not in WEEKS_OPTIONS:
            known = ", ".join(f"{weeks:g}" for weeks in WEEKS_OPTIONS)
            raise BadInput("unknown_choice", "value", f"Choose one of the durations that were read: {known} weeks.")
    elif not 0 < value <= HIGHEST_DOSE_MG_DAY:
        says = f"{value:g} mg a day cannot be right. Give a number above 0 and at most {HIGHEST_DOSE_MG_DAY:g}."
        raise BadInput("out_of_range", "value", says)


def _words(name: str) -> list[str]:
    return name.casefold().split()
