"""Runs the catalogue of slips: each one is typed into every way a weight or a dose can enter, through the real pages.

The control in `tests/integration/clinic/test_slips.py` types what was meant and is let through, so that nothing here is
caught only because everything is.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone
from tests.builders import NOW, clear, make_clinic, make_patient, make_viewer, plausible, sign_in
from tests.session_room import Room

from euthymia.care.decision import missing_of, reasons_of
from euthymia.care.dose_order import calculate, order_to_mapping
from euthymia.care.session_events import EventKind
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.people.models import ImportReport, Patient, RecordEntry, RecordKind
from euthymia.clinic.plans import commands, queries
from euthymia.clinic.plans.drafts import PlanChoice, draft_plan
from euthymia.clinic.plans.models import Plan, PlanState, ProtocolVersion
from euthymia.clinic.sessions.models import Session, SessionEventRow
from euthymia.errors import BadInput

CATALOGUE = Path(__file__).parent / "spec" / "care" / "slip_catalogue.toml"
IV, IM, NASAL = "iv_racemic_05", "im_racemic", "esketamine_nasal_trd"
WEIGHT, HEIGHT = "29463-7", "8302-2"
WAYS = ("plan", "record", "bedside", "fhir")
# What the clinic of this catalogue supplies; the rest takes the middle of what is plausible.
SUPPLIED = {IV: {"concentration_mg_per_ml": 1.0, "limits.dose_cap": 60.0}, IM: {"concentration_mg_per_ml": 50.0}}
DOUBLE_CHECKED = "looked again with the pharmacist, it is right"


@dataclass(frozen=True, slots=True)
class Slip:
    """One row of the catalogue."""

    name: str
    ways: Mapping[str, Any]
    person: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one way answered: whether anything was written, and the codes and rules that spoke against it, before and
    after everything that can be confirmed was confirmed."""

    wrote: bool
    codes: frozenset[str]
    wrote_after: bool = False
    codes_after: frozenset[str] = frozenset()


def catalogue() -> tuple[list[Slip], dict[str, str]]:
    """Every slip, and the reasons why a way cannot express one."""
    document = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
    slips = [Slip(row["name"], {way: row[way] for way in WAYS}, row.get("person", {})) for row in document["slip"]]
    return slips, document["why"]


class Clinic:
    """A clinic with the shipped protocols filled and signed, and a prescriber who is signed in."""

    def __init__(self) -> None:
        self.now = timezone.now()
        self.clinic = make_clinic()
        self.lead = make_viewer(self.clinic, Role.MEDICAL_LEAD)
        self.client = sign_in(Client(), self.lead)
        commands.install_protocols(self.lead, self.now)
        self.versions = {name: self._signed(name) for name in (IV, IM, NASAL)}

    def _signed(self, protocol_id: str) -> ProtocolVersion:
        row = queries.version_for(self.lead, protocol_id)
        assert row is not None
        values = plausible(row) | SUPPLIED.get(protocol_id, {})
        made = commands.fill_protocol(self.lead, row, values, source="Agreed at the medicines meeting", now=self.now)
        return commands.sign_protocol(self.lead, made, name=self.lead.name, meaning="I answer for it.", now=self.now)

    def person(self, about: Mapping[str, Any], protocol_id: str = IV) -> Patient:
        """Somebody cleared for this protocol, weighed and measured as `about` says; 0 is not measured."""
        patient = make_patient(self.clinic)
        days_ago = about.get("days_ago", 10)
        for code, value in ((WEIGHT, about.get("weight_kg", 70)), (HEIGHT, about.get("height_cm", 175))):
            if value:
                self.line(patient, code, value, days_ago)
        row = self.versions[protocol_id]
        clear(self.lead, patient, row, self.now)
        for dosed in about.get("dosed_days_ago", ()):
            self._dosed(patient, row, self.now - timedelta(days=dosed))
        return patient

    def line(self, patient: Patient, code: str, value: float, days_ago: float) -> None:
        at = self.now - timedelta(days=days_ago)
        about = {"kind": RecordKind.VITAL, "code": code, "display": code, "value": value, "at": at}
        RecordEntry.objects.create(
            clinic=self.clinic, patient=patient, source="measured", recorded_at=at, recorded_by="test", **about
        )

    def _dosed(self, patient: Patient, row: ProtocolVersion, at: datetime) -> None:
        order = order_to_mapping(calculate(queries.protocol_of(row), 70.0))
        mine = {"clinic": self.clinic, "patient": patient}
        plan = Plan.objects.create(
            **mine, protocol_version=row, order=order, decision={}, state=PlanState.ENDED, signed_at=at, ended_at=at,
            signed_by_id=self.lead.user_id,
        )  # fmt: skip
        Session.objects.create(
            **mine, plan=plan, scheduled_for=at, phase="discharged", dose_started_at=at, dose_given_mg=35.0,
            closed_at=at, created_at=at, created_by_id=self.lead.user_id,
        )  # fmt: skip


