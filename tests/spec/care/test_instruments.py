"""What each instrument gives for which answers: every edge of a band, and what is said when one is missing."""

from __future__ import annotations

import pytest

from euthymia.care.instruments import BandName, Score, instruments, load_instrument, score
from euthymia.errors import InstrumentError


def answers_with_total(instrument_id: str, total: int) -> dict[str, int | None]:
    """Answers to every needed item of the usual form that add up to this many points; a gate is opened."""
    left, answers = total, {}
    for item in load_instrument(instrument_id).in_form().needed_items:
        adds = {item.points(value): value for value in item.values}
        most = max((points for points in adds if points <= left), default=min(adds))
        answers[item.id] = adds[most] if item.scored else max(item.values)
        left -= most if item.scored else 0
    return dict(answers)


def scored(instrument_id: str, answers: dict[str, int | None], **context: object) -> Score:
    return score(load_instrument(instrument_id), answers, context)


BANDS = [
    # instrument, set, lowest total, highest total, name
    ("phq9", "kroenke_2001", 0, 4, "minimal"),
    ("phq9", "kroenke_2001", 5, 9, "mild"),
    ("phq9", "kroenke_2001", 10, 14, "moderate"),
    ("phq9", "kroenke_2001", 15, 19, "moderately_severe"),
    ("phq9", "kroenke_2001", 20, 27, "severe"),
    ("gad7", "standard", 0, 4, "minimal"),
    ("gad7", "standard", 5, 9, "mild"),
    ("gad7", "standard", 10, 14, "moderate"),
    ("gad7", "standard", 15, 21, "severe"),
    ("madrs", "kearns_1982", 0, 7, "recovered"),
    ("madrs", "kearns_1982", 8, 15, "mild"),
    ("madrs", "kearns_1982", 16, 25, "moderate"),
    ("madrs", "kearns_1982", 26, 30, "severe"),
    ("madrs", "kearns_1982", 31, 60, "very_severe"),
    ("madrs", "snaith", 0, 6, "none"),
    ("madrs", "snaith", 7, 19, "mild"),
    ("madrs", "snaith", 20, 34, "moderate"),
    ("madrs", "snaith", 35, 60, "severe"),
    ("qids_sr16", "ids_qids", 0, 0, "none"),
    ("hamd17", "classic", 0, 7, "none"),
    ("hamd17", "classic", 8, 13, "mild"),
    ("hamd17", "classic", 14, 18, "moderate"),
    ("hamd17", "classic", 19, 22, "severe"),
    ("hamd17", "classic", 23, 52, "very_severe"),
    ("hamd17", "zimmerman_2013", 0, 7, "none"),
    ("hamd17", "zimmerman_2013", 8, 16, "mild"),
    ("hamd17", "zimmerman_2013", 17, 23, "moderate"),
    ("hamd17", "zimmerman_2013", 24, 52, "severe"),
    ("bdi2", "beck", 0, 13, "minimal"),
    ("bdi2", "beck", 14, 19, "mild"),
    ("bdi2", "beck", 20, 28, "moderate"),
    ("bdi2", "beck", 29, 63, "severe"),
    ("dast10", "standard", 0, 0, "none"),
    ("dast10", "standard", 1, 2, "low"),
    ("dast10", "standard", 3, 5, "moderate"),
    ("dast10", "standard", 6, 8, "substantial"),
    ("dast10", "standard", 9, 10, "severe"),
    ("wsas", "restated", 0, 9, "less_than_significant"),
    ("wsas", "restated", 10, 20, "significant"),
    ("wsas", "restated", 21, 40, "moderately_severe_or_worse"),
]


@pytest.mark.parametrize(("instrument", "bands", "low", "high", "name"), BANDS)
def test_a_total_is_named_by_its_band_up_to_both_edges(
    instrument: str, bands: str, low: int, high: int, name: str
) -> None:
    for total in (low, high):
        made = scored(instrument, answers_with_total(instrument, total), band_set=bands)
        assert (made.total, made.band) == (total, BandName(bands, name))


