"""Invented people: seeded, the same in every batch, and as varied as the model says."""

from __future__ import annotations

import numpy as np
import pytest

from euthymia.errors import BadInput
from euthymia.pharmacology import Band, load_model, shipped_models
from euthymia.pharmacology.counted import two_words
from euthymia.pharmacology.population import sample_effects, standard_normals


def test_a_person_is_the_same_whatever_the_batch() -> None:
    model = load_model("fanta_otto_2021")
    whole = sample_effects(model, seed=7, people=100)
    late = sample_effects(model, seed=7, people=10, first=60)
    for name in model.varying:
        assert late[name] == pytest.approx(whole[name][60:70], abs=0)
        assert sample_effects(model, seed=7, people=1)[name][0] == whole[name][0]


def test_a_seed_is_another_crowd() -> None:
    assert not np.allclose(standard_normals(["x"], 1, 50, 0), standard_normals(["x"], 2, 50, 0))


@pytest.mark.parametrize("first", [0, 1, 2**40])
@pytest.mark.parametrize("key", [(0, 0), (7, 123_456_789_123_456_789), (2**64 - 1, 2**64 - 1)])
def test_a_few_numbers_are_bit_for_bit_those_of_numpy(key: tuple[int, int], first: int) -> None:
    keys = np.array([key, (3, 4)], dtype=np.uint64)
    for place, words in enumerate(keys):
        whole = np.random.Philox(counter=first, key=words).random_raw(4 * 300).reshape(300, 4)
        assert (whole[:, :2] == two_words(keys, 300, first)[:, place].T).all()


def test_who_clears_fast_in_one_model_clears_fast_in_another() -> None:
    kamp, clements = (sample_effects(load_model(name), 7, 300)["clearance"] for name in ("kamp_2020", "clements_1981"))
    assert kamp == pytest.approx(clements)


def test_the_numbers_are_standard_normal_and_independent_between_names() -> None:
    drawn = standard_normals(["clearance", "central_volume"], 3, 50_000, 0)
    assert drawn.mean(axis=0) == pytest.approx([0, 0], abs=0.02)
    assert np.cov(drawn.T) == pytest.approx(np.eye(2), abs=0.02)
    assert np.mean(np.abs(drawn) < 1.959964, axis=0) == pytest.approx([0.95, 0.95], abs=0.004)


ADULT_MODELS = [name for name in shipped_models() if load_model(name).card.oldest_y is None]


@pytest.mark.parametrize("name", ADULT_MODELS)
def test_every_model_can_be_sampled(name: str) -> None:
    model = load_model(name)
    drawn = sample_effects(model, 1, 4000)
    assert set(drawn) == set(model.varying)
    assert model.varying, "a band needs a published or a stand-in spread"
    stacked = np.stack([drawn[key] for key in model.varying])
    assert np.cov(stacked) == pytest.approx(model.covariance, abs=0.09 * model.covariance.max())


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"people": 1}, "band.people"),
        ({"people": 10**7}, "band.people"),
        ({"people": 10.5}, "band.people"),
        ({"people": True}, "band.people"),
        ({"seed": -1}, "band.seed"),
        ({"seed": 1.5}, "band.seed"),
        ({"quantiles": ()}, "band.quantiles"),
        ({"quantiles": (0.5, 0.05)}, "band.quantiles"),
        ({"quantiles": (0.5, 0.5)}, "band.quantiles"),
        ({"quantiles": (0.0, 0.5)}, "band.quantiles"),
        ({"quantiles": (float("nan"),)}, "band.quantiles"),
        ({"quantiles": ("half",)}, "band.quantiles"),
    ],
)
def test_a_band_that_cannot_be_made_is_refused(wrong: dict[str, object], path: str) -> None:
    with pytest.raises(BadInput) as refusal:
        Band(**wrong)  # type: ignore[arg-type]
    assert refusal.value.path == path


@pytest.mark.parametrize("first", [0, 1, 9_999_937])
@pytest.mark.parametrize("people", [1, 63, 64, 65, 200])
def test_the_kernel_draws_the_same_numbers(first: int, people: int) -> None:
    pytest.importorskip("numba")
    from euthymia.pharmacology import fast_draws

    names = ["clearance", "central_volume", "clearance@3"]
    slowly = standard_normals(names, 2**63 - 1, people, first)
    assert fast_draws.standard_normals(names, 2**63 - 1, people, first) == pytest.approx(slowly, rel=0, abs=1e-14)


def test_the_kernel_is_right_far_out_and_in_every_quarter_of_a_turn() -> None:
    pytest.importorskip("numba")
    from euthymia.pharmacology import fast_draws

    slowly = standard_normals(["x"], 7, 300_000, 0)
    assert np.abs(slowly).max() > 4.4
    assert np.abs(fast_draws.standard_normals(["x"], 7, 300_000, 0) - slowly).max() < 1e-14
