"""Two protocols side by side: each way to be tighter, looser, or merely changed; and what a child may be."""

from __future__ import annotations

from typing import Any

import pytest
from tests.spec.care.bedside import filled

from euthymia.care.decision import Allowed, CannotTell, Level, Reason, Refused
from euthymia.care.protocol import Protocol
from euthymia.care.protocol_change import clone
from euthymia.care.protocol_compare import (
    Change,
    Difference,
    as_value,
    compare,
    facts_of,
    is_looser,
    looser_than,
    shown,
    spoken,
    within_parent,
)
from euthymia.care.protocol_document import parse_protocol, to_mapping
from euthymia.care.protocols.load import load_protocol, shipped_protocols

IV, NASAL, IM = "iv_racemic_05", "esketamine_nasal_trd", "im_racemic"


def place(document: dict[str, Any], path: str) -> tuple[Any, str]:
    """The table or list that holds a path, and the last step."""
    *way, last = path.split(".")
    holder: Any = document
    for step in way:
        holder = next(row for row in holder if row["name"] == step) if isinstance(holder, list) else holder[step]
    return holder, last


def changed(protocol: Protocol, path: str, value: Any) -> Protocol:
    """The protocol with one field of its document set, or taken out by None."""
    document = to_mapping(protocol)
    holder, last = place(document, path)
    if isinstance(holder, list):
        holder[:] = [row for row in holder if row["name"] != last] if value is None else [*holder, value]
    elif value is None:
        del holder[last]
    else:
        holder[last] = value
    return parse_protocol(document)


def only(left: Protocol, right: Protocol) -> Difference:
    rows = compare(left, right)
    assert len(rows) == 1, rows
    return rows[0]


@pytest.mark.parametrize("name", shipped_protocols())
def test_a_protocol_does_not_differ_from_itself(name: str) -> None:
    protocol = load_protocol(name)
    assert compare(protocol, protocol) == ()
    assert looser_than(protocol, protocol) == Allowed()
    same = compare(protocol, protocol, everything=True)
    assert [row.path for row in same] == list(facts_of(protocol))
    assert {row.change for row in same} == {Change.SAME}


NUMBERS = [
    # at most: less is tighter
    ("limits.dose_per_kg_cap.number.value", 1.0, 0.99, Change.TIGHTER),
    ("limits.dose_per_kg_cap.number.value", 1.0, 1.01, Change.LOOSER),
    ("limits.during_systolic_stop.number.value", 190.0, 189.0, Change.TIGHTER),
    ("limits.during_systolic_stop.number.value", 190.0, 191.0, Change.LOOSER),
    # at least: more is tighter
    ("limits.interval.number.value", 48.0, 49.0, Change.TIGHTER),
    ("limits.interval.number.value", 48.0, 47.0, Change.LOOSER),
    ("limits.before_spo2.number.value", 94.0, 95.0, Change.TIGHTER),
    ("limits.before_spo2.number.value", 94.0, 93.0, Change.LOOSER),
    # what is watched, asked and waited for
    ("fresh_within_min.value", 30.0, 29.0, Change.TIGHTER),
    ("fresh_within_min.value", 30.0, 31.0, Change.LOOSER),
    ("minimum_observation_min.value", 90.0, 91.0, Change.TIGHTER),
    ("minimum_observation_min.value", 90.0, 89.0, Change.LOOSER),
    ("monitoring.during.every_min.value", 10.0, 5.0, Change.TIGHTER),
    ("monitoring.during.every_min.value", 10.0, 15.0, Change.LOOSER),
    ("monitoring.during.until_min.value", 40.0, 60.0, Change.TIGHTER),
    ("monitoring.during.until_min.value", 40.0, 30.0, Change.LOOSER),
    ("checks.fasted.number.value", 4.0, 6.0, Change.TIGHTER),
    ("checks.fasted.number.value", 4.0, 3.0, Change.LOOSER),
    # no direction
    ("dose.mg_per_kg.value", 0.5, 0.4, Change.CHANGED),
    ("dose.mg_per_kg.value", 0.5, 0.6, Change.CHANGED),
    ("duration_min.value", 40.0, 60.0, Change.CHANGED),
    ("timing.early_min.value", 5.0, 10.0, Change.CHANGED),
    ("assessments.one_week.after_h.value", 168.0, 170.0, Change.CHANGED),
    # a limit at another time is not that limit any more
    ("monitoring.after_60.at_min.value", 60.0, 55.0, Change.LOOSER),
    ("monitoring.after_60.at_min.value", 60.0, 65.0, Change.LOOSER),
]


