"""Reads the priors, targets and dose table shipped with this room. The only place in it that touches disk."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from euthymia.errors import BadInput
from euthymia.response.prior import Card, Effects, Noise, Parameter, Prior, Shape

DEFAULT_PRIOR = "depression_ketamine_v2"
NOT_PRIORS = {"targets", "relative_dose", "trial_settings", "ds005917", "antidepressant_onset"}


def read_data(name: str) -> dict[str, Any]:
    """A shipped TOML file of `priors/` as plain values; refuses a name that is not shipped."""
    source = files("euthymia.response").joinpath("priors", f"{name}.toml")
    if "/" in name or "\\" in name or not source.is_file():
        raise BadInput("unknown_prior", "prior", f"'{name}' is not shipped. Shipped: {', '.join(shipped_priors())}.")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def shipped_priors() -> tuple[str, ...]:
    """Names of the priors that can be loaded."""
    folder = files("euthymia.response").joinpath("priors")
    names = (entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return tuple(sorted(name for name in names if name not in NOT_PRIORS))


@cache
def load_prior(name: str = DEFAULT_PRIOR) -> Prior:
    """A shipped prior by name, with its card."""
    return prior_from(read_data(name))


def prior_from(data: Mapping[str, Any]) -> Prior:
    """A prior from plain values in the shape of the shipped files."""
    card = data["card"]
    return Prior(
        card=Card(
            id=card["id"],
            status=card["status"],
            fitted_on=card["fitted_on"],
            valid_for=card["valid_for"],
            not_for=card["not_for"],
            sources=tuple(card["sources"]),
        ),
        traits=tuple(_parameter(row) for row in data["trait"]),
        noise=_noise(data["noise"]),
        noise_by_instrument=MappingProxyType({row["instrument"]: _noise(row) for row in data.get("instrument", [])}),
        effects=Effects(**{row["name"]: float(row["value"]) for row in data["effect"]}),
        dropout_per_week=float(data["dropout"]["per_week"]),
    )


def _parameter(row: Mapping[str, Any]) -> Parameter:
    return Parameter(
        name=row["name"],
        middle=float(row["middle"]),
        spread=float(row["spread"]),
        shape=Shape(row["shape"]),
        unit=row["unit"],
        between_settings=float(row.get("between_settings", 0.0)),
        how=row["how"],
        sources=tuple(row["sources"]),
    )


def _noise(row: Mapping[str, Any]) -> Noise:
    return Noise(float(row["measurement"]), float(row["weather"]), float(row["weather_days"]))
