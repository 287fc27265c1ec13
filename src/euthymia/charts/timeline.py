"""A person's course: a line chart whose x axis is the calendar."""

from __future__ import annotations

from euthymia.charts.line import line_chart
from euthymia.charts.values import WIDE, Axis, Chart, Dot, Dots, Frame, Mark, Role, Scale, Series, Timeline, day_number


def timeline_chart(timeline: Timeline, frame: Frame = WIDE, *, ident: str = "", standalone: bool = False) -> str:
    """Scores over dates with dose marks, severity stripes and the forecast's fan, as SVG text. See `line_chart`."""
    return line_chart(timeline_as_chart(timeline), frame, ident=ident, standalone=standalone)


def timeline_as_chart(timeline: Timeline) -> Chart:
    """The same values on a date axis: scores joined in the order of their dates, each also a dot."""
    scores = sorted(timeline.scores, key=lambda score: day_number(score.at))
    days = [day_number(score.at) for score in scores]
    series: list[Series] = []
    dots: tuple[Dots, ...] = ()
    if scores:
        found = tuple(Dot(day, score.value, score.label, score.late) for day, score in zip(days, scores, strict=True))
        dots = (Dots(timeline.scores_name, found, Role.FIRST),)
        if len(scores) > 1:
            series.append(Series("", days, [score.value for score in scores], role=Role.FIRST))
    if timeline.forecast is not None:
        fan = timeline.forecast
        series.append(Series(fan.name, [day_number(at) for at in fan.at], fan.middle, fan.bands, Role.THIRD))
    return Chart(
        title=timeline.title,
        description=timeline.description,
        x=Axis(timeline.date_label, scale=Scale.DATE),
        y=timeline.y,
        series=tuple(series),
        dots=dots,
        marks=tuple(Mark(day_number(dose.at), dose.label, dose.kind) for dose in timeline.doses),
        thresholds=timeline.thresholds,
        zones=timeline.zones,
    )