@pytest.mark.parametrize(("path", "before", "after", "change"), NUMBERS)
def test_a_number_is_tighter_or_looser_by_what_it_bounds(
    path: str, before: float, after: float, change: Change
) -> None:
    left = filled(IV)
    row = only(left, changed(left, path, after))
    assert (row.change, row.left, row.right) == (change, before, after)
    assert row.path == path.removesuffix(".value").removesuffix(".number")
    assert is_looser(row) is (change is Change.LOOSER)


FIELDS = [
    (IV, "limits.during_systolic_call.level", "stop", Change.TIGHTER),
    (IV, "limits.dose_per_kg_cap.level", "hold", Change.LOOSER),
    (IV, "limits.before_systolic.stage", "discharge", Change.LOOSER),
    (IV, "limits.before_heart_rate.bound", "at_least", Change.LOOSER),
    (IV, "checks.weight_today.required", False, Change.LOOSER),
    (IV, "must_resolve", ["sedation"], Change.LOOSER),
    (IV, "must_resolve", ["dissociation", "sedation"], Change.CHANGED),
    (IV, "must_resolve", ["sedation", "dissociation", "respiratory_depression"], Change.TIGHTER),
    (IV, "must_resolve", ["sedation", "respiratory_depression"], Change.LOOSER),
    (IV, "monitoring.during.measure", ["blood_pressure", "spo2"], Change.TIGHTER),
    (IV, "monitoring.before.measure", ["blood_pressure", "spo2"], Change.LOOSER),
    (IV, "title", "Ours", Change.CHANGED),
    (IV, "off_label", False, Change.CHANGED),
    (IV, "rhythm.series.per_week_high", 3, Change.CHANGED),
    (IV, "rhythm.series.note", None, Change.REMOVED),
    (IV, "rhythm.maintenance.to_week", 52, Change.ADDED),
    (IV, "dose.weight_basis", "ideal", Change.CHANGED),
    (IV, "duration_min", None, Change.REMOVED),
    (IM, "dose.high.value", 0.9, Change.TIGHTER),
    (IM, "dose.high.value", 1.1, Change.LOOSER),
    (IM, "dose.low.value", 0.4, Change.TIGHTER),
    (IM, "dose.low.value", 0.2, Change.LOOSER),
    (NASAL, "dose.doses_mg", [56, 84, 112], Change.LOOSER),
    (NASAL, "dose.doses_mg", [56], Change.TIGHTER),
    (NASAL, "dose.doses_mg", [28, 56], Change.TIGHTER),
    (NASAL, "dose.doses_mg", [28, 56, 84], Change.CHANGED),
    (NASAL, "dose.first_mg.value", 84, Change.LOOSER),
    (NASAL, "dose.gap_min.value", 4, Change.LOOSER),
    (NASAL, "dose.gap_min.value", 6, Change.TIGHTER),
]


@pytest.mark.parametrize(("name", "path", "value", "change"), FIELDS)
def test_a_word_or_list_is_tighter_looser_or_changed(name: str, path: str, value: Any, change: Change) -> None:
    left = load_protocol(name)
    row = only(left, changed(left, path, value))
    assert row.change is change


def test_a_first_dose_may_be_lower() -> None:
    left = changed(load_protocol(NASAL), "dose.first_mg.value", 84)
    assert only(left, load_protocol(NASAL)).change is Change.TIGHTER


def test_a_check_that_is_asked_becomes_needed() -> None:
    left = changed(load_protocol(IV), "checks.weight_today.required", False)
    assert only(left, load_protocol(IV)).change is Change.TIGHTER


def stepped(*mg_per_kg: float, below_pct: float = 50) -> Protocol:
    """The shipped protocol by vein with a dose that rises by steps."""
    of = {"unit": "mg/kg", "source": ["S70"], "provenance": "abstract"}
    below = {"value": below_pct, "unit": "%", "source": ["S70"], "provenance": "abstract"}
    steps = [{"value": value, **of} for value in mg_per_kg]
    dose = {"kind": "per_kg_steps", "steps": steps, "weight_basis": "actual", "step_up_below_pct": below}
    return parse_protocol(to_mapping(load_protocol(IV)) | {"dose": dose})


