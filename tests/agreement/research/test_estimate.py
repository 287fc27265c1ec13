"""Estimates against scipy, the independent way."""

import numpy as np
import pytest
from scipy import stats

from euthymia.research.estimate import adjusted_difference, mean_change, response_rate, t95, wilson95


@pytest.mark.parametrize("degrees", [5, 10, 22, 69, 500])
def test_t_quantile(degrees):
    assert t95(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), abs=0.003)


@pytest.mark.parametrize(("events", "persons"), [(0, 10), (6, 27), (30, 47), (25, 25)])
def test_wilson(events, persons):
    interval = stats.binomtest(events, persons).proportion_ci(method="wilson")
    assert wilson95(events, persons) == pytest.approx((interval.low, interval.high), abs=1e-9)


def test_mean_change_is_a_one_sample_t_interval():
    rng = np.random.default_rng(1)
    before, after = rng.normal(33, 5, 30), rng.normal(24, 9, 30)
    found = mean_change("change:a", before, after)
    low, high = stats.ttest_1samp(after - before, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.005)


def test_adjusted_difference_is_the_two_step_regression():
    """Frisch-Waugh: taking baseline out of both sides first leaves the same coefficient."""
    rng = np.random.default_rng(2)
    one, two = rng.normal(33, 5, 47), rng.normal(33, 5, 25)
    end_one, end_two = 0.5 * one + rng.normal(0, 8, 47), 0.5 * two + 6 + rng.normal(0, 8, 25)
    found = adjusted_difference("difference:a-b", (one, end_one), (two, end_two))
    baseline = np.concatenate([one, two])
    group = np.concatenate([np.ones(47), np.zeros(25)])
    end = np.concatenate([end_one, end_two])

    def without_baseline(values):
        line = stats.linregress(baseline, values)
        return values - line.intercept - line.slope * baseline

    slope = stats.linregress(without_baseline(group), without_baseline(end)).slope
    assert found.value == pytest.approx(slope, abs=1e-9)
    assert found.low < found.value < found.high


def test_response_counts_a_fall_of_exactly_half():
    found = response_rate("response:a", np.array([30.0, 30.0, 20.0]), np.array([15.0, 16.0, 0.0]), 0.5)
    assert found.value == pytest.approx(200 / 3)
