"""How soon relief came: the first two weeks after the first dose, beside a tablet's published weeks.

Only drawn from what is kept; nothing is computed when the page is opened. Words speak of scores that were given, and
the model's line says where nobody was asked.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from euthymia.care.instruments import Instrument
from euthymia.care.instruments.compare import difference
from euthymia.care.response_rules import Judged, response
from euthymia.charts import (
    Axis,
    Band,
    Chart,
    Dot,
    Dots,
    Figure,
    Mark,
    MarkKind,
    Role,
    Scale,
    Series,
    Threshold,
    Tick,
    figure,
)
from euthymia.clinic.followup.onset_curve import WINDOW_DAYS
from euthymia.clinic.followup.presenters import amount_words, course_instrument, ruler_of, scored_on
from euthymia.clinic.followup.queries import PersonHome
from euthymia.clinic.followup.words import many
from euthymia.clinic.measures.models import Response
from euthymia.response.conventional import PublishedCourse, antidepressant_course

DAY = timedelta(days=1)
# Three days keep hours apart on a phone; what is slower shows in the picture of days.
HOURS_SHOWN = 72.0
# As far as the published course of the tablet reaches.
DAYS_SHOWN = 42.0
TICK_DAYS = (0.0, 7.0, 14.0, 28.0, 42.0)
BANDS = {"9 of 10": ("0.05", "0.95"), "half": ("0.25", "0.75")}
NO_TABLET = (
    "No line for a conventional antidepressant: nobody here has seen its numbers in a source, and remembered "
    "ones are not drawn."
)


@dataclass(frozen=True, slots=True)
class Heard:
    """One score after the first dose: when, how many points, and what is left of the score before, in percent.

    doses: how many doses had begun by then.   response: met by the instrument's rule; None where it cannot tell.
    """

    day: float
    points: float
    left_pct: float
    doses: int
    response: bool | None


@dataclass(frozen=True, slots=True)
class FirstWeeks:
    """What was heard around the first dose, as numbers."""

    title: str
    first_dose: datetime
    before: float
    lowest: float
    heard: tuple[Heard, ...]
    marks: tuple[tuple[float, str], ...]
    other_forms: int

    def left_pct(self, points: float) -> float:
        """Points as a share of the score before the first dose."""
        return left_pct(points, self.before, self.lowest)


@dataclass(frozen=True, slots=True)
class OnsetView:
    """How soon relief came in words, the pictures where there is something to draw, and what to know about them."""

    words: list[str]
    figures: list[Figure]
    notes: list[str]


def onset_view(home: PersonHome) -> OnsetView | None:
    """The first two weeks; None before the first dose. Words alone where scores are missing."""
    starts = sorted(session.dose_started_at for session in home.sessions if session.dose_started_at)
    if not starts:
        return None
    instrument = course_instrument(home)
    rows = scored_on(home, instrument) if instrument else []
    before = [row for row in rows if row.at <= starts[0]]
    if instrument is None or not before:
        return OnsetView(["No score from before the first dose: how soon relief came cannot be told."], [], [])
    if (before[-1].total or 0.0) <= instrument.lowest:
        return OnsetView(["The score before the first dose was the lowest there is; it could not fall."], [], [])
    weeks = first_weeks(home, instrument, before[-1], rows)
    if not weeks.heard:
        return OnsetView([f"No {weeks.title} score in the two weeks after the first dose: nothing is known."], [], [])
    curve = kept_curve(home, weeks)
    tablet = antidepressant_course()
    figures = [days_figure(weeks, curve, tablet)]
    if weeks.heard[0].day * 24 <= HOURS_SHOWN:
        figures.insert(0, hours_figure(weeks, curve))
    return OnsetView(onset_words(weeks), figures, notes(weeks, curve, tablet))


def first_weeks(home: PersonHome, instrument: Instrument, before: Response, rows: list[Response]) -> FirstWeeks:
    """The scores of the two weeks that may be held against the one before, and the doses that fell into them."""
    doses = sorted(
        (session.dose_started_at, amount_words(session)) for session in home.sessions if session.dose_started_at
    )
    first, total, lowest = doses[0][0], before.total or 0.0, instrument.lowest
    after = [row for row in rows if first < row.at <= first + WINDOW_DAYS * DAY]
    same = [row for row in after if difference(ruler_of(before), ruler_of(row)) is None]
    heard = tuple(
        Heard(
            day=(row.at - first) / DAY,
            points=row.total or 0.0,
            left_pct=left_pct(row.total or 0.0, total, lowest),
            doses=sum(at < row.at for at, _ in doses),
            response=met(instrument, total, row.total),
        )
        for row in same
    )
    marks = tuple(((at - first) / DAY, words) for at, words in doses if at <= first + WINDOW_DAYS * DAY)
    return FirstWeeks(instrument.title, first, total, lowest, heard, marks, len(after) - len(same))


def left_pct(points: float, before: float, lowest: float) -> float:
    """What is left of the score before, in percent, counted from the lowest there is."""
    return 100 * (points - lowest) / (before - lowest)


def met(instrument: Instrument, before: float, now: float | None) -> bool | None:
    """Whether the fall counts as a response by the instrument's rule; None where it cannot tell."""
    judged = response(instrument, before, now)
    return judged.met if isinstance(judged, Judged) else None


