"""Where someone stands, what the next dose and what waiting would do, in clinical words."""

import numpy as np
import pytest

from euthymia.errors import BadInput
from euthymia.response import Course, DoseAt, Scale, ScoreAt, State, forecast, learn, load_prior, outlook
from euthymia.response.forecast import chances_above

PHQ9 = Scale("phq9", 0, 27)
PRIOR = load_prior()
REMISSION = 4.0
WELL = [(-1, 20), (0, 21), (1, 3), (4, 3), (7, 2), (10, 3)]
BADLY = [(-1, 20), (0, 21), (1, 19), (4, 20), (7, 21), (10, 21)]
HALFWAY = [(-1, 21), (0, 22), (1, 9), (4, 8), (7, 9), (10, 8)]


def posterior(scores):
    doses = tuple(DoseAt(day) for day in (0.1, 3.5, 7.5))
    return learn(Course(PHQ9, tuple(ScoreAt(*score) for score in scores), doses), PRIOR, 7)


def seen(scores, **asked):
    return outlook(posterior(scores), **{"now_day": 10, "threshold": 10, "remission": REMISSION, **asked})


@pytest.mark.parametrize(
    ("scores", "state"), [(WELL, State.REMISSION), (HALFWAY, State.RESPONSE), (BADLY, State.NO_RESPONSE)]
)
def test_where_someone_stands(scores, state):
    found = seen(scores)
    assert max(found.chance_now, key=found.chance_now.get) is state
    assert sum(found.chance_now.values()) == pytest.approx(1.0)


def test_a_dose_lowers_what_waiting_would_bring():
    found = seen(WELL, days=14)
    assert np.all(found.with_dose[1:] < found.waiting[1:])
    assert found.waiting[-1] > found.waiting[0]


def test_a_dose_later_changes_nothing_before_it():
    found = seen(WELL, dose=DoseAt(17), days=14)
    np.testing.assert_allclose(found.with_dose[:7], found.waiting[:7])
    assert np.all(found.with_dose[7:] < found.waiting[7:])


def test_a_remitter_slips_later_than_a_mere_responder():
    found = seen([(-1, 20), (0, 21), (1, 7), (4, 5), (7, 6), (10, 5)])
    assert found.slipped[State.REMISSION][6] < found.slipped[State.RESPONSE][6]


def test_a_state_nobody_is_in_is_left_out():
    assert State.REMISSION not in seen(BADLY).slipped


def test_no_outlook_without_a_dose_or_for_one_in_the_past():
    with pytest.raises(BadInput, match="before their first dose"):
        outlook(learn(Course(PHQ9, (ScoreAt(0, 20),)), PRIOR, 7), now_day=1, threshold=10, remission=4)
    with pytest.raises(BadInput, match="now or later"):
        seen(WELL, dose=DoseAt(3))


@pytest.mark.parametrize("threshold", [0, 7, 10, 27, 28])
def test_chances_are_those_of_the_forecast(threshold):
    known, days = posterior(HALFWAY), range(11, 40)
    drawn = forecast(known, days).probability_above(threshold)
    np.testing.assert_allclose(chances_above(known, threshold, days), drawn, atol=0.04)
