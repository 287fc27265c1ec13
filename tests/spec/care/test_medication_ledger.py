"""The ledger adds up at every instant, whatever is written into it and however often."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from euthymia.care.decision import Allowed
from euthymia.care.medication_ledger import (
    HOLDING,
    MOVES,
    Entry,
    EntryKind,
    Ledger,
    Lot,
    Moved,
    Place,
    entered,
    imbalance_ug,
    ledger_from_sums,
    ledger_of,
    mg_of,
    ug_of_mg,
    with_lot,
)
from euthymia.care.medication_rules import counted, may_enter
from euthymia.errors import BadInput

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
VIALS = Lot("vials", "ketamine", "K-1", NOW + timedelta(days=90), ug_per_ml=50_000)
SPRAYS = Lot("sprays", "esketamine", "E-1", NOW + timedelta(days=90), device_ug=28_000)
LOTS = (VIALS, SPRAYS)


def entry(kind: EntryKind, amount_ug: int, source: Place, target: Place, **more: Any) -> Entry:
    made = {"id": f"{kind}-{amount_ug}-{source}-{target}", "lot": "vials", "by": "nurse", "session": ""} | more
    if {source, target} & {Place.DRAWN, Place.GIVEN} and not made["session"]:
        made["session"] = "s1"
    return Entry(kind=kind, amount_ug=amount_ug, source=source, target=target, at=NOW, recorded_at=NOW, **made)


RECEIVED = entry(EntryKind.RECEIVED, 500_000, Place.SUPPLIER, Place.VAULT)
DRAWN = entry(EntryKind.DRAWN, 37_000, Place.VAULT, Place.DRAWN)
GIVEN = entry(EntryKind.GIVEN, 35_000, Place.DRAWN, Place.GIVEN)
WASTED = entry(EntryKind.WASTED, 2_000, Place.DRAWN, Place.WASTED, witness="prescriber")


def test_a_day_of_one_vial() -> None:
    ledger = ledger_of(LOTS, (RECEIVED, DRAWN, GIVEN, WASTED))
    assert ledger.balance_ug("vials", Place.VAULT) == 463_000
    assert ledger.drawn_for("s1") == {}
    assert ledger.given_for("s1") == {"vials": 35_000}
    assert (ledger.on_hand_ug(), ledger.total_ug(Place.WASTED)) == (463_000, 2_000)
    assert imbalance_ug(ledger) == 0


def test_the_same_entry_twice_counts_once() -> None:
    once = ledger_of(LOTS, (RECEIVED, DRAWN))
    assert entered(once, DRAWN, RECEIVED) == once
    assert ledger_of(LOTS, (RECEIVED, RECEIVED, DRAWN, DRAWN)) == once


def test_sums_made_elsewhere_make_the_same_balances() -> None:
    entries = (RECEIVED, DRAWN, GIVEN, WASTED)
    moved = [Moved(one.lot, one.source, one.target, one.session, one.amount_ug) for one in entries]
    assert ledger_from_sums(LOTS, moved, ()).balances == ledger_of(LOTS, entries).balances


def test_what_was_received_less_what_was_sent_back_is_what_it_became() -> None:
    back = entry(EntryKind.RETURNED, 100_000, Place.VAULT, Place.SUPPLIER)
    lost = entry(EntryKind.DISCREPANCY_FOUND, 1_000, Place.VAULT, Place.UNACCOUNTED)
    ledger = ledger_of(LOTS, (RECEIVED, back, lost))
    assert ledger.on_hand_ug() == 399_000
    assert ledger.total_ug(Place.UNACCOUNTED) == 1_000
    assert imbalance_ug(ledger) == imbalance_ug(ledger, "vials") == 0


def test_amounts_are_exact() -> None:
    assert [ug_of_mg(mg) for mg in (0.1, 36.7, 0.0005, 84.0)] == [100, 36_700, 0, 84_000]
    assert mg_of(36_700) == Decimal("36.7")
    assert VIALS.ug_of(Decimal("0.734")) == 36_700
    assert VIALS.ml_of(36_700) == Decimal("0.734")
    assert SPRAYS.ml_of(28_000) is None
    with pytest.raises(BadInput, match="devices, not mL"):
        SPRAYS.ug_of(Decimal(1))


def test_a_lot_expires_at_an_instant() -> None:
    assert not VIALS.expired(VIALS.unusable_from - timedelta(seconds=1))
    assert VIALS.expired(VIALS.unusable_from)


@pytest.mark.parametrize(
    "strength", [{}, {"ug_per_ml": 1, "device_ug": 1}, {"ug_per_ml": 0}, {"device_ug": -1}], ids=str
)
def test_a_lot_is_one_strength_or_devices(strength: dict[str, int]) -> None:
    with pytest.raises(BadInput):
        Lot("x", "ketamine", "1", NOW, **strength)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"id": ""}, "unnamed_entry"),
        ({"by": " "}, "unnamed_entry"),
        ({"at": datetime(2026, 3, 2)}, "naive_time"),
        ({"recorded_at": datetime(2026, 3, 2)}, "naive_time"),
        ({"target": Place.WASTED}, "no_such_move"),
        ({"amount_ug": 0}, "not_positive"),
        ({"amount_ug": -1}, "not_positive"),
        ({"session": ""}, "whose_syringe"),
        ({"source": Place.DRAWN, "target": Place.VAULT, "reversal": True}, "no_such_move"),
        ({"kind": EntryKind.COUNTED, "source": Place.VAULT, "target": Place.VAULT, "amount_ug": 0}, "nothing_counted"),
    ],
    ids=str,
)
def test_an_entry_that_makes_no_sense_is_refused_at_once(changed: dict[str, Any], code: str) -> None:
    with pytest.raises(BadInput) as refused:
        replace(DRAWN, **changed)
    assert refused.value.code == code


def test_only_entries_made_by_hand_are_reversed() -> None:
    taken = {"source": Place.GIVEN, "target": Place.DRAWN, "reversal": True, "about": GIVEN.id}
    with pytest.raises(BadInput):
        replace(GIVEN, **taken)
    back = replace(DRAWN, id="back", source=Place.DRAWN, target=Place.VAULT, reversal=True, about=DRAWN.id)
    assert ledger_of(LOTS, (RECEIVED, DRAWN, back)).balance_ug("vials", Place.VAULT) == 500_000


def test_an_open_discrepancy_stays_open_until_an_entry_resolves_it() -> None:
    found = entry(EntryKind.DISCREPANCY_FOUND, 1_000, Place.VAULT, Place.UNACCOUNTED, owner="nurse")
    ledger = ledger_of(LOTS, (RECEIVED, found))
    assert ledger.open_discrepancies() == (found,)
    done = entry(EntryKind.DISCREPANCY_RESOLVED, 1_000, Place.UNACCOUNTED, Place.VAULT, about=found.id)
    assert entered(ledger, done).open_discrepancies() == ()


def test_one_more_lot_changes_nothing_else() -> None:
    ledger = ledger_of((VIALS,), (RECEIVED,))
    assert with_lot(ledger, SPRAYS).lots.keys() == {"vials", "sprays"}
    assert with_lot(ledger, SPRAYS).balances == ledger.balances


# Whatever is tried

steps = st.tuples(
    st.sampled_from([(kind, *move) for kind, moves in MOVES.items() for move in sorted(moves)]),
    st.integers(1, 12),
    st.sampled_from(["vials", "sprays"]),
    st.sampled_from(["s1", "s2", "s3"]),
    st.sampled_from(["", "nurse", "prescriber"]),
    st.booleans(),
)


def tried(ledger: Ledger, step: Any, number: int) -> Ledger:
    """The ledger after somebody tried this: what the rules allow is in, and it is sent twice at times."""
    (kind, source, target), devices, lot, session, witness, twice = step
    amount_ug = 0 if source is target else devices * 28_000
    more: dict[str, Any] = {"lot": lot, "witness": witness, "reason": "because", "id": f"e{number}"}
    if {source, target} & {Place.DRAWN, Place.GIVEN}:
        more["session"] = session
    if kind is EntryKind.COUNTED:
        made = entry(kind, 0, source, target, **more, counted_ug=devices * 28_000)
        news = counted(ledger, made, f"found{number}")
    else:
        open_ones = ledger.open_discrepancies()
        more["about"] = open_ones[0].id if open_ones and kind is EntryKind.DISCREPANCY_RESOLVED else ""
        news = (entry(kind, amount_ug, source, target, **more),)
    if not isinstance(may_enter(ledger, news[0], NOW), Allowed):
        return ledger
    after = entered(ledger, *news)
    return entered(after, *news) if twice else after


@given(st.lists(steps, max_size=40))
def test_it_adds_up_at_every_instant_and_nothing_falls_below_nothing(history: list[Any]) -> None:
    ledger = ledger_of(LOTS)
    for number, step in enumerate(history):
        ledger = tried(ledger, step, number)
        assert imbalance_ug(ledger) == 0
        assert all(imbalance_ug(ledger, lot.id) == 0 for lot in LOTS)
        assert all(ug >= 0 for (_, place, _), ug in ledger.balances.items() if place in HOLDING)
    assert ledger_of(LOTS, ledger.entries.values()) == ledger
