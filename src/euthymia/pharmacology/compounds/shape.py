"""The shape of a model file: which tables, which fields, which kind of value. Every refusal names the field.

Only what can be told from one row by itself is told here; what the rows say to one another is in `sense.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from euthymia.errors import Broken, ModelError
from euthymia.number import is_number, is_whole
from euthymia.pharmacology.card import Kind, Matrix
from euthymia.pharmacology.expression import Expression
from euthymia.pharmacology.regimen import Drug, Route

Row = dict[str, Any]
# A chain is written out state by state, so a slip of the pen here would never end.
MOST_STEPS = 50
MOST_ROWS = 200


def refuse(code: str, path: str, message: str) -> NoReturn:
    """ModelError with the path to the field, as in `model.parameter[3].unit`."""
    raise ModelError(code, path, message)


def text(value: Any, path: str) -> None:
    """A text with something in it."""
    if not isinstance(value, str) or not value.strip():
        refuse("not_text", path, "Give a text that says something.")


def origin(value: Any, path: str) -> None:
    """Where a number is from. What somebody remembers is no source."""
    text(value, path)
    if "memory" in value.lower():
        refuse("no_source", path, "A number from memory decides nothing. Find its source, or leave it out.")


def number(value: Any, path: str) -> None:
    """A finite number; true and false are none."""
    if not is_number(value):
        refuse("not_a_number", path, "Give a finite number.")


def size(value: Any, path: str) -> None:
    """A finite number, 0 or more."""
    number(value, path)
    if value < 0:
        refuse("out_of_range", path, f"{value:g} is below 0.")


def steps(value: Any, path: str) -> None:
    """How many equal steps a chain has."""
    if not is_whole(value) or not 1 <= value <= MOST_STEPS:
        refuse("out_of_range", path, f"Give a whole number from 1 to {MOST_STEPS}.")


def formula(value: Any, path: str) -> None:
    """Arithmetic that can be read; whether its names exist is told later."""
    if not isinstance(value, str):
        number(value, path)
    try:
        Expression(value)
    except (SyntaxError, ValueError, Broken) as error:
        refuse("bad_formula", path, f"This is not arithmetic that can be read: {error}.")


def truth(value: Any, path: str) -> None:
    """true or false."""
    if not isinstance(value, bool):
        refuse("not_a_truth", path, "Give true or false.")


def texts(value: Any, path: str) -> None:
    """A list of texts, which may be empty."""
    if not isinstance(value, list):
        refuse("not_a_list", path, "Give a list of texts.")
    for place, one in enumerate(value):
        text(one, f"{path}[{place}]")


def two_texts(value: Any, path: str) -> None:
    """Two names."""
    texts(value, path)
    if len(value) != 2:
        refuse("not_a_pair", path, "Give two names.")


def bounds(value: Any, path: str) -> None:
    """A lower and an upper number."""
    if not isinstance(value, list) or len(value) != 2:
        refuse("not_a_pair", path, "Give the lowest and the highest.")
    for place, one in enumerate(value):
        number(one, f"{path}[{place}]")
    if value[0] > value[1]:
        refuse("out_of_range", path, "The lowest comes first.")


def links(value: Any, path: str) -> None:
    """What feeds a chain."""
    if not isinstance(value, list) or not value:
        refuse("not_a_list", path, "Give what feeds the chain, one row or more.")
    for place, row in enumerate(value):
        _checked(row, {"state": (text, True), "rate_per_h": (formula, True)}, f"{path}[{place}]")


def one_of(words: type[Kind] | type[Matrix] | type[Route] | type[Drug]) -> Callable[[Any, str], None]:
    """A word from a closed list."""

    def check(value: Any, path: str) -> None:
        if value not in list(words):
            refuse("unknown_word", path, f"'{value}' is not known. Use one of: {', '.join(words)}.")

    return check


def some_of(words: type[Route] | type[Drug]) -> Callable[[Any, str], None]:
    """A list of one or more words from a closed list."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, list) or not value:
            refuse("not_a_list", path, "Give a list of one or more.")
        for place, one in enumerate(value):
            one_of(words)(one, f"{path}[{place}]")

    return check


def shares(value: Any, path: str) -> None:
    """Route by route, the parameter that says how much reaches the blood."""
    if not isinstance(value, dict):
        refuse("not_a_table", path, "Give a table of routes and parameter names.")
    for route, name in value.items():
        one_of(Route)(route, f"{path}.{route}")
        text(name, f"{path}.{route}")


