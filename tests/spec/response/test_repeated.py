"""Asked again and again, the severity on a course's days is what the model says of each person by themselves."""

from __future__ import annotations

import numpy as np
import pytest

from euthymia.errors import BadInput
from euthymia.response import Course, DoseAt, Scale, ScoreAt, load_prior
from euthymia.response.course import OralCourse
from euthymia.response.model import persons_at, severity
from euthymia.response.prior import TRAITS, Shape
from euthymia.response.repeated import FURTHEST, READ_WITHIN, RepeatedSeverity

PHQ9 = Scale("phq9", 0, 27)
MANY = tuple(DoseAt(float(day), 1.0 + day / 50) for day in (0, 3.2, 7, 10.4, 14, 17, 31, 45))
SCORED = tuple(ScoreAt(day, 10.0) for day in (-0.5, 0.0, 0.08, 1.0, 6.3, 7.0, 7.02, 20.0, 31.5, 44.9, 80.0, 300.0))


@pytest.mark.parametrize(
    "course",
    [
        Course(PHQ9, SCORED, MANY),
        Course(PHQ9, SCORED, (DoseAt(0.0),)),
        Course(PHQ9, SCORED, ()),
        Course(PHQ9, SCORED[:1], MANY),
        Course(PHQ9, SCORED, MANY, (OralCourse(-3.0, 20.0),)),
    ],
    ids=["many doses", "one dose", "no dose", "one score", "a tablet beside"],
)
def test_a_person_read_between_two_fadings_is_that_person(course: Course) -> None:
    prior = load_prior()
    persons = persons_at(prior, np.random.default_rng(3).standard_normal((3000, len(TRAITS))) * 1.5)
    days = np.array([score.at_day for score in course.scores])
    alone = severity(persons, course.doses, days, prior, course.oral)
    assert np.abs(RepeatedSeverity(course, prior)(persons) - alone).max() < READ_WITHIN


def test_a_fading_nobody_has_is_read_as_the_outermost_one() -> None:
    prior = load_prior()
    far = np.zeros((2, len(TRAITS)))
    far[:, TRAITS.index("fade_days")] = 40.0, FURTHEST
    found = RepeatedSeverity(Course(PHQ9, SCORED, MANY), prior)(persons_at(prior, far))
    assert np.allclose(found[0], found[1], rtol=0, atol=1e-6)


def test_a_prior_whose_fading_is_no_ratio_is_refused() -> None:
    prior = load_prior()
    with pytest.raises(BadInput, match="scale of ratios"):
        RepeatedSeverity(Course(PHQ9, SCORED, MANY), prior.with_trait("fade_days", shape=Shape.NORMAL))  # type: ignore[arg-type]
