"""The cohort as one small drawing a person, all on the same axes, with the means of the groups beside them.

Drawn from the table as it was last built. A name and a link stand only where the viewer may open the person; whoever
may not sees the pseudonym of the table.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean
from typing import Any

from django.core.paginator import Page, Paginator
from django.urls import reverse

from euthymia.care.instruments import Instrument, load_instrument
from euthymia.care.response_rules import Judged, response
from euthymia.charts import Axis, Chart, Dot, Figure, Panel, Role, Series, Tick, figure, panel_chart
from euthymia.clinic.evidence.models import CohortTable
from euthymia.clinic.evidence.queries import PanelPerson
from euthymia.clinic.followup.course import COURSE_INSTRUMENTS
from euthymia.clinic.followup.presenters import change_words
from euthymia.errors import BadInput

# What fits on a tablet in a few screens, and is compared without turning pages.
PANELS_A_PAGE = 24
# A course, half a year, a year; the first is what is shown unasked.
SPANS_WEEKS = (12, 26, 52)
DAYS_BEFORE = 28
# A mean of fewer is one person's course again, and jumps when somebody leaves.
FEWEST_IN_A_MEAN = 5


class Group(StrEnum):
    """What the latest score shown says by the scale's rule of response, in the order the panels stand in."""

    RESPONSE = "response"
    NO_RESPONSE = "no response"
    CANNOT_TELL = "cannot tell"


