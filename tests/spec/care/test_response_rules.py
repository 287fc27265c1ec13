"""Response, remission, change and relapse, each at its edge and with each fact missing."""

from __future__ import annotations

import pytest

from euthymia.care.decision import CannotTell
from euthymia.care.evidence import Basis
from euthymia.care.instruments import load_instrument
from euthymia.care.instruments.instrument import ChangeRule, RemissionRule, ResponseRule
from euthymia.care.protocol import Provenance, Source
from euthymia.care.response_rules import (
    Judged,
    Judgement,
    RelapseRule,
    meaningful_change,
    relapse,
    reliable_change,
    remission,
    response,
)
from euthymia.errors import BadInput

PHQ9, GAD7, MADRS, WHO5 = (load_instrument(name) for name in ("phq9", "gad7", "madrs", "who5"))


def met(judgement: Judgement) -> bool | None:
    return judgement.met if isinstance(judgement, Judged) else None


def absent(judgement: Judgement) -> tuple[str, ...]:
    return tuple(one.fact for one in judgement.missing) if isinstance(judgement, CannotTell) else ()


@pytest.mark.parametrize(
    ("baseline", "current", "answer"),
    [
        (20, 10, True),
        (20, 11, False),
        (15, 7, True),
        (15, 8, False),
        (20, 25, False),
        (10, 5, True),
        (9, 0, None),
        (0, 0, None),
        (None, 5, None),
        (20, None, None),
        (None, None, None),
    ],
)
def test_response_is_half_off_a_baseline_above_mild(
    baseline: float | None, current: float | None, answer: bool | None
) -> None:
    assert met(response(PHQ9, baseline, current)) is answer


@pytest.mark.parametrize(
    ("baseline", "current", "answer"),
    [(20, 10, False), (20, 9, True), (19, 9, True), (27, 13, False)],
)
def test_the_older_rule_also_wants_no_more_than_mild(baseline: float, current: float, answer: bool) -> None:
    assert met(response(PHQ9, baseline, current, rule="half_and_no_more_than_mild")) is answer


def test_a_clinic_may_use_a_rule_of_its_own_with_its_basis() -> None:
    own = Basis((Source("lead", "Dr Ito, medical lead"),), Provenance.CLINIC)
    quids = load_instrument("qids_sr16")
    found = response(quids, 20, 12, rule=ResponseRule("ours", 40, own))
    assert isinstance(found, Judged)
    assert (found.met, found.rule, found.source) == (True, "ours", "Dr Ito, medical lead (clinic)")
    assert met(remission(GAD7, 4, rule=RemissionRule("ours", 4, own))) is True
    assert met(reliable_change(PHQ9, 20, 14, rule=ChangeRule("ours", 6, own))) is True


def test_response_carries_its_numbers_and_source() -> None:
    found = response(PHQ9, 20, 8)
    assert isinstance(found, Judged)
    assert (found.points, found.percent, found.limit, found.baseline) == (12, 60, 50, 20)
    assert "McMillan" in found.source


@pytest.mark.parametrize(
    ("instrument", "baseline", "current", "missing"),
    [
        (PHQ9, None, 5, ("baseline",)),
        (PHQ9, None, None, ("baseline", "current")),
        (PHQ9, 5, 2, ("baseline",)),
        (MADRS, 19, 5, ("baseline",)),
        (GAD7, 15, 5, ("response_rule",)),
        (WHO5, 20, 60, ("response_rule",)),
        (GAD7, None, None, ("baseline", "current", "response_rule")),
    ],
)
def test_response_says_what_is_missing(
    instrument: object, baseline: float | None, current: float | None, missing: tuple[str, ...]
) -> None:
    assert absent(response(instrument, baseline, current)) == missing  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("instrument", "rule", "current", "answer"),
    [
        (PHQ9, None, 4, True),
        (PHQ9, None, 5, False),
        (PHQ9, None, None, None),
        (MADRS, "ten_or_less", 10, True),
        (MADRS, "below_ten", 10, False),
        (GAD7, None, 0, None),
    ],
)
def test_remission_by_the_named_rule(
    instrument: object, rule: str | None, current: float | None, answer: bool | None
) -> None:
    assert met(remission(instrument, current, rule=rule)) is answer  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("baseline", "current", "reliable", "points"),
    [(15, 9, True, 6), (15, 10, False, 5), (9, 15, True, -6), (15, None, None, None), (None, 15, None, None)],
)
def test_a_change_of_six_points_of_anxiety_is_more_than_chance(
    baseline: float | None, current: float | None, reliable: bool | None, points: float | None
) -> None:
    found = reliable_change(GAD7, baseline, current)
    assert met(found) is reliable
    assert (found.points if isinstance(found, Judged) else None) == points


def test_no_rule_was_read_for_reliable_change_on_phq9() -> None:
    assert absent(reliable_change(PHQ9, 20, 5)) == ("reliable_change_rule",)


@pytest.mark.parametrize(
    ("before", "after", "answer"), [(40, 50, True), (40, 49, False), (50, 40, True), (None, 40, None)]
)
def test_ten_index_points_of_well_being_mean_something_and_more_is_better(
    before: float | None, after: float, answer: bool | None
) -> None:
    found = meaningful_change(WHO5, before, after)
    assert met(found) is answer
    if isinstance(found, Judged) and before is not None:
        assert found.points == after - before


BY_RISE = RelapseRule("Dr Ito", rise_points=5)
BY_TOTAL = RelapseRule("Dr Ito", total_reaches=15)
BY_BOTH = RelapseRule("Dr Ito", rise_points=5, total_reaches=15)


@pytest.mark.parametrize(
    ("rule", "best", "current", "answer", "missing"),
    [
        (BY_RISE, 4, 9, True, ()),
        (BY_RISE, 4, 8, False, ()),
        (BY_TOTAL, None, 15, True, ()),
        (BY_TOTAL, None, 14, False, ()),
        (BY_BOTH, 4, 14, False, ()),
        (BY_BOTH, 12, 15, False, ()),
        (BY_BOTH, 4, 15, True, ()),
        (None, 4, 20, None, ("relapse_rule",)),
        (BY_RISE, None, 9, None, ("best",)),
        (BY_RISE, 4, None, None, ("current",)),
        (None, None, None, None, ("current", "relapse_rule")),
    ],
)
def test_relapse_only_by_the_rule_the_clinic_set(
    rule: RelapseRule | None,
    best: float | None,
    current: float | None,
    answer: bool | None,
    missing: tuple[str, ...],
) -> None:
    found = relapse(PHQ9, best, current, rule=rule)
    assert met(found) is answer
    assert absent(found) == missing


def test_well_being_slips_downwards() -> None:
    rule = RelapseRule("Dr Ito", rise_points=10, total_reaches=50)
    assert met(relapse(WHO5, 72, 48, rule=rule)) is True
    assert met(relapse(WHO5, 72, 56, rule=rule)) is False


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda: response(PHQ9, 28, 3), "out_of_range"),
        (lambda: remission(PHQ9, -1), "out_of_range"),
        (lambda: response(PHQ9, 20, 3, rule="third"), "unknown_rule"),
        (lambda: remission(GAD7, 3, rule="mine"), "unknown_rule"),
        (lambda: RelapseRule(" ", rise_points=5), "unnamed"),
        (lambda: RelapseRule("Dr Ito"), "empty_rule"),
    ],
)
def test_what_cannot_be_meant_is_refused(ask: object, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        ask()  # type: ignore[operator]
    assert refused.value.code == code