def by_plan(place: Clinic, slip: Slip, way: Mapping[str, Any]) -> Seen:
    """Typed into the form that signs a plan."""
    protocol_id = way.get("protocol", IV)
    patient = place.person(slip.person, protocol_id)
    typed = {"protocol": protocol_id, "weight": "", "weight_unit": "kg"} | way["set"]
    return _signed_or_not(place, patient, typed, way["says"])


def _signed_or_not(place: Clinic, patient: Patient, typed: Mapping[str, str], says: str) -> Seen:
    wrote, codes = _sign(place, patient, typed)
    confirmed = {"weight_confirmed": "on", f"reason:{says}": DOUBLE_CHECKED}
    after, codes_after = _sign(place, patient, {**typed, **confirmed})
    return Seen(wrote, codes, after, codes_after)


def _sign(place: Clinic, patient: Patient, typed: Mapping[str, str]) -> tuple[bool, frozenset[str]]:
    answer = place.client.post(f"/people/{patient.id}/plan/sign/", typed)
    wrote = Plan.objects.filter(patient=patient, state=PlanState.ACTIVE).exists()
    context = answer.context or {}
    codes = _form_codes(context)
    codes |= {context[name].code for name in ("problem", "refusal") if name in context and context[name] is not None}
    draft = context.get("draft")
    if draft is not None:
        codes |= {reason.rule for reason in draft.panel.reasons} | {absent.fact for absent in draft.panel.missing}
    return wrote, frozenset(codes)


def _form_codes(context: Any) -> set[str]:
    if "form" not in context:
        return set()
    return {str(error.code) for errors in context["form"].errors.as_data().values() for error in errors}


def by_record(place: Clinic, slip: Slip, way: Mapping[str, Any]) -> Seen:
    """Typed into the form for one measurement; what it lets in is asked about when a plan rests on it."""
    patient = place.person(slip.person)
    typed = {"code": WEIGHT, "unit": "kg"} | way["set"]
    if "at_days" in typed:
        at = place.now + timedelta(days=typed.pop("at_days"))
        typed["at"] = f"{at:%Y-%m-%dT%H:%M}"
        RecordEntry.objects.filter(patient=patient, code=WEIGHT).delete()
    before = RecordEntry.objects.filter(patient=patient).count()

    def send(**more: str) -> tuple[bool, frozenset[str]]:
        answer = place.client.post(f"/people/{patient.id}/record/add/", {**typed, **more})
        context = answer.context or {}
        says = {"confirm_weight"} if "confirm" in answer.content.decode() else set()
        codes = _form_codes(context) | says | _record_refusal(place, patient, typed)
        return RecordEntry.objects.filter(patient=patient).count() > before, frozenset(codes)

    wrote, codes = send()
    if wrote:
        return _signed_or_not(place, patient, {"protocol": IV, "weight": "", "weight_unit": "kg"}, way["says"])
    after, codes_after = send(sure="on")
    return Seen(wrote, codes, after, frozenset() if after else codes_after)


