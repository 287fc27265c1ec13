"""Forms scored a column at a time and one by one give the same, for every instrument and each of its forms."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from euthymia.care.instruments import Instrument, Score, instruments, load_instrument, score
from euthymia.care.instruments.bulk import ManyScores, score_many
from euthymia.errors import InstrumentError

PHQ9, AUDIT, GATE = load_instrument("phq9"), load_instrument("audit_c"), load_instrument("pc_ptsd5")
CASES = [(name, form.name) for name in instruments() for form in load_instrument(name).variants]
Form = dict[str, int | None]


def forms_of(instrument: Instrument) -> st.SearchStrategy[list[Form]]:
    """Rows of whole and half filled forms; a gate stays open, because what lies behind a closed one is refused."""
    cells: dict[str, st.SearchStrategy[int | None]] = {
        item.id: st.just(max(item.values)) if item.needed and not item.scored else st.sampled_from(item.values)
        for item in instrument.items
    }
    gaps = {name: st.none() | cell for name, cell in cells.items()}
    return st.lists(st.fixed_dictionaries(cells) | st.fixed_dictionaries(gaps), min_size=1, max_size=3)


def column(rows: list[Form], item: str) -> Any:
    return np.array([np.nan if row[item] is None else row[item] for row in rows], float)


def same(many: ManyScores, row: int, one: Score) -> None:
    """Every part of one score, as its row of many has it."""
    assert (many.instrument, many.version, many.variant) == (one.instrument, one.version, one.variant)
    assert (None if many.total.mask[row] else many.total[row]) == one.total
    parts = {name: None if part.mask[row] else part[row] for name, part in many.subscales.items()}
    assert parts == dict(one.subscales)
    band = many.band_names[many.band[row]] if many.band[row] >= 0 else None
    assert band == (one.band.name if one.band else None)
    assert one.band is None or many.band_set == one.band.set
    level = many.level_names[many.level[row]] if many.level[row] >= 0 else None
    assert level == (one.level.name if one.level else None)
    assert one.level is None or many.level_final[row] == one.level.final
    for told, names in (
        (many.missing, one.missing),
        (many.flags, one.flags),
        (many.cuts, one.cuts),
        (many.cuts_not_judged, one.cuts_not_judged),
    ):
        assert {name for name, yes in told.items() if yes[row]} == set(names)
    met = {name: {1: True, 0: False, -1: None}[int(codes[row])] for name, codes in many.criteria.items()}
    assert met == dict(one.criteria)
    assert many.filled[row] == bool(one.missing_rule)


@pytest.mark.parametrize(("name", "variant"), CASES)
def test_a_column_and_a_form_give_the_same(name: str, variant: str) -> None:
    instrument = load_instrument(name)
    form = instrument.in_form(variant)

    # A slow machine is no disagreement.
    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(forms_of(form))
    def agrees(rows: list[Form]) -> None:
        contexts: list[dict[str, object]] = [{"variant": variant}]
        contexts += [{"variant": variant, "band_set": bands.name} for bands in form.band_sets[1:]]
        contexts += [{"variant": variant, "missing_rule": rule.name} for rule in form.missing_rules]
        columns = {item.id: column(rows, item.id) for item in form.items}
        for context in contexts:
            many = score_many(instrument, columns, context)
            for place, row in enumerate(rows):
                same(many, place, score(instrument, row, context))

    agrees()


def test_every_way_to_leave_an_answer_out_is_the_same() -> None:
    ones = {str(item): [1, 1] for item in range(1, 10)}
    ways: list[Any] = [[1, None], np.array([1, np.nan]), np.ma.masked_array([1, 3], mask=[False, True])]
    for way in ways:
        many = score_many(PHQ9, ones | {"3": way})
        assert many.total.tolist() == [9.0, None]
        assert many.missing["3"].tolist() == [False, True]
        assert many.band.tolist() == [1, -1]
    absent = score_many(PHQ9, {name: cells for name, cells in ones.items() if name != "3"})
    assert absent.total.tolist() == [None, None]
    assert absent.missing["3"].all()
    assert "difficulty" not in absent.missing


def test_a_table_has_one_column_for_each_needed_item() -> None:
    many = score_many(PHQ9, np.full((3, 9), 2))
    assert many.total.tolist() == [18, 18, 18]
    assert score_many(PHQ9, np.full((2, 9), 3, np.int8)).total.tolist() == [27, 27]
    assert score_many(PHQ9, {}).total.tolist() == []
    for wrong in (np.full((3, 8), 2), np.full(9, 2)):
        with pytest.raises(InstrumentError) as refused:
            score_many(PHQ9, wrong)
        assert (refused.value.code, refused.value.path) == ("wrong_shape", "answers")


@pytest.mark.parametrize(
    ("columns", "code", "path"),
    [
        ({"3": [0, 3, 4, 5]}, "answer_out_of_range", "answers.3[2]"),
        ({"3": [0, -1]}, "answer_out_of_range", "answers.3[1]"),
        ({"3": [0.5]}, "answer_out_of_range", "answers.3[0]"),
        ({"3": [float("inf")]}, "answer_out_of_range", "answers.3[0]"),
        ({"3": [None, True]}, "answer_out_of_range", "answers.3[1]"),
        ({"3": [None, "2"]}, "answer_out_of_range", "answers.3[1]"),
        ({"3": [True, False]}, "wrong_shape", "answers.3"),
        ({"3": [[1, 2]]}, "wrong_shape", "answers.3"),
        ({"10": [1]}, "unknown_item", "answers.10"),
        ({"1": [1], "2": [1, 2]}, "different_lengths", "answers"),
    ],
)
def test_what_is_no_answer_is_refused_with_its_row(columns: Mapping[str, Any], code: str, path: str) -> None:
    with pytest.raises(InstrumentError) as refused:
        score_many(PHQ9, columns)
    assert (refused.value.code, refused.value.path) == (code, path)


def test_a_yes_behind_a_closed_gate_is_refused_with_its_row() -> None:
    closed = {"gate": [1, 0]} | {str(item): [1, 0] for item in range(1, 6)}
    assert score_many(GATE, closed).total.tolist() == [5, 0]
    with pytest.raises(InstrumentError) as refused:
        score_many(GATE, closed | {"2": [0, 1]})
    assert (refused.value.code, refused.value.path) == ("not_asked", "answers.2[1]")


def test_the_sex_may_be_a_column_too() -> None:
    threes = {"1": [3] * 4, "2": [0] * 4, "3": [0] * 4}
    many = score_many(AUDIT, threes, {"sex": ["female", "male", "unknown", None]})
    assert many.cuts["women_three_or_more"].tolist() == [True, False, False, False]
    assert many.cuts["men_four_or_more"].tolist() == [False] * 4
    assert many.cuts_not_judged["men_four_or_more"].tolist() == [False, False, True, True]
    assert score_many(AUDIT, threes, {"sex": "female"}).cuts["women_three_or_more"].all()
    assert score_many(AUDIT, threes).cuts_not_judged["women_three_or_more"].all()
    refusals = {"context.sex[1]": ["male", "f", "male", "male"], "context.sex": "f"}
    for path, sex in refusals.items():
        with pytest.raises(InstrumentError) as refused:
            score_many(AUDIT, threes, {"sex": sex})
        assert (refused.value.code, refused.value.path) == ("unknown_sex", path)
    with pytest.raises(InstrumentError) as refused:
        score_many(AUDIT, threes, {"sex": ["male"]})
    assert refused.value.code == "different_lengths"


def test_the_room_is_light_without_it() -> None:
    says = "import sys, euthymia.care.instruments; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", says], check=False).returncode == 0
