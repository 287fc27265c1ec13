"""Reads the shipped models, defaults and effect data. The only place in this room that touches disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from math import log
from os import listdir
from os.path import dirname
from types import MappingProxyType
from typing import Any, NamedTuple

from euthymia.errors import ModelError
from euthymia.pharmacology.card import Card, Kind, Matrix, ParameterNote, RouteNote
from euthymia.pharmacology.compounds.sense import (
    require_names,
    require_numbers,
    require_outputs,
    require_routes,
    require_spreads,
    require_states,
    require_way_out,
)
from euthymia.pharmacology.compounds.shape import Row, checked_rows, refuse
from euthymia.pharmacology.expression import Expression, Values
from euthymia.pharmacology.model import Entry, FirstPass, Flow, Model, Output, Parameter, Spread, Term
from euthymia.pharmacology.person import Person
from euthymia.pharmacology.regimen import Route

# Not importlib.resources, nor pathlib: either would be a good part of the time this room takes to import.
_ROOM = dirname(dirname(__file__))
_NOT_MODELS = frozenset({"defaults"})
# A chain of equal steps has modes that cannot be told apart. Its rates are moved this far up and down with the mean
# time kept; the course then changes by less than the square of it, two parts in a million.
_CHAIN_SPLIT = 2e-3
# The person a card's parameter table is printed for.
_PRINTED_FOR = Person(age_y=45, sex="unspecified", weight_kg=70)


@cache
def shipped_models() -> tuple[str, ...]:
    """Ids of the models that can be loaded."""
    return tuple(sorted(set(_data_in("compounds")) - _NOT_MODELS))


@cache
def read_data(folder: str, name: str) -> Mapping[str, Any]:
    """A shipped TOML file of this room as plain values."""
    import tomllib

    with open(f"{_ROOM}/{folder}/{name}.toml", "rb") as source:
        return MappingProxyType(tomllib.load(source))


@cache
def _ways_in() -> frozenset[str]:
    """Routes whose way in is a file of its own."""
    return frozenset(_data_in("compounds/absorption"))


def _data_in(folder: str) -> list[str]:
    """Names of this room's data files in a folder."""
    return [name.removesuffix(".toml") for name in listdir(f"{_ROOM}/{folder}") if name.endswith(".toml")]


def load_model(model_id: str) -> Model:
    """A shipped model by id, with its card. Refuses (ModelError, path `model`) an id that is not shipped."""
    if not isinstance(model_id, str) or model_id not in shipped_models():
        message = f"'{model_id}' is not shipped. Shipped: {', '.join(shipped_models())}."
        raise ModelError("unknown_model", "model", message)
    return _loaded(model_id)


@cache
def _loaded(model_id: str) -> Model:
    return model_from(read_data("compounds", model_id))


def model_from(data: Mapping[str, Any]) -> Model:
    """A model from plain values in the shape of the shipped files (docs/how-to/add-a-published-model.md).

    Refuses (ModelError) what does not have that shape, with the path to the field, such as `model.parameter[3].unit`.
    """
    rows, head = _gathered(data, "model", ())
    require_names(rows, _PRINTED_FOR, devices="mg_per_device" in data["card"])
    states, flow_rows = _chained(rows["state"], rows["flow"], rows["chain"])
    require_states(rows, states)
    require_routes(data["card"], rows)
    require_outputs(rows, "model")
    require_spreads(rows)
    model = _model(data["card"], rows, states, flow_rows)
    values = require_numbers(model, rows, (_PRINTED_FOR, *_unlike(model.card)))
    require_way_out(model, values)
    notes = _parameter_notes(values, rows["parameter"], data["card"])
    first_pass = _first_pass(head.first_pass, rows["parameter"])
    if rows["turnover"]:
        # Imported here: most models have none.
        from euthymia.pharmacology.turnover import turnover_from

        model = replace(model, turnover=turnover_from(rows, frozenset(values)))
    return replace(model, first_pass=first_pass, card=_with_parts(replace(model.card, parameters=notes), head.parts))


def _unlike(card: Card) -> tuple[Person, Person]:
    """Two people far apart among those a model is for, so that a formula that turns negative is found out."""
    light_kg, heavy_kg = (40, 200) if card.oldest_y is None else (3, 100)
    return (
        Person(age_y=card.youngest_y, sex="male", weight_kg=light_kg),
        Person(age_y=card.oldest_y or 100, sex="female", weight_kg=heavy_kg, ancestry="asian_japanese"),
    )


class _Head(NamedTuple):
    """What a file says besides its rows: where an interaction acts, and the notes of the ways in it takes over."""

    first_pass: Mapping[str, Any] | None
    parts: tuple[RouteNote, ...]


