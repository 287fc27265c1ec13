"""Six ways to one course: modes in NumPy and compiled, propagators on JAX, matrix exponentials, an adaptive integrator
and SciPy; and what must hold of it.

A new file in `solve/` with a `solve(system, at_h)` is picked up by itself.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from benchmarks import engine_accuracy
from hypothesis import given, settings
from hypothesis import strategies as st

from euthymia.errors import SolverFailed
from euthymia.pharmacology import Dose, Model, Person, Regimen, load_model, shipped_models, solve
from euthymia.pharmacology.population import sample_effects
from euthymia.pharmacology.solve import closed_form, exponential, fast, integrator, propagated, reference
from euthymia.pharmacology.solve.system import Input, LinearSystem, total_area

# Kernels take long to compile: one worker of several does it.
pytestmark = pytest.mark.xdist_group("kernels")

MODELS = shipped_models()
# The slow ones are asked once per model; the others are tried on many cases.
SLOW = {"reference"}
# Worst difference over people, times and outputs, as a share of the output's peak.
AGREED = 1e-6
# Two chains of nearly equal steps, one behind the other, cost the last metabolite a digit more.
EXACT, OF_CHAINS = 1e-9, {"simons_2022": 1e-8}
SINGLE_PRECISION = 1e-4


def solver_names() -> list[str]:
    folder = Path(closed_form.__file__).parent
    modules = (path.stem for path in folder.glob("*.py") if path.stem not in {"__init__", "system"})
    return sorted(name for name in modules if hasattr(import_module(f"euthymia.pharmacology.solve.{name}"), "solve"))


def worst(found: np.ndarray, expected: np.ndarray) -> float:
    peak = expected.max(axis=1, keepdims=True)
    return float((np.abs(found - expected) / np.where(peak > 0, peak, 1.0)).max())


def worst_relative(found: np.ndarray, expected: np.ndarray) -> float:
    peak = expected.max(axis=1, keepdims=True)
    floor = np.abs(expected) + 1e-3 * np.where(peak > 0, peak, 1.0)
    return float((np.abs(found - expected) / floor).max())


def dose_for(model: Model, route: str, amount_mg: float, start_h: float, duration_h: float) -> Dose:
    devices = route == "nasal" and model.mg_per_device is not None
    amount_mg = 28.0 * max(1, min(3, round(amount_mg / 28))) if devices else amount_mg
    return Dose(model.card.drugs[0], route, amount_mg, start_h, duration_h=duration_h if route == "iv" else 0.0)


def system_for(
    model: Model, doses: list[Dose], *, people: int = 3, seed: int = 5, weight_kg: float = 80
) -> LinearSystem:
    # Each infusion has a line of its own, so that any of them may overlap.
    lines = (str(place) if dose.route == "iv" else "" for place, dose in enumerate(doses))
    regimen = Regimen(tuple(replace(dose, line=line) for dose, line in zip(doses, lines, strict=True)))
    person = Person(age_y=50, sex="male", weight_kg=weight_kg, ancestry="asian")
    values = model.values(person, sample_effects(model, seed, people))
    system = model.system(regimen, values, people)
    return system.with_effect_site(model.parent(), share=0.5, ke0_per_h=5.01).with_area_under(0)


@st.composite
def cases(draw: st.DrawFn) -> LinearSystem:
    model = load_model(draw(st.sampled_from(MODELS)))
    amounts = st.floats(5, 100)
    doses = [
        dose_for(
            model,
            draw(st.sampled_from(model.card.routes)),
            draw(amounts),
            draw(st.floats(0, 6)),
            draw(st.sampled_from([0.0, 1 / 60, 2 / 3, 3.0])),
        )
        for _ in range(draw(st.integers(1, 4)))
    ]
    return system_for(model, doses, seed=draw(st.integers(0, 10_000)), weight_kg=draw(st.floats(40, 160)))


@pytest.mark.parametrize("name", [name for name in solver_names() if name != "closed_form"])
@pytest.mark.parametrize("model_id", MODELS)
def test_every_solver_gives_the_same_course_of_every_model(model_id: str, name: str) -> None:
    model = load_model(model_id)
    doses = [dose_for(model, route, 50, place * 1.5, 0.7) for place, route in enumerate(model.card.routes)]
    system = system_for(model, doses, people=2 if name in SLOW else 4)
    at_h = np.concatenate([[0.0], np.geomspace(0.02, 24, 20)])
    found = import_module(f"euthymia.pharmacology.solve.{name}").solve(system, at_h)
    assert worst(found, closed_form.solve(system, at_h)) < AGREED


@settings(max_examples=40, deadline=None)
@given(system=cases())
def test_eigenmodes_exponentials_and_the_integrator_agree_on_any_regimen(system: LinearSystem) -> None:
    at_h = np.array([0.0, 0.3, 0.66, 1.0, 2.5, 6.0, 12.0])
    expected = closed_form.solve(system, at_h)
    assert worst(exponential.solve(system, at_h), expected) < AGREED
    assert worst(integrator.solve(system, at_h), expected) < AGREED


@settings(max_examples=25, deadline=None)
@given(first=cases(), factor=st.floats(0.1, 10))
def test_courses_add_up_and_grow_with_the_dose(first: LinearSystem, factor: float) -> None:
    at_h = np.linspace(0, 10, 21)
    whole = closed_form.solve(first, at_h)
    parts = sum(closed_form.solve(first.with_inputs((entry,)), at_h) for entry in first.inputs)
    assert worst(np.asarray(parts), whole) < 1e-9
    scaled = tuple(Input(entry.state, entry.start_h, entry.amount * factor, entry.duration_h) for entry in first.inputs)
    assert worst(closed_form.solve(first.with_inputs(scaled), at_h), factor * whole) < 1e-9


@settings(max_examples=25, deadline=None)
@given(system=cases())
def test_concentrations_are_never_below_zero_and_nothing_is_there_before_the_first_dose(system: LinearSystem) -> None:
    first_h = min(entry.start_h for entry in system.inputs)
    at_h = np.sort(np.concatenate([[first_h - 1.0, first_h - 1e-6], first_h + np.linspace(0, 30, 61)]))
    found = closed_form.solve(system, at_h)
    peak = found.max(axis=1, keepdims=True)
    assert (found >= -1e-9 * peak).all()
    assert not found[:, :2].any()


@settings(max_examples=25, deadline=None)
@given(amount=st.floats(1, 200), duration_h=st.sampled_from([0.0, 0.5, 4.0]), weight_kg=st.floats(40, 150))
def test_no_drug_is_made_or_lost(amount: float, duration_h: float, weight_kg: float) -> None:
    """What is in the body plus what has left is what was given; what left is clearance times the area so far."""
    model = load_model("kamp_2020")
    person = Person(age_y=40, sex="female", weight_kg=weight_kg)
    values = model.values(person, {})
    regimen = Regimen((Dose("ketamine", "iv", amount, 0, duration_h=duration_h),))
    system = model.system(regimen, values, 1)
    inside = LinearSystem(system.rates, np.eye(3)[None], system.inputs)
    at_h = np.array([4.0, 9.0, 30.0])
    body = closed_form.solve(inside, at_h)[0].sum(axis=1)
    area = closed_form.solve(system.with_area_under(0), at_h)[0, :, -1]
    assert body + values["clearance"] * area / 1000 == pytest.approx(np.full(3, amount), rel=1e-9)


@pytest.mark.parametrize("model_id", MODELS)
def test_every_model_keeps_or_loses_what_it_was_given_by_every_route(model_id: str) -> None:
    """What is in all states, and what left each of them, make up what has entered."""
    model = load_model(model_id)
    for route in model.card.routes:
        values = model.values(Person(50, "male", 80), sample_effects(model, 5, 3))
        system = model.system(Regimen((dose_for(model, route, 50, 0, 0.5),)), values, 3)
        lost = -system.rates.sum(axis=1, keepdims=True)
        states = np.broadcast_to(np.eye(system.states), (3, system.states, system.states))
        counted = replace(system, readout=np.concatenate([states, lost], axis=1)).with_area_under(system.states)
        found = closed_form.solve(counted, np.array([4.0, 30.0]))
        inside, gone = found[:, :, : system.states].sum(axis=2), found[:, :, -1]
        entered = np.sum([entry.amount for entry in system.inputs], axis=0)
        assert inside + gone == pytest.approx(np.broadcast_to(entered[:, None], (3, 2)), rel=1e-6), route
        assert (lost > -1e-12 * np.abs(system.rates).max()).all()


def test_rates_a_million_times_apart_are_exact() -> None:
    """The cosine of a third of an angle knows slow rates only as well as the fastest; a step of Newton mends it."""
    into, back, deeper, up, out = 900.0, 100.0, 0.02, 0.001, 0.5
    rates = np.array([[[-into - deeper - out, back, up], [into, -back, 0.0], [deeper, 0.0, -up]]])
    system = LinearSystem(rates, np.eye(3)[None], (Input(0, 0.0, np.array([10.0]), np.array([0.0])),))
    truth = engine_accuracy.truth(system)[None]
    for solver in (closed_form, fast):
        assert engine_accuracy.error(solver.solve(system, engine_accuracy.TIMES_H), truth) < EXACT


def test_two_chains_one_behind_the_other_are_exact_too() -> None:
    """Against matrix exponentials in extended precision: in double precision they are no yardstick for this one."""
    system = engine_accuracy.system(load_model("simons_2022"), people=3)
    truth = np.stack([engine_accuracy.truth(system.person(place)) for place in range(3)])
    assert engine_accuracy.error(closed_form.solve(system, engine_accuracy.TIMES_H), truth) < EXACT


@settings(max_examples=20, deadline=None)
@given(system=cases())
def test_the_area_to_the_end_is_where_the_growing_area_ends(system: LinearSystem) -> None:
    # Without the added area state, which never empties.
    body = LinearSystem(system.rates[:, :-1, :-1], system.readout[:, :1, :-1], system.inputs)
    late = closed_form.solve(body.with_area_under(0), np.array([5000.0]))[:, 0, -1]
    assert total_area(body)[:, 0] == pytest.approx(late, rel=1e-6)


def test_modes_that_cannot_be_told_apart_are_solved_all_the_same() -> None:
    """Three equal steps in a row: eigenvectors coincide. The true course is a gamma curve."""
    rate = 1.7
    rates = np.array([[[-rate, 0, 0], [rate, -rate, 0], [0, rate, -rate]]])
    entry = Input(0, 0.0, np.array([10.0]), np.array([0.0]))
    system = LinearSystem(rates, np.array([[[0, 0, 1.0]]]), (entry,))
    at_h = np.array([0.2, 1.0, 3.0])
    expected = 10 * (rate * at_h) ** 2 / 2 * np.exp(-rate * at_h)
    for solver in (closed_form, exponential, reference):
        assert solver.solve(system, at_h)[0, :, 0] == pytest.approx(expected, rel=1e-7)


def test_a_chain_of_equal_steps_is_told_apart_without_changing_its_course() -> None:
    """The two steps of a shipped chain are moved 2e-3 apart, their mean kept; the course changes by its square."""
    mean_h = 20.1 / 60

    def after(apart: float) -> np.ndarray:
        same_mean = 1 / (1 - apart**2)
        one, two = 2 / mean_h * (1 - apart) * same_mean, 2 / mean_h * (1 + apart) * same_mean
        rates = np.array([[[-one, 0.0], [one, -two]]])
        entry = Input(0, 0.0, np.array([1.0]), np.array([0.0]))
        leaving = np.array([[[0.0, two]]])
        return exponential.solve(LinearSystem(rates, leaving, (entry,)), np.linspace(0.05, 2, 20))

    assert worst(after(2e-3), after(0.0)) < 2e-6


def test_an_extra_rate_of_change_is_integrated() -> None:
    """Saturable elimination, against its implicit solution: C0 - C + Km ln(C0/C) = Vmax t."""
    most_mg_per_h, half_mg = 3.0, 2.0
    entry = Input(0, 0.0, np.array([10.0]), np.array([0.0]))
    system = LinearSystem(np.zeros((1, 1, 1)), np.ones((1, 1, 1)), (entry,))

    def saturable(_: float, amounts: np.ndarray) -> np.ndarray:
        return np.asarray(-most_mg_per_h * amounts / (half_mg + amounts))

    at_h = np.array([1.0, 2.0, 4.0])
    left = integrator.solve(system, at_h, extra=saturable)[0, :, 0]
    assert 10 - left + half_mg * np.log(10 / left) == pytest.approx(most_mg_per_h * at_h, rel=1e-6)


def test_a_system_that_grows_without_end_is_refused_rather_than_answered() -> None:
    entry = Input(0, 0.0, np.array([1.0]), np.array([0.0]))
    system = LinearSystem(np.array([[[50.0]]]), np.ones((1, 1, 1)), (entry,))
    with np.errstate(over="ignore", invalid="ignore"):
        for solver in (closed_form, exponential):
            with pytest.raises(SolverFailed):
                solver.solve(system, np.array([0.0, 100.0]))
    with pytest.raises(SolverFailed):
        total_area(LinearSystem(np.zeros((1, 1, 1)), np.ones((1, 1, 1)), (entry,)))


@pytest.mark.parametrize("model_id", MODELS)
def test_modes_are_exact_and_single_precision_keeps_four_digits(model_id: str) -> None:
    """Against matrix exponentials, as a share of the value itself or of a thousandth of the peak."""
    model = load_model(model_id)
    doses = [dose_for(model, route, 50, place * 1.5, 0.7) for place, route in enumerate(model.card.routes)]
    system = system_for(model, doses, people=6)
    at_h = np.concatenate([[0.0], np.geomspace(0.02, 24, 20)])
    expected = exponential.solve(system, at_h)
    for solver in (closed_form, fast):
        assert worst_relative(solver.solve(system, at_h), expected) < OF_CHAINS.get(model_id, EXACT)
    assert worst_relative(propagated.solve(system, at_h, precision="float32"), expected) < SINGLE_PRECISION


@settings(max_examples=15, deadline=None)
@given(system=cases(), seed=st.integers(0, 1000))
def test_a_schedule_of_ones_own_is_that_schedule_given_to_one_person(system: LinearSystem, seed: int) -> None:
    """Everybody's doses at times of their own, solved together and one by one."""
    random = np.random.default_rng(seed)
    inputs = tuple(entry._replace(later_h=random.uniform(0, 2, system.people)) for entry in system.inputs)
    system = system.with_inputs(inputs)
    at_h = np.array([0.0, 0.3, 0.66, 1.0, 2.5, 6.0, 12.0])
    alone = np.concatenate(
        [
            closed_form.solve(
                system.person(place).with_inputs(
                    tuple(
                        entry.some(slice(place, place + 1))._replace(start_h=float(entry.starts_h[place]), later_h=None)
                        for entry in inputs
                    )
                ),
                at_h,
            )
            for place in range(system.people)
        ]
    )
    for solver in (closed_form, fast, propagated, exponential, integrator):
        assert worst(solver.solve(system, at_h), alone) < AGREED


