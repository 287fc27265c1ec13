"""What a chart is made of. Values only; how they are drawn is in the files beside this one.

Every value is checked when it is made, so a drawing never meets a gap it did not expect: a missing number is `None`
(drawn as a gap, shown as an empty cell), and a not-a-number is refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum, IntEnum, StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import BadInput

Numbers = (
    Sequence[float | None] | Sequence[float] | Sequence[int] | NDArray[np.floating[Any]] | NDArray[np.integer[Any]]
)
When = date | datetime


class Role(IntEnum):
    """Which look a series has: colour, dash and marker go together, so that colour never speaks alone."""

    FIRST = 1
    SECOND = 2
    THIRD = 3
    FOURTH = 4
    FIFTH = 5
    SIXTH = 6


class MarkKind(StrEnum):
    """What a vertical line stands for."""

    DOSE = "dose"
    EVENT = "event"
    NOW = "now"


class Scale(Enum):
    """How an axis counts. Hours and minutes get clock-like ticks; days are calendar days, see `day_number`."""

    NUMBER = "number"
    HOURS = "hours"
    MINUTES = "minutes"
    DATE = "date"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis and the words written there."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis: its words, its unit (written after the words) and, where wanted, its ends and ticks.

    Ends left out are taken from the data. Ticks left out are chosen.
    """

    label: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    scale: Scale = Scale.NUMBER
    ticks: tuple[Tick, ...] = ()

    def __post_init__(self) -> None:
        for name, end in (("low", self.low), ("high", self.high)):
            if end is not None and not math.isfinite(end):
                raise BadInput("not_finite", f"axis.{name}", "An axis end must be a finite number.")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise BadInput("empty_axis", "axis", f"The axis '{self.label}' must end above where it begins.")
        if self.scale is Scale.LOG and self.low is not None and self.low <= 0:
            raise BadInput("not_positive", "axis.low", "A logarithmic axis must begin above 0.")

    @property
    def words(self) -> str:
        """Label and unit, as written beside the axis."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


@dataclass(frozen=True, slots=True)
class Band:
    """A range around a series, e.g. nine people in ten; `None` where it is not known."""

    low: Numbers
    high: Numbers
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", column(self.low, "band.low"))
        object.__setattr__(self, "high", column(self.high, "band.high"))
        if len(self.low) != len(self.high):
            raise BadInput(
                "length_mismatch",
                "band",
                f"A band needs as many lows as highs, not {len(self.low)} and {len(self.high)}.",
            )
        for below, above in zip(self.low, self.high, strict=True):
            if below is not None and above is not None and below > above:
                raise BadInput("crossed_band", "band", f"A band's low ({below}) must not be above its high ({above}).")


@dataclass(frozen=True, slots=True)
class Series:
    """A named line, with the widest band first where there are several. A `None` in `y` is a gap.

    role: the look; left out, the place in the chart decides.
    """

    name: str
    x: Numbers
    y: Numbers
    bands: tuple[Band, ...] = ()
    role: Role | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", column(self.x, f"series '{self.name}'.x", gaps=False))
        object.__setattr__(self, "y", column(self.y, f"series '{self.name}'.y"))
        size = len(self.x)
        if size == 0 or all(value is None for value in self.y):
            raise BadInput(
                "empty_series", f"series '{self.name}'", "This series has no values. Leave it out and say why."
            )
        if len(self.y) != size or any(len(band.low) != size for band in self.bands):
            raise BadInput(
                "length_mismatch", f"series '{self.name}'", f"x has {size} values; y and every band need as many."
            )


@dataclass(frozen=True, slots=True)
class Dot:
    """One observation. A late one was entered after the fact and is drawn hollow."""

    x: float
    y: float
    label: str = ""
    late: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.x) and math.isfinite(self.y)):
            raise BadInput("not_finite", "dot", "An observation needs two finite numbers.")


@dataclass(frozen=True, slots=True)
class Dots:
    """Observations under one name. `labelled` writes each label beside its dot; otherwise it is a tooltip."""

    name: str
    dots: tuple[Dot, ...]
    role: Role | None = None
    labelled: bool = False

    def __post_init__(self) -> None:
        if not self.dots:
            raise BadInput(
                "empty_series", f"dots '{self.name}'", "There are no observations. Leave the set out and say why."
            )


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at `at` on the x axis: a dose, an event, or now."""

    at: float
    label: str
    kind: MarkKind = MarkKind.EVENT

    def __post_init__(self) -> None:
        if not math.isfinite(self.at):
            raise BadInput("not_finite", "mark.at", "A mark needs a finite place.")


@dataclass(frozen=True, slots=True)
class Threshold:
    """A horizontal line at a limit, with its words."""

    at: float
    label: str

    def __post_init__(self) -> None:
        if not math.isfinite(self.at):
            raise BadInput("not_finite", "threshold.at", "A threshold needs a finite place.")


