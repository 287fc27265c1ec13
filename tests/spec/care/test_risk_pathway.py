"""A sign of suicidal thoughts is never lost: its owner, what follows what, what closes it and what opens it again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.spec.care.bedside import START, minute

from euthymia.care.clock import CLOCK_SKEW
from euthymia.care.decision import Allowed, Level, missing_of, reasons_of
from euthymia.care.risk import TIERS, RiskLevel
from euthymia.care.risk_pathway import (
    TRANSITIONS,
    URGENCY,
    RiskEvent,
    RiskEventKind,
    RiskPathway,
    RiskPhase,
    append_risk,
    fold_risk,
    may_close,
    still_open,
)
from euthymia.errors import BadInput

K, P = RiskEventKind, RiskPhase
ANA, BO = "Ana Ruiz", "Bo Lind"


def event(kind: RiskEventKind, at_min: float = 0, **more: object) -> RiskEvent:
    """A complete event of this kind; the name of the kind and its minute make its id."""
    fields: dict[str, object] = {
        "id": f"{kind}-{at_min:g}",
        "kind": kind,
        "at": minute(at_min),
        "by": ANA,
        "says": "Spoke for half an hour.",
        "to": ANA,
        "as_clinician": True,
    }
    if kind is K.TRIAGED:
        fields["level"] = RiskLevel.LOW
    return RiskEvent(**(fields | more))  # type: ignore[arg-type]


RAISED = event(K.RAISED, 0)
SEEN = event(K.SEEN, 5)
SCREENED = event(K.SCREENED, 10, level=RiskLevel.LOW)
ACTED = event(K.ACTED, 20)
CLOSED = event(K.CLOSED, 30)


def refused(pathway: RiskPathway, entry: RiskEvent, now: datetime = START + timedelta(hours=9)) -> BadInput:
    with pytest.raises(BadInput) as problem:
        append_risk(pathway, entry, now)
    return problem.value


# One step after another


def test_before_anything_is_raised_it_is_quiet() -> None:
    quiet = fold_risk([])
    assert (quiet.phase, quiet.is_open, quiet.signs, quiet.newest_at) == (P.QUIET, False, (), None)
    assert quiet.next_kinds == (K.RAISED,)


def test_from_raised_to_closed_everything_is_kept() -> None:
    path = fold_risk([RAISED, SEEN, SCREENED, event(K.TRIAGED, 15), ACTED, CLOSED])
    assert (path.phase, path.is_open, path.owner, path.closed_by) == (P.CLOSED, False, ANA, ANA)
    assert (path.raised_at, path.owned_since, path.seen_at) == (minute(0), minute(0), minute(5))
    assert (path.screened_at, path.triaged_at) == (minute(10), minute(15))
    assert (path.acted_at, path.closed_at) == (minute(20), minute(30))
    assert (path.level, path.level_at) == (RiskLevel.LOW, minute(10))
    assert path.entries == (RAISED, SEEN, SCREENED, event(K.TRIAGED, 15), ACTED, CLOSED)
    assert path.unplaced == frozenset()


@pytest.mark.parametrize(
    ("before", "kind", "phase"),
    [
        ([], K.SEEN, P.SEEN),
        ([], K.SCREENED, P.SCREENED),
        ([], K.TRIAGED, P.TRIAGED),
        ([], K.EVALUATED, P.SEEN),
        ([], K.ACTED, P.ACTED),
        ([], K.HANDED_OVER, P.RAISED),
        ([], K.RAISED, P.RAISED),
        ([SEEN], K.SEEN, P.SEEN),
        ([SEEN], K.EVALUATED, P.SEEN),
        ([SEEN], K.SCREENED, P.SCREENED),
        ([SEEN], K.TRIAGED, P.TRIAGED),
        ([SEEN], K.ACTED, P.ACTED),
        ([SEEN], K.HANDED_OVER, P.SEEN),
        ([SEEN], K.RAISED, P.RAISED),
        ([SCREENED], K.SEEN, P.SCREENED),
        ([SCREENED], K.SCREENED, P.SCREENED),
        ([SCREENED], K.TRIAGED, P.TRIAGED),
        ([SCREENED], K.EVALUATED, P.SCREENED),
        ([SCREENED], K.ACTED, P.ACTED),
        ([SCREENED], K.HANDED_OVER, P.SCREENED),
        ([SCREENED], K.RAISED, P.RAISED),
        ([event(K.TRIAGED, 15)], K.SEEN, P.TRIAGED),
        ([event(K.TRIAGED, 15)], K.SCREENED, P.SCREENED),
        ([event(K.TRIAGED, 15)], K.TRIAGED, P.TRIAGED),
        ([event(K.TRIAGED, 15)], K.EVALUATED, P.TRIAGED),
        ([event(K.TRIAGED, 15)], K.ACTED, P.ACTED),
        ([event(K.TRIAGED, 15)], K.HANDED_OVER, P.TRIAGED),
        ([event(K.TRIAGED, 15)], K.RAISED, P.RAISED),
        ([ACTED], K.SEEN, P.ACTED),
        ([ACTED], K.SCREENED, P.ACTED),
        ([ACTED], K.TRIAGED, P.ACTED),
        ([ACTED], K.EVALUATED, P.ACTED),
        ([ACTED], K.ACTED, P.ACTED),
        ([ACTED], K.HANDED_OVER, P.ACTED),
        ([ACTED], K.CLOSED, P.CLOSED),
        ([ACTED], K.RAISED, P.RAISED),
        ([ACTED, CLOSED], K.RAISED, P.RAISED),
        ([ACTED, CLOSED], K.REOPENED, P.RAISED),
    ],
)
def test_what_follows_what(before: list[RiskEvent], kind: RiskEventKind, phase: RiskPhase) -> None:
    entry = event(kind, 40, to=BO)
    path = append_risk(fold_risk([RAISED, *before]), entry, minute(41))
    assert (path.phase, path.entries[-1], path.unplaced) == (phase, entry, frozenset())


def test_the_table_above_is_the_whole_table() -> None:
    assert sum(len(row) for row in TRANSITIONS.values()) == 1 + 38
    assert {phase for phase, row in TRANSITIONS.items() if K.CLOSED in row} == {P.ACTED}
    assert {phase for phase, row in TRANSITIONS.items() if K.RAISED in row} == set(P)


@pytest.mark.parametrize(
    ("before", "entry", "code", "path"),
    [
        ([], SEEN, "wrong_step", "kind"),
        ([RAISED], CLOSED, "wrong_step", "kind"),
        ([RAISED, SEEN, SCREENED], CLOSED, "wrong_step", "kind"),
        ([RAISED], event(K.REOPENED, 40), "wrong_step", "kind"),
        ([RAISED, ACTED, CLOSED], event(K.SEEN, 40), "wrong_step", "kind"),
        ([RAISED], event(K.SEEN, 5, by="  "), "unnamed", "by"),
        ([], event(K.RAISED, 0, says=" "), "says_nothing", "says"),
        ([RAISED], event(K.ACTED, 5, says=" "), "says_nothing", "says"),
        ([RAISED], event(K.TRIAGED, 5, says=""), "says_nothing", "says"),
        ([RAISED], event(K.EVALUATED, 5, says=""), "says_nothing", "says"),
        ([RAISED, ACTED], event(K.CLOSED, 25, says=""), "says_nothing", "says"),
        ([RAISED, ACTED, CLOSED], event(K.REOPENED, 40, says=""), "says_nothing", "says"),
        ([], event(K.RAISED, 0, to=" "), "no_owner", "to"),
        ([RAISED], event(K.HANDED_OVER, 5, to=""), "no_owner", "to"),
        ([RAISED, ACTED, CLOSED], event(K.REOPENED, 40, to=""), "no_owner", "to"),
        ([RAISED], event(K.TRIAGED, 5, as_clinician=False), "not_a_clinician", "by"),
        ([RAISED], event(K.EVALUATED, 5, as_clinician=False), "not_a_clinician", "by"),
        ([RAISED], event(K.TRIAGED, 5, level=None), "no_level", "level"),
        ([RAISED, ACTED, event(K.HANDED_OVER, 25, to=BO)], CLOSED, "not_yet", "kind"),
    ],
)
def test_what_does_not_follow_is_refused_and_changes_nothing(
    before: list[RiskEvent], entry: RiskEvent, code: str, path: str
) -> None:
    pathway = fold_risk(before)
    problem = refused(pathway, entry)
    assert (problem.code, problem.path) == (code, path)
    folded = fold_risk([*before, entry])
    assert folded == replace(pathway, entries=(*pathway.entries, entry), unplaced=frozenset({entry.id}))


def test_a_refusal_says_what_may_follow() -> None:
    assert refused(fold_risk([]), SEEN).message == "A signal that is quiet can be: raised."
    closed = fold_risk([RAISED, ACTED, CLOSED])
    assert refused(closed, event(K.SEEN, 40)).message == "A signal that is closed can be: raised, reopened."
    assert "handed over" in refused(fold_risk([RAISED]), CLOSED).message


@pytest.mark.parametrize("kind", [K.SEEN, K.SCREENED, K.HANDED_OVER])
def test_looking_screening_and_handing_over_need_no_words(kind: RiskEventKind) -> None:
    entry = event(kind, 5, says="", as_clinician=False)
    assert append_risk(fold_risk([RAISED]), entry, minute(6)).unplaced == frozenset()


@pytest.mark.parametrize(("ahead_s", "accepted"), [(0, True), (60, True), (60.001, False)])
def test_an_event_from_the_future_is_refused(ahead_s: float, accepted: bool) -> None:
    assert timedelta(seconds=60) == CLOCK_SKEW
    entry = replace(SEEN, at=START + timedelta(seconds=ahead_s))
    if accepted:
        assert append_risk(fold_risk([RAISED]), entry, START).phase is P.SEEN
    else:
        assert refused(fold_risk([RAISED]), entry, START).code == "in_the_future"


def test_the_same_event_twice_is_one_and_another_with_its_id_is_refused() -> None:
    path = fold_risk([RAISED, SEEN, SEEN, RAISED])
    assert path.entries == (RAISED, SEEN)
    assert append_risk(path, SEEN, minute(9)) is path
    assert refused(path, replace(SEEN, by=BO)).code == "id_reused"


# Owner


def test_a_new_owner_has_to_see_it_too_and_nothing_done_is_lost() -> None:
    path = fold_risk([RAISED, SEEN, SCREENED, ACTED, event(K.HANDED_OVER, 25, to=f" {BO} ")])
    assert (path.owner, path.owned_since, path.seen_at, path.phase) == (BO, minute(25), None, P.ACTED)
    assert (path.screened_at, path.acted_at, path.level) == (minute(10), minute(20), RiskLevel.LOW)
    assert still_open(may_close(path)) == (f"{BO} has not looked at this yet.",)
    assert append_risk(append_risk(path, event(K.SEEN, 26), minute(27)), CLOSED, minute(31)).phase is P.CLOSED


def test_the_first_look_of_an_owner_counts() -> None:
    assert fold_risk([RAISED, SEEN, event(K.SEEN, 8)]).seen_at == minute(5)


@pytest.mark.parametrize("kind", [K.SCREENED, K.TRIAGED, K.EVALUATED, K.ACTED])
def test_whoever_does_something_has_seen_it(kind: RiskEventKind) -> None:
    assert fold_risk([RAISED, event(kind, 7)]).seen_at == minute(7)


# A new sign


def test_a_new_sign_while_one_is_open_joins_it_and_asks_for_everything_anew() -> None:
    done = [RAISED, SEEN, SCREENED, event(K.TRIAGED, 12), event(K.EVALUATED, 14), ACTED]
    path = fold_risk([*done, event(K.RAISED, 50, to=BO)])
    assert (path.phase, path.owner, path.owned_since, path.raised_at, path.newest_at) == (
        P.RAISED, ANA, minute(50), minute(0), minute(50),
    )  # fmt: skip
    assert (path.seen_at, path.screened_at, path.triaged_at, path.evaluated_at, path.acted_at) == (None,) * 5
    assert path.level is RiskLevel.LOW
    assert [sign.id for sign in path.signs] == ["raised-0", "raised-50"]


@pytest.mark.parametrize("kind", [K.RAISED, K.REOPENED])
def test_after_a_close_it_is_open_again_with_its_level_and_a_named_owner(kind: RiskEventKind) -> None:
    path = fold_risk([RAISED, SCREENED, ACTED, CLOSED, event(kind, 60, to=BO)])
    assert (path.phase, path.is_open, path.owner, path.raised_at, path.newest_at) == (
        P.RAISED, True, BO, minute(60), minute(60),
    )  # fmt: skip
    assert (path.closed_at, path.closed_by, path.level) == (None, "", RiskLevel.LOW)


def test_a_step_that_did_not_follow_is_no_newest_sign() -> None:
    assert fold_risk([RAISED, event(K.REOPENED, 40)]).newest_at == minute(0)


# Level


@pytest.mark.parametrize("before", URGENCY)
@pytest.mark.parametrize("after", URGENCY)
def test_a_screener_only_raises(before: RiskLevel | None, after: RiskLevel | None) -> None:
    path = fold_risk([RAISED, event(K.SCREENED, 1, level=before), event(K.SCREENED, 2, level=after, missing=("plan",))])
    assert path.level is max(before, after, key=URGENCY.index)
    assert (path.screened_at, path.not_answered) == (minute(2), ("plan",))


def test_a_sign_may_bring_its_own_level() -> None:
    assert fold_risk([replace(RAISED, level=RiskLevel.HIGH)]).level is RiskLevel.HIGH


def test_a_named_clinician_may_lower_the_level_with_a_reason() -> None:
    high = event(K.SCREENED, 1, level=RiskLevel.HIGH)
    path = fold_risk([RAISED, high, event(K.TRIAGED, 9, level=RiskLevel.MODERATE, says="Spoke with her.")])
    assert (path.level, path.level_at, path.triaged_at) == (RiskLevel.MODERATE, minute(9), minute(9))
    same = fold_risk([RAISED, high, event(K.TRIAGED, 9, level=RiskLevel.HIGH)])
    assert same.level_at == minute(1)


def test_an_unanswered_screener_is_unknown_and_not_none() -> None:
    path = fold_risk([RAISED, event(K.SCREENED, 1, level=None, missing=("plan",))])
    assert (path.level, path.level_at) == (None, None)


# Closing


def test_what_keeps_it_open_is_said_all_at_once() -> None:
    path = fold_risk([replace(RAISED, level=RiskLevel.HIGH)])
    decision = may_close(path)
    assert [reason.rule for reason in reasons_of(decision)] == ["high_needs_evaluation", "not_screened"]
    assert [gap.fact for gap in missing_of(decision)] == ["seen", "action"]
    assert [gap.needed_by for gap in missing_of(decision)] == ["owner_has_seen_it", "action_recorded"]


def test_there_is_nothing_to_close_before_and_after() -> None:
    for path in (fold_risk([]), fold_risk([RAISED, ACTED, CLOSED])):
        (reason,) = reasons_of(may_close(path))
        assert (reason.rule, reason.level, reason.value) == ("is_open", Level.STOP, path.phase.value)


@pytest.mark.parametrize("level", [level for level in URGENCY if level is not RiskLevel.HIGH])
def test_below_high_it_closes_with_an_action_and_a_name(level: RiskLevel | None) -> None:
    path = fold_risk([RAISED, event(K.SCREENED, 1, level=level), ACTED])
    assert may_close(path) == Allowed()


def test_a_high_level_never_closes_without_an_evaluation() -> None:
    path = fold_risk([RAISED, event(K.SCREENED, 1, level=RiskLevel.HIGH), ACTED])
    problem = refused(path, CLOSED)
    assert (problem.code, problem.message) == ("not_yet", "The level is high: record a clinician's evaluation first.")
    (reason,) = reasons_of(may_close(path))
    assert (reason.fact, reason.value, reason.limit, reason.source) == (
        "evaluation", None, True, TIERS[0].basis.says,
    )  # fmt: skip
    evaluated = append_risk(path, event(K.EVALUATED, 25), minute(26))
    assert append_risk(evaluated, CLOSED, minute(31)).phase is P.CLOSED


@pytest.mark.parametrize("how", [event(K.SCREENED, 9, level=RiskLevel.HIGH), event(K.TRIAGED, 9, level=RiskLevel.HIGH)])
def test_an_evaluation_from_before_it_was_high_does_not_count(how: RiskEvent) -> None:
    path = fold_risk([RAISED, event(K.EVALUATED, 5), how, ACTED])
    assert path.evaluated_at is None
    again = fold_risk([RAISED, how, event(K.EVALUATED, 10), replace(how, id="again", at=minute(11))])
    assert again.evaluated_at == minute(10)


def test_without_a_screener_it_is_flagged_because_that_rule_is_from_memory() -> None:
    (flag,) = reasons_of(may_close(fold_risk([RAISED, ACTED])))
    assert (flag.rule, flag.level, flag.fact) == ("not_screened", Level.FLAG, "screener")
    part = event(K.SCREENED, 5, level=RiskLevel.LOW, missing=("plan", "intent"))
    (flag,) = reasons_of(may_close(fold_risk([RAISED, part, ACTED])))
    assert (flag.rule, flag.level, flag.value, flag.limit) == ("screener_incomplete", Level.FLAG, 2, 0)
    for answer in ([event(K.TRIAGED, 6)], [part, event(K.TRIAGED, 6)]):
        assert may_close(fold_risk([RAISED, *answer, ACTED])) == Allowed()


# Properties

EVENTS = st.lists(
    st.builds(
        RiskEvent,
        id=st.integers(0, 30).map(str),
        kind=st.sampled_from(K),
        at=st.integers(0, 500).map(minute),
        by=st.sampled_from([ANA, BO, ""]),
        says=st.sampled_from(["Spoke.", ""]),
        to=st.sampled_from([ANA, BO, ""]),
        level=st.sampled_from(URGENCY),
        missing=st.sampled_from([(), ("plan",)]),
        as_clinician=st.booleans(),
    ),
    max_size=14,
)
SIGN = st.builds(
    RiskEvent,
    id=st.just("new sign"),
    kind=st.just(K.RAISED),
    at=st.integers(0, 500).map(minute),
    by=st.just("the person"),
    says=st.just("Item 9."),
    to=st.just(BO),
    level=st.sampled_from(URGENCY),
)


@given(EVENTS, SIGN)
def test_adding_a_sign_never_lowers_the_level_nor_shortens_the_list(events: list[RiskEvent], sign: RiskEvent) -> None:
    before, after = fold_risk(events), fold_risk([*events, sign])
    assert URGENCY.index(after.level) >= URGENCY.index(before.level)
    assert after.entries == (*before.entries, sign)
    assert after.is_open
    assert after.owner.strip()
    assert not before.is_open or after.owner == before.owner


@given(EVENTS, SIGN, EVENTS)
def test_no_order_of_events_loses_a_sign(before: list[RiskEvent], sign: RiskEvent, after: list[RiskEvent]) -> None:
    path = fold_risk([*before, sign, *after])
    assert sign in path.signs
    if not path.is_open:
        # Whatever came before or after: it was closed by a named person, with words, after this sign.
        place = path.entries.index(sign)
        closes = [entry for entry in path.entries[place:] if entry.kind is K.CLOSED and entry.id not in path.unplaced]
        assert closes
        assert closes[-1].by.strip() == path.closed_by != ""
        assert closes[-1].says.strip()


@given(EVENTS)
def test_a_high_level_is_never_found_closed_without_a_clinician(events: list[RiskEvent]) -> None:
    path = fold_risk(events)
    if path.phase is P.CLOSED:
        placed = [entry for entry in path.entries if entry.id not in path.unplaced]
        assert path.seen_at is not None
        assert path.acted_at is not None
        assert path.level is not RiskLevel.HIGH or any(entry.kind is K.EVALUATED for entry in placed)


@given(EVENTS, st.data())
def test_duplicates_are_one(events: list[RiskEvent], data: st.DataObject) -> None:
    once = fold_risk(events)
    if once.entries:
        again = data.draw(st.sampled_from(once.entries))
        assert fold_risk([*once.entries, again]) == once
        assert append_risk(once, again, minute(0)) is once


@given(EVENTS)
def test_only_a_clinician_lowers_the_level(events: list[RiskEvent]) -> None:
    path = RiskPathway()
    for place in range(len(events)):
        following = fold_risk(events[: place + 1])
        if URGENCY.index(following.level) < URGENCY.index(path.level):
            last = following.entries[-1]
            assert last.kind is K.TRIAGED
            assert last.as_clinician
            assert last.by.strip()
            assert last.says.strip()
        path = following
