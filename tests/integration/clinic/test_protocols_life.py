"""The life of a protocol in a clinic: cloned, edited, compared, read through, signed, retired, out and in as a file."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.builders import NOW, make_clinic, make_viewer, plausible, sign_in

from euthymia.care.decision import Allowed
from euthymia.care.protocol import Provenance, numbers
from euthymia.care.protocol_change import clone, edit
from euthymia.care.protocol_document import content_hash, parse_protocol, to_mapping
from euthymia.care.protocol_text import to_toml
from euthymia.care.protocols.load import load_protocol, read_protocol_text
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.assessments.rules import rules_id
from euthymia.clinic.audit.models import Action, AuditEntry
from euthymia.clinic.plans import commands, protocol_commands, queries
from euthymia.clinic.plans.lineage import LooserThanParent
from euthymia.clinic.plans.models import ProtocolVersion
from euthymia.clinic.plans.protocol_edit import Kind, places
from euthymia.clinic.plans.protocol_forms import AT, HOW, REMOVE, SOURCE, EditForm
from euthymia.errors import BadInput, ProtocolError

pytestmark = pytest.mark.django_db
IV = "iv_racemic_05"
REASON = "Agreed at the medicines meeting of 1 March 2026"
MEANING = "I take medical responsibility for its use here."


@pytest.fixture
def lead() -> Viewer:
    viewer = make_viewer(make_clinic(), Role.MEDICAL_LEAD)
    commands.install_protocols(viewer, NOW)
    return viewer


@pytest.fixture
def signed(lead: Viewer) -> ProtocolVersion:
    """The shipped protocol, its holes filled, signed here."""
    shipped = queries.version_for(lead, IV)
    assert shipped is not None
    row = commands.fill_protocol(lead, shipped, plausible(shipped), source=REASON, now=NOW)
    return commands.sign_protocol(lead, row, name=lead.name, meaning=MEANING, now=NOW)


def address(row: ProtocolVersion) -> str:
    return f"/protocols/{row.protocol_id}/{row.version}/"


def typed(row: ProtocolVersion, **changes: str) -> dict[str, str]:
    """What the edit page posts when nothing but these places was touched; `__` stands for a dot."""
    form = EditForm(queries.protocol_of(row), "x")
    kept = {name: str(field.initial) for name, field in form.fields.items() if field.initial is not None and AT in name}
    new = {(AT + path.replace("__", ".")): value for path, value in changes.items()}
    return kept | {"reason": REASON, "seen": ""} | new


def edited(lead: Viewer, row: ProtocolVersion, **changes: Any) -> ProtocolVersion:
    paths = {path.replace("__", "."): value for path, value in changes.items()}
    return protocol_commands.edit_protocol(lead, row, paths, reason=REASON, now=NOW)


# --- clone


def test_a_clone_is_a_draft_that_names_its_parent_and_is_audited(lead: Viewer, signed: ProtocolVersion) -> None:
    made = protocol_commands.clone_protocol(lead, signed, new_id="iv_ours", version="1.0.0", title="Ours", now=NOW)
    protocol = queries.protocol_of(made)
    assert protocol.parent is not None
    assert protocol.parent.content_hash == signed.content_hash
    assert (made.signed_at, made.made_by) == (None, lead.name)
    assert queries.usable_versions(lead)[IV].pk == signed.pk
    entry = AuditEntry.objects.filter(action=Action.CREATE, subject="protocol_version").order_by("-sequence")[0]
    assert (entry.subject_id, entry.detail) == ("iv_ours 1.0.0", {"made_from": str(signed)})


def test_a_clone_is_judged_by_the_rules_of_its_parent(lead: Viewer) -> None:
    for row in queries.current_versions(lead):
        made = protocol_commands.clone_protocol(
            lead, row, new_id=f"our_{row.protocol_id}", version="1", title="Ours", now=NOW
        )
        assert rules_id(queries.protocol_of(made)) == rules_id(queries.protocol_of(row))


def test_a_name_that_is_taken_is_refused_and_nothing_is_written(lead: Viewer, signed: ProtocolVersion) -> None:
    before = ProtocolVersion.objects.count()
    with pytest.raises(ProtocolError) as refusal:
        protocol_commands.clone_protocol(lead, signed, new_id="im_racemic", version="9", title="Ours", now=NOW)
    assert (refusal.value.code, refusal.value.path) == ("id_taken", "id")
    assert ProtocolVersion.objects.count() == before


def test_a_looser_clone_is_neither_saved_nor_signed(lead: Viewer, signed: ProtocolVersion) -> None:
    made = protocol_commands.clone_protocol(lead, signed, new_id="iv_ours", version="1.0.0", title="Ours", now=NOW)
    cap = dict(numbers(queries.protocol_of(signed)))["limits.dose_cap"].value
    assert cap is not None
    with pytest.raises(LooserThanParent) as refusal:
        edited(lead, made, limits__dose_cap=cap + 1, fresh_within_min=120)
    assert [reason.fact for reason in refusal.value.reasons] == ["limits.dose_cap", "fresh_within_min"]
    tighter = edited(lead, made, limits__dose_cap=cap - 1)
    row = commands.sign_protocol(lead, tighter, name=lead.name, meaning=MEANING, now=NOW)
    assert isinstance(queries.readiness(row), Allowed)


# --- edit


def test_editing_what_is_signed_makes_a_version_and_leaves_the_signed_one_in_use(
    lead: Viewer, signed: ProtocolVersion
) -> None:
    before = signed.content
    made = edited(lead, signed, limits__dose_per_kg_cap=0.9)
    signed.refresh_from_db()
    assert (signed.content, signed.retired_at) == (before, None)
    assert (made.version, made.signed_at) == ("1.0.0-3", None)
    assert queries.usable_versions(lead)[IV].pk == signed.pk
    cap = dict(numbers(queries.protocol_of(made)))["limits.dose_per_kg_cap"]
    assert (cap.value, cap.provenance, cap.source) == (0.9, Provenance.CLINIC, ())
    assert cap.filled_by == f"{lead.name}: {REASON}"


def test_a_draft_gives_way_to_its_edit_and_two_editors_do_not_overwrite_each_other(
    lead: Viewer, signed: ProtocolVersion
) -> None:
    draft = edited(lead, signed, title="Ours")
    second = edited(lead, draft, title="Ours again")
    draft.refresh_from_db()
    assert draft.retired_at == NOW
    with pytest.raises(ProtocolError) as refusal:
        edited(lead, draft, title="Mine")
    assert refusal.value.code == "retired"
    with pytest.raises(ProtocolError) as refusal:
        protocol_commands.edit_protocol(lead, signed, {"title": "Mine"}, reason=REASON, seen=signed.version, now=NOW)
    assert refusal.value.code == "changed_meanwhile"
    assert second.version in refusal.value.message
    assert lead.name in refusal.value.message


def test_a_version_of_a_shipped_protocol_is_never_looser_than_it_was_shipped(
    lead: Viewer, signed: ProtocolVersion
) -> None:
    with pytest.raises(LooserThanParent):
        edited(lead, signed, limits__dose_per_kg_cap=1.1)
    tighter = edited(lead, signed, limits__dose_per_kg_cap=0.8)
    back = edited(lead, tighter, limits__dose_per_kg_cap=1.0)
    assert queries.protocol_of(back).parent == queries.protocol_of(signed).parent


@pytest.mark.parametrize(
    ("changes", "reason", "code"), [({}, REASON, "nothing_changed"), ({"title": "x"}, "me", "missing_reason")]
)
def test_an_edit_changes_something_and_says_why(
    lead: Viewer, signed: ProtocolVersion, changes: dict[str, Any], reason: str, code: str
) -> None:
    with pytest.raises(ProtocolError) as refusal:
        protocol_commands.edit_protocol(lead, signed, changes, reason=reason, now=NOW)
    assert refusal.value.code == code


# --- sign


def test_a_clock_that_runs_behind_gives_no_signature(lead: Viewer, signed: ProtocolVersion) -> None:
    made = edited(lead, signed, title="Ours")
    with pytest.raises(ProtocolError) as refusal:
        commands.sign_protocol(lead, made, name=lead.name, meaning=MEANING, now=NOW - timedelta(seconds=1))
    assert refusal.value.code == "before_content"


def test_a_protocol_whose_parent_is_not_here_is_read_and_not_signed(lead: Viewer, signed: ProtocolVersion) -> None:
    elsewhere = clone(clone(queries.protocol_of(signed), "theirs", "1", "Theirs"), "ours", "1", "Ours")
    row = protocol_commands.upload_protocol(lead, elsewhere, now=NOW)
    with pytest.raises(ProtocolError) as refusal:
        commands.sign_protocol(lead, row, name=lead.name, meaning=MEANING, now=NOW)
    assert (refusal.value.code, refusal.value.path) == ("parent_not_here", "parent")


# --- retire


def test_a_retired_version_carries_no_new_plan_and_stays_to_be_read(lead: Viewer, signed: ProtocolVersion) -> None:
    row = protocol_commands.retire_protocol(lead, signed, reason="Replaced by the nasal route.", now=NOW)
    assert (row.retired_name, row.retired_reason) == (lead.name, "Replaced by the nasal route.")
    assert IV not in queries.usable_versions(lead)
    assert queries.protocol_of(row).id == IV
    entry = AuditEntry.objects.filter(subject="protocol_version", action=Action.CHANGE).get()
    assert entry.detail == {"state": "retired"}
    later = protocol_commands.retire_protocol(lead, row, reason="Another reason entirely.", now=NOW + timedelta(days=1))
    assert (later.retired_at, later.retired_reason) == (NOW, "Replaced by the nasal route.")


def test_a_retirement_says_why(lead: Viewer, signed: ProtocolVersion) -> None:
    with pytest.raises(ProtocolError) as refusal:
        protocol_commands.retire_protocol(lead, signed, reason="why not", now=NOW)
    assert refusal.value.code == "missing_reason"


# --- files


def test_the_same_file_twice_is_one_version(lead: Viewer, signed: ProtocolVersion) -> None:
    ours = clone(queries.protocol_of(signed), "ours", "1", "Ours")
    first = protocol_commands.upload_protocol(lead, ours, now=NOW)
    assert protocol_commands.upload_protocol(lead, ours, now=NOW).pk == first.pk
    assert first.signed_at is None


def test_another_content_under_the_same_version_is_refused(lead: Viewer, signed: ProtocolVersion) -> None:
    other = edit(queries.protocol_of(signed), {"title": "Something else"}, "x")
    with pytest.raises(ProtocolError) as refusal:
        protocol_commands.upload_protocol(lead, other, now=NOW)
    assert (refusal.value.code, refusal.value.path) == ("version_taken", "version")


def test_a_file_of_a_protocol_that_is_here_is_never_looser_whatever_it_says_of_its_parent(lead: Viewer) -> None:
    looser = edit(load_protocol(IV), {"limits.dose_per_kg_cap": 2}, "x")
    with pytest.raises(LooserThanParent):
        protocol_commands.upload_protocol(lead, parse_protocol(to_mapping(looser) | {"version": "2.0.0"}), now=NOW)


def test_a_file_of_an_unknown_protocol_comes_in(lead: Viewer) -> None:
    theirs = parse_protocol(to_mapping(load_protocol(IV)) | {"id": "theirs"})
    assert protocol_commands.upload_protocol(lead, theirs, now=NOW).content_hash == content_hash(theirs)


# --- who


COMMANDS = [
    lambda viewer, row: protocol_commands.clone_protocol(viewer, row, new_id="x", version="1", title="x", now=NOW),
    lambda viewer, row: protocol_commands.edit_protocol(viewer, row, {"title": "x"}, reason=REASON, now=NOW),
    lambda viewer, row: protocol_commands.upload_protocol(viewer, queries.protocol_of(row), now=NOW),
    lambda viewer, row: protocol_commands.retire_protocol(viewer, row, reason=REASON, now=NOW),
]


@pytest.mark.parametrize("command", COMMANDS, ids=["clone", "edit", "upload", "retire"])
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MEDICAL_LEAD])
def test_only_the_medical_lead_changes_protocols(role: Role, command: Any) -> None:
    clinic = make_clinic()
    lead, other = make_viewer(clinic, Role.MEDICAL_LEAD), make_viewer(clinic, role)
    commands.install_protocols(lead, NOW)
    row = queries.version_for(lead, IV)
    before = ProtocolVersion.objects.count()
    with pytest.raises(BadInput) as refusal:
        command(other, row)
    assert refusal.value.code == "not_permitted"
    assert ProtocolVersion.objects.count() == before


@pytest.mark.parametrize("role", Role)
def test_each_page_opens_to_those_whose_duty_it_is(client: Any, role: Role) -> None:
    clinic = make_clinic()
    lead = make_viewer(clinic, Role.MEDICAL_LEAD)
    commands.install_protocols(lead, NOW)
    row = queries.version_for(lead, IV)
    assert row is not None
    sign_in(client, make_viewer(clinic, role))
    both = f"?left={IV} 1.0.0&right=im_racemic 1.0.0"
    for page in (f"/protocols/compare/{both}", address(row), address(row) + "file.toml", address(row) + "file.json"):
        assert client.get(page).status_code == 200, page
    expected = 200 if role is Role.MEDICAL_LEAD else 403
    for page in ("edit/", "clone/", "sign/"):
        assert client.get(address(row) + page).status_code == expected, page
    assert client.get("/protocols/upload/").status_code == expected
    assert client.post(address(row) + "retire/", {"reason": "me"}).status_code == (422 if expected == 200 else 403)


# --- screens


def test_the_list_says_where_each_protocol_stands_and_what_the_lead_may_do(
    client: Any, lead: Viewer, signed: ProtocolVersion
) -> None:
    draft = edited(lead, signed, title="Ours")
    protocol_commands.retire_protocol(lead, _row(lead, "im_racemic"), reason="Nobody uses it here.", now=NOW)
    sign_in(client, lead)
    page = client.get("/protocols/").content.decode()
    assert "waiting for signature" in page
    assert f'in use: <a href="{address(signed)}">{signed.version}</a>' in page
    assert f'href="{address(draft)}sign/"' in page
    assert "Out of use" in page
    assert "Nobody uses it here." in page


def _row(lead: Viewer, protocol_id: str) -> ProtocolVersion:
    row = queries.version_for(lead, protocol_id)
    assert row is not None
    return row


def test_the_edit_page_shows_each_source_and_makes_a_version(
    client: Any, lead: Viewer, signed: ProtocolVersion
) -> None:
    sign_in(client, lead)
    shown = client.get(address(signed) + "edit/").content.decode()
    assert "S59, S62 (read where others restate it)" in shown
    answer = client.post(
        address(signed) + "edit/",
        typed(
            signed,
            limits__dose_per_kg_cap="0.9",
            for_whom="Adults of this clinic.",
            checks__weight_today__required="yes",
        ),
    )
    assert answer.status_code == 302
    made = queries.newest_version(lead, IV)
    assert made is not None
    assert answer.url == address(made)
    assert queries.protocol_of(made).for_whom == "Adults of this clinic."


def test_a_number_with_its_own_source_a_new_limit_and_an_entry_taken_out(
    client: Any, lead: Viewer, signed: ProtocolVersion
) -> None:
    sign_in(client, lead)
    more = {
        "new_source": "G24",
        "new_cite": "A guideline of 2024",
        "new_link": "https://example.org/g24",
        SOURCE + "limits.dose_per_kg_cap": "G24, S62",
        HOW + "limits.dose_per_kg_cap": "read",
        REMOVE + "maintenance.individual": "on",
        "limit_measure": "mg_in_7_days",
        "limit_stage": "order",
        "limit_bound": "at_most",
        "limit_level": "hold",
        "limit_value": "160",
    }
    answer = client.post(address(signed) + "edit/", typed(signed, limits__dose_per_kg_cap="0.8") | more)
    assert answer.status_code == 302
    protocol = queries.protocol_of(_newest(lead))
    found = dict(numbers(protocol))
    assert found["limits.dose_per_kg_cap"].source == ("G24", "S62")
    assert found["limits.order_mg_in_7_days_hold_here"].value == 160
    assert found["limits.order_mg_in_7_days_hold_here"].filled_by == f"{lead.name}: {REASON}"
    assert protocol.maintenance == ()


def _newest(lead: Viewer) -> ProtocolVersion:
    row = queries.newest_version(lead, IV)
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"at:limits.dose_per_kg_cap": "1.1"}, "is looser than 1 mg/kg"),
        ({"at:limits.dose_per_kg_cap": "1,1"}, "1,1"),
        ({"at:limits.dose_cap": "500"}, "outside 20 to 150"),
        ({"at:limits.dose_cap": ""}, "is looser than"),
        ({"at:title": ""}, "needed here"),
        (
            {
                "at:limits.dose_per_kg_cap": "0.8",
                "source:limits.dose_per_kg_cap": "S0",
                "how:limits.dose_per_kg_cap": "read",
            },
            "not listed",
        ),
        ({"remove:limits.dose_cap": "on"}, "is looser than"),
        ({"reason": "me"}, "at least 10 letters"),
        ({"reason": ""}, "required"),
        ({"new_source": "G24"}, "Say what this source is"),
        ({"limit_measure": "mg_in_7_days"}, "A new limit needs its number"),
        ({"seen": "0.9"}, "since you opened this page"),
    ],
)
def test_a_refused_edit_says_where_and_loses_nothing(
    client: Any, lead: Viewer, signed: ProtocolVersion, changes: dict[str, str], words: str
) -> None:
    sign_in(client, lead)
    before = ProtocolVersion.objects.count()
    answer = client.post(address(signed) + "edit/", typed(signed, for_whom="Adults of this clinic.") | changes)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert "Adults of this clinic." in page
    assert ProtocolVersion.objects.count() == before


def test_every_cited_number_of_every_shipped_protocol_can_be_edited(lead: Viewer) -> None:
    for row in queries.current_versions(lead):
        protocol = queries.protocol_of(row)
        cited = {place.path for place in places(protocol) if place.kind is Kind.CITED}
        assert {path for path, _ in numbers(protocol)} == cited


def test_the_page_of_every_shipped_protocol_shows_its_years_and_its_course(client: Any, lead: Viewer) -> None:
    sign_in(client, lead)
    for row in queries.current_versions(lead):
        protocol, page = queries.protocol_of(row), client.get(address(row)).content.decode()
        assert ("Watched for years" in page) is bool(protocol.long_term)
        assert ("Asked along the course" in page) is bool(protocol.follow_up)
        assert client.get(address(row) + "edit/").status_code == 200


def test_clone_page(client: Any, lead: Viewer, signed: ProtocolVersion) -> None:
    sign_in(client, lead)
    refused = client.post(address(signed) + "clone/", {"id": "Not A Name", "version": "1", "title": "Ours"})
    assert refused.status_code == 422
    assert "small letters" in refused.content.decode()
    made = client.post(address(signed) + "clone/", {"id": "iv_ours", "version": "1.0.0", "title": "Ours"})
    assert made.url == "/protocols/iv_ours/1.0.0/edit/"
    shown = client.get("/protocols/iv_ours/1.0.0/").content.decode()
    assert f"{IV} {signed.version}; its limits may only be tighter" in shown


def test_compare_page_marks_what_is_looser_in_words(client: Any, lead: Viewer, signed: ProtocolVersion) -> None:
    made = edited(lead, signed, limits__dose_per_kg_cap=0.9)
    sign_in(client, lead)
    answer = client.get("/protocols/compare/", {"left": str(made), "right": str(signed)})
    assert "1 looser" in answer.content.decode()
    answer = client.get("/protocols/compare/", {"left": str(signed), "right": str(made)})
    assert "1 tighter" in answer.content.decode()
    assert "Dose per kilogram at most, when the dose is ordered (stop)" in answer.content.decode()
    assert (
        "They say the same"
        in client.get("/protocols/compare/", {"left": str(signed), "right": str(signed)}).content.decode()
    )
    assert "Choose two versions" in client.get("/protocols/compare/", {"left": "nothing"}).content.decode()


def test_sign_page_shows_what_changed_what_is_open_and_what_others_restate(
    client: Any, lead: Viewer, signed: ProtocolVersion
) -> None:
    made = edited(lead, signed, title="Ours")
    sign_in(client, lead)
    shown = client.get(address(made) + "sign/").content.decode()
    assert f"What changed since {signed}" in shown
    assert "Read only where others restate it" in shown
    assert "1 mg/kg (S59, S62)" in shown
    refused = client.post(address(made) + "sign/", {"name": "Somebody", "meaning": MEANING})
    assert refused.status_code == 422
    assert "Type your own name" in refused.content.decode()
    assert client.post(address(made) + "sign/", {"name": lead.name, "meaning": MEANING}).status_code == 302
    assert client.get(address(made) + "sign/").url == address(made)
    assert "is the one in use here" in client.get(address(signed)).content.decode()
    open_one = client.get(address(_row(lead, "im_racemic")) + "sign/").content.decode()
    assert "Still open" in open_one
    assert "Sign this version" not in open_one


def test_retire_page(client: Any, lead: Viewer, signed: ProtocolVersion) -> None:
    sign_in(client, lead)
    refused = client.post(address(signed) + "retire/", {"reason": "me"})
    assert refused.status_code == 422
    assert "at least 10 letters" in refused.content.decode()
    done = client.post(address(signed) + "retire/", {"reason": "Replaced by the nasal route."}, follow=True)
    assert "Replaced by the nasal route." in done.content.decode()
    gone = client.get(address(signed) + "edit/")
    assert "retired" in gone.content.decode()


def test_a_version_goes_out_and_comes_in_as_a_file(client: Any, lead: Viewer, signed: ProtocolVersion) -> None:
    sign_in(client, lead)
    toml = client.get(address(signed) + "file.toml")
    assert toml["Content-Disposition"] == f'attachment; filename="{IV}-{signed.version}.toml"'
    assert content_hash(read_protocol_text(toml.content.decode())) == signed.content_hash
    assert content_hash(parse_protocol(json.loads(client.get(address(signed) + "file.json").content))) == (
        signed.content_hash
    )
    assert client.get(address(signed) + "file.pdf").status_code == 404
    ours = clone(queries.protocol_of(signed), "ours", "1", "Ours")
    answer = client.post("/protocols/upload/", {"file": SimpleUploadedFile("ours.toml", to_toml(ours).encode())})
    assert answer.url == "/protocols/ours/1/"


BROKEN = {
    "empty": (b"", "empty"),
    "not toml": (b"= =", "not a TOML file"),
    "not json": (b"{", "not JSON"),
    "a number of 5000 digits": (b'{"id": ' + b"9" * 5000 + b"}", "not JSON"),
    "a number of 5000 digits in toml": (b"id = " + b"9" * 5000, "not a TOML file"),
    "braces without end": (b'{"id": ' + b"[" * 100_000, "not JSON"),
    "brackets without end in toml": (b"id = " + b"[" * 100_000, "not a TOML file"),
    "not text": (b"\xff\xfe", "not UTF-8"),
    "nothing said": (b"{}", "<code>id</code>"),
    "too large": (b"#" * 1_000_001, "at most 1000 kB"),
    "another unit": (
        to_toml(load_protocol(IV)).replace('unit = "mg/kg"', 'unit = "mg"', 1).encode(),
        "<code>dose.mg_per_kg.unit</code>",
    ),
}


@pytest.mark.parametrize(("content", "words"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused_with_its_place_and_nothing_is_kept(
    client: Any, lead: Viewer, content: bytes, words: str
) -> None:
    sign_in(client, lead)
    before = ProtocolVersion.objects.count()
    answer = client.post("/protocols/upload/", {"file": SimpleUploadedFile("x.toml", content)})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert ProtocolVersion.objects.count() == before


def test_a_looser_file_is_refused_with_every_place(client: Any, lead: Viewer, signed: ProtocolVersion) -> None:
    sign_in(client, lead)
    ours = clone(queries.protocol_of(signed), "ours", "1", "Ours")
    looser = edit(ours, {"limits.dose_per_kg_cap": 2, "limits.dose_per_kg_reported": None}, "x")
    answer = client.post("/protocols/upload/", {"file": SimpleUploadedFile("x.toml", to_toml(looser).encode())})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "limits.dose_per_kg_cap" in page
    assert "limits.dose_per_kg_reported" in page
