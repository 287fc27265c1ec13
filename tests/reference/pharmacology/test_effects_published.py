"""Effects beside what was published of them, each with its tolerance; what fails is in the effect's file too.

Two statistics of blood pressure are never mixed: the mean of each person's own largest rise, and the mean rise at a
fixed time.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from euthymia.errors import BadInput
from euthymia.pharmacology import Band, Dose, Person, Regimen, simulate
from euthymia.pharmacology.compounds.load import read_data
from euthymia.pharmacology.effects import load_effect
from euthymia.pharmacology.effects.calibration import (
    expected_largest,
    mean_of_largest_rises,
    nasal_sitting,
    scatter_from_placebo,
    venous_levels,
    worked_out,
)

PERSON = Person(age_y=45, sex="female", weight_kg=70)
INFUSION = Regimen((Dose("ketamine", "iv", 35, 0, duration_h=40 / 60),))
SPRAY = nasal_sitting([28, 28, 28], 5)
MINUTES = np.arange(0, 241) / 60
READINGS_H = [40 / 60, 1.0, 1.5]


def course(effect: str, regimen: Regimen, model: str | None = None) -> np.ndarray:
    return np.asarray(simulate(regimen, PERSON, MINUTES, model=model).named(effect).typical)


def failures(effect: str) -> str:
    return " ".join(load_effect(effect).known_failures)


def parameter(effect: str, name: str) -> float:
    return next(each.value for each in load_effect(effect).parameters if each.name == name)


# The numbers in the files are what the arithmetic gives.


@pytest.mark.parametrize("effect", ["blood_pressure", "pulse", "sedation", "nausea"])
def test_the_file_holds_what_is_worked_out_again(effect: str) -> None:
    rows = {row["name"]: row for row in read_data("effects", effect)["parameter"]}
    outputs = {output.name: output for output in load_effect(effect).outputs}
    for name, value in worked_out(effect).items():
        if name.endswith(".scatter"):
            scatter = outputs[name.removesuffix(".scatter")].scatter
            assert scatter is not None
            # Written to one decimal.
            assert scatter.sd == pytest.approx(value, abs=0.05)
        elif name == "slope.log_sd":
            assert rows["slope"]["log_sd"] == pytest.approx(value, rel=0.005)
        else:
            assert rows[name]["value"] == pytest.approx(value, rel=0.005), name


def test_nothing_is_worked_out_where_numbers_were_published() -> None:
    with pytest.raises(BadInput, match="published ones or assumptions"):
        worked_out("dissociation")


@pytest.mark.parametrize(("readings", "mean"), [(1, 0.0), (2, 1 / math.sqrt(math.pi)), (3, 1.5 / math.sqrt(math.pi))])
def test_the_mean_of_the_largest_of_normal_numbers_is_the_known_one(readings: int, mean: float) -> None:
    assert expected_largest(readings) == pytest.approx(mean, abs=1e-4)


# The mean of individual largest rises. Doherty 2020, 10.1007/s40263-020-00699-4, provenance abstract.


@pytest.mark.parametrize(
    ("name", "age_y", "with_drug", "with_placebo", "rel"),
    [
        # Built in: these rows only show that the arithmetic is right.
        ("systolic", 45, 13.3, 6.1, 0.01),
        ("diastolic", 45, 8.7, 4.9, 0.01),
        # Not used: at 65 years and above, with the scatter of their own placebo group.
        ("systolic", 72, 16.0, 11.1, 0.2),
        ("diastolic", 72, 9.5, 6.8, 0.2),
    ],
)
def test_the_mean_of_largest_rises_is_as_published(
    name: str, age_y: float, with_drug: float, with_placebo: float, rel: float
) -> None:
    levels = venous_levels(SPRAY, Person(age_y, "unspecified", 70), READINGS_H, "perez_ruixo_2021")
    scatter = scatter_from_placebo(with_placebo, len(READINGS_H))
    assert mean_of_largest_rises(0.0, 0.4, levels, scatter) == pytest.approx(with_placebo, rel=0.03)
    found = mean_of_largest_rises(parameter("blood_pressure", f"{name}_slope"), 0.4, levels, scatter)
    assert found == pytest.approx(with_drug, rel=rel)


def test_a_clinic_saw_at_one_moment_what_is_here_the_largest_of_many_readings() -> None:
    """16/11 mmHg at 40 min in 2,342 infusions, 10.1016/j.genhosppsych.2024.07.001; provenance abstract."""
    every_ten_h = [minute / 60 for minute in range(10, 91, 10)]
    levels = 0.5 * venous_levels(INFUSION, Person(45, "unspecified", 70), every_ten_h, "clements_1981")
    outputs = {output.name: output for output in load_effect("blood_pressure").outputs}
    for name, published, ours in (("systolic", 16.0, "15.6"), ("diastolic", 11.0, "11.2")):
        scatter = outputs[f"{name}_rise"].scatter
        assert scatter is not None
        found = mean_of_largest_rises(parameter("blood_pressure", f"{name}_slope"), 0.4, levels, scatter.sd)
        assert found == pytest.approx(published, rel=0.1)
        assert f"{found:.1f}" == ours
    systolic, diastolic = mean_rises(40)
    assert 16.0 / systolic == pytest.approx(2.2, abs=0.05)
    assert f"{systolic:.0f}/{diastolic:.0f}" == "7/4"
    assert "7/4 at that moment here, 2.2-fold too low" in failures("blood_pressure")
    assert "15.6/11.2" in failures("blood_pressure")


# The mean rise at a fixed time, over people.


def mean_rises(at_min: float) -> tuple[float, float]:
    levels = 0.5 * venous_levels(INFUSION, Person(57, "unspecified", 70), [at_min / 60], "clements_1981")
    factor = float(levels.mean()) * math.exp(0.4**2 / 2)
    return tuple(factor * parameter("blood_pressure", f"{name}_slope") for name in ("systolic", "diastolic"))  # type: ignore[return-value]


def test_the_mean_rise_of_an_infusion_is_that_of_one_series() -> None:
    """135 people, 741 infusions: 7.4/6.0 mmHg at about 36 min; provenance abstract. The diastolic fails."""
    systolic, diastolic = mean_rises(36)
    assert systolic == pytest.approx(7.4, rel=0.2)
    assert diastolic < 0.7 * 6.0
    assert "3.6 mmHg, against 6.0" in failures("blood_pressure")


def test_the_mean_rise_of_an_infusion_is_above_the_other_series_as_its_file_says() -> None:
    """66 people, 684 infusions: 3.28/3.17 mmHg at 30 min, 10.1016/j.jad.2018.02.025; provenance abstract."""
    systolic, diastolic = mean_rises(30)
    assert systolic / 3.28 == pytest.approx(1.8, abs=0.1)
    assert diastolic == pytest.approx(3.17, rel=0.2)
    assert "1.8-fold too high" in failures("blood_pressure")


def test_the_uncertainty_of_the_slope_spans_both_series() -> None:
    """The published mean rises, 3.28 and 7.4 mmHg, lie within 95 % of what the typical slope may be."""
    effect = load_effect("blood_pressure")
    sd = math.sqrt(next(each.uncertainty for each in effect.parameters if each.name == "systolic_slope"))
    for at_min, published in ((30, 3.28), (36, 7.4)):
        assert abs(math.log(published / mean_rises(at_min)[0])) < 1.96 * sd


def test_blood_pressure_after_the_spray_is_highest_when_it_was_seen_to_be_but_falls_too_slowly() -> None:
    """Largest at 40 min, in range again by 1.5 h (1708 people); provenance abstract."""
    rise = course("systolic_rise", SPRAY)
    assert 35 <= rise.argmax() <= 50
    assert rise[90] / rise.max() == pytest.approx(0.76, abs=0.03)
    assert "levels fall slowly" in failures("blood_pressure")


def test_pressure_after_an_infusion_is_not_back_when_it_was_seen_to_be() -> None:
    """Back to the start by 90 min in 49 people, 10.2147/NDT.S273287; provenance abstract."""
    rise = course("systolic_rise", INFUSION)
    assert rise[90] / rise.max() == pytest.approx(0.43, abs=0.02)
    assert "0.4 of the largest systolic rise is left" in failures("blood_pressure")


@pytest.mark.parametrize(
    ("s_ketamine_ng_per_ml", "most_published", "words"),
    [(1959.0, 0.27, "148/78 mmHg"), (9.3 * 237.73 / 2, 0.30, "83/44 mmHg")],
)
def test_under_anaesthesia_the_line_of_pressure_goes_far_too_high(
    s_ketamine_ng_per_ml: float, most_published: float, words: str
) -> None:
    """Mean pressure rose by 27 % at 1959 ng/mL of S-ketamine (Anesthesiology 2005;103:258) and pressure by 15 to 30 %
    at 9.3 µmol/L of the racemate (31 patients); provenance abstract. Of a mean pressure of 90 mmHg."""
    pressure = load_effect("blood_pressure")
    level, values = np.array([[s_ketamine_ng_per_ml]]), pressure.values({})
    systolic, diastolic = (
        float(pressure.course(level, values, output=f"{name}_rise")[0, 0]) for name in ("systolic", "diastolic")
    )
    assert (systolic + 2 * diastolic) / 3 > 2 * most_published * 90
    assert words == f"{systolic:.0f}/{diastolic:.0f} mmHg"
    assert words in failures("blood_pressure")


def test_the_mean_rise_of_the_pulse_is_built_in_and_its_anaesthetic_one_fails() -> None:
    """1.9 per min in 135 people; 43.5 % at 1959 ng/mL in 8 men (Anesthesiology 2005;103:258); provenance abstract."""
    pulse = load_effect("pulse")
    assert course("pulse_rise", INFUSION)[90] < 1.0
    anaesthetic = pulse.course(np.array([[1959.0]]), pulse.values({}))[0, 0]
    assert anaesthetic == pytest.approx(37, abs=1)
    assert anaesthetic > 0.435 * 70 * 1.2
    assert "37 per min" in failures("pulse")


# Dissociation and feeling high.


def test_effects_of_an_infusion_peak_at_its_end_and_are_gone_by_two_hours() -> None:
    """35 to 50 min after the start of 40 min; a quarter of the peak or less at 120 min."""
    for name in ("dissociation", "drug_high"):
        felt = course(name, INFUSION)
        assert 35 <= felt.argmax() <= 50, name
        assert felt[120] <= 0.25 * felt.max(), name


def test_dissociation_after_the_spray_peaks_near_40_min_but_fades_too_slowly() -> None:
    """CADSS peaks at 40 min and has resolved by 1.5 h (company page, read)."""
    felt = course("dissociation", SPRAY)
    assert 30 <= felt.argmax() <= 50
    assert felt[90] == pytest.approx(0.46, abs=0.03)
    assert "fades too slowly" in failures("dissociation")


def test_dissociation_falls_over_weeks_as_a_clinic_saw_it() -> None:
    """CADSS 20 in week 1, 8.8 in week 14 of one or two sessions a week (10.1177/0269881118762073, abstract)."""
    weekly = Regimen(tuple(Dose("ketamine", "im", 70, 120.0 * turn) for turn in range(20)))
    peak_h = 0.4
    felt = simulate(weekly, PERSON, [120.0 * turn + peak_h for turn in range(20)]).named("dissociation").typical
    assert felt[19] / felt[0] == pytest.approx(8.8 / 20, abs=0.05)


def test_feeling_high_is_half_of_the_most_at_the_published_level() -> None:
    """0.3 nmol/mL of S-ketamine, 10.3389/fpain.2022.946487; provenance abstract."""
    high = load_effect("drug_high")
    assert high.course(np.array([[0.3 * 237.73]]), high.values({}))[0, 0] == pytest.approx(5.0, abs=0.03)


# Sedation and nausea: shares of sessions and of people.


def test_sedation_falls_on_as_many_sessions_and_people_as_published_and_when_it_was_seen() -> None:
    """34.7 % of sessions, 61.9 % of people; most likely 30 to 45 min after, gone by 1 to 1.5 h (company page, read)."""
    sedation = simulate(SPRAY.repeated(8, every_h=84), PERSON, [1.0], band=Band(people=5000)).incidences[0]
    assert sedation.mean[0] == pytest.approx(0.347, abs=0.02)
    assert sedation.at_least_once == pytest.approx(0.619, abs=0.03)
    over_time = course("sedation", SPRAY)
    assert 30 <= over_time.argmax() <= 50
    assert over_time[90] < 0.5 * over_time.max()


def test_nausea_is_that_of_a_course_but_comes_too_late() -> None:
    """26.9 % of 227 people over 8 sessions of 84 mg (read); 14.0 % of 928 in the first week (abstract)."""
    whole = simulate(SPRAY.repeated(8, every_h=84), PERSON, [1.0], band=Band(people=5000)).incidences[1]
    week = simulate(SPRAY.repeated(2, every_h=84), PERSON, [1.0], band=Band(people=5000)).incidences[1]
    assert whole.at_least_once == pytest.approx(0.269, abs=0.02)
    assert week.at_least_once == pytest.approx(0.09, abs=0.01)
    assert "about 9 %" in failures("nausea")


def test_without_drug_over_a_course_there_is_as_much_as_with_placebo() -> None:
    """2.2 % and 13.8 % of 225 people over 8 sessions (PMC8407443, read)."""
    for event, published in zip(simulate(INFUSION, PERSON, [1.0]).incidences, (0.022, 0.138), strict=True):
        assert 1 - (1 - event.without_drug) ** 8 == pytest.approx(published, abs=0.001)