GROUP_ROLES = {Group.RESPONSE: Role.FIRST, Group.NO_RESPONSE: Role.SECOND, Group.CANNOT_TELL: Role.SIXTH}
ORDER_WORDS = (
    "Response by the scale's rule first, then no response, then those it cannot tell; within each by the change from "
    "the score before the first dose to the latest one shown, largest fall first."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the reader chose: the scale (empty: the one answered most) and how many weeks are shown."""

    scale: str = ""
    weeks: int = SPANS_WEEKS[0]

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Asked:
        """From a page's address; refuses a scale and a span that are not offered."""
        scale, weeks = query.get("scale", ""), query.get("weeks", str(SPANS_WEEKS[0]))
        if scale and scale not in COURSE_INSTRUMENTS:
            raise BadInput("unknown_scale", "scale", f"Choose one of: {', '.join(COURSE_INSTRUMENTS)}.")
        if weeks not in {str(span) for span in SPANS_WEEKS}:
            raise BadInput("unknown_span", "weeks", f"Choose one of: {', '.join(map(str, SPANS_WEEKS))} weeks.")
        return cls(scale, int(weeks))


@dataclass(frozen=True, slots=True)
class PersonScores:
    """One person of the table on one scale, with what the scores come to.

    scores: (day since the first dose, total), oldest first.   before: the last total before the day of the first dose,
    else the only one on it.   latest: the last day shown after it.   fall_pct: of `before`; negative is a rise.
    """

    pseudonym: str
    scores: tuple[tuple[int, float], ...]
    before: float | None
    latest: tuple[int, float] | None
    fall_pct: float | None
    group: Group


@dataclass(frozen=True, slots=True)
class PanelView:
    """One panel for the page: its drawing, whose it is, and the same in words for the table beside it."""

    place: int
    who: str
    url: str
    group: Group
    drawing: str
    before: str
    latest: str
    change: str
    scores: int
    doses: str


@dataclass(frozen=True, slots=True)
class PanelPage:
    """One page of panels, with the means and what is left out."""

    scale: Instrument
    scales: list[Instrument]
    weeks: int
    page: Page[PersonScores]
    counts: list[tuple[Group, int]]
    without_dose: int
    outside: int
    means: Figure | None

    @property
    def pseudonyms(self) -> list[str]:
        """Whose panels are on this page."""
        return [person.pseudonym for person in self.page]


def panel_page(table: CohortTable, asked: Asked, page: str | None) -> PanelPage | None:
    """The panels asked for; None where no treated person has a score on a scale a course is drawn on."""
    counted = Counter(row["instrument"] for row in table.rows if row["days_since_first_dose"] is not None)
    scales = [name for name in COURSE_INSTRUMENTS if counted[name]]
    if not scales:
        return None
    scale = load_instrument(asked.scale if asked.scale in scales else max(scales, key=lambda name: counted[name]))
    rows = [row for row in table.rows if row["instrument"] == scale.id]
    people = ordered(rows, scale, asked.weeks * 7)
    groups = Counter(person.group for person in people)
    return PanelPage(
        scale=scale,
        scales=[load_instrument(name) for name in scales],
        weeks=asked.weeks,
        page=Paginator(people, PANELS_A_PAGE).get_page(page),
        counts=[(group, groups[group]) for group in Group],
        without_dose=len({row["person"] for row in rows if row["days_since_first_dose"] is None}),
        outside=sum(not inside(day, asked.weeks * 7) for person in people for day, _ in person.scores),
        means=means_figure(people, scale, asked.weeks * 7),
    )


def inside(day: int, last_day: int) -> bool:
    """Whether a day lies on the axes of the panels."""
    return -DAYS_BEFORE <= day <= last_day


def ordered(rows: Sequence[Mapping[str, Any]], scale: Instrument, last_day: int) -> list[PersonScores]:
    """Every treated person with a score on the axes, in the order that `ORDER_WORDS` states."""
    by_person: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for row in rows:
        if row["days_since_first_dose"] is not None:
            by_person[row["person"]].append((row["days_since_first_dose"], row["total"]))
    people = [
        person_scores(pseudonym, sorted(scores, key=lambda score: score[0]), scale, last_day)
        for pseudonym, scores in by_person.items()
        if any(inside(day, last_day) for day, _ in scores)
    ]
    places = list(Group)
    unknown = float("inf")
    return sorted(
        people,
        key=lambda one: (
            places.index(one.group),
            unknown if one.fall_pct is None else -one.fall_pct,
            one.pseudonym,
        ),
    )


def person_scores(pseudonym: str, scores: list[tuple[int, float]], scale: Instrument, last_day: int) -> PersonScores:
    """One person's scores and what they come to. The table knows days only: of several totals on the day of the first
    dose nobody can say which came before it."""
    earlier = [total for day, total in scores if day < 0]
    same_day = [total for day, total in scores if day == 0]
    before = earlier[-1] if earlier else same_day[0] if len(same_day) == 1 else None
    latest = max((score for score in scores if 0 < score[0] <= last_day), key=lambda score: score[0], default=None)
    judged = response(scale, before, latest[1] if latest else None)
    if isinstance(judged, Judged):
        group = Group.RESPONSE if judged.met else Group.NO_RESPONSE
    else:
        group = Group.CANNOT_TELL
    fall = 100 * (before - latest[1]) / before if before and latest else None
    return PersonScores(pseudonym, tuple(scores), before, latest, fall, group)


def means_figure(people: list[PersonScores], scale: Instrument, last_day: int) -> Figure | None:
    """Mean score by week for everybody and for each group; None where no week has enough people."""
    drawn = [("Everybody", people, Role.THIRD)]
    for group in (Group.RESPONSE, Group.NO_RESPONSE):
        drawn.append((group.capitalize(), [one for one in people if one.group is group], GROUP_ROLES[group]))
    series = []
    for name, members, role in drawn:
        days, means = weekly_means(members, last_day)
        if any(mean is not None for mean in means):
            series.append(Series(f"{name} ({len(members)})", days, means, role=role))
    if not series:
        return None
    drawing = Chart(
        title="Means of the groups",
        description=f"Mean {scale.title} before the first dose and by week after it; a week with fewer than "
        f"{FEWEST_IN_A_MEAN} people has no point. People who stop answering are missing from later weeks.",
        x=Axis("Days since the first dose", low=0, high=last_day),
        y=Axis(scale.title, low=scale.lowest, high=scale.highest),
        series=tuple(series),
    )
    return figure(drawing, source="This clinic's table", ident="cohort-means")


def weekly_means(people: list[PersonScores], last_day: int) -> tuple[list[float], list[float | None]]:
    """The score before at day 0, then each week's middle day with the mean over people of each one's mean."""
    days: list[float] = [0.0]
    means: list[float | None] = [mean_of([one.before for one in people if one.before is not None])]
    for start in range(0, last_day, 7):
        heard = [[total for day, total in one.scores if start < day <= start + 7] for one in people]
        days.append(start + 4.0)
        means.append(mean_of([fmean(totals) for totals in heard if totals]))
    return days, means


def mean_of(values: list[float]) -> float | None:
    """The mean, rounded as a score is read; None where too few are in it."""
    return round(fmean(values), 1) if len(values) >= FEWEST_IN_A_MEAN else None


def panel_views(found: PanelPage, people: Mapping[str, PanelPerson]) -> list[PanelView]:
    """The panels of this page, drawn. people: by pseudonym, with a name only where the viewer may open them."""
    start = found.page.start_index()
    axes = panel_axes(found.scale, found.weeks * 7)
    return [
        panel_view(place, person, people.get(person.pseudonym), axes)
        for place, person in enumerate(found.page, start=start)
    ]


def panel_axes(scale: Instrument, last_day: int) -> tuple[Axis, Axis]:
    """The same two axes for every panel."""
    weeks = last_day // 7
    ticks = tuple(Tick(7 * week, f"{week} wk" if week else "dose 1") for week in (0, weeks // 2, weeks))
    return (
        Axis("Since the first dose", low=-DAYS_BEFORE, high=last_day, ticks=ticks),
        Axis(
            scale.title,
            low=scale.lowest,
            high=scale.highest,
            ticks=tuple(Tick(at, f"{at:g}") for at in (scale.lowest, scale.highest)),
        ),
    )


def fall_words(fall_pct: float) -> str:
    """How far a score fell; what rounds to nothing is no change."""
    return "no change" if round(fall_pct) == 0 else change_words(fall_pct)


def panel_view(place: int, person: PersonScores, known: PanelPerson | None, axes: tuple[Axis, Axis]) -> PanelView:
    who = known.name if known and known.name else person.pseudonym
    before = "–" if person.before is None else f"{person.before:g}"
    latest = "–" if person.latest is None else f"{person.latest[1]:g} on day {person.latest[0]}"
    fall = person.fall_pct
    change = "–" if fall is None else fall_words(fall)
    doses = known.dose_days if known else ()
    given = str(len(doses)) if known else "unknown"
    counted = f"scores: {len(person.scores)}, doses: {given}"
    label = f"{who}: {axes[1].label} {before} before, {latest}, {change}, {person.group.value}; {counted}."
    dots = tuple(Dot(day, total, f"{total:g} on day {day}") for day, total in person.scores)
    drawing = panel_chart(Panel(label, dots, tuple(map(float, doses)), GROUP_ROLES[person.group]), *axes)
    url = reverse("person", args=[known.id]) if known and known.name else ""
    return PanelView(place, who, url, person.group, drawing, before, latest, change, len(person.scores), given)