@pytest.mark.parametrize("instrument_id", instruments())
def test_without_one_needed_answer_there_is_no_total_and_it_says_which(instrument_id: str) -> None:
    instrument = load_instrument(instrument_id)
    paired = {item for group in instrument.alternatives for item in group}
    whole = answers_with_total(instrument_id, 0)
    for item in instrument.needed_items:
        if item.id in paired or item.ask_when:
            continue
        made = scored(instrument_id, whole | {item.id: None})
        assert (made.total, made.band, made.cuts, made.cuts_not_judged) == (None, None, (), ())
        assert made.missing[0] == item.id
        assert item.id in made.why
        assert made.level is None or not made.level.final


@pytest.mark.parametrize("instrument_id", instruments())
def test_a_score_stores_the_instrument_version_and_form_that_made_it(instrument_id: str) -> None:
    instrument = load_instrument(instrument_id)
    made = scored(instrument_id, answers_with_total(instrument_id, 0))
    assert (made.instrument, made.version, made.variant) == (
        instrument_id,
        instrument.version,
        instrument.variants[0].name,
    )
    assert made.missing == ()
    assert made.why == ("" if instrument.has_total else "This instrument gives no total.")
    assert (made.total is None) is not instrument.has_total


@pytest.mark.parametrize(
    ("instrument", "total", "cuts"),
    [
        ("phq9", 9, ()),
        ("phq9", 10, ("major_depression_screen",)),
        ("phq2", 1, ()),
        ("phq2", 2, ("two_or_more",)),
        ("phq2", 3, ("three_or_more", "two_or_more")),
        ("gad7", 9, ()),
        ("gad7", 10, ("anxiety_screen",)),
        ("pcl5", 30, ()),
        ("pcl5", 31, ("from_31",)),
        ("pcl5", 32, ("from_31",)),
        ("pcl5", 33, ("from_31", "from_33")),
        ("pc_ptsd5", 2, ()),
        ("pc_ptsd5", 3, ("three_or_more",)),
        ("pc_ptsd5", 4, ("four_or_more", "three_or_more")),
        ("padss", 8, ()),
        ("padss", 9, ("nine_or_more",)),
    ],
)
def test_a_screen_is_positive_from_its_cut_on(instrument: str, total: int, cuts: tuple[str, ...]) -> None:
    assert scored(instrument, answers_with_total(instrument, total)).cuts == cuts


THOUGHTS = [("phq9", "9"), ("madrs", "10"), ("qids_sr16", "12"), ("hamd17", "3"), ("bdi2", "9")]


@pytest.mark.parametrize(("instrument", "item"), THOUGHTS)
@pytest.mark.parametrize(
    ("answer", "flags"),
    [(0, ()), (1, ("suicidal_thoughts",)), (3, ("suicidal_thoughts",)), (None, ("suicide_item_not_answered",))],
)
def test_thoughts_of_suicide_are_seen_with_or_without_a_total(
    instrument: str, item: str, answer: int | None, flags: tuple[str, ...]
) -> None:
    assert scored(instrument, answers_with_total(instrument, 0) | {item: answer}).flags == flags
    assert scored(instrument, {item: answer}).flags == flags
    assert scored(instrument, {item: answer}).total is None


def test_difficulty_in_daily_life_adds_nothing_and_is_not_demanded() -> None:
    whole = answers_with_total("phq9", 12)
    assert scored("phq9", whole).total == scored("phq9", whole | {"difficulty": 3}).total == 12


def test_the_well_being_index_is_four_times_its_points_and_low_is_at_most_fifty() -> None:
    rows = [(0, 0, ("low_well_being",)), (12, 48, ("low_well_being",)), (13, 52, ()), (25, 100, ())]
    for points, index, cuts in rows:
        made = scored("who5", answers_with_total("who5", points))
        assert (made.total, dict(made.subscales), made.cuts) == (index, {"points": points}, cuts)


def test_no_response_on_the_alertness_scale_is_named() -> None:
    assert scored("moaas", {"1": 0}).cuts == ("no_response",)
    assert scored("moaas", {"1": 1}).cuts == ()


