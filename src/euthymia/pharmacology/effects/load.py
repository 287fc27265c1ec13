"""Reads the shipped effects. The file itself is read by `compounds.load.read_data`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from euthymia.errors import Broken, ModelError
from euthymia.pharmacology.card import Kind
from euthymia.pharmacology.compounds.load import read_data
from euthymia.pharmacology.effects.effect import Effect, EffectOutput, EffectParameter, Looked, Scatter, Site
from euthymia.pharmacology.expression import Expression
from euthymia.pharmacology.model import Spread

# In the order in which a simulation answers.
SHIPPED = ("dissociation", "blood_pressure", "pulse", "drug_high", "sedation", "nausea")


def shipped_effects() -> tuple[str, ...]:
    """Ids of the effects that can be loaded, in the order in which a simulation answers."""
    return SHIPPED


@cache
def load_effect(effect_id: str) -> Effect:
    """A shipped effect by id. Refuses (ModelError, path `effect`) an id that is not shipped."""
    if effect_id not in SHIPPED:
        message = f"'{effect_id}' is not shipped. Shipped: {', '.join(SHIPPED)}."
        raise ModelError("unknown_effect", "effect", message)
    return effect_from(read_data("effects", effect_id))


def effect_from(data: Mapping[str, Any]) -> Effect:
    """An effect from plain values in the shape of the shipped files (docs/explanation/effects.md).

    Refuses (ModelError, path `effect`) what does not have that shape, or uses a name it does not define.
    """
    try:
        effect = _effect(data)
        _require_names(effect)
        _require_numbers(effect)
    except KeyError as error:
        raise ModelError("unreadable_effect", "effect", f"The effect's data lack {error}.") from error
    except (SyntaxError, TypeError, ValueError, Broken) as error:
        raise ModelError("unreadable_effect", "effect", f"The effect's data cannot be used: {error}.") from error
    return effect


def _effect(data: Mapping[str, Any]) -> Effect:
    event = data.get("incidence", {})
    return Effect(
        id=data["id"],
        title=data["title"],
        kind=Kind(data["kind"]),
        site=Site(data["site"]),
        citation=data["citation"],
        doi=data.get("doi"),
        provenance=data["provenance"],
        fitted_on=data["fitted_on"],
        parameters=tuple(_parameter(row) for row in data["parameter"]),
        correlations=MappingProxyType(
            {(row["of"][0], row["of"][1]): float(row["value"]) for row in data.get("correlation", [])}
        ),
        delay_per_h=Expression(data["delay_per_h"]) if "delay_per_h" in data else None,
        outputs=tuple(_output(row) for row in data.get("output", [])),
        event=event.get("event", ""),
        chance=Expression(event["chance"]) if event else None,
        assumptions=tuple(data["assumptions"]),
        checks_passed=tuple(data.get("checks_passed", [])),
        known_failures=tuple(data.get("known_failures", [])),
    )


def _parameter(row: Mapping[str, Any]) -> EffectParameter:
    """Spreads are written as standard deviations, on the logit scale where the row says so and else on the log."""
    between = float(row.get("logit_sd", row.get("log_sd", 0.0)))
    return EffectParameter(
        name=row["name"],
        value=float(row["value"]),
        unit=row["unit"],
        spread=Spread.LOGIT if "logit_sd" in row else Spread.LOG,
        variance=between**2,
        uncertainty=float(row.get("uncertainty_sd", 0.0)) ** 2,
        provenance=row["provenance"],
        spread_provenance=row["spread_provenance"] if between or "uncertainty_sd" in row else "",
    )


def _output(row: Mapping[str, Any]) -> EffectOutput:
    scatter = row.get("scatter")
    return EffectOutput(
        name=row["name"],
        unit=row["unit"],
        course=Expression(row["course"]),
        scatter=None
        if scatter is None
        else Scatter(
            kind=Looked(scatter["kind"]),
            sd=float(scatter["sd"]),
            unit=scatter["unit"],
            highest_total=float(scatter.get("highest_total", 1.0)),
            provenance=scatter["provenance"],
            source=scatter["source"],
        ),
    )


def _require_names(effect: Effect) -> None:
    """Every formula uses only what will have a value."""
    known = {parameter.name for parameter in effect.parameters}
    formulas = [(output.course, {"site", "session"}) for output in effect.outputs]
    if effect.delay_per_h is not None:
        formulas.append((effect.delay_per_h, set()))
    if effect.chance is not None:
        formulas.append((effect.chance, {"peak", "session"}))
    for formula, driven in formulas:
        missing = formula.names - known - driven
        if missing:
            raise Broken(f"'{formula.text}' uses {', '.join(sorted(missing))}, which is not defined")
    if (effect.site is Site.ARTERIAL_EFFECT_SITE) != (effect.delay_per_h is not None):
        raise Broken(f"{effect.id} needs a delay exactly where it answers to an effect site")


def _require_numbers(effect: Effect) -> None:
    """Values and spreads are numbers, and people can be drawn from them."""
    for parameter in effect.parameters:
        numbers = (parameter.value, parameter.variance, parameter.uncertainty)
        if not all(math.isfinite(number) for number in numbers):
            raise Broken(f"{parameter.name} has a value or a spread that is not a number")
        if "memory" in f"{parameter.provenance} {parameter.spread_provenance}".lower():
            raise Broken(f"{parameter.name} is from memory, which is no source")
    varying = {name.removeprefix(f"{effect.id}.") for name in effect.varying}
    for pair, value in effect.correlations.items():
        if not set(pair) <= varying or len(set(pair)) != 2:
            raise Broken(f"a correlation is of two parameters that vary, not of {' and '.join(pair)}")
        if not -1.0 < value < 1.0:
            raise Broken(f"the correlation of {' and '.join(pair)} is not between -1 and 1")
