"""What a clinic's own people teach about the next one."""

import numpy as np

from euthymia.response import Course, DoseAt, Scale, ScoreAt, learn, load_prior, prior_for_setting
from euthymia.response.population import Setting, draw_persons, draw_scores
from euthymia.response.prior import TRAITS

PRIOR = load_prior()
PHQ9 = Scale("phq9", 0, 27)
DAYS = np.array([-1.0, 0.0, 1.0, 3.0, 7.0, 10.0, 14.0, 15.0, 18.0, 21.0, 28.0])
DOSES = tuple(DoseAt(day) for day in (0.0, 3.5, 7.5, 14.0))


def courses(gain, people=60):
    """Courses of a clinic whose people gain more or less than is usual, everyone knowing what they are given."""
    rng = np.random.default_rng(5)
    persons = draw_persons(PRIOR.opened(), people, rng, setting=Setting(gain=gain))
    scores = draw_scores(persons, DOSES, DAYS, prior=PRIOR, scale=PHQ9, rng=rng)
    return [
        Course(PHQ9, tuple(ScoreAt(float(day), float(value)) for day, value in zip(DAYS, row, strict=True)), DOSES)
        for row in scores
    ]


def taught(gain):
    return prior_for_setting(PRIOR, [learn(course, PRIOR, 3, draws=1000) for course in courses(gain)])


def test_without_a_course_nothing_moves():
    assert prior_for_setting(PRIOR, []) == PRIOR


def test_people_who_have_no_score_teach_nothing():
    silent = [learn(Course(PHQ9, (), DOSES), PRIOR, seed) for seed in range(20)]
    moved = prior_for_setting(PRIOR, silent)
    for name in TRAITS:
        was, now = PRIOR.trait(name), moved.trait(name)
        # Their clouds are draws of the prior, so by luck alone they lie a little off it.
        assert abs(now.transformed_middle() - was.transformed_middle()) < 0.15 * was.total_spread
        assert now.between_settings >= 0.8 * was.between_settings


def test_a_clinic_whose_people_gain_more_is_found_to_be_one():
    much, little = taught(0.9), taught(-0.9)
    assert much.trait("gain").middle > 1.5 * PRIOR.trait("gain").middle
    assert little.trait("gain").middle < PRIOR.trait("gain").middle / 1.3


def test_many_courses_make_the_prior_surer_about_the_clinic_but_not_about_the_person():
    here = taught(0.0)
    for name in ("gain", "expectancy"):
        assert here.trait(name).between_settings < 0.6 * PRIOR.trait(name).between_settings
        assert here.trait(name).spread == PRIOR.trait(name).spread
