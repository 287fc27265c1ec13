"""What the rows of a model file must say to one another: names that exist, once, in order; rates that are rates.

Each row carries its `path`, so that a refusal (ModelError) points at the field even where a part was taken over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from euthymia.errors import Broken
from euthymia.pharmacology.compounds.shape import Row, refuse
from euthymia.pharmacology.expression import FUNCTIONS, Expression, Values
from euthymia.pharmacology.model import DEVICE_WORDS, Model
from euthymia.pharmacology.person import Person

Rows = Mapping[str, list[Row]]
# A share is 1 at most; an apparent one, of a dose that was not told apart, may be more (simons_2022: 1.16).
_MOST_SHARE = 2.0


def require_names(rows: Rows, person: Person, *, devices: bool) -> None:
    """Refuses names given twice, unknown, used before they have a value, or defined through themselves."""
    _once(rows["parameter"] + rows["define"], set(person.covariates()) | set(FUNCTIONS) | {"value"})
    _once(rows["state"], set())
    formulas = {row["name"]: Expression(_formula(row)).names - {"value"} for row in _named(rows)}
    known = set(person.covariates())
    for row in _named(rows):
        field = f"{row['path']}.{'as' if 'as' in row else 'typical'}"
        _require_known(row["name"], formulas, known, field)
        known.add(row["name"])
    known |= set(DEVICE_WORDS) if devices else set()
    for text, path in _uses(rows):
        missing = Expression(text).names - known
        if missing:
            refuse("unknown_name", path, f"'{text}' uses {', '.join(sorted(missing))}, which is not defined.")


def require_states(rows: Rows, states: tuple[str, ...]) -> None:
    """Refuses flows, inputs and outputs that name a state there is not, and a state that is a link of a chain too."""
    for row in rows["chain"]:
        if taken := {f"{row['name']}_{step}" for step in range(1, row["steps"] + 1)} & _names(rows["state"]):
            refuse("duplicate", f"{row['path']}.name", f"Its link '{min(taken)}' has the name of a state.")
    fields = (("flow", "from"), ("flow", "to"), ("input", "state"), ("output", "state"), ("chain", "to"))
    for table, field in fields:
        for row in rows[table]:
            if field in row and row[field] not in states:
                refuse("unknown_name", f"{row['path']}.{field}", f"There is no state '{row[field]}'.")
    for row in rows["chain"]:
        for place, source in enumerate(row["from"]):
            if source["state"] not in states:
                refuse("unknown_name", f"{row['path']}.from[{place}].state", f"There is no state '{source['state']}'.")


def require_routes(card: Mapping[str, Any], rows: Rows) -> None:
    """Refuses a route of the card by which nothing enters, and ages the wrong way round."""
    entered = {row["route"] for row in rows["input"]}
    for place, route in enumerate(card["routes"]):
        if route not in entered:
            refuse("missing_field", f"model.card.routes[{place}]", f"No input says where a dose by {route} enters.")
    if card.get("oldest_y", card["youngest_y"]) < card["youngest_y"]:
        refuse("out_of_range", "model.card.oldest_y", "The oldest is younger than the youngest.")


def require_way_out(model: Model, values: Mapping[str, Values]) -> None:
    """Refuses a model with a state from which nothing ever leaves the body."""
    flows = [flow for flow in model.flows if float(flow.rate_per_h(values)) > 0]
    empties = {flow.source for flow in flows if flow.to is None}
    while more := {flow.source for flow in flows if flow.to in empties} - empties:
        empties |= more
    for place, name in enumerate(model.states):
        if place not in empties:
            refuse("never_empties", "model.flow", f"Nothing of what is in '{name}' ever leaves. Give it a way out.")


def require_outputs(rows: Rows, path: str) -> None:
    """Refuses outputs of one name, none or two that are the drug itself, and sums of what is not read."""
    analytes = [row["analyte"] for row in rows["output"]]
    parents = [row for row in rows["output"] if row.get("parent")]
    if not parents:
        refuse("missing_field", f"{path}.output", "One output needs parent = true: the drug itself.")
    if len(parents) > 1:
        refuse("duplicate", f"{parents[1]['path']}.parent", "Only one output is the drug itself.")
    for place, row in enumerate(rows["output"]):
        if row["analyte"] in analytes[:place]:
            refuse("duplicate", f"{row['path']}.analyte", f"'{row['analyte']}' is read twice.")
        for part, name in enumerate(row.get("sum_of", [])):
            plain = [other["analyte"] for other in rows["output"] if "sum_of" not in other]
            if name not in plain:
                refuse("unknown_name", f"{row['path']}.sum_of[{part}]", f"There is no output '{name}' with a state.")


def require_spreads(rows: Rows) -> None:
    """Refuses covariances of parameters that do not vary between people, or of the same pair twice."""
    varying = {row["name"] for row in rows["parameter"] if any(row.get(n) for n in ("cv", "variance", "logit_sd"))}
    seen: set[frozenset[str]] = set()
    for row in rows["covariance"]:
        for place, name in enumerate(row["of"]):
            if name not in varying:
                refuse("unknown_name", f"{row['path']}.of[{place}]", f"'{name}' does not vary between people.")
        pair = frozenset(row["of"])
        if pair in seen or len(pair) == 1:
            refuse("duplicate", f"{row['path']}.of", "Give each pair of different parameters once.")
        seen.add(pair)


def require_numbers(model: Model, rows: Rows, people: Sequence[Person]) -> dict[str, Values]:
    """The values for the first of these people. Refuses what for any of them is no rate, share or volume.

    That is: not finite, a rate or share below 0, a volume or time not above it.
    """
    if model.varying and np.linalg.eigvalsh(model.covariance).min() <= 0:
        refuse("out_of_range", "model.covariance", "These covariances are larger than the variances allow.")
    found = [_require_numbers_for(model, rows, person) for person in people]
    return found[0]


def _require_numbers_for(model: Model, rows: Rows, person: Person) -> dict[str, Values]:
    known = _evaluated(rows, person)
    known |= dict.fromkeys(DEVICE_WORDS, np.asarray(1.0)) if model.mg_per_device else {}
    for text, path in _uses(rows):
        value = _value(text, known, path)
        field = path.rsplit(".", 1)[1]
        if field in ("volume_l", "mean_time_h") and value <= 0:
            refuse("out_of_range", path, f"'{text}' is {value:g}; it must be above 0.")
        if field == "fraction" and value > _MOST_SHARE:
            refuse("out_of_range", path, f"'{text}' is {value:g}; a share cannot be above {_MOST_SHARE:g}.")
        if value < 0:
            code = "negative_rate" if field == "rate_per_h" else "out_of_range"
            whom = f"at {person.age_y:g} years and {person.weight_kg:g} kg"
            refuse(code, path, f"'{text}' is {value:g} {whom}; it cannot be below 0.")
    return known


def _evaluated(rows: Rows, person: Person) -> dict[str, Values]:
    known: dict[str, Values] = {name: np.asarray(value) for name, value in person.covariates().items()}
    for row in _named(rows):
        field = f"{row['path']}.{'as' if 'as' in row else 'typical' if 'typical' in row else 'value'}"
        value = _value(_formula(row), {**known, "value": np.asarray(float(row.get("value", 0.0)))}, field)
        if "logit_sd" in row and not 0 < value < 1:
            refuse("out_of_range", field, f"It is {value:g}; with logit_sd it must lie between 0 and 1.")
        known[row["name"]] = np.asarray(value)
    return known


def _value(text: Any, known: Mapping[str, Any], path: str) -> float:
    with np.errstate(all="ignore"):
        try:
            value = Expression(text)(known)
        except (ArithmeticError, ValueError, TypeError, Broken) as error:
            refuse("bad_formula", path, f"'{text}' has no value: {error}.")
    if value.shape or not np.isfinite(value):
        refuse("not_a_number", path, f"'{text}' does not give a finite number.")
    return float(value)


def _require_known(name: str, formulas: Mapping[str, frozenset[str]], known: set[str], path: str) -> None:
    for other in sorted(formulas[name] - known):
        if other not in formulas:
            refuse("unknown_name", path, f"'{name}' uses {other}, which is not defined.")
        if name in _reached(other, formulas):
            refuse("cycle", path, f"'{name}' is defined through itself, by way of {other}.")
        refuse("unknown_name", path, f"'{name}' uses {other}, which is defined only later. Change the order.")


def _reached(name: str, formulas: Mapping[str, frozenset[str]]) -> set[str]:
    """Every name a name is defined through, itself first."""
    seen, ahead = set(), [name]
    while ahead:
        here = ahead.pop()
        if here not in seen:
            seen.add(here)
            ahead += formulas.get(here, frozenset())
    return seen


def _names(rows: list[Row]) -> set[str]:
    return {row["name"] for row in rows}


def _once(rows: list[Row], taken: set[str]) -> None:
    seen = set(taken)
    for row in rows:
        if row["name"] in seen:
            refuse("duplicate", f"{row['path']}.name", f"'{row['name']}' is there already.")
        seen.add(row["name"])


def _named(rows: Rows) -> list[Row]:
    return rows["parameter"] + rows["define"]


def _formula(row: Row) -> Any:
    return row["as"] if "as" in row else row.get("typical", "value")


def _uses(rows: Rows) -> Iterator[tuple[Any, str]]:
    """Every formula outside the parameters, with its path."""
    fields = (
        ("flow", ("rate_per_h", "fraction")),
        ("chain", ("mean_time_h", "fraction")),
        ("input", ("fraction", "duration_h")),
        ("output", ("volume_l",)),
    )
    for table, names in fields:
        for row in rows[table]:
            yield from ((row[name], f"{row['path']}.{name}") for name in names if name in row)
    for row in rows["chain"]:
        for place, source in enumerate(row["from"]):
            yield source["rate_per_h"], f"{row['path']}.from[{place}].rate_per_h"