def _model(
    card: Mapping[str, Any], rows: Mapping[str, list[Row]], states: tuple[str, ...], flow_rows: list[dict[str, Any]]
) -> Model:
    places = {name: place for place, name in enumerate(states)}
    return Model(
        card=_card(card),
        parameters=tuple(_parameter(row) for row in rows["parameter"]),
        defined=tuple((row["name"], Expression(row["as"])) for row in rows["define"]),
        states=states,
        flows=tuple(_flow(row, places) for row in flow_rows),
        entries=tuple(_entry(row, places) for row in rows["input"]),
        outputs=_outputs(rows["output"], places),
        covariances=MappingProxyType({(row["of"][0], row["of"][1]): row["value"] for row in rows["covariance"]}),
        mg_per_device=card.get("mg_per_device"),
        residual_log_sd=card.get("residual_log_sd"),
    )


def _gathered(data: Any, path: str, through: tuple[str, ...]) -> tuple[dict[str, list[Row]], _Head]:
    """The file's tables after those it takes over: another model's disposition, and ways in by route."""
    own = checked_rows(data, path)
    taken: dict[str, list[Row]] = {name: [] for name in own}
    head = _Head(None, ())
    if "disposition" in data:
        source = data["disposition"]
        if source in through or source not in shipped_models():
            code = "cycle" if source in through else "unknown_name"
            refuse(code, f"{path}.disposition", f"'{source}' is not another shipped model.")
        taken, head = _gathered(read_data("compounds", source), f"{path}.disposition", (*through, source))
    notes = list(head.parts)
    for place, route in enumerate(data.get("absorption", [])):
        here = f"{path}.absorption[{place}]"
        if route not in _ways_in():
            refuse("unknown_name", here, f"There is no way in '{route}'. Shipped: {', '.join(sorted(_ways_in()))}.")
        part = read_data("compounds/absorption", route)
        taken = _over(taken, checked_rows(part, here, part=True), "")
        notes.append(_route_note(part["part"]))
    first_pass = data.get("first_pass", head.first_pass)
    return _over(taken, own, data.get("disposition", "")), _Head(first_pass, tuple(notes))


def _over(taken: Mapping[str, list[Row]], own: Mapping[str, list[Row]], source: str) -> dict[str, list[Row]]:
    """Own rows after those taken over; a row of the same name, the ways in by a route and the outputs are replaced."""
    rows: dict[str, list[Row]] = {}
    for table, new in own.items():
        named = {row["name"]: row for row in new if "name" in row}
        routes = {row["route"] for row in new if "route" in row}
        kept = [] if table == "output" and new else taken[table]
        # In the place of the row it replaces: later rows may need its name.
        rows[table] = [
            named.get(row.get("name", ""), {"taken_from": source, **row})
            for row in kept
            if row.get("route", "") not in routes
        ]
        there = {row["name"] for row in kept if "name" in row}
        rows[table] += [row for row in new if row.get("name", "") not in there]
    return rows


def _outputs(rows: list[Row], places: Mapping[str, int]) -> tuple[Output, ...]:
    terms = {
        row["analyte"]: Term(places[row["state"]], Expression(row["volume_l"])) for row in rows if "sum_of" not in row
    }
    return tuple(
        Output(
            row["analyte"],
            tuple(terms[name] for name in row.get("sum_of", [row["analyte"]])),
            bool(row.get("parent", False)),
        )
        for row in rows
    )


def _first_pass(row: Mapping[str, Any] | None, parameters: list[Row]) -> FirstPass | None:
    if row is None:
        return None
    names = {parameter["name"] for parameter in parameters}
    liver, shares = tuple(row.get("liver", ())), dict(row.get("shares", {}))
    used = {"gut": row.get("gut"), "clearance": row.get("clearance")}
    used |= {f"liver[{place}]": name for place, name in enumerate(liver)}
    used |= {f"shares.{route}": name for route, name in shares.items()}
    for field, name in used.items():
        if name is not None and name not in names:
            refuse("unknown_name", f"model.first_pass.{field}", f"There is no parameter '{name}'.")
    return FirstPass(tuple(row["routes"]), row.get("gut"), liver, row.get("clearance"), MappingProxyType(shares))


def _route_note(part: Mapping[str, Any]) -> RouteNote:
    return RouteNote(part["route"], part["citation"], tuple(part["assumptions"]), tuple(part["known_failures"]))


def _with_parts(card: Card, parts: tuple[RouteNote, ...]) -> Card:
    """The card with the sentences of the ways in it takes over."""
    return replace(
        card,
        citation=card.citation + "".join(part.cited() for part in parts),
        assumptions=card.assumptions + tuple(words for part in parts for words in part.assumptions),
        known_failures=card.known_failures + tuple(words for part in parts for words in part.known_failures),
        by_route=parts,
    )


