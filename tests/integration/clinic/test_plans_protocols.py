"""Protocols in a clinic: installed, filled, signed, and refused until they are."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.http import Http404
from tests.builders import NOW, make_clinic, make_viewer, plausible, sign_in

from euthymia.care.decision import Allowed, CannotTell, Refused, reasons_of
from euthymia.care.protocol import Provenance, holes, numbers
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.models import Action, AuditEntry
from euthymia.clinic.plans import commands, guard, queries
from euthymia.clinic.plans.models import ProtocolVersion
from euthymia.errors import BadInput, ProtocolError

pytestmark = pytest.mark.django_db
IV = "iv_racemic_05"
SOURCE = "Agreed at the medicines meeting of 1 March 2026"
MEANING = "I take medical responsibility for its use here."


@pytest.fixture
def lead() -> Viewer:
    viewer = make_viewer(make_clinic(), Role.MEDICAL_LEAD)
    commands.install_protocols(viewer, NOW)
    return viewer


def installed(viewer: Viewer, protocol_id: str = IV) -> ProtocolVersion:
    row = queries.version_for(viewer, protocol_id)
    assert row is not None
    return row


def filled(viewer: Viewer, row: ProtocolVersion) -> ProtocolVersion:
    return commands.fill_protocol(viewer, row, plausible(row), source=SOURCE, now=NOW)


def test_installing_twice_adds_nothing(lead: Viewer) -> None:
    before = ProtocolVersion.objects.count()
    commands.install_protocols(lead, NOW)
    assert ProtocolVersion.objects.count() == before >= 3


def test_a_protocol_with_holes_cannot_be_used_and_says_which(lead: Viewer) -> None:
    answer = queries.readiness(installed(lead))
    assert isinstance(answer, CannotTell)
    assert any("systolic" in missing.fact for missing in answer.missing)
    assert queries.usable_versions(lead) == {}


def test_filling_makes_a_new_version_and_leaves_the_old_content(lead: Viewer) -> None:
    row = installed(lead)
    before = row.content
    made = filled(lead, row)
    row.refresh_from_db()
    assert made.version != row.version
    assert row.content == before
    assert row.retired_at == NOW
    assert holes(queries.protocol_of(made)) == ()
    by_clinic = [number for _, number in numbers(queries.protocol_of(made)) if number.provenance is Provenance.CLINIC]
    assert by_clinic
    assert all(SOURCE in number.filled_by and lead.name in number.filled_by for number in by_clinic)


@pytest.mark.parametrize(("change", "code"), [(-1.0, "implausible"), (100_000.0, "implausible")])
def test_an_implausible_number_is_refused_and_nothing_is_written(lead: Viewer, change: float, code: str) -> None:
    row = installed(lead)
    name = holes(queries.protocol_of(row))[0].name
    before = ProtocolVersion.objects.count()
    with pytest.raises(ProtocolError) as refusal:
        commands.fill_protocol(lead, row, {name: change}, source=SOURCE, now=NOW)
    assert refusal.value.code == code
    assert ProtocolVersion.objects.count() == before


def test_a_number_with_a_published_source_cannot_be_filled(lead: Viewer) -> None:
    row = installed(lead)
    sourced = next(path for path, number in numbers(queries.protocol_of(row)) if not number.can_be_filled)
    with pytest.raises(ProtocolError) as refusal:
        commands.fill_protocol(lead, row, {sourced: 1.0}, source=SOURCE, now=NOW)
    assert refusal.value.code == "not_a_hole"


def test_filling_needs_a_source_in_words(lead: Viewer) -> None:
    row = installed(lead)
    with pytest.raises(ProtocolError) as refusal:
        commands.fill_protocol(lead, row, plausible(row), source="me", now=NOW)
    assert refusal.value.code == "missing_source"


def test_a_signed_protocol_is_ready_and_its_seal_is_its_content(lead: Viewer) -> None:
    row = commands.sign_protocol(lead, filled(lead, installed(lead)), name=lead.name, meaning=MEANING, now=NOW)
    assert isinstance(queries.readiness(row), Allowed)
    assert row.signed_hash == row.content_hash
    assert queries.usable_versions(lead)[IV].pk == row.pk
    assert AuditEntry.objects.filter(action=Action.SIGN, subject="protocol_version").count() == 1


def unguarded() -> None:
    """The database without its own refusal, as somebody with its password could have it."""
    connection.check_constraints()
    guard.remove(connection)


@pytest.mark.parametrize(
    "change",
    [
        {"content": {"title": "Something else"}},
        {"content_hash": "0" * 64},
        {"version": "9"},
        {"signed_name": "Somebody Else"},
        {"signed_at": None},
    ],
    ids=["content", "seal", "version", "signer", "unsigned again"],
)
def test_the_database_refuses_to_change_what_was_signed(lead: Viewer, change: dict[str, Any]) -> None:
    row = commands.sign_protocol(lead, filled(lead, installed(lead)), name=lead.name, meaning=MEANING, now=NOW)
    with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
        ProtocolVersion.objects.filter(pk=row.pk).update(**change)
    for name, value in change.items():
        setattr(row, name, value)
    with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
        row.save()


def test_changed_content_breaks_the_signature(lead: Viewer) -> None:
    """Even where somebody took the database's own refusal away."""
    row = commands.sign_protocol(lead, filled(lead, installed(lead)), name=lead.name, meaning=MEANING, now=NOW)
    unguarded()
    row.content = row.content | {"title": "Something else"}
    row.save()
    assert not isinstance(queries.readiness(row), Allowed)
    assert queries.usable_versions(lead) == {}
    assert {reason.rule for reason in reasons_of(queries.readiness(row))} == {"protocol_signed", "protocol_stored"}


