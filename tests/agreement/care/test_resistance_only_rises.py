"""One more adequate trial that failed never lowers a stage, and what is not known is never counted as a no."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from euthymia.care.resistance import (
    Counts,
    History,
    Outcome,
    Severity,
    Staged,
    TreatmentTrial,
    judge_trial,
    meets_definition,
    stage_all,
)
from euthymia.care.treatment_trial import ADEQUACY, CLASSES

SEEDS = st.integers(0, 2**32 - 1)
MET = {False: 0, None: 1, True: 2}
# Floors for everything, so that tricyclics and MAO inhibitors can be judged too.
EVERY = ADEQUACY.with_floors(dict.fromkeys(CLASSES, 10.0), "the test")


def trial(chance: random.Random) -> TreatmentTrial:
    return TreatmentTrial(
        drug=chance.choice(list(CLASSES)),
        dose_mg_day=chance.choice((5.0, 10.0, 400.0, 400.0, 400.0, None)),
        weeks=chance.choice((5.9, 6.0, 8.0, 12.0, None)),
        outcome=chance.choice((*Outcome, Outcome.NO_RESPONSE, Outcome.NO_RESPONSE, None)),
        augmentation=chance.choice((True, False, False, None)),
        optimised=chance.choice((True, False, False, None)),
        current_episode=chance.choice((True, True, True, False, None)),
    )


def history(seed: int) -> History:
    chance = random.Random(seed)
    return History(
        trials=tuple(trial(chance) for _ in range(chance.randrange(9))),
        duration_months=chance.choice((3.0, 12.0, 12.1, 24.0, 30.0, None)),
        severity=chance.choice((*Severity, None)),
        augmentation=chance.choice((True, False, None)),
        ect=chance.choice((True, False, False, None)),
        ect_bilateral=chance.choice((True, False, None)),
    )


@pytest.mark.parametrize("drug_class", sorted(set(CLASSES.values())))
@given(seed=SEEDS)
def test_one_more_failed_adequate_trial_never_lowers_a_stage(drug_class: str, seed: int) -> None:
    before = history(seed)
    drugs = [drug for drug, name in CLASSES.items() if name == drug_class]
    drug = drugs[seed % len(drugs)]
    one_more = TreatmentTrial(drug, 400, 8, Outcome.NO_RESPONSE, augmentation=False, optimised=False)
    at = seed % (len(before.trials) + 1)
    after = replace(before, trials=(*before.trials[:at], one_more, *before.trials[at:]))
    assert judge_trial(one_more, EVERY).counts is Counts.YES
    # With nothing written down it cannot be told; the first trial makes it a known "not yet".
    assert not before.trials or MET[meets_definition(after, EVERY).met] >= MET[meets_definition(before, EVERY).met]
    assert set(meets_definition(before, EVERY).counted) <= set(meets_definition(after, EVERY).counted)
    stages_before, stages_after = stage_all(before, EVERY), stage_all(after, EVERY)
    for system, staged in stages_before.items():
        later = stages_after[system]
        if isinstance(staged, Staged) and isinstance(later, Staged):
            assert later.total >= staged.total


@pytest.mark.parametrize("name", ["dose_mg_day", "weeks", "outcome", "current_episode"])
@given(seed=SEEDS)
def test_a_detail_nobody_knows_is_no_no_and_no_yes(name: str, seed: int) -> None:
    known = trial(random.Random(seed))
    unknown = replace(known, **{name: None})  # type: ignore[arg-type]
    judged, open_ = judge_trial(known, EVERY), judge_trial(unknown, EVERY)
    assert open_.counts is not Counts.YES
    if judged.counts is Counts.YES:
        assert open_.counts is Counts.CANNOT_TELL
    assert name in {gap.fact for gap in open_.missing}
    rest = history(seed + 1)
    with_known, with_open = (replace(rest, trials=(*rest.trials, one)) for one in (known, unknown))
    met_known, met_open = meets_definition(with_known, EVERY).met, meets_definition(with_open, EVERY).met
    assert met_open is not True or meets_definition(rest, EVERY).met is True
    assert not (met_known is True and met_open is False)


@pytest.mark.parametrize("name", ["duration_months", "severity", "ect"])
@given(seed=SEEDS)
def test_what_nobody_said_of_the_episode_gives_no_maudsley_stage(name: str, seed: int) -> None:
    silent = replace(history(seed), **{name: None})  # type: ignore[arg-type]
    assert not isinstance(stage_all(silent, EVERY)["maudsley"], Staged)


@given(seed=SEEDS)
def test_the_order_of_the_trials_is_irrelevant(seed: int) -> None:
    before = history(seed)
    turned = replace(before, trials=tuple(reversed(before.trials)))
    assert meets_definition(turned, EVERY).met is meets_definition(before, EVERY).met
    for system, staged in stage_all(before, EVERY).items():
        other = stage_all(turned, EVERY)[system]
        assert isinstance(other, Staged) is isinstance(staged, Staged)
        if isinstance(staged, Staged) and isinstance(other, Staged):
            assert (other.total, other.stage) == (staged.total, staged.stage)
