"""An adverse event from the first word to closure: what follows what, what closes it, and who may."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.spec.care.bedside import START, minute

from euthymia.care.adverse_event import (
    SERIOUS_IF,
    STILL_GOING,
    TRANSITIONS,
    ActionTaken,
    AdverseCase,
    AdverseStep,
    EventPhase,
    Outcome,
    Relatedness,
    StepKind,
    append_adverse,
    fold_adverse,
    may_close,
    still_open,
)
from euthymia.care.decision import Allowed, CannotTell, Refused, missing_of, reasons_of
from euthymia.care.session_events import Severity
from euthymia.errors import BadInput

K, P = StepKind, EventPhase
NOW = START + timedelta(hours=9)
ADA, BO = "Ada Nurse", "Dr Bo Lind"
SIX_NOES = dict.fromkeys(SERIOUS_IF, False)


def step(kind: StepKind, at_min: float = 0, **more: object) -> AdverseStep:
    """A complete step of this kind; kind and minute make its id."""
    fields: dict[str, object] = {
        "id": f"{kind}-{at_min:g}",
        "kind": kind,
        "at": minute(at_min),
        "recorded_at": minute(at_min),
        "by": BO,
        "says": "Vomited twice.",
        "to": ADA,
        "as_prescriber": True,
    }
    carried = {
        K.OPENED: {"severity": Severity.MODERATE},
        K.GRADED: {"severity": Severity.SEVERE},
        K.SERIOUSNESS: {"serious": SIX_NOES},
        K.RELATEDNESS: {"relatedness": Relatedness.PROBABLE},
        K.ACTED: {"action": ActionTaken.WATCHED},
        K.OUTCOME: {"outcome": Outcome.RECOVERED},
    }
    return AdverseStep(**(fields | carried.get(kind, {}) | more))  # type: ignore[arg-type]


OPENED = step(K.OPENED)
JUDGED = [OPENED, step(K.SERIOUSNESS, 5), step(K.RELATEDNESS, 6), step(K.ACTED, 7)]
ENDED = [*JUDGED, step(K.OUTCOME, 60)]
CLOSED = [*ENDED, step(K.CLOSED, 70)]


def refused(steps: list[AdverseStep], new: AdverseStep) -> BadInput:
    with pytest.raises(BadInput) as problem:
        append_adverse(fold_adverse(steps), new, NOW)
    return problem.value


def test_from_opened_to_closed_everything_is_kept() -> None:
    case = fold_adverse(CLOSED)
    assert (case.phase, case.is_open, case.closed_by, case.closed_at) == (P.CLOSED, False, BO, minute(70))
    assert (case.what, case.owner, case.severity) == ("Vomited twice.", ADA, Severity.MODERATE)
    assert (case.is_serious, case.relatedness, case.outcome) == (False, Relatedness.PROBABLE, Outcome.RECOVERED)
    assert case.actions == (ActionTaken.WATCHED,)
    assert case.entries == tuple(CLOSED)
    assert case.unplaced == frozenset()


def test_before_anything_there_is_nothing() -> None:
    case = fold_adverse([])
    assert (case.phase, case.is_open, case.is_serious, case.next_kinds) == (P.NONE, False, None, (K.OPENED,))


@pytest.mark.parametrize(
    ("answers", "serious"),
    [
        ({}, None),
        ({"death": False}, None),
        (SIX_NOES, False),
        (SIX_NOES | {"hospital": True}, True),
        ({"life_threatening": True}, True),
    ],
)
def test_one_yes_is_serious_six_noes_are_not_and_anything_else_is_not_known(
    answers: dict[str, bool], serious: bool | None
) -> None:
    assert AdverseCase(serious=answers).is_serious is serious


def test_later_answers_join_the_earlier_ones() -> None:
    half = dict(list(SIX_NOES.items())[:3])
    rest = dict(list(SIX_NOES.items())[3:])
    case = fold_adverse([OPENED, step(K.SERIOUSNESS, 1, serious=half), step(K.SERIOUSNESS, 2, serious=rest)])
    assert case.is_serious is False


def test_closing_says_everything_that_is_missing_at_once() -> None:
    decision = may_close(fold_adverse([OPENED]), as_prescriber=True)
    assert isinstance(decision, CannotTell)
    assert {gap.needed_by for gap in missing_of(decision)} == {"adverse_event_judged", "adverse_event_ended"}
    assert [gap.fact for gap in missing_of(decision)] == ["serious", "relatedness", "action", "outcome"]
    assert len(still_open(decision)) == 4


def test_only_a_prescriber_closes() -> None:
    decision = may_close(fold_adverse(ENDED), as_prescriber=False)
    assert isinstance(decision, Refused)
    assert [reason.rule for reason in reasons_of(decision)] == ["closed_by_prescriber"]
    assert may_close(fold_adverse(ENDED), as_prescriber=True) == Allowed()
    assert refused(ENDED, step(K.CLOSED, 70, as_prescriber=False)).code == "not_yet"


@pytest.mark.parametrize("outcome", sorted(STILL_GOING))
def test_what_goes_on_is_not_closed(outcome: Outcome) -> None:
    steps = [*JUDGED, step(K.OUTCOME, 60), step(K.OUTCOME, 65, outcome=outcome)]
    case = fold_adverse(steps)
    assert case.phase is P.OPEN
    assert {reason.rule for reason in reasons_of(may_close(case, as_prescriber=True))} == {"adverse_event_ended"}


def test_a_death_that_is_not_called_serious_is_not_closed() -> None:
    case = fold_adverse([*JUDGED, step(K.OUTCOME, 60, outcome=Outcome.DIED)])
    assert {reason.rule for reason in reasons_of(may_close(case, as_prescriber=True))} == {"death_is_serious"}
    told = append_adverse(case, step(K.SERIOUSNESS, 61, serious={"death": True}), NOW)
    assert may_close(told, as_prescriber=True) == Allowed()


def test_nothing_to_close_where_nothing_is_open() -> None:
    for steps in ([], CLOSED):
        decision = may_close(fold_adverse(steps), as_prescriber=True)
        assert {reason.rule for reason in reasons_of(decision)} == {"adverse_event_open"}


def test_opened_again_it_wants_an_outcome_anew_and_keeps_what_was_judged() -> None:
    case = fold_adverse([*CLOSED, step(K.REOPENED, 90, to=BO)])
    assert (case.phase, case.owner, case.outcome, case.closed_at) == (P.OPEN, BO, None, None)
    assert case.relatedness is Relatedness.PROBABLE
    assert {gap.fact for gap in missing_of(may_close(case, as_prescriber=True))} == {"outcome"}


@pytest.mark.parametrize(
    ("steps", "new", "code"),
    [
        ([], step(K.GRADED, 1), "wrong_step"),
        ([OPENED], step(K.OPENED, 1), "wrong_step"),
        ([OPENED], step(K.CLOSED, 1), "wrong_step"),
        (CLOSED, step(K.GRADED, 80), "wrong_step"),
        ([OPENED], step(K.NOTED, 1, says=" "), "says_nothing"),
        ([], step(K.OPENED, 0, says=""), "not_chosen"),
        ([], step(K.OPENED, 0, severity=None), "not_chosen"),
        ([], step(K.OPENED, 0, to=""), "no_owner"),
        ([OPENED], step(K.HANDED_OVER, 1, to=" "), "no_owner"),
        ([OPENED], step(K.GRADED, 1, severity=None), "not_chosen"),
        ([OPENED], step(K.SERIOUSNESS, 1, serious={}), "not_chosen"),
        ([OPENED], step(K.SERIOUSNESS, 1, serious={"annoying": True}), "not_chosen"),
        ([OPENED], step(K.RELATEDNESS, 1, relatedness=None), "not_chosen"),
        ([OPENED], step(K.ACTED, 1, action=None), "not_chosen"),
        ([OPENED], step(K.ACTED, 1, action=ActionTaken.OTHER, says=""), "not_chosen"),
        ([OPENED], step(K.OUTCOME, 1, outcome=None), "not_chosen"),
        ([OPENED], step(K.NOTED, 1, by=" "), "unnamed"),
        ([OPENED], step(K.NOTED, 60 * 24), "in_the_future"),
        ([OPENED], replace(OPENED, says="Something else."), "id_reused"),
    ],
)
def test_a_step_that_may_not_join_is_refused(steps: list[AdverseStep], new: AdverseStep, code: str) -> None:
    assert refused(steps, new).code == code


def test_the_same_step_again_changes_nothing() -> None:
    case = fold_adverse(ENDED)
    assert append_adverse(case, ENDED[-1], NOW) is case
    assert fold_adverse([*ENDED, *ENDED]) == case


def test_a_hand_over_changes_the_owner_and_nothing_else() -> None:
    case = fold_adverse([OPENED, step(K.HANDED_OVER, 30, to=BO)])
    assert (case.owner, case.owned_since, case.phase) == (BO, minute(30), P.OPEN)


def test_every_phase_is_in_the_table_and_every_kind_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(EventPhase)
    assert {kind for row in TRANSITIONS.values() for kind in row} == set(StepKind)


@given(st.lists(st.tuples(st.sampled_from(list(StepKind)), st.booleans(), st.sampled_from(list(Outcome))), max_size=14))
def test_no_order_of_steps_closes_without_a_prescriber_and_an_outcome_that_lasts(
    history: list[tuple[StepKind, bool, Outcome]],
) -> None:
    steps = [
        step(kind, place, as_prescriber=prescriber, **({"outcome": outcome} if kind is K.OUTCOME else {}))
        for place, (kind, prescriber, outcome) in enumerate(history)
    ]
    case = fold_adverse(steps)
    assert case.entries == tuple(steps)
    if case.phase is P.CLOSED:
        assert case.outcome is not None
        assert case.outcome not in STILL_GOING
        assert case.is_serious is not None
        closing = next(entry for entry in reversed(steps) if entry.kind is K.CLOSED and entry.id not in case.unplaced)
        assert closing.as_prescriber
