"""A trial design as a document: who, which arms, what is measured when, and what was published.

Read from TOML or JSON, by a path or by the name of one shipped in the gallery.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from euthymia.care.facts import FACTS
from euthymia.errors import BadInput
from euthymia.response import Scale

GALLERY = "gallery"
BODY = {"bmi_kg_m2", "height_cm", "age_y"}


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm: how many persons, and its sessions.

    protocol: the care protocol that doses it; empty for a control arm whose sessions carry no ketamine.
    days: days of the sessions, the first at 0.
    """

    id: str
    name: str
    persons: int
    days: tuple[float, ...]
    protocol: str = ""


@dataclass(frozen=True, slots=True)
class Chance:
    """A share of candidates for whom a fact has this value instead of the one that raises no question."""

    fact: str
    value: str | bool
    share: float
    source: str


@dataclass(frozen=True, slots=True)
class Spread:
    """A number of the body, spread normally over the candidates."""

    mean: float
    sd: float
    source: str


@dataclass(frozen=True, slots=True)
class Population:
    """Who is asked: ratings before treatment, body, and how common the facts are that keep people out.

    baseline_mean, baseline_sd, entry_minimum: points of the endpoint's scale.   body: `bmi_kg_m2`, `height_cm` and
    `age_y`.   Facts without a chance have the answer that raises no question.
    """

    baseline_mean: float
    baseline_sd: float
    baseline_source: str
    entry_minimum: float
    entry_source: str
    body: Mapping[str, Spread]
    chances: tuple[Chance, ...]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What is rated and when, and the share of improvement that counts as response."""

    scale: Scale
    at_day: float
    response_share: float


@dataclass(frozen=True, slots=True)
class PublishedResult:
    """A printed number with its 95 % interval, named by the estimand it answers."""

    estimand: str
    value: float
    low: float | None
    high: float | None
    source: str
    provenance: str


@dataclass(frozen=True, slots=True)
class Design:
    """A whole design. `hash` names it: the same content has the same hash, whatever file it came from.

    eligibility_protocol: the rules that say who may enter.   protocol_values: care protocol → its holes, filled for
    this trial; what stays open may refuse everybody.
    """

    id: str
    title: str
    citation: str
    eligibility_protocol: str
    endpoint: Endpoint
    population: Population
    arms: tuple[Arm, ...]
    control: str
    published: tuple[PublishedResult, ...]
    protocol_values: Mapping[str, Mapping[str, float]]
    hash: str

    def arm(self, ident: str) -> Arm:
        return next(arm for arm in self.arms if arm.id == ident)


def gallery() -> tuple[str, ...]:
    """Names of the designs that are shipped."""
    folder = files("euthymia.research").joinpath(GALLERY)
    return tuple(sorted(e.name.removesuffix(".toml") for e in folder.iterdir() if e.name.endswith(".toml")))


def load_design(name_or_path: str) -> Design:
    """The design of a gallery name or of a TOML or JSON file; refuses what cannot be read as one."""
    if name_or_path in gallery():
        text = files("euthymia.research").joinpath(GALLERY, f"{name_or_path}.toml").read_text(encoding="utf-8")
        return design_from(_parsed(text, toml=True))
    path = Path(name_or_path)
    if not path.is_file():
        shipped = ", ".join(gallery())
        raise BadInput("unknown_design", "DESIGN", f"'{name_or_path}' is neither a file nor shipped ({shipped}).")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput("unreadable", "DESIGN", f"'{name_or_path}' cannot be read as text: {error}.") from error
    return design_from(_parsed(text, toml=path.suffix != ".json"))


def _parsed(text: str, *, toml: bool) -> Mapping[str, Any]:
    try:
        data = tomllib.loads(text) if toml else json.loads(text)
    except ValueError as error:
        raise BadInput(
            "not_a_document", "DESIGN", f"The design is not {'TOML' if toml else 'JSON'}: {error}."
        ) from error
    if not isinstance(data, dict):
        raise BadInput("not_a_document", "DESIGN", "A design is a table of names and values.")
    return data


def design_from(data: Mapping[str, Any]) -> Design:
    """A design from plain values; refuses what is missing, of the wrong kind or not consistent."""
    try:
        design = _built(data)
    except KeyError as error:
        raise BadInput("missing", str(error.args[0]), f"The design lacks '{error.args[0]}'.") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise BadInput("wrong_kind", "DESIGN", f"A value in the design is of the wrong kind: {error}.") from error
    _check(design)
    return design


def _built(data: Mapping[str, Any]) -> Design:
    endpoint, people = data["endpoint"], data["population"]
    scale = endpoint["scale"]
    return Design(
        id=str(data["id"]),
        title=str(data["title"]),
        citation=str(data["citation"]),
        eligibility_protocol=str(data["eligibility_protocol"]),
        endpoint=Endpoint(
            Scale(str(scale["instrument"]), float(scale["minimum"]), float(scale["maximum"])),
            float(endpoint["at_day"]),
            float(endpoint["response_share"]),
        ),
        population=_population(people),
        arms=tuple(_arm(row) for row in data["arm"]),
        control=str(data["control"]),
        published=tuple(_published(row) for row in data.get("published", [])),
        protocol_values={name: dict(values) for name, values in data.get("protocol_values", {}).items()},
        hash=hashlib.sha256(json.dumps(data, sort_keys=True, default=str).encode()).hexdigest()[:16],
    )


def _population(row: Mapping[str, Any]) -> Population:
    return Population(
        baseline_mean=float(row["baseline_mean"]),
        baseline_sd=float(row["baseline_sd"]),
        baseline_source=str(row["baseline_source"]),
        entry_minimum=float(row["entry_minimum"]),
        entry_source=str(row["entry_source"]),
        body={
            name: Spread(float(spread["mean"]), float(spread["sd"]), str(spread["source"]))
            for name, spread in row["body"].items()
        },
        chances=tuple(
            Chance(str(chance["fact"]), chance["value"], float(chance["share"]), str(chance["source"]))
            for chance in row.get("chance", [])
        ),
    )


def _arm(row: Mapping[str, Any]) -> Arm:
    return Arm(
        id=str(row["id"]),
        name=str(row["name"]),
        persons=int(row["persons"]),
        days=tuple(float(day) for day in row["days"]),
        protocol=str(row.get("protocol", "")),
    )


def _published(row: Mapping[str, Any]) -> PublishedResult:
    low, high = row.get("low"), row.get("high")
    return PublishedResult(
        estimand=str(row["estimand"]),
        value=float(row["value"]),
        low=None if low is None else float(low),
        high=None if high is None else float(high),
        source=str(row["source"]),
        provenance=str(row["provenance"]),
    )


def _check(design: Design) -> None:
    ids = [arm.id for arm in design.arms]
    if len(ids) < 2 or len(set(ids)) != len(ids):
        raise BadInput("arms", "arm", "A design needs at least two arms, each with its own id.")
    if design.control not in ids:
        raise BadInput("control", "control", f"'{design.control}' is not one of the arms: {', '.join(ids)}.")
    for index, arm in enumerate(design.arms):
        if not 2 <= arm.persons <= 100_000:
            raise BadInput("persons", f"arm[{index}].persons", "An arm has between 2 and 100000 persons.")
        if not arm.days or any(day < 0 for day in arm.days) or sorted(set(arm.days)) != list(arm.days):
            raise BadInput("days", f"arm[{index}].days", "Session days increase, and none is below 0.")
    if not 0 < design.endpoint.at_day <= 3650:
        raise BadInput("endpoint", "endpoint.at_day", "The endpoint lies within ten years after the first session.")
    if not 0 < design.endpoint.response_share < 1:
        raise BadInput("endpoint", "endpoint.response_share", "Response is a share between 0 and 1, usually 0.5.")
    _check_people(design.population, design.endpoint.scale)


def _check_people(people: Population, scale: Scale) -> None:
    if not scale.minimum < people.baseline_mean < scale.maximum or not 0 < people.baseline_sd < scale.width:
        raise BadInput("baseline", "population", "Baseline mean and spread must lie within the scale.")
    if people.entry_minimum > people.baseline_mean + 2 * people.baseline_sd:
        raise BadInput("entry_minimum", "population.entry_minimum", "Almost nobody would reach this entry minimum.")
    if set(people.body) != BODY:
        raise BadInput("body", "population.body", f"A body has exactly: {', '.join(sorted(BODY))}.")
    for index, chance in enumerate(people.chances):
        if not 0 <= chance.share <= 1:
            raise BadInput("share", f"population.chance[{index}].share", "A share lies between 0 and 1.")
        if chance.fact not in FACTS:
            raise BadInput("unknown_fact", f"population.chance[{index}].fact", f"No rule asks for '{chance.fact}'.")
