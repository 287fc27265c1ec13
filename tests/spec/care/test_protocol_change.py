"""A protocol changes by cloning, by editing a place, by a next version, and by retiring; each no says where."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.spec.care.bedside import filled
from tests.spec.care.test_protocol_compare import stepped

from euthymia.care.decision import Allowed, Refused
from euthymia.care.protocol import Cited, Level, Protocol, Provenance, numbers
from euthymia.care.protocol_change import Retirement, clone, edit, named_path, next_version, retire
from euthymia.care.protocol_compare import compare, looser_than, within_parent
from euthymia.care.protocol_document import content_hash, to_mapping
from euthymia.care.protocol_signature import ready, sign
from euthymia.care.protocol_text import to_toml
from euthymia.care.protocols.load import load_protocol, read_protocol_text, shipped_protocols
from euthymia.errors import ProtocolError

IV = "iv_racemic_05"
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
BY = "Dr Lead: agreed in March"


def number(protocol: Protocol, path: str) -> Cited:
    return dict(numbers(protocol))[path]


def refused(change: Any, *arguments: Any) -> tuple[str, str]:
    """(code, path) of the refusal."""
    with pytest.raises(ProtocolError) as refusal:
        change(*arguments)
    assert refusal.value.message
    return refusal.value.code, refusal.value.path


# --- clone


def test_a_clone_says_the_same_under_its_own_name_and_names_its_parent() -> None:
    parent = filled(IV)
    child = clone(parent, "iv_ours", "1.2.0", " Ours ")
    assert (child.id, child.version, child.title) == ("iv_ours", "1.2.0", "Ours")
    assert child.parent is not None
    assert (child.parent.id, child.parent.version) == (IV, parent.version)
    assert child.parent.content_hash == content_hash(parent)
    assert (child.eligibility, child.eligibility_rules) == (IV, parent.eligibility_rules)
    assert {row.path for row in compare(parent, child)} == {"title"}
    assert within_parent(child, parent) == Allowed()


@pytest.mark.parametrize(
    ("new_id", "version", "title", "code", "path"),
    [
        ("Ours", "1", "Ours", "bad_name", "id"),
        ("", "1", "Ours", "bad_name", "id"),
        ("a" * 61, "1", "Ours", "bad_name", "id"),
        (IV, "2", "Ours", "same_id", "id"),
        ("ours", "", "Ours", "bad_version", "version"),
        ("ours", "1 2", "Ours", "bad_version", "version"),
        ("ours", "1" * 21, "Ours", "bad_version", "version"),
        ("ours", "1", " ", "missing", "title"),
    ],
)
def test_a_clone_without_a_proper_name_is_refused(new_id: str, version: str, title: str, code: str, path: str) -> None:
    assert refused(clone, load_protocol(IV), new_id, version, title) == (code, path)


def test_the_longest_names_fit() -> None:
    child = clone(load_protocol(IV), "a" * 60, "1" * 20, "Ours")
    assert (len(child.id), len(child.version)) == (60, 20)


def test_a_clone_of_a_clone_names_the_clone() -> None:
    first = clone(load_protocol(IV), "first", "1", "First")
    second = clone(first, "second", "1", "Second")
    assert second.parent is not None
    assert (second.parent.id, second.parent.content_hash) == ("first", content_hash(first))
    assert second.eligibility_rules == IV


# --- next version


def test_a_next_version_stays_below_what_the_protocol_started_as() -> None:
    shipped = load_protocol(IV)
    second = next_version(shipped, filled(IV), "1.0.0-2")
    third = next_version(second, edit(second, {"title": "Ours"}, BY), "1.0.0-3")
    assert second.parent is not None
    assert (second.parent.id, second.parent.version) == (IV, shipped.version)
    assert second.parent.content_hash == content_hash(shipped)
    assert third.parent == second.parent
    assert (third.version, third.title) == ("1.0.0-3", "Ours")


@pytest.mark.parametrize(("version", "code"), [("1.0.0", "same_version"), ("", "bad_version"), ("v/2", "bad_version")])
def test_a_next_version_has_a_name_of_its_own(version: str, code: str) -> None:
    assert refused(next_version, filled(IV), filled(IV), version) == (code, "version")


# --- edit: numbers


def test_a_sourced_number_that_a_clinic_changes_is_the_clinics_and_says_what_it_was() -> None:
    edited = edit(load_protocol(IV), {"limits.dose_per_kg_cap": 0.9}, f" {BY} ")
    found = number(edited, "limits.dose_per_kg_cap")
    assert (found.value, found.unit, found.source) == (0.9, "mg/kg", ())
    assert (found.provenance, found.filled_by) == (Provenance.CLINIC, BY)
    assert found.why == "Was 1 mg/kg (S59, S62; read_secondary)."


def test_an_operating_choice_that_a_clinic_changes_says_that_it_had_no_source() -> None:
    found = number(edit(load_protocol(IV), {"timing.early_min": 10}, BY), "timing.early_min")
    assert found.why == "Was 5 min (no source; house)."


def test_a_number_changed_with_its_source_is_cited() -> None:
    new = {"value": 0.4, "source": ["S62"], "provenance": "read"}
    found = number(edit(load_protocol(IV), {"dose.mg_per_kg": new}, BY), "dose.mg_per_kg")
    assert (found.value, found.unit, found.source, found.provenance) == (0.4, "mg/kg", ("S62",), Provenance.READ)
    assert (found.filled_by, found.why) == ("", "")


def test_a_new_source_comes_with_the_number_it_gives() -> None:
    changes = {
        "sources.G24": {"cite": "A guideline of 2024"},
        "limits.dose_per_kg_cap": {"value": 0.8, "source": ["G24"], "provenance": "read"},
    }
    edited = edit(load_protocol(IV), changes, BY)
    assert number(edited, "limits.dose_per_kg_cap").source == ("G24",)
    assert ("G24", "A guideline of 2024") in [(source.name, source.cite) for source in edited.sources]


@pytest.mark.parametrize("value", [{"value": 0.9}, {"value": 0.9, "provenance": "clinic"}])
def test_a_number_in_a_table_without_a_source_is_the_clinics(value: dict[str, Any]) -> None:
    found = number(edit(load_protocol(IV), {"limits.dose_per_kg_cap": value}, BY), "limits.dose_per_kg_cap")
    assert (found.value, found.provenance, found.filled_by) == (0.9, Provenance.CLINIC, BY)


def test_a_number_may_become_a_hole_that_says_why() -> None:
    hole = {"why": "We no longer believe it.", "low": 0.1, "high": 1}
    found = number(edit(load_protocol(IV), {"limits.dose_per_kg_cap": hole}, BY), "limits.dose_per_kg_cap")
    assert found.is_hole
    assert (found.why, found.provenance) == ("We no longer believe it.", None)


def test_the_same_number_keeps_its_source() -> None:
    protocol = load_protocol(IV)
    assert edit(protocol, {"limits.dose_per_kg_cap": 1, "dose.mg_per_kg": 0.5, "title": protocol.title}, BY) == protocol
    assert edit(protocol, {}, BY) == protocol


@pytest.mark.parametrize("value", [20.0, 80.0, 150.0])
def test_a_hole_is_filled_within_what_is_plausible_and_keeps_why_it_was_open(value: float) -> None:
    found = number(edit(load_protocol(IV), {"limits.dose_cap": value}, BY), "limits.dose_cap")
    assert (found.value, found.provenance, found.filled_by) == (value, Provenance.CLINIC, BY)
    assert (found.why, found.low, found.high) == ("No source gives a cap in mg for one infusion.", 20, 150)


@pytest.mark.parametrize("value", [19.9, 150.1, 0])
def test_an_implausible_filling_is_refused(value: float) -> None:
    assert refused(edit, load_protocol(IV), {"limits.dose_cap": value}, BY) == ("implausible", "limits.dose_cap")


def test_a_filled_number_is_changed_again_within_the_same_bounds() -> None:
    again = edit(filled(IV), {"limits.dose_cap": 70}, BY)
    assert number(again, "limits.dose_cap").why == "No source gives a cap in mg for one infusion."
    assert refused(edit, filled(IV), {"limits.dose_cap": 151}, BY) == ("implausible", "limits.dose_cap")


# --- edit: texts, words and entries


def test_texts_and_levels_change_and_a_changed_claim_becomes_the_clinics_own() -> None:
    changes = {
        "for_whom": "Adults of this clinic.",
        "limits.during_systolic_call.level": "stop",
        "rhythm.series.per_week_high": 1,
        "rhythm.series.per_week_low": 1,
        "stopping.three_without_benefit.text": "After two.",
    }
    edited = edit(load_protocol(IV), changes, BY)
    assert edited.for_whom == "Adults of this clinic."
    level = {limit.name: limit.level for limit in edited.limits}
    assert level["during_systolic_call"] is Level.STOP
    assert (edited.rhythm[0].per_week_low, edited.rhythm[0].provenance) == (1, Provenance.CLINIC)
    assert (edited.stopping[0].text, edited.stopping[0].provenance) == ("After two.", Provenance.CLINIC)
    assert edited.rhythm[1].provenance is Provenance.ABSTRACT


def test_a_claim_changed_with_its_source_is_cited() -> None:
    changes = {
        "rhythm.series.per_week_high": 3,
        "rhythm.series.source": ["S54"],
        "rhythm.series.provenance": "abstract",
    }
    phase = edit(load_protocol(IV), changes, BY).rhythm[0]
    assert (phase.per_week_high, phase.source, phase.provenance) == (3, ("S54",), Provenance.ABSTRACT)


@pytest.mark.parametrize("path", ["rhythm.series.note", "assessments.one_week.label"])
def test_wording_that_claims_nothing_leaves_the_source(path: str) -> None:
    edited = edit(load_protocol(IV), {path: "In other words."}, BY)
    assert [row.path for row in compare(load_protocol(IV), edited)] == [path]


def test_the_number_of_an_entry_changes_without_its_claim() -> None:
    edited = edit(load_protocol(IV), {"monitoring.during.every_min": 5}, BY)
    assert number(edited, "monitoring.during.every_min").provenance is Provenance.CLINIC
    assert next(rule for rule in edited.monitoring if rule.name == "during").provenance is Provenance.ABSTRACT


def test_entries_are_added_replaced_and_taken_out() -> None:
    protocol = load_protocol(IV)
    mg = {"value": 60, "unit": "mg", "provenance": "clinic", "filled_by": BY, "why": "Ours."}
    limit = {"measure": "mg_in_7_days", "stage": "order", "level": "hold", "bound": "at_most", "number": mg}
    rule = {"text": "Our own words.", "source": ["S54"], "provenance": "abstract"}
    changes = {"limits.week_here": limit, "checks.life_support": None, "maintenance.individual": rule}
    edited = edit(protocol, changes, BY)
    assert number(edited, "limits.week_here").value == 60
    assert [check.name for check in edited.checks] == ["fasted", "weight_today"]
    assert (edited.maintenance[0].text, edited.maintenance[0].source) == ("Our own words.", ("S54",))
    assert edit(protocol, {"duration_min": None}, BY).duration_min is None
    assert edit(protocol, {"rhythm.series.note": None}, BY).rhythm[0].note == ""


def test_a_bare_number_in_a_list_goes_by_its_place() -> None:
    edited = edit(stepped(0.5, 0.6, 0.75), {"dose.steps.1": 0.55}, BY)
    found = number(edited, "dose.steps.1")
    assert (found.value, found.provenance) == (0.55, Provenance.CLINIC)
    assert number(edited, "dose.steps.0").source == ("S70",)
    assert refused(edit, stepped(0.5, 0.6), {"dose.steps.2": 0.7}, BY) == ("unknown_path", "dose.steps.2")
    assert refused(edit, stepped(0.5, 0.6), {"dose.steps.0": -1}, BY) == ("negative", "dose.steps.0")


def test_an_edit_leaves_the_protocol_it_came_from_alone() -> None:
    protocol = filled(IV)
    before = copy.deepcopy(to_mapping(protocol))
    edit(protocol, {"title": "Ours", "limits.dose_cap": 60, "checks.life_support": None}, BY)
    assert to_mapping(protocol) == before


REFUSALS: list[tuple[dict[str, Any], str, str]] = [
    ({"id": "x"}, "fixed", "id"),
    ({"version": "2"}, "fixed", "version"),
    ({"parent": None}, "fixed", "parent"),
    ({"parent.id": "x"}, "fixed", "parent.id"),
    ({"drug": "esketamine"}, "fixed", "drug"),
    ({"route": "im"}, "fixed", "route"),
    ({"dose.kind": "devices"}, "fixed", "dose.kind"),
    ({"eligibility": "x"}, "fixed", "eligibility"),
    ({"limits.nowhere": 5}, "unknown_path", "limits.nowhere"),
    ({"limits.nowhere": None}, "unknown_path", "limits.nowhere"),
    ({"limits.nowhere.level": "stop"}, "unknown_path", "limits.nowhere.level"),
    ({"nowhere.at_all": 5}, "unknown_path", "nowhere.at_all"),
    ({"title.more": "x"}, "unknown_path", "title.more"),
    ({"title.more.still": "x"}, "unknown_path", "title.more.still"),
    ({"title": {"a": 1}}, "unknown_path", "title"),
    ({"title": " "}, "not_text", "title"),
    ({"title": None}, "missing", "title"),
    ({"colour": "red"}, "unknown_field", "colour"),
    ({"limits.before_systolic.colour": "red"}, "unknown_field", "limits.before_systolic.colour"),
    ({"limits.before_systolic.level": "flag"}, "not_a_limit", "limits.before_systolic.level"),
    ({"limits.before_systolic": "high"}, "not_a_number", "limits.before_systolic"),
    ({"limits.dose_per_kg_cap": True}, "not_a_number", "limits.dose_per_kg_cap"),
    ({"limits.dose_per_kg_cap": -1}, "negative", "limits.dose_per_kg_cap"),
    ({"limits.dose_per_kg_cap": {"value": 1, "unit": "mg"}}, "wrong_unit", "limits.dose_per_kg_cap.number.unit"),
    (
        {"limits.dose_per_kg_cap": {"value": 1, "source": ["S1"], "provenance": "read"}},
        "unknown_source",
        "limits.dose_per_kg_cap.number.source",
    ),
    (
        {"limits.dose_per_kg_cap": {"value": 1, "source": [], "provenance": "memory"}},
        "memory_gates",
        "limits.dose_per_kg_cap.number.provenance",
    ),
    ({"limits.dose_per_kg_cap": {"value": None}}, "no_reason", "limits.dose_per_kg_cap.number.why"),
    ({"minimum_observation_min": None}, "missing", "minimum_observation_min"),
    ({"monitoring.before": 5}, "not_a_table", "monitoring.before"),
    ({"rhythm.series": None, "rhythm.maintenance": None}, "missing", "rhythm"),
    (
        {"limits.during_systolic_call": 200, "limits.during_systolic_stop": 190},
        "limits_cross",
        "limits.during_systolic_call",
    ),
]


@pytest.mark.parametrize(("changes", "code", "path"), REFUSALS)
def test_a_change_that_a_protocol_may_not_say_is_refused_at_its_place(
    changes: dict[str, Any], code: str, path: str
) -> None:
    assert refused(edit, load_protocol(IV), changes, BY) == (code, path)


@pytest.mark.parametrize("by", ["", "  "])
def test_an_edit_has_a_name(by: str) -> None:
    assert refused(edit, load_protocol(IV), {"title": "x"}, by) == ("unnamed", "by")


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("limits[1].number.value", "limits.dose_per_kg_reported_low"),
        ("limits[1].number.unit", "limits.dose_per_kg_reported_low.number.unit"),
        ("rhythm[0].per_week_low", "rhythm.series.per_week_low"),
        ("limits[99].name", "limits.99.name"),
        ("nothing[0].name", "nothing.0.name"),
        ("must_resolve[0]", "must_resolve[0]"),
        ("dose.mg_per_kg.value", "dose.mg_per_kg"),
    ],
)
def test_a_place_in_the_document_is_named_by_its_entry(path: str, named: str) -> None:
    assert named_path(to_mapping(load_protocol(IV)), path) == named


# --- signatures


def test_an_edit_makes_the_signature_fall() -> None:
    protocol = filled(IV)
    signature = sign(protocol, "Dr Lead", "approved", NOW)
    assert isinstance(ready(protocol, signature), Allowed)
    edited = edit(protocol, {"limits.dose_cap": 70}, BY)
    assert content_hash(edited) != content_hash(protocol)
    answer = ready(edited, signature)
    assert isinstance(answer, Refused)
    assert [reason.rule for reason in answer.reasons] == ["protocol_signed"]


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(0, None), (-3600, None), (-3601, "before_content"), (1, "in_the_future")],
    ids=["now", "when it was made", "before it was made", "in a second"],
)
def test_a_signature_is_given_between_the_making_and_now(seconds: int, code: str | None) -> None:
    at, made_at = NOW + timedelta(seconds=seconds), NOW - timedelta(hours=1)

    def under() -> Any:
        return sign(filled(IV), "Dr Lead", "approved", at, now=NOW, made_at=made_at)

    if code is None:
        assert under().at == at
    else:
        assert refused(under) == (code, "at")


# --- retire


def test_a_retirement_says_who_why_and_when() -> None:
    assert retire(" Dr Lead ", " Too many at once. ", NOW) == Retirement("Dr Lead", "Too many at once.", NOW)
    assert retire("Dr Lead", "x" * 10, NOW).reason == "x" * 10


@pytest.mark.parametrize(
    ("name", "reason", "at", "code", "path"),
    [
        (" ", "Too many at once.", NOW, "unnamed", "name"),
        ("Dr Lead", "x" * 9, NOW, "missing_reason", "reason"),
        ("Dr Lead", " " * 20, NOW, "missing_reason", "reason"),
        ("Dr Lead", "Too many at once.", NOW.replace(tzinfo=None), "naive_time", "at"),
    ],
)
def test_a_retirement_without_name_reason_or_zone_is_refused(
    name: str, reason: str, at: datetime, code: str, path: str
) -> None:
    assert refused(retire, name, reason, at) == (code, path)


# --- as a file


@pytest.mark.parametrize("name", shipped_protocols())
def test_a_protocol_comes_back_from_its_file_as_it_was(name: str) -> None:
    protocol = load_protocol(name)
    assert read_protocol_text(to_toml(protocol)) == protocol
    child = clone(protocol, "ours", "1", "Ours")
    assert content_hash(read_protocol_text(to_toml(child))) == content_hash(child)


@pytest.mark.parametrize(
    "text", ['say "so"', "back\\slash", "tab\there", "ünïcödé 🙂", "a\x7fb", "line\nbreak", "\\u0041"]
)
def test_any_text_survives_the_file(text: str) -> None:
    protocol = edit(load_protocol(IV), {"title": text, "sources.a-B_1": {"cite": text}}, BY)
    assert read_protocol_text(to_toml(protocol)) == protocol


# --- for all


FILLED = filled(IV)
LIMITS = [limit.name for limit in FILLED.limits]


@given(st.sampled_from(LIMITS), st.floats(0, 300))
def test_a_child_is_looser_exactly_where_something_passes_that_its_parent_stops(name: str, value: float) -> None:
    parent = FILLED
    try:
        child = edit(parent, {f"limits.{name}": value}, BY)
    except ProtocolError:
        return
    before, after = (next(one for one in side.limits if one.name == name) for side in (parent, child))
    looser = before.broken_by(value) and not after.broken_by(value)
    assert isinstance(looser_than(parent, child), Refused) is looser


@given(st.lists(st.tuples(st.sampled_from(LIMITS), st.floats(0, 300)), max_size=4))
def test_reading_again_what_was_edited_changes_nothing(edits: list[tuple[str, float]]) -> None:
    try:
        child = edit(FILLED, {f"limits.{name}": value for name, value in edits}, BY)
    except ProtocolError:
        return
    assert read_protocol_text(to_toml(child)) == child
    assert edit(child, {}, BY) == child