def after_words(day: float) -> str:
    """How long after the dose, as a person says it."""
    hours = day * 24
    if hours < 1:
        return f"{hours * 60:.0f} minutes"
    if hours < 48:
        return many(round(hours), "hour")
    return many(round(day), "day")


def times_words(count: int) -> str:
    """How often, as a person says it."""
    return "once" if count == 1 else f"{count} times"


def onset_words(weeks: FirstWeeks) -> list[str]:
    """When the first score came and when the rule of response was first met, by scores alone."""
    first = weeks.heard[0]
    words = [
        f"First asked {after_words(first.day)} after the first dose: {weeks.title} {first.points:g}, "
        f"{first.left_pct:.0f} % of the {weeks.before:g} before."
    ]
    place = next((place for place, one in enumerate(weeks.heard) if one.response), None)
    if all(one.response is None for one in weeks.heard):
        words.append("Whether that is a response cannot be told by the scale's rule.")
    elif place is None:
        words.append(f"No response by the scale's rule in these two weeks, asked {times_words(len(weeks.heard))}.")
    else:
        words.append(response_words(weeks.heard, place))
    if first.day > 1:
        words.append("Nobody asked in the first day, so whether relief came within hours cannot be told.")
    return words


def response_words(heard: tuple[Heard, ...], place: int) -> str:
    """When the response was first seen, and when the person had last been asked before it."""
    found = heard[place]
    doses = "one dose" if found.doses == 1 else f"{found.doses} doses"
    earlier = f"; {after_words(heard[place - 1].day)} after the dose it was not yet" if place else ""
    return f"Response by the scale's rule first seen after {after_words(found.day)} and {doses}{earlier}."


def notes(weeks: FirstWeeks, curve: dict[str, Any] | None, tablet: PublishedCourse | None) -> list[str]:
    """What to know before reading anything into the pictures."""
    found = []
    later = len(weeks.marks) - 1
    if later:
        found.append(
            f"{many(later, 'more dose')} began in these two weeks: what followed is not the first one's alone."
        )
    if weeks.other_forms:
        found.append(f"Left out, being on another form than the score before: {weeks.other_forms}.")
    if curve is None:
        found.append("Scores only: no curve of the model is kept for this dose. The next answer makes one.")
    if tablet is None:
        found.append(NO_TABLET)
    else:
        found.append(
            f"The line of the antidepressant is another group on another scale ({tablet.scale}, {tablet.population}); "
            "nobody in it was rated before day 7. It is no comparison of treatments."
        )
    return found


def kept_curve(home: PersonHome, weeks: FirstWeeks) -> dict[str, Any] | None:
    """The curve kept with the forecast; None where none is, or where it counts from another dose."""
    curve = home.forecast.result.get("onset_curve") if home.forecast else None
    if curve is None or abs(datetime.fromisoformat(curve["from"]) - weeks.first_dose) > timedelta(minutes=1):
        return None
    return dict(curve)


def hours_figure(weeks: FirstWeeks, curve: dict[str, Any] | None) -> Figure:
    """The first three days by the hour; the tablet's trial rated nobody so early."""
    drawing = onset_chart(weeks, curve, None, (24.0, HOURS_SHOWN))
    return figure(drawing, ident="onset-hours")


def days_figure(weeks: FirstWeeks, curve: dict[str, Any] | None, tablet: PublishedCourse | None) -> Figure:
    """The two weeks by the day, and the tablet's six beside them."""
    drawing = onset_chart(weeks, curve, tablet, (1.0, DAYS_SHOWN if tablet else float(WINDOW_DAYS)))
    return figure(drawing, source=tablet.source if tablet else "", ident="onset-days")


