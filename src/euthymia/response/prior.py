"""What is believed about a person before any score of theirs is seen, and where that belief comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import BadInput
from euthymia.response.course import Scale

Floats = NDArray[np.float64]


class Shape(StrEnum):
    """On which scale a parameter is spread evenly around its middle."""

    NORMAL = "normal"
    LOG = "log"
    LOGIT = "logit"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One trait of a person: its middle, and its spread on the scale `shape` names.

    spread: standard deviation between persons.   between_settings: standard deviation between clinics or trials of
    the middle itself.   how and sources say where the numbers come from.
    """

    name: str
    middle: float
    spread: float
    shape: Shape
    unit: str
    between_settings: float = 0.0
    how: str = ""
    sources: tuple[str, ...] = ()

    @property
    def total_spread(self) -> float:
        """Spread for a person in a setting nothing is known about."""
        return float(np.hypot(self.spread, self.between_settings))

    def transformed_middle(self) -> float:
        match self.shape:
            case Shape.NORMAL:
                return self.middle
            case Shape.LOG:
                return float(np.log(self.middle))
            case Shape.LOGIT:
                return float(np.log(self.middle / (1 - self.middle)))

    def value(self, z: Floats, *, spread: float | None = None, shift: float = 0.0) -> Floats:
        """The trait at `z` standard deviations from the middle; `shift` moves the middle on the transformed scale."""
        width = self.total_spread if spread is None else spread
        moved = self.transformed_middle() + shift + width * z
        match self.shape:
            case Shape.NORMAL:
                return moved
            case Shape.LOG:
                return np.exp(moved)
            case Shape.LOGIT:
                return 1.0 / (1.0 + np.exp(-moved))


@dataclass(frozen=True, slots=True)
class Noise:
    """What the traits do not explain, as fractions of the scale, for a person of the usual `swing`.

    measurement: standard deviation of one rating.   weather: standard deviation of the ups and downs of life that
    outlast a visit, and weather_days: how long they are remembered (e-fold).
    """

    measurement: float
    weather: float
    weather_days: float


@dataclass(frozen=True, slots=True)
class Card:
    """What a reader must know before believing a prior."""

    id: str
    status: str
    fitted_on: str
    valid_for: str
    not_for: str
    sources: tuple[str, ...]


TRAITS = ("baseline", "gain", "fade_days", "expectancy", "trend", "oral", "swing")


@dataclass(frozen=True, slots=True)
class Effects:
    """The fixed shape of every effect, the same for all persons.

    onset_days: e-fold time of the rise of a dose's relief.   half_dose: relative dose with half the largest effect.
    lasting_share, lasting_days: the part of a dose's relief that fades slowly, and its half-life.
    expectancy_days: half-life of the relief that follows any session, active or not.   open_expectancy: how much larger
    that is where people know they are given the drug.   trend_days, oral_days: half-times of the slow relief that comes
    with time in treatment and with an oral antidepressant.
    """

    onset_days: float
    half_dose: float
    lasting_share: float
    lasting_days: float
    expectancy_days: float
    open_expectancy: float
    trend_days: float
    oral_days: float


@dataclass(frozen=True, slots=True)
class Prior:
    """Traits of a person in the order of TRAITS, the noise, the fixed shape of the effects, and how many leave.

    dropout_per_week: the share of those in treatment who leave it in a week.
    """

    card: Card
    traits: tuple[Parameter, ...]
    noise: Noise
    noise_by_instrument: Mapping[str, Noise]
    effects: Effects
    dropout_per_week: float

    def __post_init__(self) -> None:
        if tuple(trait.name for trait in self.traits) != TRAITS:
            raise BadInput("prior_traits", "trait", f"A prior names these traits, in order: {', '.join(TRAITS)}.")

    def trait(self, name: str) -> Parameter:
        return self.traits[TRAITS.index(name)]

    def noise_for(self, scale: Scale) -> Noise:
        """The instrument's own noise where it is known, else the general one."""
        return self.noise_by_instrument.get(scale.instrument, self.noise)

    def with_trait(self, name: str, **changes: float) -> Prior:
        """The same prior with one trait's numbers changed (used by calibration and by virtual trials)."""
        traits = list(self.traits)
        index = TRAITS.index(name)
        traits[index] = replace(traits[index], **changes)  # type: ignore[arg-type]
        return replace(self, traits=tuple(traits))

    def opened(self) -> Prior:
        """The same belief about people who know that they are given the drug: they expect more of a session."""
        raised = self.trait("expectancy").middle + self.effects.open_expectancy
        return self.with_trait("expectancy", middle=raised)
