"""Two ways to one posterior: importance sampling, chains, a grid by hand; and posteriors that mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.engine_calibration import EFFECTS, KINDS, PASSES, unevenness

from euthymia.errors import BadInput
from euthymia.pharmacology import Dose, Person, Regimen
from euthymia.pharmacology.individualise import Assay, Level, Method, Posterior, Reading, Sampling, posterior
from euthymia.pharmacology.individualise.question import Question

PERSON = Person(age_y=40, sex="female", weight_kg=65)
INFUSION = Regimen((Dose("esketamine", "iv", 28, 0, duration_h=2 / 3),))
LEVELS = (Level(0.66, 160), Level(2, 70), Level(4, 40), Level(4, 60, "esnorketamine"))
BOTH = (*LEVELS, Reading("systolic", 0.7, 142, 121), Reading("cadss6", 0.7, 9), Reading("moaas", 0.7, 4))


def sds(found: Posterior) -> np.ndarray:
    return np.asarray(np.sqrt(np.diag(found.covariance)))


@pytest.mark.parametrize("observations", [LEVELS, BOTH], ids=["levels", "both"])
def test_chains_and_importance_sampling_find_the_same_posterior(observations: tuple[Level | Reading, ...]) -> None:
    found = posterior(INFUSION, PERSON, observations, model="fanta_otto_2021", sampling=Sampling(draws=20_000))
    assert found.method is Method.IMPORTANCE
    assert found.pareto_k < 0.7
    assert found.is_settled
    walked = posterior(INFUSION, PERSON, observations, model="fanta_otto_2021", sampling=Sampling(method=Method.CHAINS))
    assert walked.method is Method.CHAINS
    assert walked.r_hat is not None
    assert walked.r_hat < 1.05
    assert (walked.mean - found.mean) / sds(found) == pytest.approx(np.zeros(len(found.names)), abs=0.15)
    assert sds(walked) / sds(found) == pytest.approx(np.ones(len(found.names)), abs=0.12)


def test_a_bell_in_the_wrong_place_is_moved_to_where_the_draws_were_needed() -> None:
    # Two levels at unknown times: the curvature at the peak knows little of the slopes around it.
    levels = (Level(None, 60, between_h=(0.01, 90)), Level(None, 100, between_h=(-5, 90)))
    first = posterior(INFUSION, PERSON, levels, model="fanta_otto_2021", sampling=Sampling(method=Method.IMPORTANCE))
    assert not first.is_settled
    found = posterior(INFUSION, PERSON, levels, model="fanta_otto_2021")
    assert found.method is Method.IMPORTANCE
    assert found.is_settled
    walked = posterior(INFUSION, PERSON, levels, model="fanta_otto_2021", sampling=Sampling(method=Method.CHAINS))
    assert (walked.mean - found.mean) / sds(found) == pytest.approx(np.zeros(len(found.names)), abs=0.15)
    assert walked.log_evidence == pytest.approx(found.log_evidence, abs=0.05)


def test_moments_and_evidence_are_those_of_a_grid() -> None:
    # Two random effects of this model, three levels of the drug: the grid is exact to its spacing.
    levels = (Level(0.66, 100), Level(2, 60), Level(6, 35))
    racemate = Regimen((Dose("ketamine", "iv", 35, 0, duration_h=2 / 3),))
    assay = Assay(log_sd=0.2, additive_ng_per_ml=3)
    found = posterior(racemate, PERSON, levels, model="clements_1981", assay=assay, sampling=Sampling(draws=50_000))
    problem = Question(racemate, "clements_1981", levels, assay).asked_of((PERSON,))
    assert problem.size == 2
    side = np.linspace(-6, 6, 241)
    grid = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)
    log_height = problem.log_posterior(grid, np.zeros(len(grid), dtype=np.int64)) - np.log(2 * np.pi)
    heights = np.exp(log_height)
    evidence = heights.sum() * (side[1] - side[0]) ** 2
    mean = problem.prior.effects((heights @ grid / heights.sum())[None, :])[0]
    assert found.log_evidence == pytest.approx(np.log(evidence), abs=0.01)
    assert (found.mean - mean) / sds(found) == pytest.approx([0, 0], abs=0.03)


def test_the_same_seed_gives_the_same_draws_however_many() -> None:
    few = posterior(INFUSION, PERSON, LEVELS, model="fanta_otto_2021", sampling=Sampling(seed=3, draws=500))
    many = posterior(INFUSION, PERSON, LEVELS, model="fanta_otto_2021", sampling=Sampling(seed=3, draws=1000))
    other = posterior(INFUSION, PERSON, LEVELS, model="fanta_otto_2021", sampling=Sampling(seed=4, draws=500))
    assert few.draws == pytest.approx(many.draws[:500], abs=1e-12)
    assert not np.allclose(few.draws, other.draws)


def test_draws_and_seeds_that_cannot_be_are_refused() -> None:
    for wrong in ({"draws": 10}, {"draws": 10**7}, {"draws": True}, {"seed": -1}, {"seed": 1.5}):
        with pytest.raises(BadInput):
            Sampling(**wrong)  # type: ignore[arg-type]


def test_quantiles_and_even_draws_agree_with_the_weighted_ones() -> None:
    found = posterior(INFUSION, PERSON, LEVELS, model="fanta_otto_2021")
    even = found.even(1_000)
    low, middle, high = found.interval("clearance", (0.05, 0.5, 0.95))
    column = even[:, found.names.index("clearance")]
    assert np.quantile(column, [0.05, 0.5, 0.95]) == pytest.approx([low, middle, high], abs=0.02)
    assert even.mean(axis=0) == pytest.approx(found.mean, abs=0.02)
    # The first few are a fair sample too.
    assert even[:200].mean(axis=0) == pytest.approx(found.mean, abs=0.05)
    with pytest.raises(BadInput):
        found.interval("mood", (0.5,))


def test_an_individual_carries_draws_that_bands_use() -> None:
    found = posterior(INFUSION, PERSON, BOTH, model="fanta_otto_2021")
    someone = found.individual()
    assert not any(name.startswith("baseline.") for name in someone.effects)
    assert len(someone.draws) == 1_000
    assert len(someone.learned_from) == len(BOTH)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_posteriors_are_calibrated(kind: str) -> None:
    assert unevenness(KINDS[kind], people=250, draws=800, bins=10) > PASSES


def test_calibration_notices_a_posterior_that_is_too_sure(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_sure(problem: object, middle: np.ndarray, spread: np.ndarray, seed: int, draws: int) -> object:
        found = weighed(problem, middle, spread, seed, draws)  # type: ignore[arg-type]
        near = middle[:, None, :] + 0.6 * (found.standard - middle[:, None, :])
        return type(found)(near, found.log_weights)

    from euthymia.pharmacology.individualise.posterior import weighed

    monkeypatch.setattr("euthymia.pharmacology.individualise.calibrate.weighed", too_sure)
    assert unevenness(EFFECTS, people=250, draws=800, bins=10) < PASSES