def test_a_draft_changed_in_the_database_is_not_what_was_sealed(lead: Viewer) -> None:
    row = filled(lead, installed(lead))
    unguarded()
    ProtocolVersion.objects.filter(pk=row.pk).update(content=row.content | {"title": "Something else"})
    row.refresh_from_db()
    assert isinstance(queries.stored_whole(row), Refused)


def test_holes_and_another_persons_name_are_not_signed(lead: Viewer) -> None:
    row = installed(lead)
    with pytest.raises(ProtocolError, match="Fill before signing"):
        commands.sign_protocol(lead, row, name=lead.name, meaning=MEANING, now=NOW)
    with pytest.raises(ProtocolError) as refusal:
        commands.sign_protocol(lead, filled(lead, row), name="Somebody Else", meaning=MEANING, now=NOW)
    assert refusal.value.code == "not_your_name"


def test_only_the_medical_lead_fills_and_signs() -> None:
    clinic = make_clinic()
    lead, prescriber = make_viewer(clinic, Role.MEDICAL_LEAD), make_viewer(clinic, Role.PRESCRIBER)
    commands.install_protocols(lead, NOW)
    row = installed(lead)
    with pytest.raises(BadInput) as refusal:
        commands.fill_protocol(prescriber, row, plausible(row), source=SOURCE, now=NOW)
    assert refusal.value.code == "not_permitted"
    with pytest.raises(BadInput):
        commands.sign_protocol(prescriber, filled(lead, row), name=prescriber.name, meaning=MEANING, now=NOW)


def test_a_newly_signed_version_retires_the_one_before(lead: Viewer) -> None:
    first = commands.sign_protocol(lead, filled(lead, installed(lead)), name=lead.name, meaning=MEANING, now=NOW)
    values = {path: number.value for path, number in numbers(queries.protocol_of(first)) if number.can_be_filled}
    again = {path: value for path, value in values.items() if value is not None}
    second = commands.fill_protocol(lead, first, again, source="Reviewed again in March 2026", now=NOW)
    first.refresh_from_db()
    assert first.retired_at is None
    commands.sign_protocol(lead, second, name=lead.name, meaning=MEANING, now=NOW)
    first.refresh_from_db()
    assert first.retired_at == NOW
    assert queries.usable_versions(lead)[IV].pk == second.pk


def test_a_version_that_was_replaced_is_not_signed_over_the_one_in_use(lead: Viewer) -> None:
    shipped = installed(lead)
    draft = filled(lead, shipped)
    in_use = commands.fill_protocol(lead, draft, plausible(shipped), source=SOURCE, now=NOW)
    commands.sign_protocol(lead, in_use, name=lead.name, meaning=MEANING, now=NOW)
    with pytest.raises(ProtocolError, match="replaced"):
        commands.sign_protocol(lead, draft, name=lead.name, meaning=MEANING, now=NOW)
    assert queries.usable_versions(lead)[draft.protocol_id].pk == in_use.pk


def test_another_clinics_version_looks_like_none(lead: Viewer) -> None:
    stranger = make_viewer(make_clinic(), Role.MEDICAL_LEAD)
    with pytest.raises(Http404):
        queries.find_version(stranger, IV, installed(lead).version)


def test_the_pages_of_protocols(client: Any, lead: Viewer) -> None:
    row = installed(lead)
    page = f"/protocols/{row.protocol_id}/{row.version}/"
    sign_in(client, lead)
    assert "holes to fill" in client.get("/protocols/").content.decode()
    shown = client.get(page).content.decode()
    assert "open" in shown
    assert row.content_hash in shown
    refused = client.post(page + "fill/", {"source": SOURCE, "number:" + holes(queries.protocol_of(row))[0].name: "-1"})
    assert refused.status_code == 422
    assert "outside" in refused.content.decode()
    values = {"number:" + name: str(value) for name, value in plausible(row).items()}
    made = client.post(page + "fill/", {"source": SOURCE} | values)
    assert made.status_code == 302
    signed = client.post(made.url + "sign/", {"name": lead.name, "meaning": MEANING})
    assert signed.status_code == 302
    assert "Plans can be made from it" in client.get(made.url).content.decode()


def test_a_nurse_sees_a_protocol_and_cannot_sign_it(client: Any) -> None:
    clinic = make_clinic()
    lead, nurse = make_viewer(clinic, Role.MEDICAL_LEAD), make_viewer(clinic, Role.NURSE)
    commands.install_protocols(lead, NOW)
    row = installed(lead)
    sign_in(client, nurse)
    page = f"/protocols/{row.protocol_id}/{row.version}/"
    assert client.get(page).status_code == 200
    assert client.post(page + "sign/", {"name": "x", "meaning": "y"}).status_code == 403
