"""The picture of an episode: each sign and condition met, not met or not asked, and by what and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from euthymia.care.episode import (
    EARLIER,
    FACT_NAMES,
    SEVERITY_CHOICES,
    SEVERITY_FACT,
    WELL_BETWEEN,
    YES_NO_FACTS,
    Answered,
    Criterion,
    Episode,
    Part,
    Status,
    System,
    assess_episode,
)
from euthymia.errors import BadInput, InstrumentError

NOW = datetime(2026, 1, 20, 9, 0, tzinfo=UTC)
MET, NOT_MET, NOT_ASKED = Status.MET, Status.NOT_MET, Status.NOT_ASKED
CONDITIONS: dict[str, object] = {
    "two_weeks": True,
    "change_from_before": True,
    "distress": True,
    "substance_cause": False,
    "medical_cause": False,
    "psychotic_disorder": False,
    "past_mania_or_hypomania": False,
}
EFFECTS = ("distress", "impairment_health", "impairment_social", "impairment_work_or_study")
SPECIFIERS = (
    "anxious_distress",
    "mixed_features",
    "psychotic_congruent",
    "psychotic_incongruent",
    "melancholic",
    "atypical",
    "catatonia",
    "peripartum_onset",
    "seasonal_pattern",
)


def answers(*high: int, value: int = 2) -> dict[str, int | None]:
    """PHQ-9 answers with these items at `value` and the others at 0."""
    return {str(item): value if item in high else 0 for item in range(1, 10)}


def phq9(given: dict[str, int | None], at: datetime = NOW) -> list[Answered]:
    return [Answered("phq9", given, at)]


def qids(given: dict[str, int | None], at: datetime = NOW) -> list[Answered]:
    return [Answered("qids_sr16", given, at)]


def judged(
    given: dict[str, int | None], facts: dict[str, object] | None = None, system: System = System.DSM5
) -> Episode:
    return assess_episode(facts or {}, phq9(given), now=NOW, system=system)


def criterion(episode: Episode, name: str) -> Criterion:
    return next(one for one in episode.criteria if one.name == name)


@pytest.mark.parametrize(
    ("high", "status"),
    [
        ((1, 2, 3, 4, 5), MET),
        ((2, 3, 4, 5, 6), MET),
        ((1, 6, 7, 8, 9), MET),
        ((1, 2, 3, 4), NOT_MET),
        ((3, 4, 5, 6, 7, 8, 9), NOT_MET),
        ((), NOT_MET),
    ],
)
@pytest.mark.parametrize("system", System)
def test_five_signs_with_low_mood_or_loss_of_interest(high: tuple[int, ...], status: Status, system: System) -> None:
    found = judged(answers(*high), CONDITIONS | {"hopelessness": False}, system)
    assert (found.status, found.symptoms_met, found.symptoms_needed) == (status, len(high), 5)
    assert found.system is system


@pytest.mark.parametrize(
    ("item", "name"),
    [
        ("1", "loss_of_interest"),
        ("2", "low_mood"),
        ("3", "sleep"),
        ("4", "energy"),
        ("5", "appetite_or_weight"),
        ("6", "worthlessness_or_guilt"),
        ("7", "concentration"),
        ("8", "slowed_or_restless"),
        ("9", "death_or_suicide"),
    ],
)
@pytest.mark.parametrize("answer", [0, 1, 2, 3])
def test_an_answer_counts_from_more_than_half_the_days_and_item_nine_from_one(
    item: str, name: str, answer: int
) -> None:
    found = criterion(judged({item: answer}), name)
    assert found.status is (MET if answer >= (1 if item == "9" else 2) else NOT_MET)
    assert (found.by, found.part, found.is_symptom) == (
        f"PHQ-9 item {item} = {answer} (2026-01-20)",
        Part.SYMPTOM,
        True,
    )
    assert found.is_core is (name in {"low_mood", "loss_of_interest"})


@pytest.mark.parametrize(("said", "status"), [(True, MET), (False, NOT_MET), (None, MET)])
def test_what_a_clinician_says_counts_before_the_questionnaire(said: bool | None, status: Status) -> None:
    found = criterion(judged({"3": 3}, {"sleep": said}), "sleep")
    by = "PHQ-9 item 3 = 3 (2026-01-20)" if said is None else "clinician"
    assert (found.status, found.by, found.stale) == (status, by, "")


def test_what_nobody_asked_is_named_and_leaves_the_answer_open() -> None:
    found = assess_episode({}, now=NOW)
    assert (found.status, found.core, found.symptoms_met) == (NOT_ASKED, NOT_ASKED, 0)
    assert set(found.not_asked) == {one.name for one in found.criteria}
    assert {"impairment_or_distress", "low_mood", "two_weeks"} <= set(found.not_asked)
    assert all((one.by, one.stale, one.hint) == ("", "", "") for one in found.criteria)
    assert (found.severity.level, found.severity.hint, found.course.kind, found.course.code) == (None, "", None, "")


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"1": 0, "2": 0}, NOT_MET),
        ({"1": 0}, NOT_ASKED),
        ({"3": 0, "4": 0, "5": 0, "6": 0}, NOT_ASKED),
        ({"3": 0, "4": 0, "5": 0, "6": 0, "7": 0}, NOT_MET),
        ({str(item): 3 for item in range(1, 6)}, MET),
    ],
)
def test_it_is_settled_as_soon_as_the_rest_could_not_change_it(given: dict[str, int | None], status: Status) -> None:
    assert judged(given, CONDITIONS).status is status


@pytest.mark.parametrize("name", [name for name in CONDITIONS if name != "distress"])
@pytest.mark.parametrize(("change", "status"), [("other", NOT_MET), ("unknown", NOT_ASKED), ("same", MET)])
def test_each_condition_can_decide_it(name: str, change: str, status: Status) -> None:
    said = {"other": not CONDITIONS[name], "unknown": None, "same": CONDITIONS[name]}[change]
    found = judged(answers(1, 2, 3, 4, 5), CONDITIONS | {name: said})
    assert found.status is status
    one = criterion(found, name)
    assert (one.status, one.is_symptom) == (status, False)
    assert one.by == ("" if said is None else "clinician")


@pytest.mark.parametrize("name", EFFECTS)
def test_any_one_effect_on_life_is_enough_and_it_is_said_which(name: str) -> None:
    without = {key: value for key, value in CONDITIONS.items() if key != "distress"}
    found = judged(answers(1, 2, 3, 4, 5), without | {name: True})
    assert found.status is MET
    said = next(one for one in found.effects if one.name == name)
    assert criterion(found, "impairment_or_distress").by == f"clinician: {said.says}"
    assert [one.status for one in found.effects].count(NOT_ASKED) == 3


def test_no_effect_is_an_answer_only_when_each_was_asked() -> None:
    without = {key: value for key, value in CONDITIONS.items() if key != "distress"}
    none: dict[str, object] = dict.fromkeys(EFFECTS, False)
    found = criterion(judged({}, without | none), "impairment_or_distress")
    assert (found.status, found.by, found.part) == (NOT_MET, "clinician", Part.FUNCTION)
    for name in EFFECTS:
        assert criterion(judged({}, without | none | {name: None}), "impairment_or_distress").status is NOT_ASKED


def test_icd11_takes_severity_from_the_effect_and_asks_for_no_change_or_impairment() -> None:
    found = judged(answers(1, 2, 3, 4, 5), CONDITIONS, System.ICD11)
    names = {one.name for one in found.criteria}
    assert not {"change_from_before", "impairment_or_distress"} & names
    assert "hopelessness" in names
    dsm = {one.name for one in judged({}).criteria}
    assert {"change_from_before", "impairment_or_distress"} <= dsm
    assert "hopelessness" not in dsm


def test_hopelessness_counts_in_icd11_only_and_only_a_clinician_can_say_it() -> None:
    four = answers(1, 3, 4, 5)
    hopeless = CONDITIONS | {"hopelessness": True}
    assert judged(four, hopeless, System.ICD11).status is MET
    assert judged(four, hopeless, System.DSM5).status is NOT_MET
    assert judged(four, CONDITIONS, System.ICD11).status is NOT_ASKED


@pytest.mark.parametrize(("age", "counts"), [(timedelta(0), True), (timedelta(days=14), True)])
def test_answers_of_the_window_count(age: timedelta, counts: bool) -> None:
    found = criterion(assess_episode({}, phq9({"2": 3}, NOW - age), now=NOW), "low_mood")
    assert (found.status is MET) is counts
    assert found.stale == ""


def test_answers_older_than_the_window_are_shown_and_do_not_count() -> None:
    old = NOW - timedelta(days=14, seconds=1)
    found = assess_episode({}, phq9(answers(1, 2, 3, 4, 5), old), now=NOW)
    mood = criterion(found, "low_mood")
    assert (mood.status, mood.by) == (NOT_ASKED, "")
    assert mood.stale == "PHQ-9 item 2 = 2 on 2026-01-06: too old to count, ask again"
    assert (found.symptoms_met, found.severity.hint) == (0, "")


def test_what_a_clinician_said_long_ago_gives_way_to_a_fresh_questionnaire() -> None:
    said_at = {"sleep": NOW - timedelta(days=15), "distress": NOW - timedelta(days=15)}
    facts: dict[str, object] = {"sleep": False, "distress": True}
    alone = assess_episode(facts, now=NOW, said_at=said_at)
    assert criterion(alone, "sleep").stale == "a clinician's answer of 2026-01-05: too old to count, ask again"
    assert criterion(alone, "sleep").status is NOT_ASKED
    assert criterion(alone, "impairment_or_distress").status is NOT_ASKED
    fresh = criterion(assess_episode(facts, phq9({"3": 2}), now=NOW, said_at=said_at), "sleep")
    assert (fresh.status, fresh.by) == (MET, "PHQ-9 item 3 = 2 (2026-01-20)")
    both_old = assess_episode(facts, phq9({"3": 2}, NOW - timedelta(days=20)), now=NOW, said_at=said_at)
    assert criterion(both_old, "sleep").stale.startswith("a clinician's answer")
    edge = assess_episode(facts, now=NOW, said_at={"sleep": NOW - timedelta(days=14)})
    assert criterion(edge, "sleep").status is NOT_MET


def test_an_answer_taken_back_long_ago_is_simply_not_asked() -> None:
    found = assess_episode({"sleep": None}, now=NOW, said_at={"sleep": NOW - timedelta(days=99)})
    assert (criterion(found, "sleep").status, criterion(found, "sleep").stale) == (NOT_ASKED, "")


@pytest.mark.parametrize(
    "name", ["substance_cause", "medical_cause", "psychotic_disorder", "past_mania_or_hypomania", EARLIER, WELL_BETWEEN]
)
def test_what_happened_in_a_life_does_not_grow_old(name: str) -> None:
    said_at = {name: NOW - timedelta(days=900)}
    facts: dict[str, object] = {EARLIER: True, WELL_BETWEEN: True, name: True}
    found = assess_episode(facts, now=NOW, said_at=said_at)
    if name in {EARLIER, WELL_BETWEEN}:
        assert found.course.kind == "recurrent"
    else:
        assert criterion(found, name).status is NOT_MET


def test_the_newest_questionnaire_counts_whatever_the_order() -> None:
    new, old = phq9({"2": 3}, NOW - timedelta(days=1)), phq9({"2": 0}, NOW - timedelta(days=2))
    for both in (new + old, old + new):
        found = criterion(assess_episode({}, both, now=NOW), "low_mood")
        assert (found.status, found.by) == (MET, "PHQ-9 item 2 = 3 (2026-01-19)")


@pytest.mark.parametrize(
    ("given", "name", "hint"),
    [
        ({"5": 2}, "low_mood", "QIDS items 5: 2 of 3 (2026-01-20)"),
        ({"1": 0, "2": 3, "3": 1}, "sleep", "QIDS items 1, 2, 3, 4: 3 of 3 (2026-01-20)"),
        ({"13": 0}, "loss_of_interest", "QIDS items 13: 0 of 3 (2026-01-20)"),
    ],
)
def test_a_qids_answer_is_shown_and_never_counted(given: dict[str, int | None], name: str, hint: str) -> None:
    found = criterion(assess_episode({}, qids(given), now=NOW), name)
    assert (found.status, found.by, found.hint) == (NOT_ASKED, "", hint)
    old = criterion(assess_episode({}, qids(given, NOW - timedelta(days=15)), now=NOW), name)
    assert old.hint == ""


@pytest.mark.parametrize("level", SEVERITY_CHOICES)
def test_severity_is_what_it_takes_from_daily_life_and_the_band_is_a_hint(level: str) -> None:
    found = judged(answers(*range(1, 10)), {SEVERITY_FACT: level}).severity
    assert (found.level, found.hint) == (
        level,
        "PHQ-9 18, moderately severe (2026-01-20); a hint, not the severity",
    )
    assert "ICD-11" in found.source
    assert judged(answers(*range(1, 10))).severity.level is None


@pytest.mark.parametrize("name", SPECIFIERS)
@pytest.mark.parametrize("said", [True, False, None])
def test_a_specifier_is_written_down_and_decides_nothing(name: str, said: bool | None) -> None:
    with_it = judged(answers(1, 2, 3, 4, 5), CONDITIONS | {name: said})
    assert with_it.status is MET
    (found,) = [one for one in with_it.specifiers if one.name == name]
    assert found.status is {True: MET, False: NOT_MET, None: NOT_ASKED}[said]
    matters = name in {"anxious_distress", "mixed_features", "psychotic_congruent", "psychotic_incongruent"}
    assert found.changes_risk is matters
    assert [one.name for one in with_it.changes_risk] == ([name] if matters and said else [])


@pytest.mark.parametrize(
    ("earlier", "well_between", "kind", "code"),
    [
        (False, None, "single", "6A70"),
        (True, True, "recurrent", "6A71"),
        (True, False, "single", "6A70"),
        (True, None, None, ""),
        (None, None, None, ""),
        (None, True, None, ""),
    ],
)
def test_the_course_is_recurrent_only_after_months_well(
    earlier: bool | None, well_between: bool | None, kind: str | None, code: str
) -> None:
    history: dict[str, object] = {EARLIER: earlier, WELL_BETWEEN: well_between}
    met = judged(answers(1, 2, 3, 4, 5), CONDITIONS | history)
    assert (met.course.kind, met.course.code) == (kind, code)
    assert "ICD-11" in met.course.source
    assert judged({}, CONDITIONS | history).course.code == ""


def test_the_differential_names_each_other_explanation() -> None:
    found = judged({}, {"substance_cause": True, "medical_cause": False})
    assert {one.name: one.status for one in found.differential} == {
        "substance_cause": NOT_MET,
        "medical_cause": MET,
        "psychotic_disorder": NOT_ASKED,
        "past_mania_or_hypomania": NOT_ASKED,
    }
    assert all(one.says.startswith("Ruled out: ") for one in found.differential)


def test_it_names_its_sources() -> None:
    assert "CamCOPS" in judged({}).source
    assert "DSM-5" in judged({}).source
    assert "ICD-11" in judged({}, system=System.ICD11).source


def test_every_fact_has_words() -> None:
    assert set(FACT_NAMES) == {*YES_NO_FACTS, SEVERITY_FACT}
    assert "impairment_or_distress" not in FACT_NAMES
    assert all(YES_NO_FACTS.values())


@pytest.mark.parametrize(
    ("facts", "code", "path"),
    [
        ({"sadness": True}, "unknown_fact", "facts.sadness"),
        ({"sleep": "yes"}, "wrong_kind", "facts.sleep"),
        ({"sleep": 1}, "wrong_kind", "facts.sleep"),
        ({SEVERITY_FACT: True}, "unknown_choice", f"facts.{SEVERITY_FACT}"),
        ({SEVERITY_FACT: "awful"}, "unknown_choice", f"facts.{SEVERITY_FACT}"),
    ],
)
def test_a_fact_that_cannot_be_meant_is_refused(facts: dict[str, object], code: str, path: str) -> None:
    with pytest.raises(BadInput) as refused:
        assess_episode(facts, now=NOW)
    assert (refused.value.code, refused.value.path) == (code, path)


def test_answers_that_cannot_be_meant_are_refused() -> None:
    with pytest.raises(InstrumentError):
        judged({"1": 7})
    with pytest.raises(BadInput) as future:
        assess_episode({}, phq9({}, NOW + timedelta(seconds=1)), now=NOW)
    assert (future.value.code, future.value.path) == ("in_the_future", "phq9.at")
    with pytest.raises(BadInput) as other:
        Answered("gad7", {}, NOW)
    assert other.value.code == "unknown_instrument"
    with pytest.raises(BadInput) as naive:
        Answered("phq9", {}, datetime(2026, 1, 1))
    assert naive.value.code == "naive_time"
