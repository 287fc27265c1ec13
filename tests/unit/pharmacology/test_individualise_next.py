"""The next session of a learned person, when nothing may be said of it, and what rival models say together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from euthymia.errors import BadInput
from euthymia.pharmacology import Band, Dose, Person, Regimen, simulate
from euthymia.pharmacology.individualise import (
    Assay,
    Level,
    NextSession,
    NotAdvised,
    Observation,
    Posterior,
    Reading,
    Reason,
    Setting,
    average,
    model_shares,
    point_estimate,
    posterior,
    predict_next,
    told,
)

PERSON = Person(age_y=40, sex="female", weight_kg=65)
INFUSION = Regimen((Dose("esketamine", "iv", 28, 0, duration_h=2 / 3),))
NEXT = INFUSION.later(72)
AT_H = [72.33, 72.66, 73, 74]
VENOUS = (Level(0.66, 130), Level(2, 46), Level(4, 27), Level(8, 13))
HIGH = (Level(0.66, 210), Level(2, 110), Level(4, 60), Level(8, 35))


def learned(observations: tuple[Observation, ...], model: str = "fanta_otto_2021") -> Posterior:
    return posterior(INFUSION, PERSON, observations, model=model, assay=Assay(log_sd=0.2))


def said(found: NextSession | NotAdvised) -> NextSession:
    assert isinstance(found, NextSession)
    return found


def test_a_person_who_ran_high_is_expected_to_run_high_again_and_is_better_known() -> None:
    found = said(predict_next(learned(HIGH), NEXT, AT_H, band=Band(people=300)))
    own, anybody = found.this_person.series[0], found.anybody.series[0]
    assert (own.typical > anybody.typical).all()
    assert found.narrower > 0.2
    assert found.as_json()["advised"] is True


def test_effects_are_learned_with_their_reading() -> None:
    strong = tuple(Reading("systolic", hour, 160, 120) for hour in (0.4, 0.6, 0.8, 1.0))
    found = said(predict_next(learned(strong), NEXT, AT_H, band=Band(people=300)))
    assert found.this_person.named("systolic_rise").typical[1] > 1.3 * found.anybody.named("systolic_rise").typical[1]


def test_a_band_is_that_of_the_draws() -> None:
    found = learned(HIGH)
    own = said(predict_next(found, NEXT, AT_H, band=Band(people=1000, quantiles=(0.05, 0.5, 0.95))))
    bare = replace(found.individual(), draws=())
    bell = simulate(INFUSION + NEXT, bare, AT_H, model="fanta_otto_2021", band=Band(people=1000))
    assert own.this_person.series[0].band[0.5] == pytest.approx(bell.series[0].band[0.5], rel=0.05)
    assert own.this_person.series[0].band[0.95] == pytest.approx(bell.series[0].band[0.95], rel=0.1)


def test_observations_that_moved_nothing_give_no_advice() -> None:
    found = predict_next(learned((Reading("moaas", 6, 5),)), NEXT, AT_H)
    assert isinstance(found, NotAdvised)
    assert found.reason is Reason.STILL_THE_PRIOR
    assert "prior is still doing the talking" in found.why


def test_a_posterior_that_did_not_settle_gives_no_advice() -> None:
    unsettled = replace(learned(HIGH), r_hat=1.4)
    found = predict_next(unsettled, NEXT, AT_H)
    assert isinstance(found, NotAdvised)
    assert found.reason is Reason.NOT_SETTLED
    assert found.as_json()["advised"] is False


def test_an_observation_that_contradicts_the_others_gives_no_advice() -> None:
    arm_of_the_infusion = (Level(0.6, 900), *VENOUS)
    found = predict_next(learned(arm_of_the_infusion), NEXT, AT_H)
    assert isinstance(found, NotAdvised)
    assert found.reason is Reason.CONTRADICTED
    assert "900 ng/mL at 0.6 h" in found.why
    assert "above" in found.why


def test_how_far_each_observation_lies_from_the_curve_is_told() -> None:
    kinds = (Level(0.7, 130), Level(12, None, below_ng_per_ml=50), Reading("moaas", 0.7, 4), Reading("cadss6", 6, 0))
    point = point_estimate(INFUSION, PERSON, kinds, model="fanta_otto_2021")
    assert abs(point.off_sd[0]) < 0.5
    # No distance where only a side was seen, nor for a total that rounds to what was expected.
    assert point.off_sd[1:] == (0.0, 0.0, 0.0)
    high = point_estimate(INFUSION, PERSON, (Reading("cadss6", 6, 24),), model="fanta_otto_2021")
    assert high.off_sd[0] > 2


def test_the_next_doses_come_after_those_given() -> None:
    with pytest.raises(BadInput) as refusal:
        predict_next(learned(HIGH), INFUSION, AT_H)
    assert (refusal.value.code, refusal.value.path) == ("not_after", "next.doses[0].start_h")


# Rival models


def test_the_model_that_foresaw_the_levels_counts_most() -> None:
    # Levels this venous model expects of the typical person, then those an arterial one does.
    for levels, right in ((VENOUS, "fanta_otto_2021"), (HIGH, "kamp_2020")):
        shares = model_shares([learned(levels), learned(levels, "kamp_2020")], sites_may_differ=True)
        assert sum(shares.values()) == pytest.approx(1)
        assert shares[right] > 0.6


def test_two_models_together_lie_between_them() -> None:
    both = [learned(HIGH), learned(HIGH, "kamp_2020")]
    found = average(both, INFUSION, [0.33, 0.66, 1, 2], sites_may_differ=True)
    drug = found.named("esketamine")
    each = [simulate(INFUSION, one.individual(), found.at_h, model=one.model).series[0].typical for one in both]
    assert (np.minimum(*each) <= drug.typical).all()
    assert (drug.typical <= np.maximum(*each)).all()
    assert (drug.band[0.05] < drug.band[0.95]).all()
    assert "dissociation" in [one.name for one in found.series]
    assert found.as_json()["shares"].keys() == {"fanta_otto_2021", "kamp_2020"}
    with pytest.raises(BadInput):
        found.named("mood")


def test_venous_and_arterial_models_are_not_averaged_over_levels_unless_said() -> None:
    with pytest.raises(BadInput) as refusal:
        model_shares([learned(HIGH), learned(HIGH, "kamp_2020")])
    assert refusal.value.code == "mixed_sites"
    readings = (Reading("systolic", 0.7, 140, 120), Reading("cadss6", 0.7, 9))
    assert model_shares([learned(readings), learned(readings, "kamp_2020")])


def test_what_cannot_be_compared_is_refused() -> None:
    found = learned(HIGH)
    other = posterior(INFUSION, PERSON, HIGH[:2], model="noppers_2011", assay=Assay(log_sd=0.2))
    silent = replace(learned(HIGH, "noppers_2011"), log_evidence=None)
    for wrong, code in (
        ([found], "too_few_models"),
        ([found, found], "too_few_models"),
        ([found, other], "different_data"),
        ([found, silent], "no_evidence"),
    ):
        with pytest.raises(BadInput) as refusal:
            model_shares(wrong, sites_may_differ=True)
        assert refusal.value.code == code


# What was going on around the doses


def test_who_takes_something_is_told_apart_from_who_clears_slowly() -> None:
    spray = Regimen((Dose("esketamine", "nasal", 84, 0, devices=3),))
    levels = (Level(0.7, 90), Level(2, 45), Level(4, 25))
    plain = point_estimate(spray, PERSON, levels, model="perez_ruixo_2021")
    taking = point_estimate(spray, PERSON, levels, model="perez_ruixo_2021", setting=Setting(("ticlopidine",)))
    assert taking.setting.taking == ("ticlopidine",)
    # The same levels with slower clearance by medicine leave the person's own elimination higher.
    place = taking.prior.place("liver_elimination")
    assert taking.peak[place] > plain.peak[place]
    found = predict_next(taking, spray.later(96), [96.5, 97], band=Band(people=50))
    assert isinstance(found, NextSession)
    assert any("ticlopidine" in note for note in found.this_person.notes)


def test_sessions_that_came_before_leave_less_to_feel() -> None:
    feels = (Reading("cadss6", 0.7, 5),)
    first = point_estimate(INFUSION, PERSON, feels, model="fanta_otto_2021")
    late = point_estimate(INFUSION, PERSON, feels, model="fanta_otto_2021", setting=Setting(earlier_sessions=12))
    place = first.prior.place("dissociation.c50_ng_per_ml")
    assert late.peak[place] < first.peak[place]
    with pytest.raises(BadInput):
        Setting(earlier_sessions=-1)


def test_parameters_are_told_in_the_units_a_person_reads() -> None:
    rows = {row.name: row for row in told(learned((*HIGH, Reading("systolic", 0.7, 145, 120))))}
    clearance = rows["clearance"]
    assert clearance.unit == "L/h"
    assert clearance.typical == pytest.approx(95.2 * (65 / 70) ** 0.75)
    assert clearance.low < clearance.most_probable < clearance.high < clearance.typical * 1.1
    assert rows["blood_pressure.systolic_slope"].unit == "mmHg per ng/mL"
    assert (rows["baseline.systolic"].unit, rows["baseline.systolic"].typical) == ("mmHg", 0.0)


def test_each_observed_occasion_has_its_own_kinetics_where_a_model_knows_they_differ() -> None:
    film = Regimen((Dose("esketamine", "buccal_film", 50, 0),)).repeated(3, every_h=48)
    levels = (Level(0.5, 40), Level(1, 35), Level(96.5, 110), Level(97, 100))
    found = point_estimate(film, PERSON, levels, model="simons_2022", assay=Assay(log_sd=0.2))
    own = [name for name in found.prior.names if "@" in name]
    # The third occasion was seen, the second was not.
    assert own
    assert all(name.endswith("@2") for name in own)
    first, third = (found.prior.place(name) for name in (own[0].partition("@")[0], own[0]))
    shared = found.prior.covariance[first, third]
    assert 0 <= shared < found.prior.covariance[first, first]
    assert max(map(abs, found.off_sd)) < 2
    assert {row.name: row.unit for row in told(found)}[own[0]] == {row.name: row.unit for row in told(found)}[
        own[0].partition("@")[0]
    ]
    many = film.repeated(3, every_h=144)
    with pytest.raises(BadInput) as refusal:
        point_estimate(many, PERSON, [Level(48 * turn + 0.5, 50) for turn in range(6)], model="simons_2022")
    assert refusal.value.code == "too_many_occasions"
