"""How symptoms move after doses, day by day: a person's course, what it teaches, and what may come next.

Six lines, from scores and doses to the next booster:

    from euthymia.response import Course, DoseAt, Scale, ScoreAt, forecast, learn, load_prior, propose_next_dose

    course = Course(Scale("phq9", 0, 27), (ScoreAt(0, 19), ScoreAt(1, 11), ScoreAt(7, 14)), (DoseAt(0, 1.0),))
    posterior = learn(course, load_prior(), seed=7)
    ahead = forecast(posterior, range(8, 29))
    proposal = propose_next_dose(posterior, now_day=8, threshold=10, accepted_risk=0.3)
"""

from euthymia.response.course import Course, DoseAt, OralCourse, Scale, ScoreAt
from euthymia.response.forecast import Forecast, forecast
from euthymia.response.learn import Posterior, learn
from euthymia.response.load import load_prior
from euthymia.response.next_dose import NextDose, WhyThen, longest_interval_that_holds, propose_next_dose
from euthymia.response.onset import Onset, OnsetKind, onset
from euthymia.response.outlook import Outlook, State, outlook
from euthymia.response.prior import Card, Prior
from euthymia.response.relative_dose import relative_dose
from euthymia.response.setting import prior_for_setting

__all__ = [
    "Card",
    "Course",
    "DoseAt",
    "Forecast",
    "NextDose",
    "Onset",
    "OnsetKind",
    "OralCourse",
    "Outlook",
    "Posterior",
    "Prior",
    "Scale",
    "ScoreAt",
    "State",
    "WhyThen",
    "forecast",
    "learn",
    "load_prior",
    "longest_interval_that_holds",
    "onset",
    "outlook",
    "prior_for_setting",
    "propose_next_dose",
    "relative_dose",
]