def onset_chart(
    weeks: FirstWeeks, curve: dict[str, Any] | None, tablet: PublishedCourse | None, axis: tuple[float, float]
) -> Chart:
    """One picture. axis: how many of its units a day has, and where it ends."""
    per_day, end = axis
    by_hours = per_day > 1
    heard = [one for one in weeks.heard if one.day * per_day <= end]
    dots = tuple(
        Dot(one.day * per_day, one.left_pct, f"{one.points:g} points, {after_words(one.day)} after") for one in heard
    )
    model = model_series(weeks, curve, axis) if curve else ()
    series = (*model, *((tablet_series(tablet),) if tablet else ()))
    shares = [f"{one.left_pct:.0f}" for one in heard]
    reach = shares[0] if len(heard) == 1 else f"from {shares[0]} to {shares[-1]}"
    asked = f"asked {times_words(len(heard))}, {reach} %"
    last = tablet.rated[-1] if tablet else None
    end_words = f" {tablet.name}: {last.left_pct:.0f} % on day {last.at_day:.0f}." if tablet and last else ""
    scale = Scale.HOURS if by_hours else Scale.NUMBER
    ticks = () if by_hours else tuple(Tick(day, f"{day:.0f}") for day in TICK_DAYS if day <= end)
    return Chart(
        title="The first three days, by the hour" if by_hours else "Two weeks, beside a tablet's six",
        description=f"What is left of the score before the first dose: {asked}.{end_words}",
        x=Axis("After the first dose", "h" if by_hours else "days", low=0, high=end, scale=scale, ticks=ticks),
        y=Axis("Left of the score before", "%", low=0, high=top_pct(series, dots)),
        series=series,
        dots=(Dots(weeks.title, dots, Role.FIRST),),
        marks=tuple(Mark(day * per_day, words, MarkKind.DOSE) for day, words in weeks.marks if day * per_day <= end),
        thresholds=(Threshold(100, f"score before: {weeks.before:g}"),),
    )


def top_pct(series: tuple[Series, ...], dots: tuple[Dot, ...]) -> float:
    """Where the axis ends: above the line of 100 % and everything drawn, on a round number."""
    bands = [value for one in series for band in one.bands for value in band.high if value is not None]
    return 20.0 * (max([100.0, *bands, *(dot.y for dot in dots)]) // 20 + 1)


def tablet_series(tablet: PublishedCourse) -> Series:
    """The published means from 100 % on day 0, with the interval of each mean."""
    lows, highs = ([100.0, *(getattr(one, name) for one in tablet.rated)] for name in ("low_pct", "high_pct"))
    return Series(
        f"{tablet.name} of {tablet.people} people",
        [0.0, *(one.at_day for one in tablet.rated)],
        [100.0, *(one.left_pct for one in tablet.rated)],
        (Band(lows, highs, "95 % of the mean"),),
        Role.SECOND,
    )


def model_series(weeks: FirstWeeks, curve: dict[str, Any], axis: tuple[float, float]) -> tuple[Series, ...]:
    """The model's line where scores were heard, and apart from it where nobody was asked."""
    per_day, end = axis
    first, last = weeks.heard[0].day, weeks.heard[-1].day
    days = [day for day in sorted({*curve["days"], first, last}) if day * per_day <= end]
    # The two stretches share their ends, so that their lines meet.
    untold = model_line(weeks, curve, days, {day for day in days if day <= first or day >= last})
    found = [Series("Model, nobody asked", [day * per_day for day in days], *untold[:2], Role.SIXTH)]
    heard = {day for day in days if first <= day <= last}
    if len(heard) > 1:
        told = model_line(weeks, curve, days, heard)
        found.insert(0, Series("Model", [day * per_day for day in days], told[0], (*told[1], told[2]), Role.THIRD))
    return tuple(found)


def model_line(
    weeks: FirstWeeks, curve: dict[str, Any], days: list[float], kept: set[float]
) -> tuple[list[float | None], tuple[Band], Band]:
    """The middle, the wide and the narrow band on the kept days, in percent; a gap on the others."""

    def left(level: str) -> list[float | None]:
        points = curve["quantiles"][level]
        return [weeks.left_pct(between(curve["days"], points, day)) if day in kept else None for day in days]

    wide, narrow = (Band(left(low), left(high), name) for name, (low, high) in BANDS.items())
    return left("0.5"), (wide,), narrow


def between(days: list[float], points: list[float], day: float) -> float:
    """The value on a day, on the straight line between its neighbours."""
    place = bisect_left(days, day)
    if place == len(days) or days[place] == day or place == 0:
        return points[min(place, len(days) - 1)]
    share = (day - days[place - 1]) / (days[place] - days[place - 1])
    return points[place - 1] + share * (points[place] - points[place - 1])
