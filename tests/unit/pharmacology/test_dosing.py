"""Doses as they happen: salt and base, pumps and lines, given in the place of planned, and long courses."""

from __future__ import annotations

import numpy as np
import pytest

from euthymia.errors import RegimenError
from euthymia.pharmacology import Dose, Person, RateStep, Regimen, base_mg, infusion, simulate
from euthymia.pharmacology.regimen import MOST_DOSES

ADULT = Person(age_y=45, sex="female", weight_kg=70)
HOUR = np.linspace(0, 6, 121)


def drip(start_h: float, duration_h: float, amount_mg: float = 20, line: str = "") -> Dose:
    return Dose("ketamine", "iv", amount_mg, start_h, duration_h=duration_h, line=line)


def course(regimen: Regimen, model: str | None = None) -> np.ndarray:
    return simulate(regimen, ADULT, HOUR, model=model).series[0].typical


def test_hydrochloride_is_turned_into_base() -> None:
    """Product information: 57.67 mg of the hydrochloride are 50 mg of base, 32.3 mg are 28 mg."""
    assert base_mg(57.67) == pytest.approx(50)
    assert base_mg(32.3) == pytest.approx(28, abs=0.05)
    assert Dose.from_hydrochloride("ketamine", "im", 57.67, 0).amount_mg == pytest.approx(50)


@pytest.mark.parametrize("amount_mg", [0, -3, float("nan"), float("inf"), True, "50", 90_000])
def test_what_is_no_amount_of_salt_is_refused(amount_mg: float) -> None:
    with pytest.raises(RegimenError) as refusal:
        base_mg(amount_mg)
    assert refusal.value.path == "hydrochloride_mg"


@pytest.mark.parametrize(
    ("doses", "path"),
    [
        ([drip(0, 1), drip(0.5, 1)], "doses[1].start_h"),
        ([drip(0.5, 1), drip(0, 1)], "doses[1].start_h"),
        ([drip(0, 3), drip(1, 0.1, line="left"), drip(2.9, 1)], "doses[2].start_h"),
        ([drip(0, 10), drip(20, 1), drip(9, 0.1), drip(12, 1)], "doses[2].start_h"),
        ([drip(0, 1), drip(0, 1)], "doses[1].start_h"),
    ],
)
def test_two_infusions_at_once_on_one_line_are_refused(doses: list[Dose], path: str) -> None:
    with pytest.raises(RegimenError) as refusal:
        Regimen(tuple(doses))
    assert (refusal.value.code, refusal.value.path) == ("overlapping_infusions", path)


def test_a_second_line_a_push_during_a_drip_and_a_drip_that_follows_are_allowed() -> None:
    both = Regimen((drip(0, 1), drip(0.5, 1, line="left arm")))
    assert course(both) == pytest.approx(course(Regimen((drip(0, 1),))) + course(Regimen((drip(0.5, 1),))), abs=1e-6)
    assert Regimen((drip(0, 1), Dose("ketamine", "iv", 5, 0.5))).total_mg == 25
    assert Regimen((drip(0, 0.1), drip(0.1, 0.2), drip(0.1 + 0.2, 0.1))).total_mg == 60


def test_a_line_is_a_name_of_a_drip() -> None:
    for wrong in ({"route": "im", "line": "left"}, {"route": "iv", "line": 3}):
        with pytest.raises(RegimenError) as refusal:
            Dose("ketamine", amount_mg=20, start_h=0, **wrong)  # type: ignore[arg-type]
        assert (refusal.value.code, refusal.value.path) == ("not_a_line", "line")


