"""Where a person stands now, and what waiting and a dose would do: kept with the forecast, drawn on the home page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from euthymia.care.instruments import load_instrument
from euthymia.charts import Axis, Chart, Figure, Role, Series, Threshold, figure
from euthymia.clinic.followup.models import CourseForecast
from euthymia.clinic.followup.words import chance_words, many
from euthymia.response import Posterior, State, longest_interval_that_holds, outlook

# As far as two visits a month reach, and as far as the published changes of interval that were fitted. Over months
# the model expects too few relapses (row H4 of docs/explanation/course-model.md), so no chance is told there.
OUTLOOK_DAYS = 28
BEYOND = (
    f"No chance is told for later than {OUTLOOK_DAYS} days: over months the model expects fewer relapses than happen."
)
TOLD_DAYS = (7, 14, 28)
STATE_WORDS = {
    State.REMISSION: "In remission",
    State.RESPONSE: "Down by half, not in remission",
    State.NO_RESPONSE: "Not down by half",
}


@dataclass(frozen=True, slots=True)
class OutlookPanel:
    """Chances in words with the picture of waiting beside a dose.

    now: state and its chance.   slipped: state, and the chance to have slipped by each of the told days.   interval:
    how long the last dose, given again, would hold.
    """

    now: list[tuple[str, str]]
    slipped: list[tuple[str, list[str]]]
    days: tuple[int, ...]
    interval: str
    beyond: str
    picture: Figure


def outlook_values(
    posterior: Posterior, now_day: float, *, threshold: float, accepted_risk: float
) -> dict[str, Any] | None:
    """What is kept of the outlook; None before the first dose, or on a scale nobody says when it counts as well."""
    course = posterior.course
    well = load_instrument(course.scale.instrument).remissions
    if not course.doses or not well:
        return None
    again = replace(course.doses[-1], at_day=now_day)
    remission = float(well[0].at_most)
    seen = outlook(posterior, now_day=now_day, threshold=threshold, remission=remission, dose=again, days=OUTLOOK_DAYS)
    held = longest_interval_that_holds(posterior, threshold, accepted_risk, next_dose=again)
    return {
        "chance_now": {state.value: round(chance, 4) for state, chance in seen.chance_now.items()},
        "waiting": [round(float(chance), 4) for chance in seen.waiting],
        "with_dose": [round(float(chance), 4) for chance in seen.with_dose],
        "slipped": {
            state.value: [round(float(chances[day - 1]), 4) for day in TOLD_DAYS]
            for state, chances in seen.slipped.items()
        },
        "held_days": held,
    }


def outlook_panel(forecast: CourseForecast | None, zone: ZoneInfo) -> OutlookPanel | None:
    """The kept outlook in words and as a picture; None where none was made."""
    kept = forecast.result.get("outlook") if forecast else None
    if forecast is None or kept is None:
        return None
    now = [(words, chance_words(kept["chance_now"][state.value])) for state, words in STATE_WORDS.items()]
    slipped = [
        (words, [chance_words(chance) for chance in kept["slipped"][state.value]])
        for state, words in STATE_WORDS.items()
        if state.value in kept["slipped"]
    ]
    risk = forecast.result["accepted_risk"]
    return OutlookPanel(
        now, slipped, TOLD_DAYS, interval_words(kept["held_days"], risk), BEYOND, waiting_figure(forecast, kept, zone)
    )


def interval_words(held_days: int | None, accepted_risk: float) -> str:
    """How long the last dose would hold if it were given again now."""
    if held_days is None:
        return f"The last dose given again now would not bring that chance within the accepted {accepted_risk:.0%}."
    return (
        f"The last dose given again now would keep that chance within the accepted {accepted_risk:.0%} for "
        f"{held_words(held_days)}."
    )


def held_words(days: int) -> str:
    """For how long a dose holds, said no further than chances are told: about 12 days, at least 28 days."""
    return f"at least {many(OUTLOOK_DAYS, 'day')}" if days >= OUTLOOK_DAYS else f"about {many(days, 'day')}"


def waiting_figure(forecast: CourseForecast, kept: dict[str, Any], zone: ZoneInfo) -> Figure:
    """The chance of a slipping score on each coming day, without a dose and with the last one given again."""
    result = forecast.result
    title = load_instrument(result["instrument"]).title
    made = forecast.made_at.astimezone(zone)
    days = [float(day) for day in range(1, len(kept["waiting"]) + 1)]
    waiting, with_dose = ([100 * chance for chance in kept[name]] for name in ("waiting", "with_dose"))
    drawing = Chart(
        title="Waiting, and the last dose given again",
        description=f"The chance of {title} {result['threshold']:g} or more goes from {waiting[0]:.0f} % tomorrow to "
        f"{waiting[-1]:.0f} % on day {days[-1]:.0f} without a dose, and to {with_dose[-1]:.0f} % with one now.",
        x=Axis("Days from when this was made", low=0, high=days[-1]),
        y=Axis(f"Chance of {title} {result['threshold']:g} or more", "%", low=0, high=100),
        series=(
            Series("Without a dose", days, waiting, role=Role.THIRD),
            Series("The last dose given again now", days, with_dose, role=Role.FIRST),
        ),
        thresholds=(Threshold(100 * result["accepted_risk"], f"accepted {result['accepted_risk']:.0%}"),),
    )
    return figure(drawing, source=f"{result['prior']}, {made:%d %B %Y}", ident="outlook")
