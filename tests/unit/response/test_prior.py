"""Priors as data: what is shipped, what is refused, and how virtual persons are drawn from one."""

import numpy as np
import pytest

from euthymia.errors import BadInput
from euthymia.response import DoseAt, Scale, load_prior
from euthymia.response.load import prior_from, read_data, shipped_priors
from euthymia.response.population import BaselineScores, Setting, draw_persons, draw_scores, draw_setting
from euthymia.response.prior import TRAITS

PRIOR = load_prior()
MADRS = Scale("madrs", 0, 60)


def test_every_shipped_prior_can_be_loaded_and_says_what_it_is():
    assert shipped_priors() == ("depression_ketamine_v2",)
    for name in shipped_priors():
        card = load_prior(name).card
        assert card.status == "assembled by us from summary statistics"
        assert card.sources
        assert card.not_for
        assert all(trait.how and trait.sources for trait in load_prior(name).traits)


@pytest.mark.parametrize("name", ["none", "../secret", "priors/targets", ""])
def test_an_unknown_prior_is_refused(name):
    with pytest.raises(BadInput, match="not shipped"):
        read_data(name)


def test_a_prior_names_its_traits_in_order():
    data = read_data("depression_ketamine_v2")
    with pytest.raises(BadInput, match="in order"):
        prior_from({**data, "trait": data["trait"][::-1]})


def test_the_instrument_has_its_own_noise_where_known():
    assert PRIOR.noise_for(Scale("phq9", 0, 27)).measurement > PRIOR.noise_for(MADRS).measurement
    assert PRIOR.noise_for(Scale("something", 0, 10)) == PRIOR.noise


def test_drawn_persons_lie_where_the_prior_says():
    persons = draw_persons(PRIOR, 40_000, np.random.default_rng(1))
    for name in TRAITS:
        assert np.median(getattr(persons, name)) == pytest.approx(PRIOR.trait(name).middle, rel=0.05)


def test_drawn_ratings_have_the_reported_mean_and_spread():
    rng = np.random.default_rng(1)
    people = draw_persons(PRIOR, 20_000, rng, scale=MADRS, baseline=BaselineScores(33.4, 5.2))
    before = draw_scores(people, (), np.array([0.0]), prior=PRIOR, scale=MADRS, rng=rng)[:, 0]
    assert before.mean() == pytest.approx(33.4, abs=0.2)
    assert before.std() == pytest.approx(5.2, abs=0.2)


def test_a_setting_shifts_everyone_the_same_way():
    plain = draw_persons(PRIOR, 5000, np.random.default_rng(1))
    kind = draw_persons(PRIOR, 5000, np.random.default_rng(1), setting=Setting(gain=0.5, expectancy=0.1))
    np.testing.assert_allclose(kind.gain, plain.gain * np.exp(0.5))
    np.testing.assert_allclose(kind.expectancy, plain.expectancy + 0.1)


def test_settings_differ_as_much_as_the_prior_says():
    rng = np.random.default_rng(1)
    drawn = [draw_setting(PRIOR, rng) for _ in range(4000)]
    assert np.std([one.expectancy for one in drawn]) == pytest.approx(
        PRIOR.trait("expectancy").between_settings, rel=0.1
    )
    assert {one.fade_days for one in drawn} == {0.0}


def test_a_dose_without_drug_still_carries_expectancy():
    rng = np.random.default_rng
    people = draw_persons(PRIOR, 4000, rng(1))
    days = np.array([0.0, 1.0])
    none, empty, full = (
        draw_scores(people, doses, days, prior=PRIOR, scale=MADRS, rng=rng(2))[:, 1].mean()
        for doses in ((), (DoseAt(0, 0.0),), (DoseAt(0, 1.0),))
    )
    assert full < empty < none
