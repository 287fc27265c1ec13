"""Who gets the drug: the facts a kinetic model may use, and one individual around the typical person."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from euthymia.errors import BadInput

_Word = TypeVar("_Word", bound=StrEnum)
# What can be a living person at all; a model's own limits are on its card.
AGE_Y = (0.0, 120.0)
WEIGHT_KG = (2.0, 400.0)
HEIGHT_CM = (30.0, 260.0)


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
        _require_within(self.age_y, AGE_Y, "age_y", "years")
        _require_within(self.weight_kg, WEIGHT_KG, "weight_kg", "kg")
        if self.height_cm is not None:
            _require_within(self.height_cm, HEIGHT_CM, "height_cm", "cm")
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
            if not math.isfinite(value):
                raise BadInput("not_finite", f"individual.effects.{name}", "A random effect must be a finite number.")
        if self.covariance and {len(self.covariance), *map(len, self.covariance)} != {len(self.effects)}:
            raise BadInput("wrong_shape", "individual.covariance", "Give one row and column per random effect.")
        if self.draws and set(map(len, self.draws)) != {len(self.effects)}:
            raise BadInput("wrong_shape", "individual.draws", "Give one number per random effect in every draw.")


def _word(kind: type[_Word], value: str, name: str) -> _Word:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(kind)
        raise BadInput(f"unknown_{name}", f"person.{name}", f"'{value}' is not known. Use one of: {known}.") from None


def _require_within(value: object, limits: tuple[float, float], name: str, unit: str) -> None:
    low, high = limits
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise BadInput("not_a_number", f"person.{name}", f"Give {name} as a finite number of {unit}.")
    if not low <= value <= high:
        raise BadInput(
            "out_of_range", f"person.{name}", f"{value:g} {unit} is outside {low:g} to {high:g}. Check number and unit."
        )
