"""What a forecast, a proposal and an onset say, in clinical words, the missing case included."""

import numpy as np
import pytest

from euthymia.errors import BadInput, ModelError, RegimenError
from euthymia.response import (
    Course,
    DoseAt,
    OnsetKind,
    Scale,
    ScoreAt,
    WhyThen,
    forecast,
    learn,
    load_prior,
    longest_interval_that_holds,
    onset,
    propose_next_dose,
    relative_dose,
)

PHQ9 = Scale("phq9", 0, 27)
PRIOR = load_prior()


def posterior(scores, doses, seed=7):
    return learn(Course(PHQ9, tuple(ScoreAt(*s) for s in scores), tuple(DoseAt(*d) for d in doses)), PRIOR, seed)


def test_without_a_score_the_prior_does_all_the_talking():
    known = posterior([], [(0,)])
    assert set(known.prior_still_talking.values()) == {1.0}
    assert known.mostly_prior


def test_every_score_takes_some_of_the_prior_away():
    one = posterior([(0, 19)], [(0,)])
    many = posterior([(0, 19), (1, 7), (3, 8), (5, 9), (7, 11), (10, 13), (14, 16), (21, 18)], [(0,)])
    assert one.prior_still_talking["baseline"] < 0.7
    assert many.prior_still_talking["gain"] < one.prior_still_talking["gain"]
    assert many.prior_still_talking["fade_days"] < one.prior_still_talking["fade_days"]


def test_who_answers_well_is_believed_to_answer_well():
    well = posterior([(0, 20), (1, 4), (7, 6), (14, 8)], [(0,), (3.5,), (7.5,), (10,)])
    badly = posterior([(0, 20), (1, 19), (7, 20), (14, 21)], [(0,), (3.5,), (7.5,), (10,)])
    assert well.trait("gain")[0.5] > 3 * badly.trait("gain")[0.5]
    assert forecast(well, [21]).quantiles[0.5][0] < forecast(badly, [21]).quantiles[0.5][0]


def test_a_planned_dose_lowers_what_is_expected():
    known = posterior([(0, 20), (1, 6), (7, 11)], [(0,)])
    without, with_dose = forecast(known, [9, 12]), forecast(known, [9, 12], [DoseAt(8)])
    assert np.all(with_dose.quantiles[0.5] < without.quantiles[0.5])
    assert np.all(with_dose.probability_above(10) < without.probability_above(10))


def test_uncertainty_grows_with_the_days():
    ahead = forecast(posterior([(0, 20), (1, 6), (7, 8)], [(0,)]), [8, 14, 28])
    width = ahead.quantiles[0.95] - ahead.quantiles[0.05]
    assert width[0] < width[1]
    assert np.all(ahead.probability_ever_above(15)[1:] >= ahead.probability_above(15)[1:])


def test_a_forecast_stays_on_the_scale():
    ahead = forecast(posterior([(0, 2), (1, 0), (3, 0)], [(0,)]), range(4, 30))
    assert ahead.draws.min() >= 0
    assert ahead.draws.max() <= 27
    assert np.isfinite(ahead.draws).all()


@pytest.mark.parametrize("days", [[], [3, 3], [5, 4], [float("nan")], [float("inf")]])
def test_days_that_make_no_forecast(days):
    with pytest.raises(BadInput, match="increasing"):
        forecast(posterior([(0, 20)], [(0,)]), days)


def test_next_dose_comes_before_slipping_and_says_why():
    proposal = propose_next_dose(
        posterior([(0, 20), (1, 5), (4, 5), (7, 6)], [(0,), (3.5,)]), now_day=7, threshold=15, accepted_risk=0.2
    )
    assert proposal.why is WhyThen.BEFORE_SLIPPING
    assert proposal.at_day > 7
    early, late = proposal.window_days
    assert early <= proposal.at_day <= late
    assert proposal.chance_at_day <= 0.2 < proposal.chance_if_a_week_later
    assert "accepted" in proposal.says


def test_next_dose_is_now_when_already_slipped():
    proposal = propose_next_dose(posterior([(0, 20), (1, 12), (14, 21)], [(0,)]), now_day=14, threshold=15)
    assert proposal.why is WhyThen.ALREADY_SLIPPED
    assert proposal.at_day == 14


