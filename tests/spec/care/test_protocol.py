"""A protocol is a cited document with named holes; nothing starts before they are filled and signed."""

from __future__ import annotations

import copy
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.spec.care.bedside import START, filled, signed

from euthymia.care.decision import Allowed, CannotTell, Level, Refused
from euthymia.care.instruments import instruments
from euthymia.care.protocol import (
    DeviceSteps,
    PerKg,
    PerKgRange,
    PerKgSteps,
    Protocol,
    Provenance,
    Stage,
    fill,
    fillable,
    holes,
    numbers,
)
from euthymia.care.protocol_course import Use
from euthymia.care.protocol_document import content_hash, parse_protocol, to_mapping
from euthymia.care.protocol_signature import ready, sign
from euthymia.care.protocols.load import load_protocol, read_protocol_text, shipped_protocols
from euthymia.errors import ProtocolError

SHIPPED = (
    "esketamine_nasal_mdsi",
    "esketamine_nasal_trd",
    "im_racemic",
    "iv_racemic_05",
    "nasal_racemic",
    "sc_racemic",
)


def test_six_protocols_are_shipped() -> None:
    assert shipped_protocols() == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_every_number_of_a_shipped_protocol_is_cited_or_a_hole(name: str) -> None:
    protocol = load_protocol(name)
    for path, number in numbers(protocol):
        if number.is_hole:
            assert number.why, path
            assert number.low is not None, path
            assert number.high is not None, path
        else:
            assert number.provenance is not None, path
            assert number.source or number.provenance in (Provenance.HOUSE, Provenance.MEMORY), path


@pytest.mark.parametrize("name", SHIPPED)
def test_memory_never_gates(name: str) -> None:
    protocol = load_protocol(name)
    from_memory = [path for path, number in numbers(protocol) if number.provenance is Provenance.MEMORY]
    assert all(path.startswith(("assessments.", "follow_up.")) for path in from_memory)
    assert not [item for item in protocol.checks if item.required and item.provenance is Provenance.MEMORY]


@pytest.mark.parametrize("name", SHIPPED)
def test_what_no_source_gives_is_a_hole_in_every_shipped_protocol(name: str) -> None:
    open_names = {hole.name for hole in holes(load_protocol(name))}
    assert "limits.interval" in open_names
    assert "limits.during_systolic_call" in open_names
    assert "fresh_within_min" in open_names


@pytest.mark.parametrize("name", ["iv_racemic_05", "im_racemic", "sc_racemic", "nasal_racemic"])
def test_no_vital_sign_limit_of_racemic_ketamine_is_made_up(name: str) -> None:
    protocol = load_protocol(name)
    vital = [limit for limit in protocol.limits if limit.stage is not Stage.ORDER]
    assert len(vital) == 13
    assert all(limit.number.is_hole for limit in vital)
    assert "minimum_observation_min" in {hole.name for hole in holes(protocol)}


def test_the_label_numbers_of_nasal_esketamine() -> None:
    protocol = load_protocol("esketamine_nasal_trd")
    assert isinstance(protocol.dose, DeviceSteps)
    assert (protocol.dose.device_mg.value, protocol.dose.doses_mg, protocol.dose.first_mg.value) == (28, (56, 84), 56)
    assert protocol.minimum_observation_min.value == 120
    assert [(p.from_week, p.to_week, p.per_week_low, p.per_week_high) for p in protocol.rhythm] == [
        (1, 4, 2, 2),
        (5, 8, 1, 1),
        (9, None, 0.5, 1),
    ]
    assert protocol.must_resolve == ("sedation", "dissociation", "respiratory_depression")


def test_the_infusion_is_half_a_milligram_per_kilogram_over_forty_minutes() -> None:
    protocol = load_protocol("iv_racemic_05")
    assert isinstance(protocol.dose, PerKg)
    assert protocol.duration_min is not None
    assert (protocol.dose.mg_per_kg.value, protocol.duration_min.value) == (0.5, 40)
    assert protocol.off_label


def test_the_injection_leaves_the_dose_to_the_prescriber_within_the_trial_range() -> None:
    protocol = load_protocol("im_racemic")
    assert isinstance(protocol.dose, PerKgRange)
    assert (protocol.dose.low.value, protocol.dose.high.value) == (0.3, 1.0)
    assert "Lower evidence" in protocol.evidence


@pytest.mark.parametrize("name", SHIPPED)
def test_a_document_read_back_is_the_same_protocol(name: str) -> None:
    for protocol in (load_protocol(name), filled(name)):
        through_json = parse_protocol(json.loads(json.dumps(to_mapping(protocol))))
        assert through_json == protocol
        assert content_hash(through_json) == content_hash(protocol)


