"""How far each method is from the truth, over every shipped model.

The largest difference, as a share of the value or of a thousandth of the person's own peak, whichever is larger.

The truth for exact methods is the matrix exponential in extended precision; the integrator is held to the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from euthymia.pharmacology import Dose, Model, Person, Regimen, load_model, shipped_models
from euthymia.pharmacology.population import sample_effects
from euthymia.pharmacology.solve import closed_form, fast, integrator, propagated
from euthymia.pharmacology.solve.system import LinearSystem, Values

PEOPLE, SEED = 12, 5
TIMES_H = np.concatenate([[0.0], np.geomspace(0.02, 24, 24)])
Long = np.longdouble


def measure() -> list[dict[str, Any]]:
    """One row per method."""
    worst = {"closed_form": 0.0, "compiled": 0.0, "integrator": 0.0, "float32": 0.0}
    for model_id in shipped_models():
        people = system(load_model(model_id), PEOPLE)
        true = np.stack([truth(people.person(place)) for place in range(PEOPLE)])
        found = {
            "closed_form": closed_form.solve(people, TIMES_H),
            "compiled": fast.solve(people, TIMES_H),
            "integrator": integrator.solve(people, TIMES_H, relative=1e-10, absolute_mg=1e-13),
            "float32": propagated.solve(people, TIMES_H, precision="float32"),
        }
        worst = {name: max(worst[name], error(values, true)) for name, values in found.items()}
    models = f"{len(shipped_models())} models, {PEOPLE} people each"
    targets = {"closed_form": 1e-9, "compiled": 1e-9, "integrator": 1e-6, "float32": 1e-4}
    return [
        {
            "name": f"{name}_max_rel_error",
            "value": float(f"{value:.2g}"),
            "unit": "share",
            "target": targets[name],
            "against": f"matrix exponentials in extended precision; {models}",
        }
        for name, value in worst.items()
    ]


def error(found: Values, true: Values) -> float:
    """The worst over people, times and outputs."""
    peak = np.abs(true).max(axis=1, keepdims=True)
    return float((np.abs(found - true) / (np.abs(true) + 1e-3 * np.where(peak > 0, peak, 1.0))).max())


def system(model: Model, people: int) -> LinearSystem:
    """Invented people with a dose by every route of the model, an effect site and an area."""
    doses = []
    for place, route in enumerate(model.card.routes):
        devices = route == "nasal" and model.mg_per_device is not None
        duration_h = 0.7 if route == "iv" else 0.0
        doses.append(Dose(model.card.drugs[0], route, 56.0 if devices else 50.0, 1.5 * place, duration_h=duration_h))
    child = model.card.oldest_y is not None and model.card.oldest_y < 18
    person = Person(model.card.youngest_y + 1 if child else 50.0, "male", 20.0 if child else 80.0)
    values = model.values(person, sample_effects(model, SEED, people))
    found = model.system(Regimen(tuple(doses)), values, people)
    return found.with_effect_site(model.parent(), share=0.5, ke0_per_h=5.01).with_area_under(0)


def truth(system: LinearSystem) -> Values:
    """Every output of one person, from event to event, (times, outputs)."""
    starts = [(float(entry.starts_h[0]), float(entry.duration_h[0])) for entry in system.inputs]
    moments = sorted(
        {start for start, _ in starts} | {start + lasts for start, lasts in starts} | set(TIMES_H.tolist())
    )
    grown = np.zeros((system.states + 1, system.states + 1), dtype=Long)
    grown[:-1, :-1] = system.rates[0]
    amounts = np.zeros(system.states + 1, dtype=Long)
    amounts[-1] = 1
    seen, now_h = {}, moments[0]
    for moment in moments:
        grown[:-1, -1] = 0
        for entry, (start_h, lasts_h) in zip(system.inputs, starts, strict=True):
            if lasts_h and start_h <= (now_h + moment) / 2 < start_h + lasts_h:
                grown[entry.state, -1] += Long(entry.amount[0]) / Long(lasts_h)
        amounts = _exponential(grown * (Long(moment) - Long(now_h))) @ amounts
        for entry, (start_h, lasts_h) in zip(system.inputs, starts, strict=True):
            if not lasts_h and start_h == moment:
                amounts[entry.state] += entry.amount[0]
        seen[moment], now_h = amounts[:-1].copy(), moment
    readout = system.readout[0].astype(Long)
    return np.stack([readout @ seen[moment] for moment in TIMES_H.tolist()]).astype(np.float64)


def _exponential(matrix: np.ndarray) -> np.ndarray:
    """exp of one matrix by its series, scaled and squared, in the widest floats this machine has."""
    size = float(np.abs(matrix).sum(axis=0).max())
    halvings = max(0, int(np.ceil(np.log2(size / 0.25)))) + 2 if size > 0 else 0
    scaled, term = matrix / Long(2) ** halvings, np.eye(len(matrix), dtype=Long)
    total = term.copy()
    for power in range(1, 30):
        term = term @ scaled / Long(power)
        total = total + term
    for _ in range(halvings):
        total = total @ total
    return total