@dataclass(frozen=True, slots=True)
class Zone:
    """A horizontal stripe with a name, such as a severity band. level: 0 (calmest) to 4 (most severe)."""

    low: float
    high: float
    label: str
    level: int = 0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high)) or self.low >= self.high:
            raise BadInput("empty_zone", f"zone '{self.label}'", "A zone must end above where it begins.")
        if not 0 <= self.level <= 4:
            raise BadInput("out_of_range", f"zone '{self.label}'.level", "A zone's level is 0 to 4.")


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything a line chart shows and its table lists.

    description: one or two sentences for someone who cannot see it.
    """

    title: str
    description: str
    x: Axis
    y: Axis
    series: tuple[Series, ...] = ()
    dots: tuple[Dots, ...] = ()
    marks: tuple[Mark, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    zones: tuple[Zone, ...] = ()

    def __post_init__(self) -> None:
        require_words(self.title, self.description)
        if not self.series and not self.dots:
            raise BadInput("empty_chart", "chart", f"'{self.title}' has nothing to draw. Show an empty state instead.")


@dataclass(frozen=True, slots=True)
class Score:
    """A questionnaire total on a day (or instant, already in the clinic's zone)."""

    at: When
    value: float
    label: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class Dated:
    """Something that happened, or is planned, on a day."""

    at: When
    label: str
    kind: MarkKind = MarkKind.DOSE


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected on coming days, with the widest band first (its low and high have one value per day)."""

    at: tuple[When, ...]
    middle: Numbers
    bands: tuple[Band, ...]
    name: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """A person's course: scores over dates, dose marks, severity stripes, and what is expected."""

    title: str
    description: str
    y: Axis
    scores: tuple[Score, ...]
    scores_name: str
    doses: tuple[Dated, ...] = ()
    zones: tuple[Zone, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    forecast: Forecast | None = None
    date_label: str = "Date"

    def __post_init__(self) -> None:
        require_words(self.title, self.description)
        if not self.scores and self.forecast is None:
            raise BadInput("empty_chart", "timeline", f"'{self.title}' has no scores yet. Show an empty state instead.")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval; `low` and `high` are both there or both absent."""

    value: float
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        ends = [end for end in (self.low, self.high) if end is not None]
        if len(ends) == 1:
            raise BadInput("half_interval", "estimate", "An interval has two ends or none.")
        if not all(math.isfinite(number) for number in (self.value, *ends)):
            raise BadInput("not_finite", "estimate", "An estimate must be made of finite numbers.")
        if ends and ends[0] > ends[1]:
            raise BadInput("crossed_band", "estimate", "An interval's low must not be above its high.")


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One published result and what was predicted for it. Either may be absent, not both."""

    name: str
    published: Estimate | None = None
    predicted: Estimate | None = None

    def __post_init__(self) -> None:
        if self.published is None and self.predicted is None:
            raise BadInput("empty_row", f"row '{self.name}'", "A row needs a published or a predicted value.")


@dataclass(frozen=True, slots=True)
class Forest:
    """Predicted beside published, row by row. reference: where a vertical line is drawn, e.g. no difference."""

    title: str
    description: str
    x: Axis
    rows: tuple[ForestRow, ...]
    reference: float | None = None
    published_name: str = "Published"
    predicted_name: str = "Predicted"

    def __post_init__(self) -> None:
        require_words(self.title, self.description)
        if not self.rows:
            raise BadInput("empty_chart", "forest", f"'{self.title}' has no rows. Show an empty state instead.")


@dataclass(frozen=True, slots=True)
class Words:
    """The few words a chart writes by itself, so that a page in another language has none left in English."""

    late: str = "entered late"
    dose: str = "Dose"
    low: str = "low"
    high: str = "high"
    marks: str = "What happened"
    months: tuple[str, ...] = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


SPANISH = Words(
    late="anotado tarde",
    dose="Dosis",
    low="mínimo",
    high="máximo",
    marks="Qué ocurrió",
    months=("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
)


@dataclass(frozen=True, slots=True)
class Frame:
    """The drawing's size in its own units. plot_height: the plot alone; words above and below come on top of it."""

    width: int = 720
    plot_height: int = 280
    heading: bool = False
    words: Words = field(default_factory=Words)


WIDE = Frame()
NARROW = Frame(width=360, plot_height=220)


def day_number(at: When) -> float:
    """Days since 1 January of year 1, with the time of day as a fraction; what a date axis counts in."""
    if isinstance(at, datetime):
        seconds = at.hour * 3600 + at.minute * 60 + at.second
        return at.toordinal() + seconds / 86_400
    return float(at.toordinal())


def column(values: Numbers, path: str, *, gaps: bool = True) -> tuple[float | None, ...]:
    """The values as plain floats; refuses what is not finite, and gaps where none may be."""
    found: list[float | None] = []
    for place, value in enumerate(_plain(values)):
        if value is None and not gaps:
            raise BadInput("missing_value", f"{path}[{place}]", "This value may not be missing.")
        if value is not None and not math.isfinite(value):
            raise BadInput("not_finite", f"{path}[{place}]", "A chart shows finite numbers only; use None for a gap.")
        found.append(None if value is None else float(value))
    return tuple(found)


def _plain(values: Numbers) -> Iterable[float | None]:
    return values.tolist() if isinstance(values, np.ndarray) else values


def require_words(title: str, description: str) -> None:
    """Refuses a chart that someone who cannot see it could not know."""
    if not title.strip() or not description.strip():
        raise BadInput(
            "missing_words", "title", "A chart needs a title and a description for people who cannot see it."
        )
