"""What may be entered, whether a dose may begin, and what a given dose is debited from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.spec.care.bedside import Bedside, minute
from tests.spec.care.test_medication_ledger import DRAWN, GIVEN, LOTS, NOW, RECEIVED, SPRAYS, VIALS, WASTED, entry

from euthymia.care.decision import Allowed, CannotTell, Refused, missing_of, reasons_of
from euthymia.care.dose_order import DoseOrder
from euthymia.care.medication_ledger import Entry, EntryKind, Ledger, Place, entered, imbalance_ug, ledger_of
from euthymia.care.medication_rules import (
    Reversing,
    Settling,
    counted,
    dose_drawn,
    drug_in_stock,
    fits_order,
    in_words,
    may_draw,
    may_enter,
    owed_ug,
    reversal_of,
    settlement,
    still_drawn,
)
from euthymia.care.protocol import WeightBasis
from euthymia.care.session import SessionState
from euthymia.care.session_events import Because, Delivery, DeviceGiven, DoseStarted, EventKind

LEDGER = ledger_of(LOTS, (RECEIVED,))
IV = DoseOrder("iv", "1", "ketamine", "iv", 35.0, 0.5, 70.0, WeightBasis.ACTUAL, 1.0, 35.0, 40.0, 52.5)
IM = replace(IV, route="im", duration_min=None, rate_ml_per_h=None, concentration_mg_per_ml=50.0)
NASAL = DoseOrder("es", "1", "esketamine", "nasal", 56.0, 0.8, 70.0, WeightBasis.ACTUAL, devices=2)


def rules(decision: Any) -> list[str]:
    return [reason.rule for reason in reasons_of(decision)] + [one.needed_by for one in missing_of(decision)]


def ask(new: Entry, *before: Entry) -> list[str]:
    return rules(may_enter(entered(LEDGER, *before), new, NOW))


# Entering


def test_a_plain_day_is_allowed() -> None:
    assert ask(DRAWN) == []
    assert ask(GIVEN, DRAWN) == []
    assert ask(WASTED, DRAWN, GIVEN) == []


@pytest.mark.parametrize(
    ("new", "before", "rule"),
    [
        (replace(DRAWN, lot="another"), (), "lot_unknown"),
        (replace(DRAWN, at=NOW + timedelta(hours=1)), (), "entry_from_the_future"),
        (replace(DRAWN, amount_ug=500_001), (), "more_than_there_is"),
        (GIVEN, (), "more_than_there_is"),
        (replace(GIVEN, session="s2"), (DRAWN,), "more_than_there_is"),
        (replace(WASTED, amount_ug=2_001), (DRAWN, GIVEN), "more_than_there_is"),
        (replace(DRAWN, at=VIALS.unusable_from - timedelta(days=200), recorded_at=NOW), (), None),
        (replace(WASTED, witness=""), (DRAWN,), "witness_signed"),
        (replace(WASTED, witness="nurse"), (DRAWN,), "witness_is_other"),
        (entry(EntryKind.DESTROYED, 1_000, Place.VAULT, Place.DESTROYED), (), "witness_signed"),
        (entry(EntryKind.RETURNED, 1_000, Place.VAULT, Place.SUPPLIER), (), None),
        (entry(EntryKind.RETURNED, 37_000, Place.DRAWN, Place.VAULT), (DRAWN,), None),
    ],
)
def test_one_entry(new: Entry, before: tuple[Entry, ...], rule: str | None) -> None:
    assert ask(new, *before) == ([rule] if rule else [])


def test_nobody_signed_is_not_known_and_oneself_is_refused() -> None:
    ledger = entered(LEDGER, DRAWN)
    assert isinstance(may_enter(ledger, replace(WASTED, witness=" "), NOW), CannotTell)
    assert isinstance(may_enter(ledger, replace(WASTED, witness="nurse"), NOW), Refused)


def test_an_expired_lot_is_not_drawn_but_may_be_destroyed() -> None:
    later = VIALS.unusable_from
    drawn = replace(DRAWN, at=later, recorded_at=later)
    assert rules(may_enter(LEDGER, drawn, later)) == ["lot_expired"]
    gone = entry(EntryKind.DESTROYED, 500_000, Place.VAULT, Place.DESTROYED, witness="prescriber")
    assert rules(may_enter(LEDGER, replace(gone, at=later, recorded_at=later), later)) == []


def test_devices_are_whole() -> None:
    came = entry(EntryKind.RECEIVED, 28_000 * 4, Place.SUPPLIER, Place.VAULT, lot="sprays")
    half = entry(EntryKind.DRAWN, 14_000, Place.VAULT, Place.DRAWN, lot="sprays")
    assert ask(half, came) == ["whole_devices"]
    odd = replace(came, id="c", kind=EntryKind.COUNTED, amount_ug=0, source=Place.VAULT, counted_ug=14_000)
    assert ask(odd, came) == ["whole_devices"]


def test_the_same_press_again_is_one_entry_also_when_its_time_is_later() -> None:
    again = replace(DRAWN, at=NOW + timedelta(seconds=5), recorded_at=NOW + timedelta(seconds=5))
    assert ask(again, DRAWN) == ["already_entered"]
    assert isinstance(may_enter(entered(LEDGER, DRAWN), again, NOW), Allowed)
    assert ask(replace(DRAWN, amount_ug=1_000), DRAWN) == ["entry_id_reused"]


# Taking back and resolving

BACK = reversal_of(DRAWN, Reversing("back", NOW, NOW, "nurse", "", "Wrong person."))


def test_an_entry_is_taken_back_once_by_its_opposite_and_says_why() -> None:
    assert ask(BACK, DRAWN) == []
    assert ask(replace(BACK, reason=""), DRAWN) == ["reason_given"]
    assert ask(replace(BACK, id="again"), DRAWN, BACK)[0] == "already_reversed"
    assert ask(BACK)[0] == "nothing_to_reverse"
    assert ask(replace(BACK, amount_ug=1_000), DRAWN) == ["nothing_to_reverse"]


def test_taking_back_a_waste_needs_a_witness_too() -> None:
    back = reversal_of(WASTED, Reversing("back", NOW, NOW, "nurse", "", "Typed for another lot."))
    assert ask(back, DRAWN, WASTED) == ["witness_signed"]


COUNT = entry(EntryKind.COUNTED, 0, Place.VAULT, Place.VAULT, id="count", counted_ug=499_000)
FOUND = counted(LEDGER, COUNT, "found")[1]


def resolved(amount_ug: int, source: Place, target: Place, **more: Any) -> Entry:
    made = {"witness": "prescriber", "reason": "Looked into.", "about": "found"} | more
    return entry(EntryKind.DISCREPANCY_RESOLVED, amount_ug, source, target, **made)


def test_a_count_that_agrees_opens_nothing() -> None:
    (told,) = counted(LEDGER, replace(COUNT, counted_ug=500_000), "found")
    assert told.expected_ug == 500_000


def test_a_count_that_differs_opens_a_discrepancy_and_the_vault_holds_what_was_counted() -> None:
    less = entered(LEDGER, *counted(LEDGER, COUNT, "found"))
    more = entered(LEDGER, *counted(LEDGER, replace(COUNT, counted_ug=501_000), "found"))
    assert [one.balance_ug("vials", Place.VAULT) for one in (less, more)] == [499_000, 501_000]
    assert [one.total_ug(Place.UNACCOUNTED) for one in (less, more)] == [1_000, -1_000]
    assert (FOUND.owner, FOUND.about, FOUND.reason) == ("nurse", "count", "1 mg less was counted than expected.")
    assert imbalance_ug(less) == imbalance_ug(more) == 0


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (resolved(1_000, Place.UNACCOUNTED, Place.VAULT), []),
        (resolved(1_000, Place.UNACCOUNTED, Place.WASTED), []),
        (resolved(0, Place.UNACCOUNTED, Place.UNACCOUNTED), []),
        (resolved(1_000, Place.UNACCOUNTED, Place.VAULT, witness=""), ["witness_signed"]),
        (resolved(1_000, Place.UNACCOUNTED, Place.VAULT, witness="nurse"), ["witness_is_other"]),
        (resolved(1_000, Place.UNACCOUNTED, Place.VAULT, reason=" "), ["reason_given"]),
        (resolved(500, Place.UNACCOUNTED, Place.VAULT), ["other_discrepancy"]),
        (resolved(1_000, Place.VAULT, Place.UNACCOUNTED), ["other_discrepancy"]),
        (resolved(1_000, Place.UNACCOUNTED, Place.VAULT, lot="sprays"), ["other_discrepancy", "whole_devices"]),
        (resolved(1_000, Place.UNACCOUNTED, Place.VAULT, about="count"), ["no_such_discrepancy"]),
    ],
)
def test_a_discrepancy_is_resolved_whole_with_reason_and_witness(new: Entry, expected: list[str]) -> None:
    assert ask(new, *counted(LEDGER, COUNT, "found")) == expected


def test_a_discrepancy_is_resolved_once() -> None:
    news = counted(LEDGER, COUNT, "found")
    first = resolved(0, Place.UNACCOUNTED, Place.UNACCOUNTED)
    assert ask(replace(first, id="other"), *news, first) == ["already_resolved"]


# Drawing for an order, and beginning


@pytest.mark.parametrize(
    ("lot", "order", "rule"),
    [
        (VIALS, IV, None),
        (VIALS, IM, None),
        (SPRAYS, NASAL, None),
        (SPRAYS, IV, "drug_of_order"),
        (replace(SPRAYS, drug="ketamine"), IV, "form_of_order"),
        (replace(VIALS, drug="esketamine"), NASAL, "form_of_order"),
        (replace(SPRAYS, device_ug=14_000), NASAL, "form_of_order"),
        (replace(VIALS, ug_per_ml=100_000), IM, "strength_of_order"),
        (replace(VIALS, ug_per_ml=100_000), IV, None),
    ],
)
def test_what_is_drawn_is_what_was_ordered(lot: Any, order: DoseOrder, rule: str | None) -> None:
    ledger = ledger_of((lot,), (replace(RECEIVED, lot=lot.id, amount_ug=560_000),))
    drawn = replace(DRAWN, lot=lot.id, amount_ug=56_000)
    assert rules(may_draw(ledger, drawn, order, NOW)) == ([rule] if rule else [])
    assert fits_order(lot, order) == (rule is None)


def test_an_unknown_lot_is_not_drawn() -> None:
    assert rules(may_draw(LEDGER, replace(DRAWN, lot="x"), IV, NOW)) == ["lot_unknown"]


@pytest.mark.parametrize(
    ("stock", "drawn_ug", "answer"),
    [
        ([(VIALS, 500_000)], 0, []),
        ([(VIALS, 34_800)], 0, []),
        ([(VIALS, 34_700)], 0, ["drug_in_stock"]),
        ([(VIALS, 10_000)], 25_000, []),
        ([], 35_000, []),
        ([(replace(VIALS, unusable_from=NOW), 500_000)], 0, ["drug_in_stock"]),
        ([(SPRAYS, 500_000)], 0, ["drug_in_stock"]),
        ([], 0, ["drug_in_stock"]),
    ],
)
def test_the_drug_is_in_stock(stock: list[Any], drawn_ug: int, answer: list[str]) -> None:
    assert rules(drug_in_stock(IV, stock, drawn_ug, NOW)) == answer


def test_a_stock_nobody_knows_is_not_a_yes_and_not_a_no() -> None:
    assert isinstance(drug_in_stock(IV, [], 0, NOW), CannotTell)
    assert isinstance(drug_in_stock(IV, [(VIALS, 0)], 0, NOW), Refused)


@pytest.mark.parametrize(("drawn_ug", "enough"), [(0, False), (34_749, False), (34_750, True), (35_000, True)])
def test_a_dose_begins_once_it_is_drawn_as_far_as_a_syringe_can_be_read(drawn_ug: int, enough: bool) -> None:
    before = (replace(DRAWN, amount_ug=drawn_ug),) if drawn_ug else ()
    ledger = entered(LEDGER, *before)
    assert rules(dose_drawn(ledger, "s1", IV)) == ([] if enough else ["dose_not_drawn"])
    assert rules(dose_drawn(ledger, "s2", IV)) == ["dose_not_drawn"]


def test_what_is_left_is_told() -> None:
    assert rules(still_drawn(entered(LEDGER, DRAWN, GIVEN), "s1")) == ["still_drawn"]
    told = reasons_of(still_drawn(entered(LEDGER, DRAWN, GIVEN), "s1"))[0].says
    assert told == "0.04 mL (2 mg) of lot K-1 are drawn and neither given nor wasted."
    assert rules(still_drawn(entered(LEDGER, DRAWN, GIVEN, WASTED), "s1")) == []


def test_amounts_in_words() -> None:
    assert in_words(VIALS, 36_700) == "0.734 mL (36.7 mg)"
    assert in_words(VIALS, 500_000) == "10 mL (500 mg)"
    assert [in_words(SPRAYS, 28_000 * n) for n in (1, 3)] == ["1 device (28 mg)", "3 devices (84 mg)"]


# Debiting what was given


def test_what_is_owed_follows_the_flowsheet() -> None:
    bed = Bedside().infusing()
    assert owed_ug(bed.state, minute(20)) == 0
    bed.write(EventKind.DOSE_STOPPED, 20, Because("Unwell"))
    assert owed_ug(bed.state, minute(25)) == 17_500
    assert owed_ug(Bedside().completed().state, minute(41)) == 35_000
    assert owed_ug(SessionState(), minute(0)) == 0


def test_an_injection_is_owed_at_once_and_devices_one_by_one() -> None:
    shot = Bedside().until_ready()
    shot.write(EventKind.DOSE_STARTED, 0, DoseStarted(Delivery.INJECTION, 35.0))
    assert owed_ug(shot.state, minute(0)) == 35_000
    spray = Bedside().until_ready()
    spray.write(EventKind.DOSE_STARTED, 0, DoseStarted(Delivery.DEVICES, 56.0))
    assert owed_ug(spray.state, minute(0)) == 0
    spray.write(EventKind.DEVICE_GIVEN, 1, DeviceGiven(28.0, 1))
    assert owed_ug(spray.state, minute(2)) == 28_000


numbers = count()


def settling() -> Settling:
    return Settling("s1", "nurse", NOW, NOW, lambda word: f"{word}-{next(numbers)}")


def settled(due_ug: int, entries: Iterable[Entry]) -> tuple[Ledger, tuple[Entry, ...]]:
    ledger = ledger_of(LOTS, (RECEIVED, *entries))
    new = settlement(ledger, settling(), due_ug, "vials")
    return entered(ledger, *new), new


def test_a_dose_is_debited_once() -> None:
    ledger, new = settled(35_000, (DRAWN,))
    assert [(one.kind, one.amount_ug) for one in new] == [(EntryKind.GIVEN, 35_000)]
    assert settlement(ledger, settling(), 35_000, "vials") == ()


def test_what_a_syringe_cannot_show_is_given_with_the_rest() -> None:
    ledger, new = settled(37_200, (DRAWN,))
    assert [one.amount_ug for one in new] == [37_000]
    assert settlement(ledger, settling(), 37_200, "vials") == ()
    _, less = settled(36_750, (DRAWN,))
    assert [one.amount_ug for one in less] == [37_000]
    _, readable = settled(36_749, (DRAWN,))
    assert [one.amount_ug for one in readable] == [36_749]


def test_a_shortage_is_given_and_stays_open() -> None:
    ledger, new = settled(40_000, (DRAWN,))
    assert [one.kind.value for one in new] == ["given", "discrepancy_found", "given"]
    assert ledger.given_for("s1") == {"vials": 40_000}
    assert [one.owner for one in ledger.open_discrepancies()] == ["nurse"]
    assert imbalance_ug(ledger) == 0


def test_two_lots_are_debited_in_the_order_they_were_drawn() -> None:
    other = replace(VIALS, id="other")
    came = (RECEIVED, replace(RECEIVED, id="r2", lot="other"))
    drawn = (replace(DRAWN, amount_ug=20_000), replace(DRAWN, id="d2", lot="other", amount_ug=20_000))
    ledger = ledger_of((VIALS, other), (*came, *drawn))
    ledger = entered(ledger, *settlement(ledger, settling(), 35_000, "vials"))
    assert ledger.given_for("s1") == {"vials": 20_000, "other": 15_000}
    ledger = entered(ledger, *settlement(ledger, settling(), 10_000, "vials"))
    assert ledger.given_for("s1") == {"vials": 10_000}
    assert ledger.drawn_for("s1") == {"vials": 10_000, "other": 20_000}


def test_a_lot_that_is_not_needed_is_not_debited() -> None:
    other = replace(VIALS, id="other")
    came = (RECEIVED, replace(RECEIVED, id="r2", lot="other"))
    drawn = (replace(DRAWN, amount_ug=20_000), replace(DRAWN, id="d2", lot="other", amount_ug=20_000))
    new = settlement(ledger_of((VIALS, other), (*came, *drawn)), settling(), 15_000, "vials")
    assert [(one.lot, one.amount_ug) for one in new] == [("vials", 15_000)]


def test_a_correction_to_nothing_takes_everything_back() -> None:
    ledger, _ = settled(35_000, (DRAWN,))
    ledger = entered(ledger, *settlement(ledger, settling(), 0, "vials"))
    assert ledger.given_for("s1") == {}
    assert ledger.drawn_for("s1") == {"vials": 37_000}


@given(st.integers(0, 60_000), st.lists(st.integers(0, 60_000), max_size=8))
def test_however_often_the_flowsheet_changes_the_debit_follows_it(drawn_ug: int, dues: list[int]) -> None:
    ledger = entered(LEDGER, *((replace(DRAWN, amount_ug=drawn_ug),) if drawn_ug else ()))
    for due_ug in dues:
        ledger = entered(ledger, *settlement(ledger, settling(), due_ug, "vials"))
        assert abs(sum(ledger.given_for("s1").values()) - due_ug) <= 250
        assert imbalance_ug(ledger) == 0
        assert min(ledger.drawn_for("s1").values(), default=0) >= 0