@pytest.mark.parametrize(
    ("left", "right", "change"),
    [
        ((0.5, 0.6, 0.75), (0.5, 0.6, 0.75, 0.9), Change.LOOSER),
        ((0.5, 0.6, 0.75), (0.5, 0.6, 0.76), Change.LOOSER),
        ((0.5, 0.6, 0.75), (0.5, 0.6), Change.TIGHTER),
        ((0.5, 0.6, 0.75), (0.5, 0.75), Change.TIGHTER),
        ((0.5, 0.6, 0.75), (0.5, 0.65, 0.75), Change.CHANGED),
    ],
)
def test_steps_may_not_rise_higher(left: tuple[float, ...], right: tuple[float, ...], change: Change) -> None:
    row = only(stepped(*left), stepped(*right))
    assert (row.path, row.change, row.left, row.right, row.unit) == ("dose.steps", change, left, right, "mg/kg")
    assert row.left_source == "S70 (abstract)"


@pytest.mark.parametrize(("below_pct", "change"), [(49, Change.TIGHTER), (51, Change.LOOSER)])
def test_stepping_up_after_a_better_answer_is_looser(below_pct: float, change: Change) -> None:
    row = only(stepped(0.5, 0.6), stepped(0.5, 0.6, below_pct=below_pct))
    assert (row.path, row.change) == ("dose.step_up_below_pct", change)


def test_steps_that_are_all_open_have_no_direction() -> None:
    left = stepped(0.5, 0.6)
    document = to_mapping(left)
    document["dose"]["steps"] = [{"unit": "mg/kg", "why": "Not read.", "low": 0, "high": 1}] * 2
    opened = parse_protocol(document)
    assert only(left, opened).change is Change.CHANGED
    assert only(opened, left).change is Change.CHANGED


def with_course(after_doses: float = 3, interval_weeks: float = 12) -> Protocol:
    """The shipped protocol by vein with a review that comes due and a check of years."""
    of = {"source": ["S53"], "provenance": "read_secondary"}
    document = to_mapping(load_protocol(IV))
    review = {"name": "review", "text": "Review.", "judged_by": "benefit", **of}
    document["stopping"] = [review | {"after_doses": {"value": after_doses, "unit": "doses", **of}}]
    check = {"name": "bladder", "concern": "bladder", "text": "Ask.", **of}
    document["long_term"] = [check | {"interval_weeks": {"value": interval_weeks, "unit": "weeks", **of}}]
    return parse_protocol(document)


@pytest.mark.parametrize(
    ("right", "path", "change"),
    [
        (with_course(after_doses=2), "stopping.review.after_doses", Change.TIGHTER),
        (with_course(after_doses=4), "stopping.review.after_doses", Change.LOOSER),
        (with_course(interval_weeks=11), "long_term.bladder.interval_weeks", Change.TIGHTER),
        (with_course(interval_weeks=13), "long_term.bladder.interval_weeks", Change.LOOSER),
    ],
)
def test_a_later_review_or_a_rarer_check_is_looser(right: Protocol, path: str, change: Change) -> None:
    row = only(with_course(), right)
    assert (row.path, row.change) == (path, change)


def test_a_check_of_years_that_is_gone_is_looser() -> None:
    left = with_course()
    document = to_mapping(left)
    del document["long_term"]
    row = only(left, parse_protocol(document))
    assert (row.path, row.change, row.left) == ("long_term.bladder", Change.LOOSER, "Ask.")


def test_research_alone_is_tighter_than_care() -> None:
    clinical = load_protocol(IV)
    research = parse_protocol(to_mapping(clinical) | {"use": "research_only"})
    assert only(clinical, research).change is Change.TIGHTER
    assert only(research, clinical).change is Change.LOOSER
    assert isinstance(looser_than(research, clinical), Refused)


ENTRIES = [
    ("limits.before_systolic", Change.LOOSER),
    ("monitoring.after_60", Change.LOOSER),
    ("checks.weight_today", Change.LOOSER),
    ("checks.life_support", Change.REMOVED),
    ("stopping.three_without_benefit", Change.LOOSER),
    ("maintenance.individual", Change.REMOVED),
    ("assessments.one_week", Change.REMOVED),
]
BACK = {Change.LOOSER: Change.TIGHTER, Change.REMOVED: Change.ADDED}


@pytest.mark.parametrize(("path", "change"), ENTRIES)
def test_an_entry_that_one_side_lacks_is_one_row(path: str, change: Change) -> None:
    left = filled(IV)
    right = changed(left, path, None)
    gone, new = only(left, right), only(right, left)
    assert (gone.path, gone.change, gone.right) == (path, change, None)
    assert (new.path, new.change, new.left) == (path, BACK[change], None)
    assert gone.left == new.right
    assert (gone.left_source, gone.right_source) == (new.right_source, "")