def _record_refusal(place: Clinic, patient: Patient, typed: Mapping[str, str]) -> set[str]:
    """The code behind the page's words: the command is asked the same."""
    from euthymia.clinic.people.commands import add_measurement
    from euthymia.clinic.people.forms import MeasurementForm

    form = MeasurementForm(dict(typed))
    if not form.is_valid():
        return set()
    fields = {name: value for name, value in form.cleaned_data.items() if name != "sure"}
    try:
        with transaction.atomic():
            add_measurement(place.lead, patient, now=place.now, **fields | {"at": fields["at"] or place.now})
            transaction.set_rollback(True)
    except BadInput as refusal:
        return {refusal.code}
    return set()


def by_fhir(place: Clinic, slip: Slip, way: Mapping[str, Any]) -> Seen:
    """Sent in a file of a record from elsewhere; what it lets in is asked about when a plan rests on it."""
    day = place.now - timedelta(days=10)
    known = {WEIGHT: (slip.person.get("weight_kg", 70), "kg"), HEIGHT: (slip.person.get("height_cm", 175), "cm")}
    slipped = HEIGHT if way.get("height") else WEIGHT
    if way.get("at_days", 0) < 0 or way.get("height"):
        known.pop(slipped)
    resources = [_observation(code, [value, unit], day) for code, (value, unit) in known.items() if value]
    if "given" in way:
        resources.append(_administration(way["given"], day))
    else:
        at = place.now + timedelta(days=way.get("at_days", -1))
        resources.append(_observation(slipped, way["observed"], at) | _about(way.get("subject", "urn:uuid:her")))
    her = {"resourceType": "Patient", "id": "her", "birthDate": "1984-05-17", "name": [{"family": "Sample"}]}
    entries = [{"fullUrl": f"urn:uuid:{one.get('id', uuid4())}", "resource": one} for one in (her, *resources)]
    body = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()
    answer = place.client.post("/people/import/", {"bundle": SimpleUploadedFile("her.json", body)})
    report = ImportReport.objects.order_by("-pk").first()
    if report is None or answer.status_code != 302:
        return Seen(False, frozenset({"not_json"} if b"JSON" in answer.content else ()))
    assert report.patient is not None
    refused = {row["code"] for row in report.refused}
    if "given" in way:
        named = {row["what"] for row in report.not_understood}
        lines = RecordEntry.objects.filter(patient=report.patient, kind=RecordKind.MEDICATION).exists()
        return Seen(lines, frozenset(refused | named), codes_after=frozenset(named))
    if refused:
        return Seen(False, frozenset(refused), False, frozenset(refused))
    return Seen(
        False,
        _asked(place, report.patient, PlanChoice()),
        False,
        _asked(place, report.patient, PlanChoice(weight_confirmed=True)),
    )


def _asked(place: Clinic, patient: Patient, choice: PlanChoice) -> frozenset[str]:
    try:
        draft = draft_plan(place.lead, patient, place.versions[IV], choice, now=place.now)
    except BadInput as refusal:
        return frozenset({refusal.code})
    refusing = {reason.rule for reason in reasons_of(draft.decision) if reason.refuses}
    return frozenset(refusing | {absent.fact for absent in missing_of(draft.decision)})


def _about(subject: str) -> dict[str, Any]:
    return {"subject": {"reference": subject}}


def _observation(code: str, measured: list[Any], at: datetime) -> dict[str, Any]:
    quantity = {}
    if measured:
        value, unit = measured
        coded = {"unit": unit, "system": "http://unitsofmeasure.org", "code": unit} if unit else {}
        quantity = {"valueQuantity": {"value": value} | coded}
    coding = {"coding": [{"system": "http://loinc.org", "code": code}]}
    about = {"resourceType": "Observation", "status": "final", "code": coding} | _about("urn:uuid:her")
    return about | {"effectiveDateTime": f"{at:%Y-%m-%d}"} | quantity


def _administration(given: list[Any], at: datetime) -> dict[str, Any]:
    dose = {"dosage": {"dose": {"value": given[0], "unit": given[1]}}} if given else {}
    what = {"medicationCodeableConcept": {"text": "ketamine"}} | _about("urn:uuid:her")
    about = {"resourceType": "MedicationAdministration", "status": "completed"} | what
    return about | {"effectiveDateTime": f"{at:%Y-%m-%d}"} | dose


