"""What a course accepts, in clinical words."""

import pytest

from euthymia.errors import BadInput
from euthymia.response import Course, DoseAt, Scale, ScoreAt

PHQ9 = Scale("phq9", 0, 27)
NAN = float("nan")


@pytest.mark.parametrize(
    ("why", "scores", "doses", "code", "path"),
    [
        ("a total above the scale", (ScoreAt(0, 28),), (), "score_out_of_range", "scores[0].value"),
        ("a total below the scale", (ScoreAt(0, -1),), (), "score_out_of_range", "scores[0].value"),
        ("a total that is not a number", (ScoreAt(0, NAN),), (), "not_finite", "scores[0]"),
        ("a day that is not a number", (ScoreAt(NAN, 5),), (), "not_finite", "scores[0]"),
        ("a score of another scale", (ScoreAt(0, 5, "madrs"),), (), "other_instrument", "scores[0].instrument"),
        ("a dose below nothing", (), (DoseAt(0, -1),), "relative_dose_out_of_range", "doses[0].relative_dose"),
        ("milligrams given as a relative dose", (), (DoseAt(0, 35),), "relative_dose_out_of_range", None),
        ("a dose on no day", (), (DoseAt(NAN, 1),), "not_finite", "doses[0]"),
        ("two doses at one instant", (), (DoseAt(3, 1), DoseAt(3, 1)), "two_doses_at_once", "doses"),
    ],
)
def test_refused(why, scores, doses, code, path):
    with pytest.raises(BadInput) as refusal:
        Course(PHQ9, scores, doses)
    assert refusal.value.code == code, why
    assert path is None or refusal.value.path == path


def test_a_scale_needs_room():
    with pytest.raises(BadInput, match="minimum below"):
        Scale("phq9", 27, 27)


def test_an_empty_course_is_a_course():
    assert Course(PHQ9).last_day == 0.0


def test_events_come_back_in_time_order():
    course = Course(PHQ9, (ScoreAt(7, 9), ScoreAt(0, 20, "phq9")), (DoseAt(4), DoseAt(0.5)))
    assert [score.at_day for score in course.scores] == [0, 7]
    assert [dose.at_day for dose in course.doses] == [0.5, 4]
    assert course.last_day == 7


def test_two_scores_on_one_day_are_both_kept():
    assert len(Course(PHQ9, (ScoreAt(0, 9), ScoreAt(0, 11))).scores) == 2