def test_schedules_of_their_own_stay_with_their_people_where_these_are_shared_out() -> None:
    model, people, at_h = load_model("clements_1981"), 4300, np.array([0.2, 1.0, 3.0, 9.0])
    assert len(list(fast.shares(people))) > 1
    system = system_for(model, [dose_for(model, "iv", 50, 0, 0.7), dose_for(model, "iv", 20, 4, 0.0)], people=people)
    random = np.random.default_rng(7)
    system = system.with_inputs(tuple(entry._replace(later_h=random.uniform(0, 2, people)) for entry in system.inputs))
    assert worst(fast.solve(system, at_h), closed_form.solve(system, at_h)) < EXACT


def test_people_in_any_number_are_solved_alike() -> None:
    """Blocks of the kernel, of a task and of a device end where they end."""
    model = load_model("fanta_otto_2021")
    doses = [dose_for(model, "iv", 50, 0, 0.7), dose_for(model, "iv", 20, 30, 0.0)]
    at_h = np.linspace(0, 40, 33)
    whole = closed_form.solve(system_for(model, doses, people=4200), at_h)
    for people in (1, 63, 64, 65, 2041, 4200):
        found = fast.solve(system_for(model, doses, people=people), at_h)
        assert worst(found, whole[:people]) < 1e-12