def test_what_was_given_replaces_what_was_planned_until_then() -> None:
    plan = Regimen((drip(0, 1, 40), drip(48, 1, 40)))
    slower = infusion("ketamine", [RateStep(0, 40), RateStep(0.25, 0), RateStep(0.5, 20)], stop_h=0.75).doses
    real = plan.with_given(slower, until_h=0.75)
    assert [(dose.start_h, dose.amount_mg) for dose in real] == [
        (0, pytest.approx(10)),
        (0.5, pytest.approx(5)),
        (0.75, pytest.approx(10)),
        (48, 40),
    ]
    assert real.doses[2].duration_h == pytest.approx(0.25)
    stopped = plan.with_given(slower, until_h=1.0)
    assert [dose.start_h for dose in stopped] == [0, 0.5, 48]
    assert plan.with_given((), until_h=0.0) == plan


def test_a_planned_dose_that_was_not_given_is_gone() -> None:
    plan = Regimen((Dose("ketamine", "im", 35, 0), Dose("ketamine", "im", 35, 72)))
    assert [dose.start_h for dose in plan.with_given((), until_h=24)] == [72]
    with pytest.raises(RegimenError) as refusal:
        plan.with_given((), until_h=100)
    assert (refusal.value.code, refusal.value.path) == ("no_doses", "doses")


@pytest.mark.parametrize(
    ("given", "until_h", "path"),
    [
        ([drip(0, 1)], 0.5, "given[0].duration_h"),
        ([drip(0, 0.2), drip(2, 0.1)], 1, "given[1].start_h"),
        ([], float("nan"), "until_h"),
        ([], -1, "until_h"),
    ],
)
def test_what_cannot_have_been_given_yet_is_refused(given: list[Dose], until_h: float, path: str) -> None:
    with pytest.raises(RegimenError) as refusal:
        Regimen((drip(0, 1), drip(48, 1))).with_given(given, until_h=until_h)
    assert refusal.value.path == path


def test_devices_minutes_apart_are_one_sitting_in_any_order() -> None:
    apart = [Dose("esketamine", "nasal", 28, place / 12, devices=1) for place in range(3)]
    found = course(Regimen(tuple(apart)))
    assert course(Regimen(tuple(reversed(apart)))) == pytest.approx(found, rel=1e-12)
    fresh = course(Regimen((Dose("esketamine", "nasal", 28, 0, devices=1),)))
    assert found.max() < 3 * fresh.max()


def test_months_of_sessions_in_any_order() -> None:
    dose = Dose("ketamine", "iv", 35, 0, duration_h=2 / 3)
    months = Regimen.given(dose).repeated(60, every_h=72)
    shuffled = Regimen(tuple(np.random.default_rng(3).permutation(np.array(months.doses, dtype=object)).tolist()))
    late_h = 59 * 72 + np.linspace(0, 6, 13)
    found = simulate(shuffled, ADULT, late_h).series[0].typical
    assert found == pytest.approx(simulate(months, ADULT, late_h).series[0].typical, rel=1e-9)
    assert found == pytest.approx(
        simulate(Regimen.given(dose), ADULT, np.linspace(0, 6, 13)).series[0].typical, rel=0.01, abs=0.01
    )


def test_a_regimen_has_a_bound() -> None:
    many = tuple(Dose("ketamine", "im", 1, place) for place in range(MOST_DOSES))
    assert Regimen(many).total_mg == MOST_DOSES
    with pytest.raises(RegimenError) as refusal:
        Regimen((*many, many[0]))
    assert (refusal.value.code, refusal.value.path) == ("too_many_doses", "doses")


def test_every_racemic_route_may_be_mixed_and_the_courses_add_up() -> None:
    routes = ("iv", "im", "sc", "nasal", "sublingual", "oral")
    single = [Regimen((Dose("ketamine", route, 10, place / 2),)) for place, route in enumerate(routes)]
    mixed = Regimen(tuple(dose for regimen in single for dose in regimen))
    for model in ("assembled_racemic_venous", "assembled_racemic_arterial"):
        apart = sum(course(regimen, model) for regimen in single)
        assert course(mixed, model) == pytest.approx(apart, rel=1e-9, abs=1e-9)