QIDS = {str(item): 0 for item in range(1, 17)}


@pytest.mark.parametrize(
    ("changed", "total", "domain"),
    [
        ({"1": 3, "2": 2, "3": 1, "4": 3}, 3, ("sleep", 3)),
        ({"5": 2}, 2, ("sad_mood", 2)),
        ({"6": 2, "8": 3}, 3, ("appetite_weight", 3)),
        ({"10": 1}, 1, ("concentration", 1)),
        ({"11": 3}, 3, ("self_view", 3)),
        ({"12": 1}, 1, ("suicidal_ideation", 1)),
        ({"13": 2}, 2, ("interest", 2)),
        ({"14": 2}, 2, ("energy", 2)),
        ({"15": 1, "16": 3}, 3, ("psychomotor", 3)),
    ],
)
def test_nine_areas_each_count_their_highest_answer(
    changed: dict[str, int], total: int, domain: tuple[str, int]
) -> None:
    made = scored("qids_sr16", QIDS | changed)
    assert made.total == total
    assert made.subscales[domain[0]] == domain[1]


@pytest.mark.parametrize(
    ("left_out", "missing"),
    [
        (("7", "9"), ()),
        (("6", "8"), ()),
        (("6", "7"), ("6", "7")),
        (("8", "9"), ("8", "9")),
        (("15",), ("15",)),
    ],
)
def test_of_appetite_and_weight_one_direction_each_is_enough(
    left_out: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    made = scored("qids_sr16", {item: value for item, value in QIDS.items() if item not in left_out})
    assert made.missing == missing
    assert (made.total is None) is bool(missing)
    if missing:
        assert made.subscales["sad_mood"] == 0
        area = "psychomotor" if missing == ("15",) else "appetite_weight"
        assert made.subscales[area] is None


@pytest.mark.parametrize(
    ("answers", "context", "code", "path"),
    [
        ({"3": 4}, {}, "answer_out_of_range", "answers.3"),
        ({"3": -1}, {}, "answer_out_of_range", "answers.3"),
        ({"3": 1.5}, {}, "answer_out_of_range", "answers.3"),
        ({"3": True}, {}, "answer_out_of_range", "answers.3"),
        ({"3": "2"}, {}, "answer_out_of_range", "answers.3"),
        ({"10": 1}, {}, "unknown_item", "answers.10"),
        ({}, {"band_set": "mine"}, "unknown_band_set", "context.band_set"),
        ({}, {"variant": "yearly"}, "unknown_variant", "context.variant"),
        ({}, {"missing_rule": "guess"}, "unknown_missing_rule", "context.missing_rule"),
        ({}, {"sex": "f"}, "unknown_sex", "context.sex"),
    ],
)
def test_what_the_instrument_does_not_know_is_refused_with_its_place(
    answers: dict[str, int | None], context: dict[str, object], code: str, path: str
) -> None:
    with pytest.raises(InstrumentError) as refused:
        score(load_instrument("phq9"), answers, context)
    assert (refused.value.code, refused.value.path) == (code, path)


def test_a_scale_without_bands_refuses_a_set_and_names_none() -> None:
    assert scored("who5", answers_with_total("who5", 20)).band is None
    with pytest.raises(InstrumentError, match="none"):
        scored("who5", {}, band_set="mine")


def test_the_other_recall_window_is_stored_when_chosen() -> None:
    assert scored("madrs", answers_with_total("madrs", 30), variant="24_hours").variant == "24_hours"


def test_an_instrument_nobody_shipped_is_refused() -> None:
    with pytest.raises(InstrumentError) as refused:
        load_instrument("beck")
    assert (refused.value.code, refused.value.path) == ("unknown_instrument", "instrument")


def test_a_score_of_another_version_is_kept_apart() -> None:
    assert load_instrument("phq9", "2026.1") is load_instrument("phq9", None) is load_instrument("phq9")
    with pytest.raises(InstrumentError, match=r"version 2026\.1") as refused:
        load_instrument("phq9", "2019.1")
    assert (refused.value.code, refused.value.path) == ("unknown_version", "version")