Field = tuple[Callable[[Any, str], None], bool]
_MUST, _MAY = True, False
CARD: Mapping[str, Field] = {
    **dict.fromkeys(("id", "title", "matrix_note", "citation", "fitted_on", "valid_for"), (text, _MUST)),
    "provenance": (origin, _MUST),
    "kind": (one_of(Kind), _MUST),
    "matrix": (one_of(Matrix), _MUST),
    "drugs": (some_of(Drug), _MUST),
    "routes": (some_of(Route), _MUST),
    "youngest_y": (size, _MUST),
    "oldest_y": (size, _MAY),
    "doi": (text, _MAY),
    "fitted_age_y": (bounds, _MAY),
    "fitted_weight_kg": (bounds, _MAY),
    "assumptions": (texts, _MAY),
    "checks_passed": (texts, _MAY),
    "known_failures": (texts, _MAY),
    "mg_per_device": (size, _MAY),
    "residual_log_sd": (size, _MAY),
}
PART: Mapping[str, Field] = {
    "route": (one_of(Route), _MUST),
    "citation": (text, _MUST),
    "assumptions": (texts, _MUST),
    "known_failures": (texts, _MUST),
}
FIRST_PASS: Mapping[str, Field] = {
    "routes": (some_of(Route), _MUST),
    "gut": (text, _MAY),
    "liver": (texts, _MAY),
    "clearance": (text, _MAY),
    "shares": (shares, _MAY),
}
TABLES: Mapping[str, Mapping[str, Field]] = {
    "parameter": {
        "name": (text, _MUST),
        "value": (number, _MAY),
        "unit": (text, _MUST),
        "typical": (formula, _MAY),
        **dict.fromkeys(("cv", "variance", "logit_sd", "occasion_variance"), (size, _MAY)),
        **dict.fromkeys(("provenance", "spread_provenance"), (origin, _MAY)),
        "source": (text, _MAY),
    },
    "define": {"name": (text, _MUST), "as": (formula, _MUST)},
    "state": {"name": (text, _MUST)},
    "flow": {"from": (text, _MUST), "to": (text, _MAY), "rate_per_h": (formula, _MUST), "fraction": (formula, _MAY)},
    "chain": {
        "name": (text, _MUST),
        "from": (links, _MUST),
        "steps": (steps, _MUST),
        "mean_time_h": (formula, _MUST),
        "to": (text, _MUST),
        "fraction": (formula, _MAY),
    },
    "input": {
        "route": (one_of(Route), _MUST),
        "state": (text, _MUST),
        "fraction": (formula, _MUST),
        "duration_h": (formula, _MAY),
    },
    "output": {
        "analyte": (text, _MUST),
        "state": (text, _MAY),
        "volume_l": (formula, _MAY),
        "sum_of": (texts, _MAY),
        "parent": (truth, _MAY),
    },
    "covariance": {"of": (two_texts, _MUST), "value": (number, _MUST)},
    "effect_site": {"name": (text, _MUST), "of": (text, _MUST), "ke0_per_h": (formula, _MUST)},
    "signal": {"name": (text, _MUST), "as": (formula, _MUST)},
    "turnover": {
        **dict.fromkeys(("name", "unit"), (text, _MUST)),
        **dict.fromkeys(("start", "change"), (formula, _MUST)),
        "provenance": (origin, _MAY),
        "source": (text, _MAY),
    },
}
_SPREADS = ("cv", "variance", "logit_sd")


def checked_rows(data: Any, path: str, *, part: bool = False) -> dict[str, list[Row]]:
    """The tables of one file, every row carrying its `path`. Refuses (ModelError) what has not the shape.

    part: a file with the way in by one route, which has `[part]` in the place of `[card]`.
    """
    if not isinstance(data, Mapping):
        refuse("not_a_table", path, "Give the tables of a model.")
    head = {"part": PART} if part else {"card": CARD}
    known = {*TABLES, *head} | (set() if part else {"disposition", "absorption", "first_pass"})
    for name in data:
        if name not in known:
            refuse("unknown_field", f"{path}.{name}", f"A model file has no '{name}'. It has: {_list(known)}.")
    if "absorption" in data:
        texts(data["absorption"], f"{path}.absorption")
    for name, fields in head.items():
        _checked(_present(data, name, path), fields, f"{path}.{name}")
    if "first_pass" in data:
        _checked(data["first_pass"], FIRST_PASS, f"{path}.first_pass")
    return {name: _rows(data.get(name, []), name, f"{path}.{name}") for name in TABLES}


def _rows(value: Any, table: str, path: str) -> list[Row]:
    if not isinstance(value, list):
        refuse("not_a_list", path, f"Give {table} as a list of tables.")
    if len(value) > MOST_ROWS:
        refuse("too_many", path, f"A model holds at most {MOST_ROWS} of these.")
    found = []
    for place, row in enumerate(value):
        here = f"{path}[{place}]"
        _checked(row, TABLES[table], here)
        if table == "parameter":
            _require_value(row, here)
        if table == "output":
            _require_source(row, here)
        found.append({**row, "path": here})
    return found


def _require_value(row: Mapping[str, Any], path: str) -> None:
    """A parameter has a value, or a formula that needs none; and one kind of spread."""
    if "value" not in row and "value" in Expression(row.get("typical", "value")).names:
        refuse("missing_field", f"{path}.value", "'value' is missing.")
    given = [name for name in _SPREADS if name in row]
    if len(given) > 1:
        refuse("duplicate", f"{path}.{given[1]}", f"The spread is given twice, as {given[0]} and {given[1]}.")


def _require_source(row: Mapping[str, Any], path: str) -> None:
    """An output is read from a state over a volume, or is the sum of others."""
    if "sum_of" in row:
        for name in ("state", "volume_l"):
            if name in row:
                refuse("unknown_field", f"{path}.{name}", "The sum of other outputs has no state of its own.")
        return
    for name in ("state", "volume_l"):
        _present(row, name, path)


def _checked(row: Any, fields: Mapping[str, Field], path: str) -> None:
    if not isinstance(row, Mapping):
        refuse("not_a_table", path, "Give a table of fields.")
    for name in row:
        if name not in fields:
            refuse("unknown_field", f"{path}.{name}", f"There is no field '{name}' here. Known: {_list(fields)}.")
    for name, (check, required) in fields.items():
        if required:
            _present(row, name, path)
        if name in row:
            check(row[name], f"{path}.{name}")


def _present(row: Mapping[str, Any], name: str, path: str) -> Any:
    if name not in row:
        refuse("missing_field", f"{path}.{name}", f"'{name}' is missing.")
    return row[name]


def _list(words: Any) -> str:
    return ", ".join(sorted(words))
