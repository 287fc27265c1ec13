"""A recipe, which sets people up in the compiled kernel itself, beside the model's system set up in NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from tests.agreement.pharmacology.test_solvers import EXACT, MODELS, OF_CHAINS, dose_for, worst

from euthymia.errors import Broken, SolverFailed
from euthymia.pharmacology import Model, Person, Regimen, load_model
from euthymia.pharmacology.expression import Evaluate, Expression
from euthymia.pharmacology.population import sample_effects
from euthymia.pharmacology.solve import closed_form, exponential, fast
from euthymia.pharmacology.solve.fast_modes import modes_of, setup_from
from euthymia.pharmacology.solve.modes import Modes, modes
from euthymia.pharmacology.solve.system import LinearSystem, Make, PartInput, Parts

# Kernels take long to compile: one worker of several does it.
pytestmark = pytest.mark.xdist_group("kernels")


def recipe_for(model: Model, people: int) -> tuple[Make, dict[str, np.ndarray]]:
    """The model's parts with a dose by each of its routes, and what is given of people who weigh 40 to 120 kg."""
    doses = [dose_for(model, route, 40, 3.0 * place, 0.7) for place, route in enumerate(model.card.routes)]
    regimen = Regimen(tuple(doses))
    someone = Person(age_y=50, sex="male", weight_kg=80).covariates()
    covariates = {name: np.full(people, float(value)) for name, value in someone.items()}
    covariates["weight_kg"] = np.linspace(40, 120, people)

    def parts(asked: Mapping[str, Any], evaluate: Evaluate) -> Parts:
        effects = {name: asked[name] for name in model.varying}
        values = model.values({name: asked[name] for name in covariates}, effects, evaluate=evaluate)
        found = model.parts(regimen, values, evaluate=evaluate)
        return found.with_effect_site(model.parent(), ke0_per_h=5.01)

    return parts, {**covariates, **sample_effects(model, 5, people)}


def test_only_models_whose_doses_last_longer_in_some_than_in_others_need_numpy_to_set_people_up() -> None:
    by_numpy = set()
    for name in MODELS:
        parts, drawn = recipe_for(load_model(name), 1)
        if setup_from(parts, tuple(drawn)) is None:
            by_numpy.add(name)
    assert by_numpy == {"simons_2022", "assembled_film_esketamine_venous"}


@pytest.mark.parametrize("name", MODELS)
def test_a_recipe_gives_what_the_models_system_gives(name: str) -> None:
    """Compartments worked out by the kernel itself, from parameters, are those worked out in NumPy."""
    model, people, at_h = load_model(name), 130, np.linspace(0, 20, 41)
    parts, drawn = recipe_for(model, people)
    out = np.zeros((len(model.outputs) + 1, at_h.size, people))
    fast.Recipe(parts, tuple(drawn), at_h).solve_into(out, np.stack(list(drawn.values())))
    system = parts(drawn, Expression.__call__).system(people)
    assert worst(out.transpose(2, 1, 0), closed_form.solve(system, at_h)) < OF_CHAINS.get(name, EXACT)


def test_a_recipe_refuses_memory_that_does_not_fit() -> None:
    model, at_h = load_model("clements_1981"), np.linspace(0, 2, 5)
    regimen = Regimen((dose_for(model, "iv", 20, 0, 0.5),))
    names = tuple(model.values(Person(age_y=50, sex="male", weight_kg=80), {}))
    recipe = fast.Recipe(lambda asked, evaluate: model.parts(regimen, asked, evaluate=evaluate), names, at_h)
    fits = np.zeros((1, 5, 4))
    for out in (fits[:, :, :3], fits[:, :4], np.zeros((4, 5, 1)).T, np.zeros((2, 5, 4)), fits.astype(np.float32)):
        with pytest.raises(Broken, match="do not fit"):
            recipe.solve_into(out, np.ones((len(names), 4)))
    for use in (recipe.add_up, lambda given: recipe.solve_into(fits, given)):
        with pytest.raises(Broken, match="does not fit"):
            use(np.ones((len(names) + 1, 4)))
        with pytest.raises(SolverFailed):
            use(np.full((len(names), 4), np.nan))


@pytest.mark.parametrize("alike", ["one person's", "everybody's, and not given"])
def test_a_recipe_hands_those_whose_modes_cannot_be_told_apart_to_numpy(alike: str) -> None:
    """Two steps of the same rate, in one person of a block or written into the model."""
    people, at_h = 100, np.linspace(0, 6, 13)
    later = np.linspace(0.3, 0.9, people)
    if alike.startswith("one"):
        later[40] = 1.7

    def parts(asked: Mapping[str, Any], _evaluate: Evaluate) -> Parts:
        out_of_it = asked["later"] if alike.startswith("one") else 1.7
        rates = {(0, 0): -1.7, (1, 0): 1.7, (1, 1): 0.0 - out_of_it}
        return Parts(2, 1, rates, {(0, 1): asked["weight"]}, (PartInput(0, 0.5, 10.0, 0.0),))

    drawn = {"later": later, "weight": np.linspace(1, 2, people)}
    given, out = np.stack(list(drawn.values())), np.zeros((1, at_h.size, people))
    recipe = fast.Recipe(parts, tuple(drawn), at_h)
    recipe.solve_into(out, given)
    expected = exponential.solve(parts(drawn, Expression.__call__).system(people), at_h)
    assert worst(out.transpose(2, 1, 0), expected) < EXACT
    sums, peaks = recipe.add_up(given)
    assert sums == pytest.approx(expected.sum(axis=0).T, rel=1e-9, abs=1e-9)
    assert peaks == pytest.approx(expected.max(axis=1).T, rel=1e-9, abs=1e-9)


def test_a_recipe_refuses_the_logarithm_of_what_is_not_above_0() -> None:
    """The kernel's logarithm has a number for everything; NumPy's has none, and none is handed out."""

    def parts(asked: Mapping[str, Any], evaluate: Evaluate) -> Parts:
        share = evaluate(Expression("expit(logit(share))"), asked)
        return Parts(1, 1, {(0, 0): -1.0}, {(0, 0): 1.0}, (PartInput(0, 0.0, 10.0 * share, 0.0),))

    recipe = fast.Recipe(parts, ("share",), np.array([0.0, 1.0]))
    sums, _ = recipe.add_up(np.array([[0.25, 0.5]]))
    assert sums[0] == pytest.approx(7.5 * np.exp([0.0, -1.0]))
    with pytest.raises(SolverFailed), np.errstate(invalid="ignore"):
        recipe.add_up(np.array([[0.25, 1.2]]))


@pytest.mark.parametrize("name", MODELS)
def test_modes_found_by_the_tape_give_the_course_of_those_found_in_numpy(name: str) -> None:
    parts, drawn = recipe_for(load_model(name), 70)
    system = parts(drawn, Expression.__call__).system(70).reached()
    states = sorted({entry.state for entry in system.inputs})
    given_at_once, expected = course(modes_of(system, states), system), course(modes(system, states), system)
    assert np.abs(given_at_once - expected).max() < EXACT * np.abs(expected).max()


def course(found: Modes, system: LinearSystem) -> np.ndarray:
    """What one mg given at once to each state shows, (outputs, input states, times, people)."""
    assert found.sound.all()
    shown = np.zeros((system.readout.shape[1], len(found.entering), 4, system.people))
    for row, (output, mode) in enumerate(found.terms):
        left = np.exp(found.rates_per_h[mode] * np.array([0.0, 0.1, 1.0, 10.0])[:, None])
        shown[output] += found.entering[:, mode, None] * found.seen[row] * left
    return shown
