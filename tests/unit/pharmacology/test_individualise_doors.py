"""What the doors of a fit take and refuse: numbers of every make, and arguments of another kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from euthymia.errors import BadInput
from euthymia.pharmacology import Dose, Person, Regimen
from euthymia.pharmacology.individualise import (
    Assay,
    Level,
    Method,
    Reading,
    Sampling,
    Setting,
    average,
    model_shares,
    most_probable,
    most_probable_many,
    not_advised,
    point_estimate,
    posterior,
    predict_next,
    told,
)
from euthymia.pharmacology.regimen import MOST_DOSES

PERSON = Person(age_y=40, sex="female", weight_kg=65)
INFUSION = Regimen((Dose("esketamine", "iv", 28, 0, duration_h=2 / 3),))
SEEN = [Level(0.7, 140), Level(2, 46)]
MODEL = "fanta_otto_2021"
# Larger than any float.
ENORMOUS = 10**400


def refusal_of(asked: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(BadInput) as refusal:
        asked()
    assert refusal.value.message
    return refusal.value.code, refusal.value.path


# Numbers


def test_numbers_of_another_make_are_taken_as_plain_ones() -> None:
    single: Any = np.float32
    whole: Any = np.int64
    half: Any = Fraction(3, 2)
    level = Level(np.float64(1), single(35))
    limit = Level(None, None, "", whole(5), (single(1), half))
    reading = Reading("systolic", whole(1), whole(140), single(120))
    assay, setting = Assay(single(0.25), whole(2)), Setting(earlier_sessions=whole(3))
    sampling = Sampling(seed=whole(3), draws=whole(500))
    numbers = [level.at_h, level.ng_per_ml, limit.below_ng_per_ml, *(limit.between_h or ()), reading.at_h]
    numbers += [reading.value, reading.baseline, assay.log_sd, assay.additive_ng_per_ml, setting.earlier_sessions]
    numbers += [sampling.seed, sampling.draws]
    assert json.loads(json.dumps(numbers)) == [1, 35, 5, 1, 1.5, 1, 140, 120, 0.25, 2, 3, 3, 500]
    assert level == Level(1, 35)
    found = posterior(INFUSION, PERSON, [level, limit, reading], model=MODEL, sampling=sampling, setting=setting)
    assert found.draws.shape[0] == 500


@pytest.mark.parametrize(
    ("make", "refusal"),
    [
        (lambda big: Level(big, 35), ("not_a_number", "level.at_h")),
        (lambda big: Level(1, big), ("not_positive", "level.ng_per_ml")),
        (lambda big: Level(1, None, below_ng_per_ml=big), ("not_positive", "level.below_ng_per_ml")),
        (lambda big: Level(None, 35, between_h=(1, big)), ("not_an_interval", "level.between_h")),
        (lambda big: Reading("cadss6", big, 9), ("not_a_number", "reading.at_h")),
        (lambda big: Reading("cadss6", 1, big), ("not_a_number", "reading.value")),
        (lambda big: Reading("pulse", 1, 70, big), ("not_a_number", "reading.baseline")),
        (lambda big: Assay(log_sd=big), ("out_of_range", "assay.log_sd")),
        (lambda big: Assay(additive_ng_per_ml=big), ("out_of_range", "assay.additive_ng_per_ml")),
        (lambda big: Setting(earlier_sessions=big), ("out_of_range", "earlier_sessions")),
        (lambda big: Sampling(seed=big), ("out_of_range", "sampling.seed")),
        (lambda big: Sampling(draws=big), ("out_of_range", "sampling.draws")),
    ],
)
def test_a_number_too_large_for_a_float_is_refused_by_name(
    make: Callable[[int], object], refusal: tuple[str, str]
) -> None:
    assert refusal_of(lambda: make(ENORMOUS)) == refusal


@pytest.mark.parametrize(
    ("make", "refusal"),
    [
        (lambda: Level(1e5, 35), ("out_of_range", "level.at_h")),
        (lambda: Reading("cadss6", 1e300, 9), ("out_of_range", "reading.at_h")),
        (lambda: Level(None, 35, between_h=(-1e300, 2)), ("out_of_range", "level.between_h")),
        (lambda: Level(None, 35, between_h=3), ("not_an_interval", "level.between_h")),  # type: ignore[arg-type]
        (lambda: Level(1, 1e-300), ("out_of_range", "level.ng_per_ml")),
        (lambda: Level(1, 1e200), ("out_of_range", "level.ng_per_ml")),
        (lambda: Reading("moaas", 1, 2.5), ("not_whole", "reading.value")),
        (lambda: Reading("cadss6", 1, 1e-300), ("not_whole", "reading.value")),
        (lambda: Assay(log_sd=0.005), ("out_of_range", "assay.log_sd")),
        (lambda: Assay(log_sd=3.5), ("out_of_range", "assay.log_sd")),
        (lambda: Assay(log_sd=True), ("out_of_range", "assay.log_sd")),
        (lambda: Assay(additive_ng_per_ml=1e160), ("out_of_range", "assay.additive_ng_per_ml")),
        (lambda: Setting(earlier_sessions=MOST_DOSES + 1), ("out_of_range", "earlier_sessions")),
        (lambda: Setting(earlier_sessions=2.0), ("out_of_range", "earlier_sessions")),  # type: ignore[arg-type]
        (lambda: Setting("rifampicin"), ("not_a_list", "taking")),  # type: ignore[arg-type]
        (lambda: Setting(None), ("not_a_list", "taking")),  # type: ignore[arg-type]
        (lambda: Sampling(method="guess"), ("unknown_method", "sampling.method")),
    ],
)
def test_what_nobody_can_have_measured_or_asked_is_refused(make: Callable[[], Any], refusal: tuple[str, str]) -> None:
    assert refusal_of(make) == refusal


def test_whole_points_are_taken_however_they_are_written() -> None:
    assert Reading("cadss6", 1, 9.0) == Reading("cadss6", 1, 9)
    assert Reading("moaas", 1, 5.0).value == 5
    # A pressure is no sum of points.
    assert Reading("systolic", 1, 120.5, 118.5).value == 120.5


def test_an_assay_as_wide_as_is_allowed_is_fitted() -> None:
    for widest in (Assay(0.01), Assay(3.0), Assay(0.01, 1000.0)):
        assert point_estimate(INFUSION, PERSON, SEEN, model=MODEL, assay=widest).is_settled


def test_a_method_may_be_named_in_words() -> None:
    assert Sampling(method="chains").method is Method.CHAINS


# Kinds


@pytest.mark.parametrize("seen", [Level(1, 40), Reading("moaas", 1, 4), "levels", {"at_h": 1}, 3, None], ids=str)
def test_one_observation_in_the_place_of_a_list_is_refused(seen: Any) -> None:
    for ask, path in ((most_probable, "levels"), (point_estimate, "observations"), (posterior, "observations")):
        assert refusal_of(lambda ask=ask: ask(INFUSION, PERSON, seen, model=MODEL)) == ("not_a_list", path)  # type: ignore[misc]
    many = refusal_of(lambda: most_probable_many(INFUSION, [PERSON], seen, np.ones((1, 1)), model=MODEL))
    assert many == ("not_a_list", "observations")


@pytest.mark.parametrize("ask", [most_probable, point_estimate, posterior])
@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"person": {"age_y": 40}}, ("not_a_person", "person")),
        ({"regimen": Dose("esketamine", "iv", 28, 0)}, ("not_a_regimen", "regimen")),
        ({"regimen": PERSON, "person": INFUSION}, ("not_a_regimen", "regimen")),
        ({"model": 7}, ("not_a_model", "model")),
        ({"assay": {}}, ("not_an_assay", "assay")),
        ({"setting": ("rifampicin",)}, ("not_a_setting", "setting")),
    ],
)
def test_an_argument_of_another_kind_is_refused(
    ask: Callable[..., Any], changed: dict[str, Any], refusal: tuple[str, str]
) -> None:
    given: dict[str, Any] = {"regimen": INFUSION, "person": PERSON, "model": MODEL} | changed
    seen = {"levels" if ask is most_probable else "observations": SEEN}
    assert refusal_of(lambda: ask(**given, **seen)) == refusal


def test_a_person_of_another_kind_is_refused_also_without_levels() -> None:
    refusal = refusal_of(lambda: most_probable(INFUSION, {"age_y": 40}, [], model=MODEL))  # type: ignore[arg-type]
    assert refusal == ("not_a_person", "person")


@pytest.mark.parametrize(
    ("people", "values", "refusal"),
    [
        (PERSON, np.ones((1, 2)), ("not_a_list", "people")),
        ([], np.ones((0, 2)), ("empty", "people")),
        ([PERSON, "me"], np.ones((2, 2)), ("not_a_person", "people[1]")),
        ([PERSON], "140, 46", ("not_a_number", "values")),
        ([PERSON], [[140], [46, 2]], ("not_a_number", "values")),
        ([PERSON], [[140, ENORMOUS]], ("not_a_number", "values")),
        ([PERSON], None, ("missing", "values")),
    ],
)
def test_many_people_of_another_kind_are_refused(people: Any, values: Any, refusal: tuple[str, str]) -> None:
    assert refusal_of(lambda: most_probable_many(INFUSION, people, SEEN, values, model=MODEL)) == refusal


def test_the_scatter_of_a_level_is_given_once_and_refused_under_its_own_name() -> None:
    for scatter, assay, code in ((1e-9, None, "out_of_range"), (0.2, Assay(0.3), "both_given")):
        refusal = refusal_of(
            lambda scatter=scatter, assay=assay: most_probable(  # type: ignore[misc]
                INFUSION, PERSON, SEEN, model=MODEL, residual_log_sd=scatter, assay=assay
            )
        )
        assert refusal == (code, "residual_log_sd")


def test_what_is_no_fit_or_no_posterior_is_refused() -> None:
    alone: Any = most_probable(INFUSION, PERSON, SEEN, model=MODEL)
    point: Any = point_estimate(INFUSION, PERSON, SEEN, model=MODEL)
    for ask in (not_advised, told, lambda found: predict_next(found, INFUSION.later(72), [73])):
        assert refusal_of(lambda ask=ask: ask(alone)) == ("not_a_fit", "found")  # type: ignore[misc]
    assert refusal_of(lambda: predict_next(point, [INFUSION], [73])) == ("not_a_regimen", "next.doses")  # type: ignore[arg-type]
    assert refusal_of(lambda: model_shares(point)) == ("not_a_list", "models")
    assert refusal_of(lambda: model_shares([point, alone])) == ("not_a_posterior", "models[0]")
    assert refusal_of(lambda: average([point], SEEN, [1])) == ("not_a_regimen", "doses")  # type: ignore[arg-type]


def test_a_sampling_of_another_kind_is_refused() -> None:
    asked: Any = {"seed": 3}
    refusal = refusal_of(lambda: posterior(INFUSION, PERSON, SEEN, model=MODEL, sampling=asked))
    assert refusal == ("not_a_sampling", "sampling")
