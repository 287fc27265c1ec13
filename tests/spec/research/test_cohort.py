"""The cohort table: what a row says, what leaves and what never does."""

import csv
import io
from dataclasses import fields
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from euthymia.errors import BadInput
from euthymia.research.cohort import CohortRow, DoseRecord, PersonRecord, ScoreRecord, codebook, rows, to_csv

SECRET = b"a clinic's own sixteen bytes or more"
FIRST = date(2026, 3, 2)


def person(key="p1", *, birth_year=1980, doses=(), scores=()):
    return PersonRecord(
        key,
        birth_year,
        "female",
        tuple(ScoreRecord(FIRST + timedelta(days=day), "phq9", total) for day, total in scores),
        tuple(DoseRecord(FIRST + timedelta(days=day), "ketamine", "iv", mg) for day, mg in doses),
    )


def test_days_are_counted_from_the_first_and_the_latest_dose():
    table = rows([person(doses=[(3, 40), (0, 35)], scores=[(-2, 20), (0, 18), (4, 9)])], secret=SECRET)
    assert [(row.days_since_first_dose, row.days_since_last_dose) for row in table] == [(-2, None), (0, 0), (4, 1)]
    assert [row.doses_so_far for row in table] == [0, 1, 2]
    assert [row.cumulative_mg for row in table] == [0, 35, 75]
    assert [row.last_amount_mg for row in table] == [None, 35, 40]
    assert table[0].age_at_first_dose_y == 46


def test_someone_never_dosed_has_scores_without_days():
    (row,) = rows([person(scores=[(0, 12)])], secret=SECRET)
    assert (row.days_since_first_dose, row.shifted_first_dose, row.age_at_first_dose_y) == (None, None, None)
    assert row.last_drug == ""


def test_someone_without_a_score_has_no_row():
    assert rows([person(doses=[(0, 35)])], secret=SECRET) == []


def test_an_unknown_birth_year_stays_unknown_and_the_oldest_are_one_group():
    (unknown,) = rows([person(birth_year=None, doses=[(0, 35)], scores=[(0, 5)])], secret=SECRET)
    (old,) = rows([person(birth_year=1926, doses=[(0, 35)], scores=[(0, 5)])], secret=SECRET)
    assert unknown.age_at_first_dose_y is None
    assert old.age_at_first_dose_y == 90


def test_the_clinics_own_key_and_dates_never_leave():
    keys = [f"record-{number}" for number in range(40)]
    people = [person(key, doses=[(0, 35)], scores=[(0, 5)]) for key in keys]
    table = rows(people, secret=SECRET)
    text = to_csv(table)
    assert not any(key in text for key in keys)
    assert len({row.person for row in table}) == 40
    assert len({row.shifted_first_dose for row in table}) > 20
    assert all(abs((row.shifted_first_dose - FIRST).days) <= 182 for row in table)


def test_the_same_key_gives_the_same_table_and_another_does_not():
    people = [person(doses=[(0, 35)], scores=[(0, 5), (1, 4)])]
    assert rows(people, secret=SECRET) == rows(people, secret=SECRET)
    assert rows(people, secret=SECRET)[0].person != rows(people, secret=SECRET[::-1])[0].person


def test_a_short_key_is_refused():
    with pytest.raises(BadInput, match="16 bytes"):
        rows([], secret=b"short")


def test_the_codebook_names_every_column_in_order():
    assert [column.name for column in codebook()] == [column.name for column in fields(CohortRow)]
    assert all(column.meaning for column in codebook())


def test_csv_comes_back_as_it_went():
    table = rows([person(doses=[(0, 35.25)], scores=[(-1, 20), (1, 8.5)])], secret=SECRET)
    back = list(csv.DictReader(io.StringIO(to_csv(table))))
    assert [float(row["total"]) for row in back] == [20, 8.5]
    assert [row["days_since_last_dose"] for row in back] == ["", "1"]
    assert back[1]["cumulative_mg"] == "35.25"


def test_text_that_a_spreadsheet_would_run_is_made_harmless():
    record = PersonRecord("p", None, "=cmd()", (ScoreRecord(FIRST, "phq9", 3),), ())
    assert "'=cmd()" in to_csv(rows([record], secret=SECRET))


@given(st.lists(st.tuples(st.integers(-200, 200), st.integers(0, 27)), max_size=20), st.randoms())
def test_the_order_of_the_records_does_not_matter(scores, random):
    people = [
        person(f"p{number}", doses=[(0, 35), (7, 40)], scores=list(dict(scores).items())[number::3])
        for number in range(3)
    ]
    shuffled = list(people)
    random.shuffle(shuffled)
    assert rows(people, secret=SECRET) == rows(shuffled, secret=SECRET)