# Filling


def test_a_filled_hole_says_who_filled_it_and_is_no_hole_any_more() -> None:
    protocol = fill(load_protocol("iv_racemic_05"), {"limits.dose_cap": 70}, "Dr Lead")
    cap = next(limit for limit in protocol.limits if limit.name == "dose_cap").number
    assert (cap.value, cap.provenance, cap.filled_by) == (70, Provenance.CLINIC, "Dr Lead")
    assert cap.says_source == "set by Dr Lead"
    assert "limits.dose_cap" not in {hole.name for hole in holes(protocol)}
    assert "limits.dose_cap" in {name for name, _ in fillable(protocol)}


def test_a_filled_value_can_be_changed_and_changes_the_content() -> None:
    once = fill(load_protocol("iv_racemic_05"), {"limits.dose_cap": 70}, "Dr Lead")
    again = fill(once, {"limits.dose_cap": 60}, "Dr Lead")
    assert content_hash(again) != content_hash(once)


@pytest.mark.parametrize(
    ("values", "by", "code"),
    [
        ({"limits.dose_cap": 19.9}, "Dr Lead", "implausible"),
        ({"limits.dose_cap": 150.1}, "Dr Lead", "implausible"),
        ({"limits.dose_cap": float("nan")}, "Dr Lead", "not_a_number"),
        ({"limits.dose_cap": True}, "Dr Lead", "not_a_number"),
        ({"limits.dose_cap": "70"}, "Dr Lead", "not_a_number"),
        ({"dose.mg_per_kg": 5}, "Dr Lead", "not_a_hole"),
        ({"limits.no_such": 5}, "Dr Lead", "not_a_hole"),
        ({"limits.dose_cap": 70}, "  ", "unnamed"),
        ({"limits.during_systolic_call": 200, "limits.during_systolic_stop": 190}, "Dr Lead", "limits_cross"),
        ({"limits.during_spo2_call": 85, "limits.during_spo2_stop": 90}, "Dr Lead", "limits_cross"),
    ],
)
def test_what_cannot_be_filled_in_is_refused(values: dict[str, Any], by: str, code: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        fill(load_protocol("iv_racemic_05"), values, by)
    assert refused.value.code == code


@pytest.mark.parametrize("value", [20, 150])
def test_the_ends_of_the_plausible_range_are_plausible(value: float) -> None:
    fill(load_protocol("iv_racemic_05"), {"limits.dose_cap": value}, "Dr Lead")


# Signing


def test_a_session_cannot_rest_on_a_protocol_with_holes() -> None:
    answer = ready(load_protocol("iv_racemic_05"), None)
    assert isinstance(answer, CannotTell)
    facts = {missing.fact for missing in answer.missing}
    assert {"limits.dose_cap", "minimum_observation_min", "protocol.signature"} <= facts


def test_filled_but_unsigned_lacks_only_the_signature() -> None:
    answer = ready(filled(), None)
    assert isinstance(answer, CannotTell)
    assert [missing.fact for missing in answer.missing] == ["protocol.signature"]


def test_filled_and_signed_is_ready() -> None:
    assert ready(*signed()) == Allowed()


def test_a_signature_under_other_content_refuses() -> None:
    protocol, signature = signed()
    changed = fill(protocol, {"limits.dose_cap": 60}, "Dr Lead")
    answer = ready(changed, signature)
    assert isinstance(answer, Refused)
    assert [(reason.rule, reason.level) for reason in answer.reasons] == [("protocol_signed", Level.STOP)]


def test_holes_cannot_be_signed_away() -> None:
    with pytest.raises(ProtocolError) as refused:
        sign(load_protocol("iv_racemic_05"), "Dr Lead", "approved", START)
    assert refused.value.code == "holes"


@pytest.mark.parametrize(
    ("name", "meaning", "at", "code"),
    [
        ("", "approved", START, "unnamed"),
        ("Dr Lead", " ", START, "unnamed"),
        ("Dr Lead", "approved", START.replace(tzinfo=None), "naive_time"),
    ],
)
def test_a_signature_needs_a_name_a_meaning_and_a_real_time(name: str, meaning: str, at: datetime, code: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        sign(filled(), name, meaning, at)
    assert refused.value.code == code


def test_signing_again_later_signs_the_same_content() -> None:
    protocol, signature = signed()
    later = sign(protocol, "Dr Other", "second look", START + timedelta(days=1))
    assert later.content_hash == signature.content_hash


def test_what_is_for_research_only_never_starts_a_session() -> None:
    protocol, signature = signed("nasal_racemic")
    answer = ready(protocol, signature)
    assert isinstance(answer, Refused)
    assert [(reason.rule, reason.level, reason.value) for reason in answer.reasons] == [
        ("research_only", Level.STOP, "research_only")
    ]


def test_the_dose_into_the_nose_is_open_because_no_regimen_was_read() -> None:
    protocol = load_protocol("nasal_racemic")
    assert protocol.use is Use.RESEARCH_ONLY
    assert {"dose.mg_per_kg", "limits.dose_per_kg_cap"} <= {hole.name for hole in holes(protocol)}
    assert (protocol.rhythm[0].per_week_low, protocol.rhythm[0].to_week) == (None, None)


def test_the_injection_under_the_skin_rises_by_answer() -> None:
    protocol = load_protocol("sc_racemic")
    assert isinstance(protocol.dose, PerKgSteps)
    assert [step.value for step in protocol.dose.steps] == [0.5, 0.6, 0.75, 0.9]
    assert (protocol.dose.step_up_below_pct.value, protocol.dose.step_up_below_pct.unit) == (50, "%")
    assert [(p.from_week, p.to_week, p.per_week_low) for p in protocol.rhythm] == [(1, 4, 2), (5, None, None)]
    assert next(limit.number.value for limit in protocol.limits if limit.name == "dose_per_kg_cap") == 0.9


def test_acute_thoughts_of_suicide_have_their_own_label_course() -> None:
    protocol = load_protocol("esketamine_nasal_mdsi")
    assert isinstance(protocol.dose, DeviceSteps)
    assert (protocol.dose.first_mg.value, protocol.dose.doses_mg, protocol.dose.gap_min.value) == (84, (56, 84), 5)
    assert [(p.from_week, p.to_week, p.per_week_low) for p in protocol.rhythm] == [(1, 4, 2)]
    assert [(check.name, check.number.value) for check in protocol.checks if check.number] == [
        ("no_food", 2),
        ("no_drink", 30),
        ("no_nasal_spray", 60),
    ]
    assert protocol.minimum_observation_min.value == 120


@pytest.mark.parametrize("name", SHIPPED)
def test_how_often_harms_of_years_are_looked_for_is_for_the_clinic_to_set(name: str) -> None:
    protocol = load_protocol(name)
    assert [check.concern.value for check in protocol.long_term] == ["bladder", "liver", "cognition", "dependence"]
    assert all(check.interval_weeks.is_hole for check in protocol.long_term)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_questionnaire_a_shipped_protocol_names_exists(name: str) -> None:
    protocol = load_protocol(name)
    named = {item for asked in protocol.follow_up for item in asked.instruments}
    named |= {check.instrument for check in protocol.long_term if check.instrument}
    assert named | {item.instrument for item in protocol.assessments} <= set(instruments())


def test_a_protocol_is_judged_by_the_rules_it_names_else_by_those_of_its_id() -> None:
    named = parse_protocol({**document(), "eligibility": "im_racemic"})
    assert (named.eligibility_rules, load_protocol("iv_racemic_05").eligibility_rules) == (
        "im_racemic",
        "iv_racemic_05",
    )


def test_what_is_not_said_leaves_the_hash_as_it_was() -> None:
    plain = document()
    assert {"use", "eligibility", "parent"}.isdisjoint(plain)
    same = parse_protocol({**plain, "use": "clinical"})
    assert content_hash(same) == content_hash(load_protocol("iv_racemic_05"))
    assert to_mapping(load_protocol("nasal_racemic"))["use"] == "research_only"


# Reading documents


def document(name: str = "iv_racemic_05") -> dict[str, Any]:
    return copy.deepcopy(to_mapping(load_protocol(name)))


def change(path: str, value: Any, name: str = "iv_racemic_05") -> dict[str, Any]:
    """A shipped document with one place changed; `...` removes it."""
    changed = document(name)
    place: Any = changed
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "code", "at"),
    [
        ("id", ..., "missing", "id"),
        ("id", "Big Letters", "bad_name", "id"),
        ("title", 3, "not_text", "title"),
        ("title", "  ", "not_text", "title"),
        ("drug", "ketamin", "unknown_word", "drug"),
        ("route", "rectal", "unknown_word", "route"),
        ("off_label", "yes", "not_yes_no", "off_label"),
        ("surprise", 1, "unknown_field", "surprise"),
        ("dose", ..., "missing", "dose"),
        ("dose.kind", "guess", "unknown_word", "dose.kind"),
        ("dose.mg_per_kg.unit", "mg", "wrong_unit", "dose.mg_per_kg.unit"),
        ("dose.mg_per_kg.value", "0,5", "not_a_number", "dose.mg_per_kg.value"),
        ("dose.mg_per_kg.value", float("inf"), "not_a_number", "dose.mg_per_kg.value"),
        ("dose.mg_per_kg.value", -0.5, "negative", "dose.mg_per_kg.value"),
        ("dose.mg_per_kg.source", [], "no_source", "dose.mg_per_kg.source"),
        ("dose.mg_per_kg.source", ["S999"], "unknown_source", "dose.mg_per_kg.source"),
        ("dose.mg_per_kg.source", "S62", "not_a_list", "dose.mg_per_kg.source"),
        ("dose.mg_per_kg.provenance", ..., "no_provenance", "dose.mg_per_kg.provenance"),
        ("dose.mg_per_kg.provenance", "memory", "memory_gates", "dose.mg_per_kg.provenance"),
        ("dose.mg_per_kg.provenance", "heard", "unknown_word", "dose.mg_per_kg.provenance"),
        ("dose.mg_per_kg.provenance", "clinic", "unnamed", "dose.mg_per_kg.filled_by"),
        ("dose.mg_per_kg", 0.5, "not_a_table", "dose.mg_per_kg"),
        ("fresh_within_min.why", ..., "no_reason", "fresh_within_min.why"),
        ("fresh_within_min.low", ..., "no_range", "fresh_within_min.low"),
        ("fresh_within_min.low", 500, "no_range", "fresh_within_min.low"),
        ("fresh_within_min.provenance", "read", "hole_with_provenance", "fresh_within_min.provenance"),
        ("fresh_within_min.unit", ..., "missing", "fresh_within_min.unit"),
        ("use", "fun", "unknown_word", "use"),
        ("eligibility", 3, "not_text", "eligibility"),
        ("parent", {"id": "iv_racemic_05", "version": "1.0.0", "content_hash": "x"}, "cycle", "parent.version"),
        ("parent", {"id": "a", "version": "1"}, "missing", "parent.content_hash"),
        ("parent", "a", "not_a_table", "parent"),
        ("rhythm.0.from_week", 2, "phases_gap", "rhythm[0].from_week"),
        ("rhythm.1.from_week", 5, "phases_gap", "rhythm[1].from_week"),
        ("rhythm.1.from_week", 3, "phases_overlap", "rhythm[1].from_week"),
        ("rhythm.0.to_week", ..., "phases_overlap", "rhythm[1].from_week"),
        ("stopping.0.judged_by", ..., "missing", "stopping[0].judged_by"),
        ("stopping.0.judged_by", "luck", "unknown_word", "stopping[0].judged_by"),
        ("stopping.0.after_doses", ..., "never_due", "stopping[0].judged_by"),
        ("stopping.0.after_doses.unit", "weeks", "wrong_unit", "stopping[0].after_doses.unit"),
        ("stopping.0.after_doses.provenance", "memory", "memory_gates", "stopping[0].after_doses.provenance"),
        ("stopping.0.source", ..., "no_source", "stopping[0].source"),
        ("follow_up.0.moment", "someday", "unknown_word", "follow_up[0].moment"),
        ("follow_up.0.instruments", [], "missing", "follow_up[0].instruments"),
        ("follow_up.0.provenance", "read", "no_source", "follow_up[0].source"),
        ("follow_up.0.phase", "series", "unknown_field", "follow_up[0].phase"),
        ("follow_up.1.name", "baseline", "twice", "follow_up[1].name"),
        ("follow_up.2.phase", ..., "missing", "follow_up[2].phase"),
        ("follow_up.2.phase", "maintenance", "no_such_phase", "follow_up[2].phase"),
        ("follow_up.3.after_weeks", ..., "missing", "follow_up[3].after_weeks"),
        ("follow_up.3.after_weeks.unit", "d", "wrong_unit", "follow_up[3].after_weeks.unit"),
        ("long_term.0.concern", "luck", "unknown_word", "long_term[0].concern"),
        ("long_term.0.source", ..., "no_source", "long_term[0].source"),
        ("long_term.0.interval_weeks", ..., "missing", "long_term[0].interval_weeks"),
        ("long_term.0.interval_weeks.why", ..., "no_reason", "long_term[0].interval_weeks.why"),
        ("long_term.0.interval_weeks.value", 0, "no_provenance", "long_term[0].interval_weeks.provenance"),
        (
            "long_term.0.interval_weeks",
            {"value": 0, "unit": "weeks", "provenance": "house"},
            "not_positive",
            "long_term[0].interval_weeks.value",
        ),
        ("rhythm", [], "missing", "rhythm"),
        ("rhythm", "weekly", "not_a_list", "rhythm"),
        ("rhythm.0.to_week", 0.5, "not_whole", "rhythm[0].to_week"),
        ("rhythm.1.to_week", 2, "ends_before_it_starts", "rhythm[1].to_week"),
        ("rhythm.0.per_week_low", 3, "bad_rhythm", "rhythm[0].per_week_low"),
        ("rhythm.0.per_week_low", ..., "bad_rhythm", "rhythm[0].per_week_low"),
        ("rhythm.1.name", "series", "twice", "rhythm[1].name"),
        ("rhythm.0.name", "Series One", "bad_name", "rhythm[0].name"),
        ("rhythm.0", "series", "not_a_table", "rhythm[0]"),
        ("monitoring", [], "missing", "monitoring"),
        ("monitoring.0.measure", ["aura"], "unknown_word", "monitoring[0].measure"),
        ("monitoring.1.every_min.value", 0, "not_positive", "monitoring[1].every_min.value"),
        ("monitoring.2.at_min", ..., "missing", "monitoring[2].at_min"),
        ("must_resolve", ["boredom"], "unknown_word", "must_resolve"),
        ("limits.0.level", "flag", "not_a_limit", "limits[0].level"),
        ("limits.0.number.unit", "mg", "wrong_unit", "limits[0].number.unit"),
        ("limits", [], "missing", "limits"),
        ("checks.1.required", True, "memory_gates", "checks[1].provenance"),
        ("assessments.0.after_h.unit", "d", "wrong_unit", "assessments[0].after_h.unit"),
        ("sources.S53.cite", ..., "missing", "sources.S53.cite"),
        ("sources.S53", "a book", "not_a_table", "sources.S53"),
        ("timing.early_min", ..., "missing", "timing.early_min"),
    ],
)
def test_a_broken_document_is_refused_at_the_exact_place(path: str, value: Any, code: str, at: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        parse_protocol(change(path, value))
    assert (refused.value.code, refused.value.path) == (code, at)


@pytest.mark.parametrize(
    ("path", "value", "code", "at"),
    [
        ("dose.doses_mg", [56, 80], "not_whole_devices", "dose.doses_mg"),
        ("dose.doses_mg", [0, 56], "not_whole_devices", "dose.doses_mg"),
        ("dose.doses_mg", [], "not_a_list", "dose.doses_mg"),
        ("dose.first_mg.value", 28, "not_a_step", "dose.first_mg.value"),
    ],
)
def test_devices_must_add_up(path: str, value: Any, code: str, at: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        parse_protocol(change(path, value, "esketamine_nasal_trd"))
    assert (refused.value.code, refused.value.path) == (code, at)


@pytest.mark.parametrize("nonsense", [[], "protocol", 3, None])
def test_what_is_not_a_document_is_refused(nonsense: Any) -> None:
    with pytest.raises(ProtocolError) as refused:
        parse_protocol(nonsense)
    assert refused.value.code == "not_a_table"


def test_sources_must_be_a_table() -> None:
    with pytest.raises(ProtocolError):
        parse_protocol({**document(), "sources": "none"})


def test_text_that_is_not_toml_is_refused() -> None:
    with pytest.raises(ProtocolError) as refused:
        read_protocol_text("= = =")
    assert refused.value.code == "not_toml"


@pytest.mark.parametrize("text", ["a = " + "9" * 5000, "a = " + "[" * 100_000])
def test_numbers_and_brackets_without_end_are_no_toml(text: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        read_protocol_text(text)
    assert (refused.value.code, refused.value.path) == ("not_toml", "")


@pytest.mark.parametrize("text", ["{", '{"a": ' + "9" * 5000 + "}", '{"a": ' + "[" * 100_000])
def test_what_begins_with_a_brace_is_read_as_json(text: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        read_protocol_text(text, "file")
    assert (refused.value.code, refused.value.path) == ("not_json", "file")


def test_a_protocol_that_is_not_shipped_is_refused() -> None:
    with pytest.raises(ProtocolError) as refused:
        load_protocol("../secrets")
    assert refused.value.code == "unknown_protocol"


def test_equal_numbers_hash_equally_however_they_are_written() -> None:
    whole = change("duration_min.value", 40)
    point = change("duration_min.value", 40.0)
    assert content_hash(parse_protocol(whole)) == content_hash(parse_protocol(point))


@pytest.mark.parametrize("path", ["title", "for_whom", "evidence"])
def test_every_word_is_part_of_what_is_signed(path: str) -> None:
    changed: Protocol = parse_protocol(change(path, "other words"))
    assert content_hash(changed) != content_hash(load_protocol("iv_racemic_05"))
