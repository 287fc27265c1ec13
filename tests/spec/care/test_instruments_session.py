"""Scales and lists around a session: their forms never mix, and what is not answered is never called nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from euthymia.care.instruments import load_instrument, score
from euthymia.care.instruments.compare import refuse_mixed
from euthymia.errors import InstrumentError

BPRS, PADSS, MADRS = load_instrument("bprs_positive4"), load_instrument("padss"), load_instrument("madrs")


@pytest.mark.parametrize(
    ("form", "value", "total"), [("0_to_6", 0, 0), ("0_to_6", 6, 24), ("1_to_7", 1, 4), ("1_to_7", 7, 28)]
)
def test_the_four_positive_signs_have_two_ranges(form: str, value: int, total: int) -> None:
    made = score(BPRS, {item.id: value for item in BPRS.items}, {"variant": form})
    assert (made.total, made.variant) == (total, form)


@pytest.mark.parametrize(("form", "value"), [("0_to_6", 7), ("1_to_7", 0)])
def test_an_answer_of_the_other_range_is_refused(form: str, value: int) -> None:
    with pytest.raises(InstrumentError) as refused:
        score(BPRS, {"suspiciousness": value}, {"variant": form})
    assert (refused.value.code, refused.value.path) == ("answer_out_of_range", "answers.suspiciousness")


def test_scores_made_by_other_rules_are_never_compared() -> None:
    ones = {item.id: 1 for item in BPRS.items}
    first = score(BPRS, ones)
    refuse_mixed(first, first)
    cases = [
        (score(BPRS, ones, {"variant": "1_to_7"}), "different_variant", "variant"),
        (replace(first, version="2019.1"), "different_version", "version"),
        (score(PADSS, {}), "different_instrument", "instrument"),
    ]
    for other, code, path in cases:
        with pytest.raises(InstrumentError) as refused:
            refuse_mixed(first, other)
        assert (refused.value.code, refused.value.path) == (code, path)


def test_rival_bands_are_never_compared_and_a_score_without_a_band_has_none_to_mix() -> None:
    whole = {item.id: 2 for item in MADRS.items}
    kearns, snaith = score(MADRS, whole), score(MADRS, whole, {"band_set": "snaith"})
    with pytest.raises(InstrumentError, match="kearns_1982, the other snaith") as refused:
        refuse_mixed(kearns, snaith)
    assert (refused.value.code, refused.value.path) == ("different_band_set", "band.set")
    refuse_mixed(kearns, score(MADRS, {}, {"band_set": "snaith"}))


def test_leaving_bleeding_out_changes_the_range_and_takes_the_cut_away() -> None:
    twos = {item.id: 2 for item in PADSS.items}
    assert (score(PADSS, twos).total, score(PADSS, twos).cuts) == (10, ("nine_or_more",))
    rest = {item: value for item, value in twos.items() if item != "bleeding"}
    made = score(PADSS, rest, {"variant": "without_bleeding"})
    assert (made.total, made.cuts) == (8, ())
    form = PADSS.in_form("without_bleeding")
    assert (form.lowest, form.highest, form.cuts) == (0, 8, ())


@pytest.mark.parametrize("name", ["cadss", "cadss6", "aldrete_modified", "cgi_s", "cgi_i", "bprs_positive4", "bpic_ss"])
def test_no_cut_is_judged_where_none_was_read(name: str) -> None:
    instrument = load_instrument(name)
    assert (instrument.cuts, instrument.band_sets) == ((), ())
    assert instrument.limitation


def test_two_bladder_indices_and_no_total_of_both() -> None:
    instrument = load_instrument("oleary_sant")
    most = {item.id: max(item.values) for item in instrument.items}
    made = score(instrument, most)
    assert (made.total, dict(made.subscales)) == (None, {"icsi": 20, "icpi": 16})
    assert dict(score(instrument, most | {"s2": None}).subscales) == {"icsi": None, "icpi": 16}


@pytest.mark.parametrize("item", ["1", "2", "3", "4", "5", "6"])
def test_any_bladder_sign_asks_for_a_urine_test(item: str) -> None:
    asked = load_instrument("urinary_questions")
    calm = {each.id: 0 for each in asked.items}
    found, nothing = score(asked, calm | {item: 1}).level, score(asked, calm).level
    assert found is not None
    assert nothing is not None
    assert (found.name, found.because, nothing.name) == ("urine_test", (item,), "nothing_reported")
    assert score(asked, calm | {item: None}).level is None


def test_the_worst_side_effect_counts() -> None:
    asked = load_instrument("side_effects")
    calm = {each.id: 0 for each in asked.items}
    rows = [
        ({}, "none"),
        ({"2": 1}, "mild"),
        ({"2": 1, "3": 2}, "moderate"),
        ({"2": 1, "3": 2, "18": 3}, "severe"),
    ]
    for changed, level in rows:
        made = score(asked, calm | changed).level
        assert made is not None
        assert made.name == level
    assert score(asked, calm | {"5": None}).level is None


@pytest.mark.parametrize(
    ("name", "answers", "level"),
    [
        ("cognition_check", {"kind": 1, "result": 0}, "as_expected"),
        ("cognition_check", {"kind": 1, "result": 1}, "look_again"),
        ("cognition_check", {"kind": 2, "result": 2}, "look_again"),
        ("cognition_check", {"kind": 2}, None),
        ("kset", {"filled": 1, "look": 0}, "nothing_to_look_at"),
        ("kset", {"filled": 1, "look": 1}, "look"),
        ("kset", {"filled": 1}, None),
    ],
)
def test_a_record_of_a_form_kept_elsewhere_says_whether_to_look(
    name: str, answers: dict[str, int], level: str | None
) -> None:
    made = score(load_instrument(name), answers).level
    assert (made and made.name) == level