def _chained(states: list[Row], flows: list[Row], chains: list[Row]) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    """States and flows with every chain of equal steps written out."""
    names = [row["name"] for row in states]
    found = list(flows)
    for chain in chains:
        steps = chain["steps"]
        links = [f"{chain['name']}_{step}" for step in range(1, steps + 1)]
        names += links
        for source in chain["from"]:
            found.append({"from": source["state"], "to": links[0], "rate_per_h": source["rate_per_h"]})
        apart = _apart(steps)
        for step, link in enumerate(links):
            rate = f"({steps} / ({chain['mean_time_h']})) * {apart[step]!r}"
            last = step == steps - 1
            row = {"from": link, "to": chain["to"] if last else links[step + 1], "rate_per_h": rate}
            found.append(row | ({"fraction": chain["fraction"]} if last and "fraction" in chain else {}))
    return tuple(names), found


def _apart(steps: int) -> list[float]:
    """Factors a little different for each step, whose steps together take as long as equal ones."""
    if steps == 1:
        return [1.0]
    factors = [1 + _CHAIN_SPLIT * (2 * step / (steps - 1) - 1) for step in range(steps)]
    longer = sum(1 / factor for factor in factors) / steps
    return [factor * longer for factor in factors]


def _parameter(row: Mapping[str, Any]) -> Parameter:
    return Parameter(
        name=row["name"],
        value=float(row.get("value", 0.0)),
        typical=Expression(row.get("typical", "value")),
        unit=row["unit"],
        variance=_variance(row),
        spread=Spread.LOGIT if "logit_sd" in row else Spread.LOG,
        occasion_variance=float(row.get("occasion_variance", 0.0)),
    )


def _variance(row: Mapping[str, Any]) -> float:
    """Variance on the log (or logit) scale. A coefficient of variation is that of the log-normal value itself."""
    if "logit_sd" in row:
        return float(row["logit_sd"]) ** 2
    if "cv" in row:
        return log(1 + float(row["cv"]) ** 2)
    return float(row.get("variance", 0.0))


def _flow(row: Mapping[str, Any], places: Mapping[str, int]) -> Flow:
    to = places[row["to"]] if "to" in row else None
    return Flow(places[row["from"]], to, Expression(row["rate_per_h"]), Expression(row.get("fraction", 1)))


def _entry(row: Mapping[str, Any], places: Mapping[str, int]) -> Entry:
    duration_h = Expression(row["duration_h"]) if "duration_h" in row else None
    return Entry(Route(row["route"]), places[row["state"]], Expression(row["fraction"]), duration_h)


def _card(row: Mapping[str, Any]) -> Card:
    age, weight = row.get("fitted_age_y"), row.get("fitted_weight_kg")
    return Card(
        id=row["id"],
        title=row["title"],
        kind=Kind(row["kind"]),
        matrix=Matrix(row["matrix"]),
        matrix_note=row["matrix_note"],
        citation=row["citation"],
        doi=row.get("doi"),
        provenance=row["provenance"],
        fitted_on=row["fitted_on"],
        drugs=tuple(row["drugs"]),
        routes=tuple(row["routes"]),
        valid_for=row["valid_for"],
        youngest_y=float(row["youngest_y"]),
        oldest_y=float(row["oldest_y"]) if "oldest_y" in row else None,
        fitted_age_y=(float(age[0]), float(age[1])) if age else None,
        fitted_weight_kg=(float(weight[0]), float(weight[1])) if weight else None,
        assumptions=tuple(row.get("assumptions", [])),
        checks_passed=tuple(row.get("checks_passed", [])),
        known_failures=tuple(row.get("known_failures", [])),
    )


def _parameter_notes(
    values: Mapping[str, Values], rows: list[Row], card: Mapping[str, Any]
) -> tuple[ParameterNote, ...]:
    return tuple(
        ParameterNote(
            name=row["name"],
            value=round(float(values[row["name"]]), 6),
            unit=row["unit"],
            provenance=str(row.get("provenance") or row.get("taken_from") or card["provenance"]),
            spread=_spread_words(row),
            spread_provenance=row.get("spread_provenance", card["provenance"]) if _spread_words(row) != "none" else "",
        )
        for row in rows
    )


def _spread_words(row: Mapping[str, Any]) -> str:
    words = []
    if "logit_sd" in row:
        words.append(f"SD {row['logit_sd']:g} on the logit scale")
    elif "cv" in row:
        words.append(f"{row['cv']:.1%} CV")
    elif row.get("variance"):
        words.append(f"variance {row['variance']:g} on the log scale")
    if row.get("occasion_variance"):
        words.append(f"variance {row['occasion_variance']:g} on the log scale from occasion to occasion")
    return ", ".join(words) or "none"
