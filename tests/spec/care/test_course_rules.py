"""What each shipped protocol says of its course, by the names of its rules: weeks, reviews, what is asked."""

from __future__ import annotations

import pytest

from euthymia.care.cited import Cited, Provenance
from euthymia.care.protocols.load import load_protocol, shipped_protocols

SHORT = ("phq9", "cssrs_screener", "kset")
WEEKS_AFTER = {
    "week_2_after": 2,
    "week_4_after": 4,
    "week_8_after": 8,
    "week_12_after": 12,
    "week_26_after": 26,
    "week_52_after": 52,
}
# protocol · the phase after whose end the weeks count, None where no weeks are named
COUNTED_FROM = {
    "esketamine_nasal_mdsi": "induction",
    "esketamine_nasal_trd": "induction",
    "im_racemic": "series",
    "iv_racemic_05": "series",
    "nasal_racemic": None,
    "sc_racemic": "series",
}
# protocol · rule · whether it stops or keeps on · its first number
JUDGED = [
    ("esketamine_nasal_trd", "least_frequent", "maintenance", None),
    ("sc_racemic", "step_up", "stopping", None),
]


def first(*numbers: Cited | None) -> float | None:
    return next((number.value for number in numbers if number is not None), None)


def test_every_shipped_protocol_has_its_row_here() -> None:
    assert tuple(sorted(COUNTED_FROM)) == shipped_protocols()


@pytest.mark.parametrize("name", COUNTED_FROM)
def test_the_weeks_after_a_series_are_proposals_from_memory(name: str) -> None:
    rows = {row.name: row for row in load_protocol(name).follow_up}
    wanted = WEEKS_AFTER if COUNTED_FROM[name] else {}
    assert {key for key in rows if key.endswith("_after")} == set(wanted)
    for key, weeks in wanted.items():
        row = rows[key]
        assert row.after_weeks is not None
        assert (row.after_weeks.value, row.after_weeks.unit, row.phase) == (weeks, "weeks", COUNTED_FROM[name])
        assert (row.provenance, row.instruments) == (Provenance.MEMORY, SHORT)


@pytest.mark.parametrize("name", COUNTED_FROM)
def test_each_session_asks_for_thoughts_of_suicide_and_side_effects(name: str) -> None:
    rows = {row.name: row for row in load_protocol(name).follow_up}
    assert {"cssrs_screener", "side_effects"} <= set(rows["each_session"].instruments)


@pytest.mark.parametrize(("name", "rule", "part", "number"), JUDGED)
def test_a_rule_of_the_course(name: str, rule: str, part: str, number: float | None) -> None:
    protocol = load_protocol(name)
    found = {row.name: row for row in getattr(protocol, part)}[rule]
    assert first(found.after_doses, found.at_week, found.at_least_months) == number
    assert found.source != ()


def test_the_nose_for_research_has_no_rhythm_but_the_studys_own() -> None:
    (study,) = load_protocol("nasal_racemic").rhythm
    assert (study.name, study.per_week_low, study.per_week_high) == ("study", None, None)
