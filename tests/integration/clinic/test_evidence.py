"""The clinic's table without identities, and virtual trials run in a process of their own."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from queue import Queue
from typing import Any

import pytest
from tests.builders import NOW, make_clinic, make_patient, make_viewer, sign_in
from tests.session_room import Room

from euthymia.clinic.accounts.models import Clinic
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.evidence import commands, queries, research_room
from euthymia.clinic.evidence.models import CohortTable, RunState, TrialRun
from euthymia.clinic.evidence.presenters import safe_cells, trial_row
from euthymia.clinic.measures.commands import Filled, record_response
from euthymia.clinic.measures.models import AnswerSource
from euthymia.clinic.sessions.models import Session
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
DESIGN = "murrough2013_midazolam"


@pytest.fixture
def researcher(clinic: Clinic) -> Viewer:
    return make_viewer(clinic, Role.RESEARCHER)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the research room was asked, without starting it."""
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(commands, "run_trial", lambda design, **named: asked.append({"design": design, **named}))
    return asked


def scores(room: Room) -> None:
    for day, value in ((-1, 2), (1, 1), (7, 0)):
        at = NOW + timedelta(days=day)
        answers = {str(item): value for item in range(1, 9)} | {"9": 0}
        filled = Filled("phq9", answers, AnswerSource.CLINIC, at)
        record_response(room.nurse, room.patient, filled, now=at, forecast=False)


def test_the_table_holds_days_and_no_names(client: Any) -> None:
    room = Room()
    scores(room)
    session = room.dosing()
    Session.objects.filter(pk=session.pk).update(dose_given_mg=35.0)
    viewer = make_viewer(room.clinic, Role.RESEARCHER)
    sign_in(client, viewer)
    assert client.post("/evidence/cohort/").status_code == 302
    table = CohortTable.objects.get()
    assert (table.people, len(table.rows)) == (1, 3)
    assert sorted(row["days_since_first_dose"] for row in table.rows) == [-1, 1, 7]
    page = client.get("/evidence/cohort/").content.decode()
    text = client.get("/evidence/cohort.csv").content.decode()
    for shown in (page, text):
        for identity in (room.patient.family_name, room.patient.record_number, str(room.patient.id), "1984-05-17"):
            assert identity not in shown
    lines = list(csv.DictReader(io.StringIO(text)))
    assert len(lines) == 3
    assert set(lines[0]) == {column["name"] for column in table.codebook}
    assert AuditEntry.objects.filter(action="export", subject="cohort").count() == 2


def test_another_clinics_people_and_tables_are_not_there(client: Any, researcher: Viewer) -> None:
    room = Room()
    scores(room)
    commands.build_cohort(room.prescriber, NOW)
    sign_in(client, researcher)
    assert "Not built yet" in client.get("/evidence/cohort/").content.decode()
    assert client.get("/evidence/cohort.csv").status_code == 404
    assert commands.build_cohort(researcher, NOW).rows == []


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_cell_is_run_by_a_spreadsheet(start: str) -> None:
    assert safe_cells({"name": f"{start}1+1", "value": -3.0}) == {"name": f"'{start}1+1", "value": -3.0}


def test_a_trial_is_started_once_and_shows_that_it_runs(
    client: Any, researcher: Viewer, started: list[dict[str, Any]], django_capture_on_commit_callbacks: Any
) -> None:
    sign_in(client, researcher)
    asked = {"design": DESIGN, "replicates": "20", "seed": "3"}
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            page = client.post("/evidence/trials/start/", asked)
    run = TrialRun.objects.get()
    assert page["Location"] == f"/evidence/trials/{run.id}/"
    assert [(one["design"], one["replicates"], one["seed"]) for one in started] == [(DESIGN, 20, 3)]
    assert "Running 20 virtual trials" in client.get(page["Location"]).content.decode()


@pytest.mark.parametrize(
    ("name", "typed", "says"),
    [
        ("design", "nobody2099", "Choose one of the designs."),
        *(
            ("replicates", typed, "Type a whole number from 2 to 1000.")
            for typed in ("", "-5", "0", "1", "99999999", "many")
        ),
        *(("seed", typed, "Type a whole number from 0 to 999999999.") for typed in ("x", "-1", "9" * 25)),
    ],
)
def test_an_absurd_trial_brings_the_form_back_with_the_reason_at_its_field(
    client: Any, researcher: Viewer, started: list[dict[str, Any]], name: str, typed: str, says: str
) -> None:
    asked = {"design": DESIGN, "replicates": "21", "seed": "3"} | {name: typed}
    refused = sign_in(client, researcher).post("/evidence/trials/start/", asked)
    assert refused.status_code == 422
    text = refused.content.decode()
    assert f'id="id_{name}_error"' in text
    assert says in text
    if name != "design":
        assert f'value="{typed}"' in text or not typed
    assert name == "replicates" or 'value="21"' in text, "nothing else that was typed is lost"
    assert TrialRun.objects.count() == AuditEntry.objects.count() == 0
    assert started == []


