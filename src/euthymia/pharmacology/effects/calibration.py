"""How the numbers of assembled effects are worked out from published summaries; a test works them out again.

The files hold the results, so nothing here runs while a person waits. Every function is plain arithmetic on invented
people with a fixed seed: `worked_out("blood_pressure")` gives what effects/blood_pressure.toml says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from euthymia.errors import BadInput
from euthymia.pharmacology.compounds.load import load_model, read_data
from euthymia.pharmacology.expression import Values, expit, logit
from euthymia.pharmacology.person import Person
from euthymia.pharmacology.population import sample_effects, standard_normals
from euthymia.pharmacology.regimen import Dose, Regimen
from euthymia.pharmacology.solve import closed_form

PEOPLE = 10_000
SEED = 11
_HALVINGS = 50
# Highest slope that is looked for; ten times what any source suggests.
_STEEPEST = 1.0
_MOST_SPREAD = 3.0


def worked_out(effect_id: str) -> dict[str, float]:
    """The numbers of one assembled effect, by name of parameter or, for a scatter, `<output>.scatter`.

    Refuses (BadInput) an effect whose numbers were published as they are.
    """
    data = read_data("effects", effect_id)
    ways: Mapping[str, Callable[[Mapping[str, Any]], dict[str, float]]] = {
        "blood_pressure": _from_maxima,
        "pulse": _from_a_mean,
        "sedation": _from_shares,
        "nausea": _from_shares,
    }
    if effect_id not in ways:
        raise BadInput("not_worked_out", "effect", f"The numbers of '{effect_id}' are published ones or assumptions.")
    return ways[effect_id](data)


def expected_largest(readings: int) -> float:
    """The mean of the largest of so many independent standard normal numbers: 0.846 of three, 1.029 of four."""
    grid = np.linspace(-9.0, 9.0, 18_001)
    density = np.exp(-(grid**2) / 2) / math.sqrt(2 * math.pi)
    step = grid[1] - grid[0]
    below = np.cumsum(density) * step - density * step / 2
    return float(readings * np.sum(grid * density * below ** (readings - 1)) * step)


def scatter_from_placebo(mean_largest_rise: float, readings: int) -> float:
    """Standard deviation of one reading that alone makes this mean of individual largest rises.

    The reading before the dose scatters too, but its mean over people is nothing.
    """
    return mean_largest_rise / expected_largest(readings)


def mean_of_largest_rises(slope: float, log_sd: float, levels: Values, scatter_sd: float) -> float:
    """Mean over people of each one's largest rise among the readings, in the unit of `scatter_sd`.

    levels: ng/mL at the readings, (people, readings).   slope: of the typical person; others by `log_sd`.
    """
    people, readings = levels.shape
    names = [f"calibration.reading_{place}" for place in range(readings)]
    scatter = scatter_sd * standard_normals(names, SEED, people, 0)
    slopes = slope * np.exp(log_sd * standard_normals(["calibration.slope"], SEED, people, 0))
    return float((slopes * levels + scatter).max(axis=1).mean())


def venous_levels(regimen: Regimen, person: Person, at_h: Sequence[float], model: str) -> Values:
    """The drug in invented people by a shipped model, ng/mL, (people, times); only kinetics vary."""
    chosen = load_model(model)
    values = chosen.values(person, sample_effects(chosen, SEED, PEOPLE))
    system = chosen.system(regimen, values, PEOPLE)
    return closed_form.solve(system, np.asarray(at_h, dtype=np.float64))[:, :, chosen.parent()]


def nasal_sitting(doses_mg: Sequence[float], minutes_apart: float) -> Regimen:
    """Nasal devices one after another."""
    return Regimen(
        tuple(
            Dose("esketamine", "nasal", each, place * minutes_apart / 60, devices=1)
            for place, each in enumerate(doses_mg)
        )
    )


def shares(slope: float, log_sd: float, without_drug: float, peaks: Values, sessions: int) -> tuple[float, float]:
    """Share of sessions with the event, and share of people with it in any of so many sessions at these peaks."""
    answering = standard_normals(["calibration.slope"], SEED, peaks.size, 0)[:, 0]
    chance = expit(logit(np.asarray(without_drug)) + slope * np.exp(log_sd * answering) * peaks)
    return float(chance.mean()), float((1.0 - (1.0 - chance) ** sessions).mean())


def _from_maxima(data: Mapping[str, Any]) -> dict[str, float]:
    maxima = data["maxima"]
    readings_h = [minute / 60 for minute in maxima["readings_min"]]
    regimen = nasal_sitting(maxima["doses_mg"], maxima["minutes_between_devices"])
    levels = venous_levels(regimen, _adult(maxima["age_y"]), readings_h, maxima["model"])
    spreads = {row["name"]: row["log_sd"] for row in data["parameter"]}
    found = {}
    for row in maxima["row"]:
        name = row["output"].replace("_rise", "_slope")
        scatter = scatter_from_placebo(row["with_placebo_mmhg"], len(readings_h))
        found[f"{row['output']}.scatter"] = scatter
        rising = partial(mean_of_largest_rises, log_sd=spreads[name], levels=levels, scatter_sd=scatter)
        found[name] = _solved(rising, row["with_drug_mmhg"], _STEEPEST)
    return found


def _from_a_mean(data: Mapping[str, Any]) -> dict[str, float]:
    """The mean over people of a slope that differs by `log_sd`, times the level, is the mean rise."""
    given, parameter = data["mean_at"], data["parameter"][0]
    infusion = Regimen((Dose("ketamine", "iv", given["dose_mg"], 0.0, duration_h=given["over_min"] / 60),))
    levels = 0.5 * venous_levels(infusion, _adult(given["age_y"]), [given["at_min"] / 60], given["model"])
    return {"slope": given["rise_per_min"] / float(levels.mean()) / math.exp(parameter["log_sd"] ** 2 / 2)}


def _from_shares(data: Mapping[str, Any]) -> dict[str, float]:
    given = data["shares"]
    sessions = given["sessions"]
    without = 1.0 - (1.0 - given["with_placebo_of_people"]) ** (1.0 / sessions)
    regimen = nasal_sitting(given["doses_mg"], given["minutes_between_devices"])
    looks_h = [minute / 60 for minute in range(0, 131, 10)]
    course = venous_levels(regimen, _adult(given["age_y"]), looks_h, given["model"])
    peaks = course.max(axis=1)
    found = {"without_drug": without}
    if "with_drug_of_sessions" not in given:
        log_sd = next(row["log_sd"] for row in data["parameter"] if row["name"] == "slope")
        of_people = given["with_drug_of_people"]
        return found | {
            "slope": _solved(lambda slope: shares(slope, log_sd, without, peaks, sessions)[1], of_people, _STEEPEST)
        }

    def slope_for(log_sd: float) -> float:
        of_sessions = given["with_drug_of_sessions"]
        return _solved(lambda slope: shares(slope, log_sd, without, peaks, sessions)[0], of_sessions, _STEEPEST)

    # The more people differ, the fewer people so many sessions fall on.
    log_sd = _solved(
        lambda sd: -shares(slope_for(sd), sd, without, peaks, sessions)[1],
        -given["with_drug_of_people"],
        _MOST_SPREAD,
    )
    return found | {"slope": slope_for(log_sd), "slope.log_sd": log_sd}


def _solved(rising: Callable[[float], float], aim: float, highest: float) -> float:
    """Where a rising function reaches its aim, between 0 and `highest`, by halving."""
    low, high = 0.0, highest
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < aim else (low, middle)
    return (low + high) / 2


def _adult(age_y: float) -> Person:
    return Person(age_y=age_y, sex="unspecified", weight_kg=70)