def by_bedside(way: Mapping[str, Any]) -> Seen:
    """Sent as an event of a session that is ready, or running where a rate changes or a dose is started twice."""
    room = Room(way.get("protocol", IV))
    running = way.get("running") or not way.get("start")
    session = room.dosing() if running else room.ready()
    for number in range(way.get("devices", 0)):
        at = NOW + timedelta(minutes=6 + 6 * number)
        room.write(session, EventKind.DEVICE_GIVEN, {"amount_mg": 28.0, "number": number + 1}, at=at)
    before = SessionEventRow.objects.filter(session=session).count()
    client = sign_in(Client(), room.nurse)
    page = f"/sessions/{session.id}/events/"
    if "press" in way:
        answer = client.post(page, {**way["press"], "event_id": str(uuid4())})
        codes = {answer.context["error"].code} if answer.context else set()
    else:
        answer = client.post(page, json.dumps(_sent(way)), content_type="application/json")
        codes = {answer.json().get("error", "")}
        codes |= set(_rules(answer.json().get("message", "")))
    wrote = SessionEventRow.objects.filter(session=session).count() > before
    return Seen(wrote, frozenset(codes), wrote, frozenset(codes))


def _rules(message: str) -> list[str]:
    """Rules whose words stand in the message beside the first one, which gives the code."""
    words = {"is not a time": "bad_time", "small part of the ordered": "slower_than_ordered"}
    words |= {"times the ordered rate": "faster_than_ordered"}
    return [rule for text, rule in words.items() if text in message]


def _sent(way: Mapping[str, Any]) -> dict[str, Any]:
    named = {"start": "dose_started", "rate": "rate_changed", "device": "device_given"}
    field_name = next(name for name in named if name in way)
    payload = dict(way[field_name])
    if field_name == "start":
        payload = {"delivery": "infusion"} | payload
    minutes = 6 + 6 * way.get("devices", 0)
    if "after_min" in way:
        minutes = 6 * way["devices"] + way["after_min"]
    if way.get("at_days", 0) > 365:
        at = "9999-12-31T23:00:00Z"
    else:
        at = (NOW + timedelta(minutes=minutes, days=way.get("at_days", 0))).isoformat()
    at = at[:19] if way.get("no_zone") else at
    more = {"record_number": way["record_number"]} if "record_number" in way else {}
    return {"id": str(uuid4()), "kind": named[field_name], "at": at, "payload": payload} | more


def caught(seen: Seen, way: Mapping[str, Any]) -> bool:
    """Whether this way did what the catalogue says must happen, and for the reason it names."""
    says = set(way["says"].split("|"))
    if seen.wrote or not says & seen.codes:
        return False
    if way["must"] == "blocked":
        return not seen.wrote_after and (not seen.codes_after or bool(says & seen.codes_after))
    if way["must"] == "aside":
        return True
    return not says & seen.codes_after


def not_caught(way_name: str) -> list[str]:
    """`slip (way): what was seen` for every slip that this way lets through; empty when it catches all."""
    slips, _ = catalogue()
    place = None if way_name == "bedside" else Clinic()
    runners: dict[str, Any] = {"plan": by_plan, "record": by_record, "fhir": by_fhir}
    through = []
    for slip in slips:
        way = slip.ways[way_name]
        if isinstance(way, str):
            continue
        mark = transaction.savepoint()
        seen = by_bedside(way) if place is None else runners[way_name](place, slip, way)
        transaction.savepoint_rollback(mark)
        if not caught(seen, way):
            through.append(f"{slip.name} ({way_name}): {seen}")
    return through


def counts() -> dict[str, int]:
    """How many slips there are, and how many times one is typed."""
    slips, _ = catalogue()
    typed = sum(not isinstance(slip.ways[way], str) for slip in slips for way in WAYS)
    return {"cases": len(slips), "typed": typed}
