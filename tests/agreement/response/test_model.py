"""The severity walk against the formula written out, and the posterior against brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from euthymia.response import Course, DoseAt, OralCourse, Scale, ScoreAt, forecast, learn, load_prior
from euthymia.response.model import persons_at, score_covariance, severity
from euthymia.response.prior import TRAITS

PRIOR = load_prior()
PHQ9 = Scale("phq9", 0, 27)
DAYS = st.floats(0, 60, allow_nan=False).map(lambda day: round(day, 3))


def written_out(persons, doses, at_day, prior, oral=()):
    """The formula of model.py, dose by dose, without any state carried along."""
    effects = prior.effects
    result = np.empty((len(persons), len(at_day)))
    for column, day in enumerate(at_day):
        before = [dose for dose in doses if dose.at_day < day]
        level = np.zeros(len(persons))
        for dose in before:
            since = day - dose.at_day
            short = (1 - effects.lasting_share) * 2 ** (-since / persons.fade_days)
            long = effects.lasting_share * 2 ** (-since / effects.lasting_days)
            level += dose.relative_dose * (1 - np.exp(-since / effects.onset_days)) * (short + long)
        exponent = persons.gain * (1 + effects.half_dose) * level / (level + effects.half_dose)
        if before:
            exponent += persons.expectancy * 2 ** (-(day - before[-1].at_day) / effects.expectancy_days)
        starts = [*(dose.at_day for dose in doses[:1]), *(course.from_day for course in oral)]
        if starts and day > min(starts):
            exponent += persons.trend * (1 - 2 ** (-(day - min(starts)) / effects.trend_days))
        for course in oral:
            taken = max(min(day, course.to_day) - course.from_day, 0)
            stopped = max(day - course.to_day, 0)
            exponent += persons.oral * (1 - 2 ** (-taken / effects.oral_days)) * 2 ** (-stopped / effects.oral_days)
        result[:, column] = np.minimum(persons.baseline * np.exp(-exponent), 1.0)
    return result


@settings(max_examples=60, deadline=None)
@given(
    dose_days=st.lists(DAYS, max_size=12, unique=True),
    score_days=st.lists(DAYS, min_size=1, max_size=12, unique=True),
    relative=st.floats(0, 4),
    shift=st.floats(-400, 400),
    oral=st.lists(st.tuples(DAYS, st.floats(0.5, 90)), max_size=2),
)
def test_the_walk_agrees_with_the_formula(dose_days, score_days, relative, shift, oral):
    persons = persons_at(PRIOR, np.random.default_rng(1).standard_normal((9, len(TRAITS))))
    doses = [DoseAt(day + shift, relative) for day in sorted(dose_days)]
    tablets = [OralCourse(day + shift, day + shift + length) for day, length in oral]
    days = np.array(score_days) + shift
    np.testing.assert_allclose(
        severity(persons, doses, days, PRIOR, tablets),
        written_out(persons, doses, days, PRIOR, tablets),
        rtol=1e-6,
        atol=1e-9,
    )


def test_a_multiple_of_the_doses_is_the_same_as_larger_doses():
    persons = persons_at(PRIOR, np.random.default_rng(1).standard_normal((9, len(TRAITS))))
    days = np.array([0.5, 3.0, 9.0])
    doubled = severity(persons, [DoseAt(0, 2.0), DoseAt(2, 1.0)], days, PRIOR)
    times = severity(persons, [DoseAt(0, 1.0), DoseAt(2, 0.5)], days, PRIOR, dose_times=np.full(9, 2.0))
    np.testing.assert_allclose(times, doubled)


def brute_force(course, prior, seed, draws=400_000):
    """Posterior means and spreads of the standardised traits by weighting a great many prior draws."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((draws, len(TRAITS)))
    days = np.array([score.at_day for score in course.scores])
    observed = np.array([course.scale.fraction(score.value) for score in course.scores])
    prior = prior.opened()
    persons = persons_at(prior, z)
    residuals = observed - severity(persons, course.doses, days, prior)
    inverse = np.linalg.inv(score_covariance(days, prior.noise_for(course.scale)))
    misfit = np.einsum("ij,jk,ik->i", residuals, inverse, residuals) / persons.swing**2
    logs = -0.5 * misfit - days.size * np.log(persons.swing)
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    mean = weights @ z
    return mean, np.sqrt(weights @ (z - mean) ** 2)


@pytest.mark.parametrize(
    ("scores", "doses"),
    [
        ([(0, 19), (1, 11), (7, 14)], [0]),
        ([(-1, 22), (0, 21), (1, 4), (3, 5), (8, 7), (12, 4), (20, 9), (30, 15)], [0, 4, 9, 13]),
        ([(0, 25), (1, 26), (5, 24), (9, 27), (14, 25), (21, 26)], [0, 3, 7, 10]),
    ],
)
def test_the_posterior_agrees_with_brute_force(scores, doses):
    course = Course(PHQ9, tuple(ScoreAt(*score) for score in scores), tuple(DoseAt(day) for day in doses))
    known = learn(course, PRIOR, 3, draws=8000)
    mean, spread = brute_force(course, PRIOR, 4)
    np.testing.assert_allclose(known.z.mean(axis=0), mean, atol=0.15)
    np.testing.assert_allclose(known.z.std(axis=0), spread, rtol=0.15, atol=0.03)


def test_many_scores_are_let_in_by_degrees_and_the_answer_stays_sound():
    scores = tuple(ScoreAt(float(day), 12 + (day % 5)) for day in range(0, 200, 2))
    course = Course(PHQ9, (ScoreAt(-1.0, 24), *scores), tuple(DoseAt(day + 0.5) for day in range(0, 200, 7)))
    known = learn(course, PRIOR, 3)
    assert known.steps > 1
    assert known.effective_draws >= 0.2 * len(known.z)
    assert np.isfinite(known.z).all()


def test_the_same_seed_teaches_the_same_thing():
    course = Course(PHQ9, (ScoreAt(0, 19), ScoreAt(1, 11)), (DoseAt(0),))
    first, second, other = (learn(course, PRIOR, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.z, second.z)
    np.testing.assert_array_equal(forecast(first, [5, 9]).draws, forecast(second, [5, 9]).draws)
    assert not np.array_equal(first.z, other.z)


@settings(max_examples=25, deadline=None)
@given(shift=st.integers(-1000, 1000), unit=st.sampled_from([1.0, 2.0, 10.0]))
def test_only_differences_of_days_and_fractions_of_the_scale_matter(shift, unit):
    wide = Scale("any", 0, 30 * unit)
    here = Course(Scale("any", 0, 30), (ScoreAt(0, 20), ScoreAt(1, 10), ScoreAt(8, 14)), (DoseAt(0.25),))
    there = Course(
        wide,
        tuple(ScoreAt(score.at_day + shift, score.value * unit) for score in here.scores),
        (DoseAt(0.25 + shift),),
    )
    one, two = forecast(learn(here, PRIOR, 3), [12]), forecast(learn(there, PRIOR, 3), [12 + shift])
    assert two.quantiles[0.5][0] == pytest.approx(unit * one.quantiles[0.5][0], rel=0.02)