def test_no_day_without_a_dose_or_a_score():
    for known in (posterior([(0, 20)], []), posterior([], [(0,)])):
        proposal = propose_next_dose(known, now_day=1, threshold=15)
        assert proposal.why is WhyThen.NOT_ENOUGH_KNOWN
        assert proposal.at_day is None
        assert proposal.window_days is None


def test_holding_to_the_horizon_is_said_so():
    proposal = propose_next_dose(
        posterior([(0, 6), (1, 2), (7, 2)], [(0,)]), now_day=7, threshold=26, accepted_risk=0.5
    )
    assert proposal.why is WhyThen.HOLDS_TO_HORIZON


@pytest.mark.parametrize("risk", [0, 1, -0.1, 1.5])
def test_an_accepted_risk_is_a_chance(risk):
    with pytest.raises(BadInput, match="between 0 and 1"):
        propose_next_dose(posterior([(0, 20)], [(0,)]), now_day=1, threshold=15, accepted_risk=risk)


def test_the_longest_interval_grows_with_the_risk_one_accepts():
    known = posterior([(0, 20), (1, 5), (4, 5), (7, 6)], [(0,), (3.5,)])
    careful, bold = (longest_interval_that_holds(known, 15, risk) for risk in (0.1, 0.5))
    assert careful is not None
    assert careful < bold


def test_no_interval_holds_for_someone_whom_doses_do_not_help():
    assert longest_interval_that_holds(posterior([(0, 24), (1, 24), (3, 25)], [(0,)]), 10, 0.2) is None


def test_an_interval_is_counted_from_a_dose():
    with pytest.raises(BadInput, match="counted from a dose"):
        longest_interval_that_holds(posterior([(0, 20)], []), 15, 0.2)
    assert longest_interval_that_holds(posterior([(0, 20)], []), 26, 0.5, next_dose=DoseAt(1)) is not None


@pytest.mark.parametrize(
    ("why", "scores", "doses", "kind"),
    [
        ("far lower the next day", [(-1, 21), (0, 20), (0.2, 6), (1, 5), (3, 6)], [(0,)], OnsetKind.WITHIN_HOURS),
        ("no better all week", [(-1, 20), (0, 20), (1, 21), (3, 21), (7, 22)], [(0,)], OnsetKind.NOT_SEEN),
        ("first asked on day 3, lower", [(-1, 21), (0, 20), (3, 6), (6, 6)], [(0,)], OnsetKind.WITHIN_DAYS),
        ("nobody asked before the dose", [(1, 6), (3, 6)], [(0,)], OnsetKind.CANNOT_TELL),
        ("nobody asked in the week after", [(0, 20), (14, 6)], [(0,)], OnsetKind.CANNOT_TELL),
        ("no dose yet", [(0, 20), (7, 6)], [], OnsetKind.CANNOT_TELL),
        ("no score at all", [], [(0,)], OnsetKind.CANNOT_TELL),
    ],
)
def test_onset(why, scores, doses, kind):
    assert onset(posterior(scores, doses)).kind is kind, why


@pytest.mark.parametrize(
    ("drug", "route", "amount_mg", "weight_kg", "relative"),
    [
        ("ketamine", "iv", 35, 70, 1.0),
        ("ketamine", "iv", 70, 70, 2.0),
        ("esketamine", "iv", 17.5, 70, 1.0),
        ("ketamine", "im", 35, 70, 0.93),
        ("esketamine", "nasal", 84, 70, 2.448),
        ("ketamine", "iv", 0, 70, 0.0),
    ],
)
def test_relative_dose(drug, route, amount_mg, weight_kg, relative):
    assert relative_dose(drug, route, amount_mg=amount_mg, weight_kg=weight_kg) == pytest.approx(relative)


def test_no_relative_dose_without_a_source():
    with pytest.raises(ModelError, match="No sourced equivalence"):
        relative_dose("arketamine", "iv", amount_mg=35, weight_kg=70)
    with pytest.raises(ModelError):
        relative_dose("ketamine", "sc", amount_mg=35, weight_kg=70)


@pytest.mark.parametrize(("amount_mg", "weight_kg"), [(-1, 70), (float("nan"), 70), (35, 0), (35, 900)])
def test_no_relative_dose_of_nonsense(amount_mg, weight_kg):
    with pytest.raises(RegimenError):
        relative_dose("ketamine", "iv", amount_mg=amount_mg, weight_kg=weight_kg)
