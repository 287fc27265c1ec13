"""The ledger in the clinic: a dose and its debit are one act, nothing is doubled, and every amount is somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django.test import Client
from tests.builders import NOW, make_clinic, make_viewer, sign_in
from tests.session_room import BEFORE, Room, again, event

from euthymia.care.decision import Refused, missing_of, reasons_of
from euthymia.care.discharge import DischargeFacts
from euthymia.care.medication_ledger import EntryKind, Lot, imbalance_ug, ledger_of
from euthymia.care.session_events import EventKind
from euthymia.clinic.accounts.models import Membership, User
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.medication import commands, queries, session_commands
from euthymia.clinic.medication.entry_commands import Act
from euthymia.clinic.medication.models import LedgerEntryRow, MedicationLot
from euthymia.clinic.medication.rows import entry_of, lot_of
from euthymia.clinic.medication.witnesses import Witness
from euthymia.clinic.sessions import commands as sessions
from euthymia.clinic.sessions.models import Session, SessionEventRow
from euthymia.clinic.sessions.refusals import NotAllowed
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def act(minutes: float = 0, witness: Viewer | None = None, reason: str = "") -> Act:
    at = NOW + minutes * MINUTE
    return Act(uuid4(), at, at, reason, Witness(witness.user_id, witness.name) if witness else None)


def whole_ledger(room: Room) -> Any:
    lots = [lot_of(row) for row in MedicationLot.objects.filter(clinic=room.clinic)]
    rows = LedgerEntryRow.objects.filter(clinic=room.clinic).order_by("sequence")
    return ledger_of(lots, [entry_of(row) for row in rows])


def assert_sound(room: Room) -> None:
    """The equation holds, and the copies on the lots are what the entries add up to."""
    ledger = whole_ledger(room)
    assert imbalance_ug(ledger) == 0
    for row in MedicationLot.objects.filter(clinic=room.clinic):
        assert row.vault_ug + row.drawn_ug == ledger.on_hand_ug(str(row.id))


def kinds(session: Session) -> list[str]:
    return list(LedgerEntryRow.objects.filter(session=session).order_by("sequence").values_list("kind", flat=True))


# What was given is debited in the same act


def test_a_completed_infusion_is_debited_once() -> None:
    room = Room()
    session = room.dosing()
    assert kinds(session) == ["drawn"]
    room.write(session, EventKind.DOSE_COMPLETED, {}, at=NOW + 45 * MINUTE)
    assert kinds(session) == ["drawn", "given"]
    assert whole_ledger(room).given_for(str(session.id)) == {str(room.lot.id): 35_000}
    room.write(session, EventKind.VITALS, BEFORE, at=NOW + 50 * MINUTE)
    assert kinds(session) == ["drawn", "given"]
    assert_sound(room)


def test_a_stopped_infusion_debits_what_went_in_and_the_door_tells_what_is_left() -> None:
    room = Room()
    session = room.dosing()
    room.write(session, EventKind.DOSE_STOPPED, {"reason": "Unwell"}, at=NOW + 25 * MINUTE)
    given_ug = sum(whole_ledger(room).given_for(str(session.id)).values())
    assert 0 < given_ug < 35_000
    left = reasons_of(sessions.discharge(room.nurse, again(session), DischargeFacts(), now=NOW + 40 * MINUTE))
    assert [reason.value for reason in left if reason.rule == "still_drawn"] == [(35_000 - given_ug) / 1000]
    session_commands.waste(room.nurse, session, room.lot.id, 35_000 - given_ug, act(41, room.prescriber))
    after = reasons_of(sessions.discharge(room.nurse, again(session), DischargeFacts(), now=NOW + 42 * MINUTE))
    assert "still_drawn" not in {reason.rule for reason in after}
    assert_sound(room)


def test_each_device_is_debited_as_it_is_given() -> None:
    room = Room("esketamine_nasal_trd")
    session = room.dosing()
    total_mg, devices = session.plan.order["dose_mg"], session.plan.order["devices"]
    each_ug = round(total_mg / devices * 1000)
    for number in range(1, devices + 1):
        payload = {"amount_mg": total_mg / devices, "number": number}
        room.write(session, EventKind.DEVICE_GIVEN, payload, at=NOW + (6 + 5 * number) * MINUTE)
        assert sum(whole_ledger(room).given_for(str(session.id)).values()) == each_ug * number
    assert_sound(room)


def test_a_correction_of_the_flowsheet_corrects_the_debit() -> None:
    room = Room()
    session = room.dosing()
    done = room.write(session, EventKind.DOSE_COMPLETED, {}, at=NOW + 45 * MINUTE)
    why = {"reason": "It was stopped, not finished."}
    room.write(session, EventKind.STRUCK_OUT, why, at=NOW + 46 * MINUTE, corrects=done)
    assert whole_ledger(room).given_for(str(session.id)) == {}
    room.write(
        session, EventKind.DOSE_STOPPED, {"reason": "Unwell"}, at=NOW + 25 * MINUTE, recorded_at=NOW + 47 * MINUTE
    )
    ledger = whole_ledger(room)
    assert 0 < sum(ledger.given_for(str(session.id)).values()) < 35_000
    assert kinds(session) == ["drawn", "given", "given", "given"]
    assert_sound(room)


def test_the_same_event_again_debits_nothing_more() -> None:
    room = Room()
    session = room.dosing()
    made = event(EventKind.DOSE_COMPLETED, {}, at=NOW + 45 * MINUTE, by=room.nurse.name)
    for _ in range(3):
        sessions.append_event(room.nurse, session, made, NOW + 46 * MINUTE)
    assert kinds(session) == ["drawn", "given"]


# Before the dose the ledger may say no; once it runs it only keeps account


def test_the_gate_knows_the_stock() -> None:
    room = Room()
    commands.remove(room.nurse, room.lot, EntryKind.RETURNED, 2_800_000, act(-30))
    session = room.seated()
    room.write(session, EventKind.VITALS, BEFORE, at=NOW + MINUTE)
    decision = sessions.pass_gate(room.nurse, session, room.answers(), now=NOW + 2 * MINUTE)
    assert isinstance(decision, Refused)
    assert {reason.rule for reason in decision.reasons} == {"drug_in_stock"}


def test_a_clinic_without_a_ledger_cannot_tell_and_does_not_pass() -> None:
    room = Room()
    MedicationLot.objects.filter(pk=room.lot.pk).update(vault_ug=0)
    other = Room("im_racemic")
    session = other.seated()
    MedicationLot.objects.filter(clinic=other.clinic).update(drug=other.lot.drug)
    decision = queries.stock_decision(make_viewer(make_clinic()), session, NOW)
    assert [absent.needed_by for absent in missing_of(decision)] == ["drug_in_stock"]


def test_a_dose_does_not_begin_before_it_is_drawn() -> None:
    room = Room()
    session = room.ready()
    session_commands.put_back(room.nurse, session, room.lot.id, 1_000, act(4))
    with pytest.raises(NotAllowed) as refused:
        room.write(session, EventKind.DOSE_STARTED, room.dose(session), at=NOW + 5 * MINUTE)
    assert refused.value.code == "dose_not_drawn"
    assert not SessionEventRow.objects.filter(session=session, kind="dose_started").exists()


def test_a_dose_written_down_long_afterwards_is_a_fact_and_opens_a_discrepancy() -> None:
    room = Room()
    session = room.ready()
    session_commands.put_back(room.nurse, session, room.lot.id, 35_000, act(4))
    started, late = NOW + 5 * MINUTE, NOW + 60 * MINUTE
    room.write(session, EventKind.DOSE_STARTED, room.dose(session), at=started, recorded_at=late)
    room.write(session, EventKind.DOSE_COMPLETED, {}, at=NOW + 45 * MINUTE, recorded_at=late)
    (found,) = queries.discrepancies(room.nurse)
    assert (found.amount_ug, found.owner_id, found.lot.expires_on) == (35_000, room.nurse.user_id, None)
    assert_sound(room)


def test_more_given_than_drawn_is_given_all_the_same() -> None:
    room = Room("esketamine_nasal_trd")
    session = room.dosing()
    each_ug = 28_000
    session_commands.put_back(room.nurse, session, room.lot.id, session.plan.order["devices"] * each_ug, act(6))
    room.write(session, EventKind.DEVICE_GIVEN, {"amount_mg": 28.0, "number": 1}, at=NOW + 8 * MINUTE)
    (found,) = queries.discrepancies(room.nurse)
    assert found.amount_ug == each_ug
    assert sum(whole_ledger(room).given_for(str(session.id)).values()) == each_ug
    assert_sound(room)


def test_an_expired_lot_and_another_strength_are_not_drawn() -> None:
    room = Room("im_racemic")
    session = room.seated()
    old = commands.receive(
        room.nurse, commands.NewLot("ketamine", "OLD", date(2026, 3, 1), ug_per_ml=10_000), 500_000, act(-90 * 1440)
    )
    strong = commands.receive(
        room.nurse, commands.NewLot("ketamine", "STRONG", date(2027, 3, 1), ug_per_ml=100_000), 500_000, act(-60)
    )
    for lot, rule in ((old, "lot_expired"), (strong, "strength_of_order")):
        with pytest.raises(NotAllowed) as refused:
            session_commands.draw(room.nurse, session, lot.id, 35_000, act(3))
        assert refused.value.code == rule
    assert {row.number for row in queries.lots_for(room.nurse, session, NOW)} == {"LOT-im"}


# One act, or none


class Crash(OperationalError):
    """The power went."""


@contextmanager
def crash_at(statement: int) -> Iterator[list[str]]:
    """The database connection dies as this statement is about to run."""
    ran: list[str] = []

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        ran.append(sql)
        if len(ran) == statement:
            raise Crash
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield ran


def counts(session: Session) -> tuple[int, int, int]:
    return (
        SessionEventRow.objects.filter(session=session).count(),
        LedgerEntryRow.objects.filter(session=session).count(),
        AuditEntry.objects.count(),
    )


def test_the_end_of_a_dose_and_its_debit_are_both_written_or_neither_wherever_it_crashes() -> None:
    room = Room()
    session = room.dosing()
    before = counts(session)
    made = event(EventKind.DOSE_COMPLETED, {}, at=NOW + 45 * MINUTE, by=room.nurse.name)
    statement, crashed = 0, True
    while crashed:
        statement += 1
        with crash_at(statement) as ran:
            try:
                sessions.append_event(room.nurse, session, made, NOW + 46 * MINUTE)
            except Crash:
                assert counts(session) == before, ran[-1]
            else:
                crashed = False
    assert statement > 10
    events, entries, _ = counts(session)
    assert (events, entries) == (before[0] + 1, before[1] + 1)
    assert_sound(room)


def test_the_same_press_twice_is_one_entry_and_another_body_is_refused() -> None:
    room = Room()
    session = room.seated()
    press = act(3)
    for _ in range(3):
        session_commands.draw(room.nurse, session, room.lot.id, 35_000, press)
    assert kinds(session) == ["drawn"]
    with pytest.raises(NotAllowed) as refused:
        session_commands.draw(room.nurse, session, room.lot.id, 30_000, press)
    assert refused.value.code == "entry_id_reused"
    assert_sound(room)


def test_the_database_refuses_to_change_or_delete_an_entry_and_to_make_one_lot_another() -> None:
    room = Room()
    for change in (
        lambda: LedgerEntryRow.objects.update(amount_ug=1),
        lambda: LedgerEntryRow.objects.all().delete(),
        lambda: MedicationLot.objects.update(number="another"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert_sound(room)


# Witness


def test_waste_needs_somebody_else() -> None:
    room = Room()
    session = room.dosing()
    room.write(session, EventKind.DOSE_STOPPED, {"reason": "Unwell"}, at=NOW + 25 * MINUTE)
    for witness, code in ((None, "witness_signed"), (room.nurse, "witness_is_other")):
        with pytest.raises(NotAllowed) as refused:
            session_commands.waste(room.nurse, session, room.lot.id, 1_000, act(30, witness))
        assert refused.value.code == code


def page_of_waste(room: Room, session: Session, client: Client, **fields: str) -> Any:
    typed = {"record_number": room.patient.record_number, "entry_id": str(uuid4()), "lot": str(room.lot.id)}
    return client.post(
        f"/sessions/{session.id}/medication/waste/",
        typed | {"volume_ml": "0.1", "of": "vial"} | fields,
        headers={"hx-request": "true"},
    )


def test_the_witness_signs_with_their_own_password_and_guessing_is_limited(settings: Any) -> None:
    room = Room()
    session = room.dosing()
    room.write(session, EventKind.DOSE_STOPPED, {"reason": "Unwell"}, at=NOW + 25 * MINUTE)
    user = User.objects.get(pk=room.prescriber.user_id)
    user.set_password("a long enough secret")
    user.save()
    member = str(Membership.objects.get(user=user).pk)
    own = str(Membership.objects.get(user_id=room.nurse.user_id).pk)
    client = sign_in(Client(), room.nurse)
    assert page_of_waste(room, session, client).status_code == 422
    assert (
        "another one than you"
        in page_of_waste(room, session, client, witness=own, witness_password="x").content.decode()
    )
    wrong = page_of_waste(room, session, client, witness=member, witness_password="guess")
    assert "not the witness" in wrong.content.decode()
    assert "guess" not in wrong.content.decode()
    right = page_of_waste(room, session, client, witness=member, witness_password="a long enough secret")
    assert right.status_code == 200, right.content.decode()
    (wasted,) = LedgerEntryRow.objects.filter(session=session, kind="wasted")
    assert (wasted.by_id, wasted.witness_id) == (room.nurse.user_id, room.prescriber.user_id)
    said = [
        page_of_waste(room, session, client, witness=member, witness_password=f"guess {n}").content.decode()
        for n in range(8)
    ]
    assert "Too many wrong passwords" in said[-1]
    assert_sound(room)


# Count and discrepancy


def test_a_count_is_blind_and_a_difference_stays_open_until_it_is_resolved() -> None:
    room = Room()
    pharmacist = make_viewer(room.clinic, Role.PHARMACIST)
    client = sign_in(Client(), pharmacist)
    page = client.get(f"/medication/lots/{room.lot.id}/count/").content.decode()
    listed = client.get("/medication/count/").content.decode()
    assert "2800" not in page + listed
    assert "280 mL" not in page + listed
    typed = {"entry_id": str(uuid4()), "opened_ml": "279.5"}
    said = client.post(f"/medication/lots/{room.lot.id}/count/", typed, follow=True).content.decode()
    assert "5 mg less was counted than expected" in said
    again_said = client.post(f"/medication/lots/{room.lot.id}/count/", typed, follow=True)
    assert again_said.status_code == 200
    (found,) = queries.discrepancies(pharmacist)
    assert (found.amount_ug, found.owner_id) == (5_000, pharmacist.user_id)
    assert commands.count(pharmacist, room.lot, 2_795_000, act(1)) is None
    with pytest.raises(BadInput, match="managers"):
        commands.resolve(room.nurse, found.id, "lost", act(2, room.prescriber, "Not found."))
    with pytest.raises(NotAllowed) as unseen:
        commands.resolve(pharmacist, found.id, "lost", act(2, None, "Not found."))
    assert unseen.value.code == "witness_signed"
    with pytest.raises(NotAllowed) as unsaid:
        commands.resolve(pharmacist, found.id, "lost", act(2, room.prescriber))
    assert unsaid.value.code == "reason_given"
    commands.resolve(pharmacist, found.id, "found_again", act(3, room.prescriber, "Behind the shelf."))
    assert queries.discrepancies(pharmacist) == []
    with pytest.raises(NotAllowed) as twice:
        commands.resolve(pharmacist, found.id, "lost", act(4, room.prescriber, "Again."))
    assert twice.value.code == "already_resolved"
    assert MedicationLot.objects.get(pk=room.lot.pk).vault_ug == 2_800_000
    assert_sound(room)


def test_a_mistake_is_taken_back_once_and_both_lines_stay() -> None:
    room = Room()
    session = room.seated()
    press = act(3)
    session_commands.draw(room.nurse, session, room.lot.id, 50_000, press)
    commands.take_back(room.nurse, press.entry_id, act(4, reason="Wrong person."))
    assert kinds(session) == ["drawn", "drawn"]
    assert whole_ledger(room).drawn_for(str(session.id)) == {}
    with pytest.raises(NotAllowed) as refused:
        commands.take_back(room.nurse, press.entry_id, act(5, reason="Again."))
    assert refused.value.code == "already_reversed"
    assert_sound(room)


def test_a_known_lot_with_another_expiry_is_another_box() -> None:
    room = Room()
    with pytest.raises(BadInput) as refused:
        commands.receive(
            room.nurse, commands.NewLot("ketamine", room.lot.number, date(2029, 1, 1), ug_per_ml=10_000), 1_000, act()
        )
    assert refused.value.code == "other_expiry"


# Pages


def test_another_clinics_stock_is_not_there() -> None:
    room, stranger = Room(), make_viewer(make_clinic(), Role.PHARMACIST)
    client = sign_in(Client(), stranger)
    assert client.get(f"/medication/lots/{room.lot.id}/count/").status_code == 404
    assert room.lot.number not in client.get("/medication/").content.decode()
    assert client.get("/medication/ledger/", {"lot": str(room.lot.id)}).status_code == 200
    assert room.lot.number not in client.get("/medication/ledger/", {"lot": str(room.lot.id)}).content.decode()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"number": ""}, "lot number"),
        ({"drug": ""}, "Choose the drug"),
        ({"expires_on": "soon"}, "2027-05"),
        ({"containers": "2.5"}, "whole number"),
        ({"containers": "1e3"}, "not a number"),
        ({"mg_per_ml": "0"}, "above 0"),
        ({"mg_per_ml": "1,5"}, "point"),
        ({"form": ""}, "mL or as devices"),
        ({"number": "x" * 61}, "at most 60"),
    ],
)
def test_a_slip_in_a_delivery_is_named_and_nothing_is_written(fields: dict[str, str], says: str) -> None:
    room = Room()
    before = LedgerEntryRow.objects.count(), MedicationLot.objects.count()
    typed = DELIVERY | {"entry_id": str(uuid4())} | fields
    answer = sign_in(Client(), room.nurse).post("/medication/receive/", typed)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert (LedgerEntryRow.objects.count(), MedicationLot.objects.count()) == before


DELIVERY = {
    "drug": "ketamine",
    "number": "=HYPERLINK(1)",
    "product": "Ketamine 500 mg/10 mL",
    "expires_on": "2028-02",
    "form": "volume",
    "containers": "3",
    "mg_per_ml": "50",
    "container_ml": "10",
}


def test_a_delivery_is_received_and_reported_without_formulas() -> None:
    room = Room()
    client = sign_in(Client(), room.nurse)
    client.post("/medication/receive/", DELIVERY | {"entry_id": str(uuid4())})
    row = MedicationLot.objects.get(number="=HYPERLINK(1)")
    assert (row.vault_ug, row.expires_on, row.container_ml) == (1_500_000, date(2028, 2, 29), Decimal("10.000"))
    csv = client.get("/medication/report.csv").content.decode()
    assert "'=HYPERLINK(1)" in csv
    assert ",=HYPERLINK" not in csv
    report = client.get("/medication/report/").content.decode()
    assert "30 mL (1500 mg)" in report


def test_the_report_of_a_day_names_person_amount_and_who_gave_it() -> None:
    room = Room()
    session = room.dosing()
    room.write(session, EventKind.DOSE_COMPLETED, {}, at=NOW + 45 * MINUTE)
    client = sign_in(Client(), make_viewer(room.clinic, Role.MANAGER))
    report = client.get("/medication/report/", {"day": f"{NOW:%Y-%m-%d}"}).content.decode()
    for words in (str(room.patient), "3.5 mL (35 mg)", room.nurse.name):
        assert words in report
    month = client.get("/medication/report.csv", {"month": f"{NOW:%Y-%m}"}).content.decode()
    given = next(line for line in month.splitlines() if ",Given," in line)
    assert "TS" in given
    assert room.patient.record_number in given
    assert client.get("/medication/report/", {"day": "never"}).status_code == 400


def test_every_page_opens_for_those_who_may() -> None:
    room = Room()
    session = room.dosing()
    room.write(session, EventKind.DOSE_STOPPED, {"reason": "Unwell"}, at=NOW + 25 * MINUTE)
    found = commands.count(room.nurse, room.lot, 0, act(26))
    assert found is not None
    drawn = LedgerEntryRow.objects.get(session=session, kind="drawn")
    client = sign_in(Client(), make_viewer(room.clinic, Role.MEDICAL_LEAD))
    for address in (
        "/medication/",
        "/medication/receive/",
        "/medication/count/",
        f"/medication/lots/{room.lot.id}/count/",
        f"/medication/lots/{room.lot.id}/remove/",
        "/medication/discrepancies/",
        f"/medication/discrepancies/{found.id}/",
        "/medication/ledger/?kind=drawn&from=2026-03-01&until=2026-03-03",
        f"/medication/entries/{drawn.id}/take-back/",
        "/medication/report/?month=2026-03",
        f"/sessions/{session.id}/medication/",
        f"/sessions/{session.id}/",
    ):
        assert client.get(address).status_code == 200, address
    page = client.get(f"/sessions/{session.id}/medication/").content.decode()
    assert "All that is left of it" in page
    assert isinstance(lot_of(room.lot), Lot)
