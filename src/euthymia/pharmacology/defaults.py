"""Which model answers when nobody names one, and which one drives each effect."""

from __future__ import annotations

from typing import NamedTuple

from euthymia.errors import ModelError
from euthymia.pharmacology.compounds.load import load_model, read_data
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.regimen import Drug, Regimen, Route


class Choice(NamedTuple):
    """Ids of the model shown and of those that drive effects; None where no effect is offered."""

    shown: str
    arterial: str | None
    venous: str | None


def choices() -> dict[tuple[str, str], Choice]:
    """Every drug and route that has a model."""
    rows = read_data("compounds", "defaults")["default"]
    return {(row["drug"], row["route"]): Choice(row["shown"], row.get("arterial"), row.get("venous")) for row in rows}


def default_model(drug: Drug | str, route: Route | str) -> Model:
    """The model that answers for a drug and route; refuses (ModelError) where there is none, saying why."""
    return load_model(_choice(str(drug), str(route), "doses[0].route").shown)


def choice_for(regimen: Regimen) -> Choice:
    """The models for a regimen: those of its first route that cover all its routes, else of another route."""
    drug, routes = str(regimen.drug), [str(route) for route in regimen.routes]
    first = {str(dose.route): place for place, dose in reversed(list(enumerate(regimen)))}
    found = [_choice(drug, route, f"doses[{first[route]}].route") for route in routes]
    for choice in found:
        if set(routes) <= set(load_model(choice.shown).card.routes):
            return choice
    message = f"No model covers {drug} by all of: {', '.join(routes)}. Simulate each route on its own."
    raise ModelError("no_model", "doses", message)


def _choice(drug: str, route: str, path: str) -> Choice:
    choice = choices().get((drug, route))
    if choice is None:
        known = {(row["drug"], row["route"]): row["why"] for row in read_data("compounds", "defaults")["none"]}
        why = known.get((drug, route), "no published model was found")
        raise ModelError("no_model", path, f"There is no model of {drug} by the route {route}: {why}.")
    return choice