def test_an_entry_alone_shows_its_number_or_its_text_with_its_source() -> None:
    left = filled(IV)
    limit = only(left, changed(left, "limits.dose_per_kg_reported", None))
    assert (limit.left, limit.unit, limit.left_source) == (0.75, "mg/kg", "S70 (abstract)")
    check = only(left, changed(left, "checks.weight_today", None))
    assert (check.left, check.left_source) == (
        "Weight measured at this visit, in kilograms",
        "ISMP (read_secondary)",
    )
    rule = only(left, changed(left, "monitoring.after_90", None))
    assert (rule.left, rule.unit) == ("listed", "")


def test_a_hole_that_is_filled_is_tighter_and_a_number_that_is_opened_is_not_looser() -> None:
    open_one, filled_one = load_protocol(IV), filled(IV)
    rows = {row.path: row for row in compare(open_one, filled_one)}
    assert rows["limits.dose_cap"].change is Change.TIGHTER
    assert (rows["limits.dose_cap"].left, rows["limits.dose_cap"].right) == ("open", 80.0)
    assert rows["limits.dose_cap"].right_source == "set by Dr Lead"
    assert rows["concentration_mg_per_ml"].change is Change.CHANGED
    back = {row.path: row.change for row in compare(filled_one, open_one)}
    assert set(back.values()) == {Change.CHANGED}
    assert looser_than(filled_one, open_one) == Allowed()


def test_why_a_hole_is_open_may_be_said_in_other_words() -> None:
    left = load_protocol(IV)
    assert compare(left, changed(left, "fresh_within_min.why", "Nobody says.")) == ()


def test_the_same_number_from_another_source_is_changed() -> None:
    left = load_protocol(IV)
    row = only(left, changed(left, "limits.dose_per_kg_cap.number.source", ["S59"]))
    assert (row.change, row.left, row.right) == (Change.CHANGED, 1.0, 1.0)
    assert (row.left_source, row.right_source) == ("S59, S62 (read_secondary)", "S59 (read_secondary)")


def test_the_source_of_an_entry_is_one_row() -> None:
    left = load_protocol(IV)
    row = only(left, changed(left, "stopping.three_without_benefit.source", ["S62"]))
    assert (row.path, row.left, row.right) == (
        "stopping.three_without_benefit.source",
        "S53 (read_secondary)",
        "S62 (read_secondary)",
    )


def test_a_source_is_compared_by_what_it_cites() -> None:
    left = load_protocol(IV)
    assert compare(left, changed(left, "sources.S53.link", "https://example.org")) == ()
    assert only(left, changed(left, "sources.S53.cite", "Another")).path == "sources.S53"
    new = only(left, changed(left, "sources.S99", {"cite": "A new one"}))
    assert (new.change, new.right) == (Change.ADDED, "A new one")


def test_a_reading_that_moves_to_another_time_is_looser() -> None:
    left = load_protocol(IV)
    document = to_mapping(left)
    rule = next(row for row in document["monitoring"] if row["name"] == "during")
    rule["when"] = "before"
    del rule["every_min"], rule["until_min"]
    rows = {row.path: row.change for row in compare(left, parse_protocol(document))}
    assert rows["monitoring.during.when"] is Change.LOOSER
    assert rows["monitoring.during.every_min"] is Change.LOOSER
    back = {row.path: row.change for row in compare(parse_protocol(document), left)}
    assert back["monitoring.during.every_min"] is Change.TIGHTER


def test_another_kind_of_dose_is_changed_and_its_numbers_come_and_go() -> None:
    rows = {row.path: row.change for row in compare(load_protocol(IV), load_protocol(IM))}
    assert rows["dose.kind"] is Change.CHANGED
    assert rows["dose.mg_per_kg"] is Change.REMOVED
    assert (rows["dose.low"], rows["dose.high"]) == (Change.ADDED, Change.ADDED)
    back = {row.path: row.change for row in compare(load_protocol(IM), load_protocol(IV))}
    assert (back["dose.low"], back["dose.high"]) == (Change.REMOVED, Change.REMOVED)


def test_a_looser_limit_is_refused_with_what_it_was_and_where() -> None:
    parent = filled(IV)
    child = changed(parent, "limits.during_systolic_stop.number.value", 200)
    assert looser_than(parent, child) == Refused(
        (
            Reason(
                "limits_only_tighten",
                Level.STOP,
                "limits.during_systolic_stop",
                200.0,
                190.0,
                "set by Dr Lead",
                "Limit during systolic stop: 200 mmHg is looser than 190 mmHg in iv_racemic_05 1.0.0.",
            ),
        )
    )


