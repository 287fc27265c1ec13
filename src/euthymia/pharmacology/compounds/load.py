"""Reads the shipped models, defaults and effect data. The only place in this room that touches disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from math import log
from pathlib import Path
from types import MappingProxyType
from typing import Any

from euthymia.errors import Broken, ModelError
from euthymia.pharmacology.card import Card, Kind, Matrix, ParameterNote
from euthymia.pharmacology.expression import Expression
from euthymia.pharmacology.model import Entry, Flow, Model, Output, Parameter, Spread
from euthymia.pharmacology.person import Person
from euthymia.pharmacology.regimen import Route

_NOT_MODELS = frozenset({"defaults"})
# A chain of equal steps has modes that cannot be told apart. Its rates are moved this far apart, half up and half
# down; the course then changes by the square of it, 1e-8.
_CHAIN_SPLIT = 1e-4
# The person a card's parameter table is printed for.
_PRINTED_FOR = Person(age_y=45, sex="unspecified", weight_kg=70)


@cache
def shipped_models() -> tuple[str, ...]:
    """Ids of the models that can be loaded."""
    entries = _shipped().joinpath("compounds").iterdir()
    names = (entry.name.removesuffix(".toml") for entry in entries if entry.name.endswith(".toml"))
    return tuple(sorted(name for name in names if name not in _NOT_MODELS))


@cache
def read_data(folder: str, name: str) -> Mapping[str, Any]:
    """A shipped TOML file of this room as plain values."""
    import tomllib

    source = _shipped().joinpath(folder, f"{name}.toml")
    return MappingProxyType(tomllib.loads(source.read_text(encoding="utf-8")))


def _shipped() -> Path:
    # Not importlib.resources: it would be a third of the time this room takes to import.
    return Path(__file__).parents[1]


@cache
def load_model(model_id: str) -> Model:
    """A shipped model by id, with its card. Refuses (ModelError, path `model`) an id that is not shipped."""
    if model_id not in shipped_models():
        message = f"'{model_id}' is not shipped. Shipped: {', '.join(shipped_models())}."
        raise ModelError("unknown_model", "model", message)
    return model_from(read_data("compounds", model_id))


def model_from(data: Mapping[str, Any]) -> Model:
    """A model from plain values in the shape of the shipped files (docs/how-to/add-a-published-model.md).

    Refuses (ModelError, path `model`) what does not have that shape, or uses a name it does not define.
    """
    try:
        model = _model(data)
    except KeyError as error:
        raise ModelError("unreadable_model", "model", f"The model's data lack, or do not define, {error}.") from error
    except (SyntaxError, TypeError, ValueError, StopIteration, Broken) as error:
        raise ModelError("unreadable_model", "model", f"The model's data cannot be used: {error}.") from error
    return model


def _model(data: Mapping[str, Any]) -> Model:
    rows = _with_disposition(data)
    states, flow_rows = _chained(rows["state"], rows["flow"], rows["chain"])
    places = {name: place for place, name in enumerate(states)}
    model = Model(
        card=_card(data["card"]),
        parameters=tuple(_parameter(row) for row in rows["parameter"]),
        defined=tuple((row["name"], Expression(row["as"])) for row in rows["define"]),
        states=states,
        flows=tuple(_flow(row, places) for row in flow_rows),
        entries=tuple(_entry(row, places) for row in rows["input"]),
        outputs=tuple(
            Output(row["analyte"], places[row["state"]], Expression(row["volume_l"]), bool(row.get("parent", False)))
            for row in rows["output"]
        ),
        covariances=MappingProxyType({(row["of"][0], row["of"][1]): row["value"] for row in rows["covariance"]}),
        mg_per_device=data["card"].get("mg_per_device"),
        residual_log_sd=data["card"].get("residual_log_sd"),
    )
    model.parent()
    _require_names(model)
    notes = _parameter_notes(model, rows["parameter"], data["card"])
    return replace(model, card=replace(model.card, parameters=notes))


def _with_disposition(data: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The file's tables, after those of the model whose disposition it takes over."""
    names = ("parameter", "define", "state", "flow", "chain", "input", "output", "covariance")
    taken = _with_disposition(read_data("compounds", data["disposition"])) if "disposition" in data else {}
    source = data.get("disposition", "")
    rows: dict[str, list[dict[str, Any]]] = {}
    for name in names:
        own = {row["name"] for row in data.get(name, []) if "name" in row}
        # A row of the same name replaces the one taken over; what is read out is replaced as a whole.
        kept = [row for row in taken.get(name, []) if row.get("name", "") not in own]
        if name == "output" and data.get(name):
            kept = []
        rows[name] = [{"taken_from": source, **row} for row in kept] + list(data.get(name, []))
    return rows


