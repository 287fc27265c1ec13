"""The picture of an episode: each sign and condition met, not met or not asked, and by what."""

from __future__ import annotations

import pytest

from euthymia.care.episode import FACT_NAMES, Criterion, Episode, Status, System, assess_episode
from euthymia.errors import BadInput, InstrumentError

MET, NOT_MET, NOT_ASKED = Status.MET, Status.NOT_MET, Status.NOT_ASKED
CONDITIONS = {
    "two_weeks": True,
    "impairment_or_distress": True,
    "substance_or_medical_cause": False,
    "psychotic_disorder": False,
    "past_mania_or_hypomania": False,
}


def answers(*high: int, value: int = 2) -> dict[str, int | None]:
    """PHQ-9 answers with these items at `value` and the others at 0."""
    return {str(item): value if item in high else 0 for item in range(1, 10)}


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
def test_five_signs_with_low_mood_or_loss_of_interest(high: tuple[int, ...], status: Status) -> None:
    found = assess_episode(answers(*high), CONDITIONS)
    assert (found.status, found.symptoms_met, found.symptoms_needed) == (status, len(high), 5)


@pytest.mark.parametrize(
    ("item", "answer", "status"), [("2", 1, NOT_MET), ("2", 2, MET), ("9", 0, NOT_MET), ("9", 1, MET)]
)
def test_an_answer_counts_from_more_than_half_the_days_and_item_nine_from_one(
    item: str, answer: int, status: Status
) -> None:
    name = {"2": "low_mood", "9": "death_or_suicide"}[item]
    found = criterion(assess_episode({item: answer}, {}), name)
    assert (found.status, found.by) == (status, f"PHQ-9 item {item} = {answer}")


@pytest.mark.parametrize(("said", "status"), [(True, MET), (False, NOT_MET), (None, MET)])
def test_what_a_clinician_says_counts_before_the_questionnaire(said: bool | None, status: Status) -> None:
    found = criterion(assess_episode({"3": 3}, {"sleep": said}), "sleep")
    assert (found.status, found.by) == (status, "PHQ-9 item 3 = 3" if said is None else "clinician")


def test_what_nobody_asked_is_named_and_leaves_the_answer_open() -> None:
    found = assess_episode({}, {})
    assert (found.status, found.core, found.symptoms_met) == (NOT_ASKED, NOT_ASKED, 0)
    assert set(found.not_asked) == set(FACT_NAMES) - {"hopelessness"}


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
    assert assess_episode(given, CONDITIONS).status is status


@pytest.mark.parametrize("name", CONDITIONS)
@pytest.mark.parametrize(("change", "status"), [("other", NOT_MET), ("unknown", NOT_ASKED), ("same", MET)])
def test_each_condition_can_decide_it(name: str, change: str, status: Status) -> None:
    said = {"other": not CONDITIONS[name], "unknown": None, "same": CONDITIONS[name]}[change]
    found = assess_episode(answers(1, 2, 3, 4, 5), CONDITIONS | {name: said})
    assert found.status is status
    assert criterion(found, name).status is status
    assert not criterion(found, name).is_symptom


def test_hopelessness_counts_in_icd11_only_and_only_a_clinician_can_say_it() -> None:
    four = answers(1, 3, 4, 5)
    hopeless: dict[str, bool | None] = {**CONDITIONS, "hopelessness": True}
    assert assess_episode(four, hopeless, system=System.ICD11).status is MET
    assert assess_episode(four, hopeless, system=System.DSM5).status is NOT_MET
    assert assess_episode(four, CONDITIONS, system=System.ICD11).status is NOT_ASKED


def test_it_names_its_sources() -> None:
    assert "CamCOPS" in assess_episode({}, {}).source
    assert "ICD-11" in assess_episode({}, {}, system=System.ICD11).source


def test_unknown_answers_and_facts_are_refused() -> None:
    with pytest.raises(InstrumentError):
        assess_episode({"1": 7}, {})
    for facts in ({"sadness": True}, {"sleep": "yes"}):
        with pytest.raises(BadInput):
            assess_episode({}, facts)  # type: ignore[arg-type]