def test_a_dropped_limit_is_looser_and_a_tighter_one_is_allowed() -> None:
    parent = filled(IV)
    dropped = looser_than(parent, changed(parent, "limits.dose_cap", None))
    assert isinstance(dropped, Refused)
    assert [(reason.fact, reason.value, reason.limit) for reason in dropped.reasons] == [
        ("limits.dose_cap", None, 80.0)
    ]
    assert "not there is looser than 80 mg" in dropped.reasons[0].says
    assert looser_than(parent, changed(parent, "limits.dose_cap.number.value", 79)) == Allowed()
    assert looser_than(parent, changed(parent, "limits.during_systolic_call.level", "stop")) == Allowed()


def test_a_dropped_word_is_named_among_those_that_stay() -> None:
    parent = load_protocol(IV)
    answer = looser_than(parent, changed(parent, "must_resolve", ["sedation"]))
    assert isinstance(answer, Refused)
    assert (answer.reasons[0].value, answer.reasons[0].limit) == ("sedation", "sedation, dissociation")


def test_every_looser_place_is_a_reason() -> None:
    parent = filled(IV)
    child = changed(changed(parent, "fresh_within_min.value", 60), "limits.dose_cap", None)
    answer = looser_than(parent, child)
    assert isinstance(answer, Refused)
    assert [reason.fact for reason in answer.reasons] == ["limits.dose_cap", "fresh_within_min"]


def test_a_child_keeps_medicine_route_and_kind_of_dose() -> None:
    answer = looser_than(load_protocol(IV), load_protocol(NASAL))
    assert isinstance(answer, Refused)
    kept = {reason.fact: (reason.value, reason.limit) for reason in answer.reasons if reason.rule == "kept_from_parent"}
    assert kept == {
        "drug": ("esketamine", "ketamine"),
        "route": ("nasal", "iv"),
        "dose.kind": ("devices", "per_kg"),
        "eligibility": (NASAL, IV),
    }


def test_a_child_is_judged_by_the_parent_it_names() -> None:
    parent = filled(IV)
    child = clone(parent, "ours", "1.0.0", "Ours")
    assert within_parent(parent, None) == Allowed()
    assert within_parent(child, parent) == Allowed()
    looser = changed(child, "limits.dose_cap.number.value", 81)
    assert within_parent(looser, parent) == looser_than(parent, looser)
    assert isinstance(within_parent(looser, parent), Refused)


def test_without_the_parent_nobody_can_tell() -> None:
    child = clone(filled(IV), "ours", "1.0.0", "Ours")
    answer = within_parent(child, None)
    assert isinstance(answer, CannotTell)
    assert (answer.missing[0].fact, answer.missing[0].needed_by) == ("parent", "limits_only_tighten")
    assert answer.missing[0].says == "iv_racemic_05 1.0.0, from which this was made, is not here to compare with."


def test_a_parent_with_another_content_is_not_the_parent() -> None:
    parent = filled(IV)
    child = clone(parent, "ours", "1.0.0", "Ours")
    answer = within_parent(child, changed(parent, "title", "Something else"))
    assert isinstance(answer, Refused)
    assert [reason.rule for reason in answer.reasons] == ["parent_content"]


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (None, "mmHg", "not there"),
        (150.0, "mmHg", "150 mmHg"),
        (0.5, "mg/kg", "0.5 mg/kg"),
        ("open", "mmHg", "open"),
        (True, "", "yes"),
        (False, "", "no"),
        ("per_kg_range", "", "per kg range"),
        ("A sentence_with one.", "", "A sentence_with one."),
        (("blood_pressure", "spo2"), "", "blood pressure, spo2"),
        ((56.0, 84.0), "", "56, 84"),
        ((56.0, 84.0), "mg", "56, 84 mg"),
        ((), "", ""),
    ],
)
def test_one_side_in_words(value: Any, unit: str, words: str) -> None:
    assert shown(value, unit) == words


def test_one_side_as_a_plain_value() -> None:
    assert [as_value(value) for value in (None, 1.5, True, "x", ("a", "b"))] == [None, 1.5, True, "x", "a, b"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("title", "Title"),
        ("for_whom", "For whom"),
        ("fresh_within_min", "Readings count as fresh for"),
        ("dose.mg_per_kg", "Dose mg per kg"),
        ("dose.device_mg", "Dose device"),
        ("limits.before_systolic", "Limit before systolic"),
        ("limits.before_systolic.level", "Limit before systolic: level"),
        ("monitoring.during.every_min", "Watching during: every"),
        ("assessments.one_week.after_h", "Questionnaire one week: after"),
        ("sources.S53", "Source S53"),
        ("new_part.some_thing.deep_er.still", "New part some thing: deep er, still"),
    ],
)
def test_a_path_in_a_clinicians_words(path: str, words: str) -> None:
    assert spoken(path) == words