def _chained(
    states: list[dict[str, Any]], flows: list[dict[str, Any]], chains: list[dict[str, Any]]
) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    """States and flows with every chain of equal steps written out."""
    names = [row["name"] for row in states]
    found = list(flows)
    for chain in chains:
        steps = int(chain["steps"])
        links = [f"{chain['name']}_{step}" for step in range(1, steps + 1)]
        names += links
        for source in chain["from"]:
            found.append({"from": source["state"], "to": links[0], "rate_per_h": source["rate_per_h"]})
        for step, link in enumerate(links):
            apart = 1 + _CHAIN_SPLIT * (2 * step / (steps - 1) - 1) if steps > 1 else 1.0
            rate = f"({steps} / ({chain['mean_time_h']})) * {apart}"
            last = step == steps - 1
            row = {"from": link, "to": chain["to"] if last else links[step + 1], "rate_per_h": rate}
            found.append(row | ({"fraction": chain["fraction"]} if last else {}))
    return tuple(names), found


def _parameter(row: Mapping[str, Any]) -> Parameter:
    return Parameter(
        name=row["name"],
        value=float(row.get("value", 0.0)),
        typical=Expression(row.get("typical", "value")),
        unit=row["unit"],
        variance=_variance(row),
        spread=Spread.LOGIT if "logit_sd" in row else Spread.LOG,
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
        fitted_age_y=(float(age[0]), float(age[1])) if age else None,
        fitted_weight_kg=(float(weight[0]), float(weight[1])) if weight else None,
        assumptions=tuple(row.get("assumptions", [])),
        checks_passed=tuple(row.get("checks_passed", [])),
        known_failures=tuple(row.get("known_failures", [])),
    )


def _require_names(model: Model) -> None:
    """Every formula of flows, inputs and outputs uses only names that will have a value."""
    known = set(model.values(_PRINTED_FOR, {})) | ({"devices", "earlier_devices"} if model.mg_per_device else set())
    formulas = [flow.rate_per_h for flow in model.flows] + [flow.fraction for flow in model.flows]
    formulas += [entry.fraction for entry in model.entries] + [output.volume_l for output in model.outputs]
    formulas += [entry.duration_h for entry in model.entries if entry.duration_h is not None]
    for formula in formulas:
        if formula.names - known:
            raise Broken(f"'{formula.text}' uses {', '.join(sorted(formula.names - known))}, which is not defined")


def _parameter_notes(model: Model, rows: list[dict[str, Any]], card: Mapping[str, Any]) -> tuple[ParameterNote, ...]:
    values = model.values(_PRINTED_FOR, {})
    return tuple(
        ParameterNote(
            name=row["name"],
            value=round(float(values[row["name"]]), 6),
            unit=row["unit"],
            provenance=row.get("provenance", row.get("taken_from") or card["provenance"]),
            spread=_spread_words(row),
            spread_provenance=row.get("spread_provenance", card["provenance"]) if _variance(row) else "",
        )
        for row in rows
    )


def _spread_words(row: Mapping[str, Any]) -> str:
    if "logit_sd" in row:
        return f"SD {row['logit_sd']:g} on the logit scale"
    if "cv" in row:
        return f"{row['cv']:.1%} CV"
    return f"variance {row['variance']:g} on the log scale" if "variance" in row else "none"