@pytest.mark.parametrize("nothing", [((1, 2), (2, 1)), ((1, 2),), ((2, 1),)], ids=["both ways", "up", "down"])
def test_four_compartments_through_which_nothing_flows_in_one_person(nothing: tuple[tuple[int, int], ...]) -> None:
    people, at_h = 70, np.linspace(0, 8, 9)
    rates = np.zeros((people, 4, 4))
    for place, (source, to) in enumerate(((0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2), (0, None))):
        each = (0.4 + 0.3 * place) * np.linspace(0.8, 1.3, people)
        if (source, to) in nothing:
            each[33] = 0.0
        rates[:, source, source] -= each
        if to is not None:
            rates[:, to, source] += each
    readout = np.tile(np.array([[[1.0, 0, 0, 0], [0, 0, 0, 1.0]]]), (people, 1, 1))
    system = LinearSystem(rates, readout, (Input(0, 0.0, np.full(people, 10.0), np.zeros(people)),))
    assert worst(fast.solve(system, at_h), exponential.solve(system, at_h)) < EXACT


@pytest.mark.parametrize("own", [False, True], ids=["shared schedule", "schedules of their own"])
@pytest.mark.parametrize("people", [1, 64, 65, 300])
def test_what_is_added_up_is_everybodys_course(people: int, own: bool) -> None:
    """A person whose modes cannot be told apart, in the middle of a block, is counted once and as exactly."""
    rates = np.tile(np.array([[[-1.7, 0, 0], [1.7, -2.5, 0], [0, 2.5, -0.4]]]), (people, 1, 1))
    rates *= np.linspace(0.5, 2, people)[:, None, None]
    rates[people // 2] = [[-1.7, 0, 0], [1.7, -1.7, 0], [0, 1.7, -1.7]]
    amount, later_h = np.linspace(5, 10, people), np.linspace(0, 1, people) if own else None
    inputs = (
        Input(0, 1.0, amount, np.zeros(people), later_h),
        Input(1, 3.0, amount, np.full(people, 0.5), later_h),
    )
    system = LinearSystem(rates, np.tile(np.array([[[0, 0, 1.0], [0, 2.0, 0]]]), (people, 1, 1)), inputs)
    at_h = np.array([0.0, 0.5, 1.2, 2.0, 3.25, 5.0, 9.0])
    courses = closed_form.solve(system, at_h)
    sums, peaks = fast.add_up(system, at_h)
    assert sums == pytest.approx(courses.sum(axis=0).T, rel=1e-9, abs=1e-9)
    assert peaks == pytest.approx(courses.max(axis=1).T, rel=1e-9, abs=1e-9)


def test_drug_that_goes_round_in_a_circle_has_modes_too() -> None:
    """Liver, bile, gut and back: the modes are complex, the amounts are not."""
    rates = np.array([[[-1.0, 0.0, 0.8], [0.9, -2.0, 0.0], [0.0, 2.0, -0.8]]])
    entry = Input(0, 0.0, np.array([10.0]), np.array([0.0]))
    system = LinearSystem(rates, np.array([[[1.0, 0, 0]]]), (entry,))
    at_h = np.array([0.2, 1.0, 3.0, 9.0])
    expected = exponential.solve(system, at_h)
    for solver in (closed_form, fast, propagated):
        assert worst(solver.solve(system, at_h), expected) < EXACT
    sums, peaks = fast.add_up(system, at_h)
    assert sums == pytest.approx(expected[0].T)
    assert peaks[:, 0] == pytest.approx(expected[0].max(axis=0))


def test_every_solver_is_tried() -> None:
    assert solver_names() == ["closed_form", "exponential", "fast", "integrator", "propagated", "reference"]
    assert solve.__doc__
