"""Who gets the drug: the facts a kinetic model may use, and one individual around the typical person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from euthymia.errors import BadInput
from euthymia.number import is_number, plain

_Word = TypeVar("_Word", bound=StrEnum)
# What can be a living person at all; a model's own limits are on its card.
AGE_Y = (0.0, 120.0)
WEIGHT_KG = (2.0, 400.0)
HEIGHT_CM = (30.0, 260.0)
# A grown person of less is a slipped decimal point.
ADULT_AGE_Y, LIGHTEST_ADULT_KG = 18.0, 20.0
# On the log scale this is a factor of five hundred million: a slip, not a person.
MOST_EFFECT = 20.0


class Sex(StrEnum):
    """Sex as a kinetic covariate."""

    FEMALE = "female"
    MALE = "male"
    UNSPECIFIED = "unspecified"


class Ancestry(StrEnum):
    """Ancestry as far as a published model uses it (Perez-Ruixo 2021). `asian_japanese` includes the Asian effects."""

    UNSPECIFIED = "unspecified"
    ASIAN = "asian"
    ASIAN_JAPANESE = "asian_japanese"


@dataclass(frozen=True, slots=True)
class Person:
    """Covariates of one person. Text is accepted for `sex` and `ancestry` and read as the enum.

    Refuses (BadInput, path `person.<field>`) what cannot be a person, such as 0 or 900 kg.
    """

    age_y: float
    sex: Sex | str
    weight_kg: float
    height_cm: float | None = None
    ancestry: Ancestry | str = Ancestry.UNSPECIFIED

    def __post_init__(self) -> None:
        object.__setattr__(self, "age_y", _within(self.age_y, AGE_Y, "age_y", "years"))
        object.__setattr__(self, "weight_kg", _within(self.weight_kg, WEIGHT_KG, "weight_kg", "kg"))
        if self.age_y >= ADULT_AGE_Y and self.weight_kg < LIGHTEST_ADULT_KG:
            message = f"{self.weight_kg:g} kg is no weight of a grown person. Check number and unit."
            raise BadInput("out_of_range", "person.weight_kg", message)
        if self.height_cm is not None:
            object.__setattr__(self, "height_cm", _within(self.height_cm, HEIGHT_CM, "height_cm", "cm"))
        object.__setattr__(self, "sex", _word(Sex, self.sex, "sex"))
        object.__setattr__(self, "ancestry", _word(Ancestry, self.ancestry, "ancestry"))

    def covariates(self) -> dict[str, float]:
        """The numbers a model's formulas may use."""
        return {
            "age_y": float(self.age_y),
            "weight_kg": float(self.weight_kg),
            "female": float(self.sex == Sex.FEMALE),
            "asian": float(self.ancestry != Ancestry.UNSPECIFIED),
            "japanese": float(self.ancestry == Ancestry.ASIAN_JAPANESE),
        }


@dataclass(frozen=True, slots=True)
class Individual:
    """A person whose own kinetics are partly known: random effects, how sure, and what they were learned from.

    effects: random effects by parameter name, on the scale of the model's spread (0 is the typical person).
    covariance: rows and columns in the order of `effects`; what is still unknown about them.
    draws: equally likely sets of effects in the same order, where that is known better than by a covariance.
    model_id: the model the effects belong to.
    """

    person: Person
    model_id: str
    effects: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    covariance: tuple[tuple[float, ...], ...] = ()
    learned_from: tuple[str, ...] = ()
    draws: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        for name, value in self.effects.items():
            _require_effect(value, f"individual.effects.{name}")
        if self.covariance and {len(self.covariance), *map(len, self.covariance)} != {len(self.effects)}:
            raise BadInput("wrong_shape", "individual.covariance", "Give one row and column per random effect.")
        for place, row in enumerate(self.covariance):
            if not all(map(is_number, row)) or row[place] < 0:
                message = "Give finite numbers, and none below 0 on the diagonal."
                raise BadInput("not_a_covariance", f"individual.covariance[{place}]", message)
        if self.draws and set(map(len, self.draws)) != {len(self.effects)}:
            raise BadInput("wrong_shape", "individual.draws", "Give one number per random effect in every draw.")
        for place, draw in enumerate(self.draws):
            for value in draw:
                _require_effect(value, f"individual.draws[{place}]")


def _require_effect(value: object, path: str) -> None:
    if not is_number(value):
        raise BadInput("not_finite", path, "A random effect must be a finite number.")
    if abs(value) > MOST_EFFECT:
        message = f"{value:g} is no random effect; it must lie within {MOST_EFFECT:g} either way."
        raise BadInput("out_of_range", path, message)


def _word(kind: type[_Word], value: str, name: str) -> _Word:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(kind)
        raise BadInput(f"unknown_{name}", f"person.{name}", f"'{value}' is not known. Use one of: {known}.") from None


def _within(value: object, limits: tuple[float, float], name: str, unit: str) -> float:
    low, high = limits
    if not is_number(value):
        raise BadInput("not_a_number", f"person.{name}", f"Give {name} as a finite number of {unit}.")
    if not low <= value <= high:
        raise BadInput(
            "out_of_range", f"person.{name}", f"{value:g} {unit} is outside {low:g} to {high:g}. Check number and unit."
        )
    return plain(value)  # type: ignore[no-any-return]
