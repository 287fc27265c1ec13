"""Who may open what, written from the clinic's point of view, and compared with the policies the views declare.

The table below is the clinic's; it is written by hand and is not derived from the policies. A new route is not finished
until somebody has written here who may open it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from euthymia.clinic.accounts.policies import policy_of
from euthymia.clinic.accounts.roles import Role

LEAD, PRESCRIBER, NURSE, THERAPIST = Role.MEDICAL_LEAD, Role.PRESCRIBER, Role.NURSE, Role.THERAPIST
COORDINATOR, PHARMACIST, MANAGER, RESEARCHER = Role.COORDINATOR, Role.PHARMACIST, Role.MANAGER, Role.RESEARCHER

# Open to the public: education, help, an enquiry, and links that are their own permission.
ANYBODY = None
# Whoever works here, whatever their work.
STAFF = {LEAD, PRESCRIBER, NURSE, THERAPIST, COORDINATOR, PHARMACIST, MANAGER, RESEARCHER}
# Those who look after people. A researcher never opens a person.
KNOWS_PEOPLE = {LEAD, PRESCRIBER, NURSE, THERAPIST, COORDINATOR, PHARMACIST, MANAGER}
# Those who meet a new person first.
RECEIVES = {LEAD, PRESCRIBER, NURSE, THERAPIST, COORDINATOR, MANAGER}
# Those who judge a person's state: a coordinator, a pharmacist or a manager does not.
JUDGES = {LEAD, PRESCRIBER, NURSE, THERAPIST}
# Those who order a dose.
ORDERS = {LEAD, PRESCRIBER}
# Those who stand at the chair.
AT_THE_CHAIR = {LEAD, PRESCRIBER, NURSE}
# Those who take a controlled drug into their hands, and those who must know where it is.
HANDLES_DRUGS = {LEAD, PRESCRIBER, NURSE, PHARMACIST}
ANSWERS_FOR_DRUGS = {LEAD, PRESCRIBER, NURSE, PHARMACIST, MANAGER}

DUTIES: dict[str, set[Role] | None] = {
    # Learn and recognise: without an account
    "home": ANYBODY,
    "learn": ANYBODY,
    "article": ANYBODY,
    "self-check": ANYBODY,
    "self-check-form": ANYBODY,
    "enquire": ANYBODY,
    "enquire-thanks": ANYBODY,
    "crisis": ANYBODY,
    "about": ANYBODY,
    "set-language": ANYBODY,
    "check-in": ANYBODY,
    # The house itself
    "demo": ANYBODY,
    "demo-enter": ANYBODY,
    "health": ANYBODY,
    "clinic-choose": STAFF,
    # Who is here, and who is new
    "today": KNOWS_PEOPLE,
    "people": KNOWS_PEOPLE,
    "person": KNOWS_PEOPLE,
    "person-record": KNOWS_PEOPLE,
    "person-new": RECEIVES,
    "person-import": RECEIVES,
    "import-report": RECEIVES,
    "intake": RECEIVES,
    "enquiry-answer": RECEIVES,
    "enquiry-accept": RECEIVES,
    "person-contact": RECEIVES,
    "record-add": JUDGES,
    # Assess
    "assess": JUDGES,
    "trial-add": JUDGES,
    "trial-withdraw": JUDGES,
    "facts-record": JUDGES,
    "eligibility-decide": JUDGES,
    "consent-sign": JUDGES,
    "episode": JUDGES,
    "episode-record": JUDGES,
    "adequacy": JUDGES,
    "adequacy-change": {LEAD},
    "measure": JUDGES,
    "risk": JUDGES,
    "risk-times": {LEAD},
    "safety-plan": JUDGES,
    "safety-plan-write": JUDGES,
    "safety-plan-print": JUDGES,
    # Plan: everybody may read what the clinic works by; only the medical lead makes it so
    "protocols": STAFF,
    "protocol": STAFF,
    "protocol-fill": {LEAD},
    "protocol-sign": {LEAD},
    "protocol-compare": STAFF,
    "protocol-file": STAFF,
    "protocol-clone": {LEAD},
    "protocol-edit": {LEAD},
    "protocol-retire": {LEAD},
    "protocol-upload": {LEAD},
    "plan": ORDERS,
    "plan-preview": ORDERS,
    "plan-prediction": ORDERS,
    "plan-equivalents": ORDERS,
    "plan-sign": ORDERS,
    "plan-end": ORDERS,
    "plan-switch": ORDERS,
    "taper-step": ORDERS,
    "taper-decide": ORDERS,
    "taper-stop": ORDERS,
    "person-limits": ORDERS,
    "person-limit-end": ORDERS,
    # Treat: the room is for those in it; what happened there is for everybody who looks after the person
    "board": AT_THE_CHAIR,
    "board-tiles": AT_THE_CHAIR,
    "session": AT_THE_CHAIR,
    "session-live": AT_THE_CHAIR,
    "session-new": AT_THE_CHAIR,
    "session-event": AT_THE_CHAIR,
    "session-waiting": AT_THE_CHAIR,
    "bedside-beat": AT_THE_CHAIR,
    "bedside-token": AT_THE_CHAIR,
    "bedside-worker": ANYBODY,
    "session-gate": AT_THE_CHAIR,
    "session-discharge": AT_THE_CHAIR,
    "person-sessions": KNOWS_PEOPLE,
    "board-wall": AT_THE_CHAIR,
    "board-wall-tiles": AT_THE_CHAIR,
    "board-group": AT_THE_CHAIR,
    "board-group-line": AT_THE_CHAIR,
    "board-group-start": AT_THE_CHAIR,
    # Whose it is, and how it passes on
    "handover": AT_THE_CHAIR,
    "handover-take": AT_THE_CHAIR,
    # Adverse events: seen by whoever looks after people, judged by clinicians; only a prescriber closes (care)
    "adverse-events": KNOWS_PEOPLE,
    "adverse-event": JUDGES,
    "person-adverse": JUDGES,
    "adverse-from-session": AT_THE_CHAIR,
    "session-note": KNOWS_PEOPLE,
    # Its documents: read by everybody who looks after the person, written by those at the chair
    "note-pdf": KNOWS_PEOPLE,
    "note-add": AT_THE_CHAIR,
    "rems-form": KNOWS_PEOPLE,
    "rems-pdf": KNOWS_PEOPLE,
    "rems-state": AT_THE_CHAIR,
    "rems-sent": AT_THE_CHAIR,
    "sheet-pdf": AT_THE_CHAIR,
    "person-sheet-pdf": AT_THE_CHAIR,
    "key-in": AT_THE_CHAIR,
    # Controlled drugs: kept by those who handle them, seen by the manager too, put right by those who answer for them
    "medication": ANSWERS_FOR_DRUGS,
    "medication-receive": HANDLES_DRUGS,
    "medication-counts": HANDLES_DRUGS,
    "medication-count": HANDLES_DRUGS,
    "medication-remove": HANDLES_DRUGS,
    "medication-discrepancies": ANSWERS_FOR_DRUGS,
    "medication-witness": HANDLES_DRUGS,
    "medication-resolve": {LEAD, PHARMACIST, MANAGER},
    "medication-ledger": ANSWERS_FOR_DRUGS,
    "medication-take-back": HANDLES_DRUGS,
    "medication-report": ANSWERS_FOR_DRUGS,
    "medication-report-csv": ANSWERS_FOR_DRUGS,
    "medication-report-pdf": ANSWERS_FOR_DRUGS,
    "session-medication": HANDLES_DRUGS,
    "medication-draw": HANDLES_DRUGS,
    "medication-waste": HANDLES_DRUGS,
    "medication-put-back": HANDLES_DRUGS,
    # Monitors: a device speaks with its own secret; its numbers are for those in the room
    "monitor-samples": ANYBODY,
    "monitor-observation": ANYBODY,
    "monitor-observations": ANYBODY,
    "monitor-now": AT_THE_CHAIR,
    "monitor-trend": AT_THE_CHAIR,
    "monitors": {LEAD, MANAGER},
    "monitor-move": {LEAD, MANAGER},
    "monitor-revoke": {LEAD, MANAGER},
    # Alarms: seen and answered by those at the chair; only the medical lead says where an unanswered one goes
    "alarms-live": AT_THE_CHAIR,
    "alarms-now": AT_THE_CHAIR,
    "alarms-shown": AT_THE_CHAIR,
    "alarm-act": AT_THE_CHAIR,
    "session-alarms": AT_THE_CHAIR,
    "alarm-escalation": {LEAD},
    # Measure and keep well
    "accepted-risk": JUDGES,
    "check-ins": JUDGES | {COORDINATOR},
    "check-in-send": JUDGES | {COORDINATOR},
    "check-in-here": JUDGES | {COORDINATOR},
    "contact-rules": {LEAD, MANAGER},
    # A person's own pages ask for a code of that person; no role opens them
    "own-pages": ANYBODY,
    "own-code": ANYBODY,
    "own-course": ANYBODY,
    "own-answer": ANYBODY,
    "own-journal": ANYBODY,
    "own-journal-share": ANYBODY,
    "own-journal-delete": ANYBODY,
    "own-safety-plan": ANYBODY,
    "own-export": ANYBODY,
    "own-leave": ANYBODY,
    "jobs": {LEAD, MANAGER},
    # Therapy alongside: what is said there stays between therapist and prescriber
    "therapy": ORDERS | {THERAPIST},
    # Evidence: tables without names
    "evidence": ORDERS | {RESEARCHER, MANAGER},
    "cohort": ORDERS | {RESEARCHER, MANAGER},
    "cohort-csv": ORDERS | {RESEARCHER, MANAGER},
    "trial-start": ORDERS | {RESEARCHER, MANAGER},
    "trial": ORDERS | {RESEARCHER, MANAGER},
    # Exchange
    "fhir-metadata": ANYBODY,
    "fhir-search": KNOWS_PEOPLE,
    "fhir-read": KNOWS_PEOPLE,
    # The words of questionnaires that a licence covers
    "wording": {LEAD, MANAGER},
    "wording-take-back": {LEAD, MANAGER},
    # Who looked at whom
    "access-log": {LEAD, MANAGER},
}
# Addresses of installed parts: sign-in and second factors, which their own tests cover.
NOT_OURS = "accounts/"


def own_routes(patterns: Any = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        address = before + str(pattern.pattern)
        if address.startswith(NOT_OURS):
            continue
        if isinstance(pattern, URLResolver):
            yield from own_routes(pattern.url_patterns, address)
        else:
            yield address, pattern


ROUTES = list(own_routes())
BY_NAME = {route.name: route for _, route in ROUTES if route.name}


def test_every_own_route_has_a_name() -> None:
    assert [address for address, route in ROUTES if not route.name] == []


def test_no_two_routes_share_a_name() -> None:
    assert len(BY_NAME) == len(ROUTES)


def test_the_table_names_every_route_and_no_route_that_is_gone() -> None:
    assert set(DUTIES) == set(BY_NAME)


@pytest.mark.parametrize("name", sorted(DUTIES))
def test_a_route_opens_to_those_whose_duty_it_is_and_to_nobody_else(name: str) -> None:
    policy = policy_of(BY_NAME[name].callback)
    assert policy is not None
    duty = DUTIES[name]
    assert (None if policy.anyone else set(policy.roles)) == duty


def test_a_researcher_never_reaches_a_person() -> None:
    """Stated once more as a rule over addresses, so that a slip in the table is seen too."""
    about_a_person = {route.name for address, route in ROUTES if "patient_id" in address or "session_id" in address}
    assert {name for name in about_a_person if RESEARCHER in (DUTIES[name] or STAFF)} == set()