def test_without_a_seed_chance_begins_anywhere(
    client: Any, researcher: Viewer, started: list[dict[str, Any]], django_capture_on_commit_callbacks: Any
) -> None:
    sign_in(client, researcher)
    assert "Repetitions" in client.get("/evidence/").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/evidence/trials/start/", {"design": DESIGN, "replicates": "20", "seed": ""})
    assert 0 <= started[0]["seed"] < 10**6


def test_a_trial_that_broke_says_so(client: Any, researcher: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    # The connection is the test's own here; closing it would end the test's transaction.
    monkeypatch.setattr(commands.connection, "close", lambda: None)
    run = commands.start_trial(researcher, design=DESIGN, replicates=20, seed=3, now=NOW)
    commands.end_trial(run.id, None, "The research room ended with status 1")
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    page = sign_in(client, researcher).get(f"/evidence/trials/{run.id}/").content.decode()
    assert "did not end well" in page


def test_a_trial_really_run_stands_beside_what_was_published(
    client: Any, researcher: Viewer, started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands.connection, "close", lambda: None)
    run = commands.start_trial(researcher, design=DESIGN, replicates=2, seed=3, now=NOW)
    ended: Queue[tuple[Any, str]] = Queue()
    research_room.run_trial(DESIGN, replicates=2, seed=3, done=lambda result, problem: ended.put((result, problem)))
    result, problem = ended.get(timeout=120)
    assert problem == ""
    commands.end_trial(run.id, result, problem)
    text = sign_in(client, researcher).get(f"/evidence/trials/{run.id}/").content.decode()
    assert text.count('class="figure"') == 2
    assert "<style" not in text, "a strict page carries no style of its own"
    for words in ("PMID 23982301", "ketamine minus midazolam, points", "assembled by us"):
        assert words in text, words


def test_agreement_is_told_in_both_directions() -> None:
    summary = {
        "estimand": "response:ketamine", "predicted": 43.3, "low": 29.7, "high": 66.3, "monte_carlo_error": 2.3,
        "published": {"value": 64.0, "low": 49.5, "high": 76.0}, "published_within": True, "predicted_within": False,
    }  # fmt: skip
    row = trial_row(summary)
    assert (row.predicted_in_published, row.published_in_predicted) == ("no", "yes")


def test_what_broke_is_logged_without_what_was_typed(
    client: Any, researcher: Viewer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("Ada Sample was here")

    monkeypatch.setattr(queries, "latest_table", broken)
    client.raise_request_exception = False
    assert sign_in(client, researcher).get("/evidence/cohort/").status_code == 500
    failed = next(entry for entry in caplog.records if entry.message == "failed")
    assert failed.route == "evidence/cohort/"  # type: ignore[attr-defined]
    assert failed.code.startswith("RuntimeError at views.py:")  # type: ignore[attr-defined]
    assert "Ada Sample" not in str(failed.__dict__)


def test_a_trial_of_another_clinic_does_not_exist_here(
    client: Any, researcher: Viewer, started: list[dict[str, Any]]
) -> None:
    run = commands.start_trial(make_viewer(make_clinic()), design=DESIGN, replicates=20, seed=3, now=NOW)
    assert sign_in(client, researcher).get(f"/evidence/trials/{run.id}/").status_code == 404


def test_a_nurse_does_not_open_the_evidence_pages(client: Any, clinic: Clinic) -> None:
    make_patient(clinic)
    sign_in(client, make_viewer(clinic, Role.NURSE))
    for page in ("/evidence/", "/evidence/cohort/", "/evidence/cohort.csv"):
        assert client.get(page).status_code == 403
    assert client.post("/evidence/cohort/").status_code == 403


def test_the_research_room_itself_refuses_what_it_does_not_know() -> None:
    from euthymia.clinic.evidence.research_room import answer_of
    from euthymia.errors import Broken

    with pytest.raises(BadInput, match="No such design"):
        answer_of(2, "", 'warning\n{"error": "unknown_design", "path": "design", "message": "No such design."}\n')
    with pytest.raises(Broken):
        answer_of(1, "", "Traceback")
