"""Ten thousand random ledger histories with crashes: what the equation is out by, in mg, at the worst instant.

    python -m benchmarks.session_room_ledger

Every history is tried on the rules alone; for three minutes the same kind of history also runs through the real
commands against rows (SQLite in memory), where a crash kills the transaction at a random statement and the same press
comes again under the same id, sometimes although it had arrived.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from euthymia.care.decision import Allowed
from euthymia.care.medication_ledger import (
    HOLDING,
    MOVES,
    UG_PER_MG,
    Entry,
    EntryKind,
    Ledger,
    Lot,
    Place,
    entered,
    imbalance_ug,
    ledger_of,
)
from euthymia.care.medication_rules import Settling, counted, may_enter, settlement

ROOT = Path(__file__).resolve().parent.parent
HISTORIES, STEPS, ROWS_FOR_S = 10_000, 30, 180
SEED = 20260301
CRASH, TWICE = 0.3, 0.3
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
LOTS = (
    Lot("vials", "ketamine", "K-1", NOW + timedelta(days=90), ug_per_ml=50_000),
    Lot("sprays", "esketamine", "E-1", NOW + timedelta(days=90), device_ug=28_000),
)
KINDS = [(kind, *move) for kind, moves in MOVES.items() for move in sorted(moves)]


def measure() -> list[dict[str, Any]]:
    """The ledger's rows of the session room."""
    rules = on_rules()
    real = json.loads(subprocess.run(_alone(), check=True, capture_output=True, text=True, cwd=ROOT).stdout)
    worst_ug = max(rules["worst_ug"], real["worst_ug"])
    against = f"the rules; {real['histories']} more against rows with {real['crashes']} crashed transactions"
    return [
        {
            "name": "ledger_histories",
            "value": rules["histories"],
            "unit": "histories",
            "target": HISTORIES,
            "against": against,
        },
        {"name": "ledger_imbalance_mg", "value": round(worst_ug / UG_PER_MG, 3), "unit": "mg", "target": 0},
    ]


def _alone() -> list[str]:
    return [sys.executable, "-m", "benchmarks.session_room_ledger", "--rows"]


# On the rules


def on_rules(histories: int = HISTORIES) -> dict[str, int]:
    """Histories, entries tried and written, and the worst imbalance or shortfall at any instant, in micrograms."""
    worst_ug = written = crashes = 0
    for number in range(histories):
        chance = random.Random(SEED + number)
        ledger = ledger_of(LOTS)
        for step in range(STEPS):
            news = _tried(ledger, chance, step)
            if not news or not isinstance(may_enter(ledger, news[0], NOW), Allowed):
                continue
            if chance.random() < CRASH:
                # Nothing of it was committed: what was written before is read again, and the same press comes again.
                crashes += 1
                ledger = ledger_of(LOTS, ledger.entries.values())
            before = len(ledger.entries)
            ledger = entered(ledger, *news)
            if chance.random() < TWICE:
                ledger = entered(ledger, *news)
            written += len(ledger.entries) - before
            worst_ug = max(worst_ug, _out_by_ug(ledger))
        worst_ug = max(worst_ug, _out_by_ug(ledger_of(LOTS, ledger.entries.values())))
    return {"histories": histories, "written": written, "crashes": crashes, "worst_ug": worst_ug}


def _out_by_ug(ledger: Ledger) -> int:
    short_ug = -min((ug for (_, place, _), ug in ledger.balances.items() if place in HOLDING), default=0)
    return max(abs(imbalance_ug(ledger)), *(abs(imbalance_ug(ledger, lot.id)) for lot in LOTS), short_ug)


def _tried(ledger: Ledger, chance: random.Random, step: int) -> tuple[Entry, ...]:
    lot = chance.choice(LOTS).id
    session = f"s{chance.randrange(3)}"
    amount_ug = chance.randrange(1, 12) * 28_000 if lot == "sprays" else chance.randrange(1, 600_000)
    if chance.random() < 0.3:
        settling = Settling(session, "nurse", NOW, NOW, lambda word: f"{step}.{word}")
        return settlement(ledger, settling, chance.randrange(0, 60_000), lot)
    kind, source, target = chance.choice(KINDS)
    if kind is EntryKind.GIVEN:
        return ()
    made = Entry(
        f"e{step}", kind, lot, 0 if source is target else amount_ug, source, target, NOW, NOW, "nurse",
        witness="prescriber", session=session if Place.DRAWN in (source, target) else "", reason="because",
        about=_open(ledger, chance) if kind is EntryKind.DISCREPANCY_RESOLVED else "",
        counted_ug=amount_ug if kind is EntryKind.COUNTED else None,
    )  # fmt: skip
    if kind is EntryKind.COUNTED:
        return counted(ledger, made, f"e{step}.found")
    found = ledger.entries.get(made.about)
    return (replace(made, lot=found.lot, amount_ug=found.amount_ug if made.amount_ug else 0),) if found else (made,)


def _open(ledger: Ledger, chance: random.Random) -> str:
    found = ledger.open_discrepancies()
    return chance.choice(found).id if found else ""


# Against rows


def on_rows(seconds: float) -> dict[str, int]:
    """The same through the clinic's commands until the time is up. Needs a test database; see `main`."""
    from django.db import transaction

    clinic = _Clinic()
    histories = crashes = worst_ug = 0
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        chance = random.Random(SEED + histories)
        with transaction.atomic():
            for _ in range(STEPS // 3):
                crashes += clinic.press(clinic.some_press(chance), chance)
                worst_ug = max(worst_ug, clinic.out_by_ug())
            # The next history begins with the same clinic; this one was durable within its own savepoints.
            transaction.set_rollback(True)
        histories += 1
    return {"histories": histories, "crashes": crashes, "worst_ug": worst_ug}


class _Clinic:
    """One clinic with three people whose dose runs, and what a hand may press there."""

    def __init__(self) -> None:
        from tests.builders import make_viewer
        from tests.session_room import Room, treated_patient

        from euthymia.clinic.accounts.roles import Role

        self.room = Room()
        self.pharmacist = make_viewer(self.room.clinic, Role.PHARMACIST)
        self.sessions = []
        for number in range(3):
            if number:
                self.room.patient = treated_patient(self.room)
                self.room.chair = self.room.chair.__class__.objects.create(
                    clinic=self.room.clinic, name=f"Chair {number + 1}", position=number + 1
                )
            self.sessions.append(self.room.dosing(NOW + timedelta(minutes=number)))
        self.at = NOW + timedelta(hours=1)

    def some_press(self, chance: random.Random) -> Callable[[], object]:
        """One press with its id, which may be made again and again."""
        from euthymia.clinic.medication import commands, session_commands
        from euthymia.clinic.medication.entry_commands import Act
        from euthymia.clinic.medication.witnesses import Witness
        from euthymia.clinic.sessions.commands import append_event

        room, session = self.room, chance.choice(self.sessions)
        seen = Witness(room.prescriber.user_id, room.prescriber.name)
        self.at += timedelta(seconds=1)
        act, amount_ug = Act(uuid4(), self.at, self.at, "because", seen), chance.randrange(1, 20_000)
        back = self._some_entry(chance)
        found = self._some_discrepancy(chance)
        event = self._some_event(session, chance)
        return chance.choice(
            [
                lambda: session_commands.draw(room.nurse, session, room.lot.id, amount_ug, act),
                lambda: session_commands.waste(room.nurse, session, room.lot.id, amount_ug, act),
                lambda: session_commands.put_back(room.nurse, session, room.lot.id, amount_ug, act),
                lambda: commands.remove(room.nurse, room.lot, EntryKind.DESTROYED, amount_ug, act),
                lambda: commands.count(room.nurse, room.lot, 2_700_000 + amount_ug, act),
                lambda: commands.take_back(room.nurse, back, act) if back else None,
                lambda: commands.resolve(self.pharmacist, found, "explained", act) if found else None,
                lambda: append_event(room.nurse, session, event, self.at) if event else None,
                lambda: append_event(room.nurse, session, event, self.at) if event else None,
            ]
        )

    def _some_entry(self, chance: random.Random) -> UUID | None:
        from euthymia.clinic.medication.models import LedgerEntryRow

        ids = list(
            LedgerEntryRow.objects.filter(kind__in=["drawn", "wasted", "destroyed"]).values_list("id", flat=True)
        )
        return chance.choice(ids) if ids else None

    def _some_discrepancy(self, chance: random.Random) -> UUID | None:
        from euthymia.clinic.medication.queries import discrepancies

        open_ones = discrepancies(self.room.nurse)
        return chance.choice(open_ones).id if open_ones else None

    def _some_event(self, session: Any, chance: random.Random) -> Any:
        """The end of the dose, or a correction of it."""
        from tests.session_room import event

        from euthymia.care.session_events import EventKind
        from euthymia.clinic.sessions.queries import state_of

        state = state_of(session)
        last = next((one for one in reversed(state.entries) if one.id not in state.struck), None)
        by = self.room.nurse.name
        if state.dose_ended_at is None:
            at = NOW + timedelta(minutes=chance.randrange(10, 50))
            if chance.random() < 0.5:
                return event(EventKind.DOSE_COMPLETED, {}, at=at, by=by, recorded_at=self.at)
            return event(EventKind.DOSE_STOPPED, {"reason": "Unwell"}, at=at, by=by, recorded_at=self.at)
        if last is None or last.kind not in (EventKind.DOSE_COMPLETED, EventKind.DOSE_STOPPED):
            last = next(one for one in state.entries if one.at == state.dose_ended_at and one.id not in state.struck)
        why = {"reason": "Mistyped"}
        return event(EventKind.STRUCK_OUT, why, at=self.at, by=by, recorded_at=self.at, corrects=last.id)

    def press(self, act: Callable[[], object], chance: random.Random) -> int:
        """Press until it arrived or was refused, through crashes; how often it crashed."""
        from django.db import transaction

        from euthymia.errors import BadInput

        crashed = 0
        while True:
            statement = chance.randrange(1, 40) if chance.random() < CRASH else 0
            before = self.rows_there()
            try:
                with _crash_at(statement), transaction.atomic():
                    act()
            except _crash():
                crashed += 1
                assert self.rows_there() == before, "a crash left half of something behind"
                continue
            except BadInput:
                return crashed
            if chance.random() >= TWICE:
                return crashed

    def rows_there(self) -> tuple[int, int]:
        from euthymia.clinic.medication.models import LedgerEntryRow
        from euthymia.clinic.sessions.models import SessionEventRow

        return LedgerEntryRow.objects.count(), SessionEventRow.objects.count()

    def out_by_ug(self) -> int:
        """The imbalance of the rows, how far the copies on the lots are off, and anything below nothing."""
        from euthymia.clinic.medication.models import LedgerEntryRow, MedicationLot
        from euthymia.clinic.medication.rows import entry_of, lot_of

        lots = list(MedicationLot.objects.all())
        ledger = ledger_of([lot_of(row) for row in lots], [entry_of(row) for row in LedgerEntryRow.objects.all()])
        off = [abs(row.vault_ug - ledger.balance_ug(str(row.id), Place.VAULT)) for row in lots]
        off += [abs(row.drawn_ug - ledger.total_ug(Place.DRAWN, str(row.id))) for row in lots]
        short_ug = -min((ug for (_, place, _), ug in ledger.balances.items() if place in HOLDING), default=0)
        return max(abs(imbalance_ug(ledger)), *off, short_ug)


def _crash() -> type[Exception]:
    from django.db import OperationalError

    return OperationalError


@contextmanager
def _crash_at(statement: int) -> Iterator[None]:
    """The transaction dies as its nth statement is about to run; 0: never."""
    from django.db import connection

    ran, taking_back = 0, False

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal ran, taking_back
        # What dies while it takes back has nothing left to lose: the database takes back the rest by itself.
        taking_back = sql.startswith("ROLLBACK") or (taking_back and sql.startswith("RELEASE"))
        if taking_back:
            return execute(sql, params, many, context)
        ran += 1
        if ran == statement:
            raise _crash()("killed")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield


def main() -> None:
    """`--rows`: run against rows and print the result as JSON; else print the rows of the area."""
    if "--rows" not in sys.argv:
        for row in measure():
            print(row)
        return
    os.environ["EUTHYMIA_DATA"] = tempfile.mkdtemp(prefix="euthymia-ledger-")
    os.environ.setdefault("EUTHYMIA_SECRET_KEY", "a key for a benchmark only")
    os.environ["DJANGO_SETTINGS_MODULE"] = "euthymia.clinic.settings.django"
    import django

    django.setup()
    from django.db import connection

    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    print(json.dumps(on_rows(float(os.environ.get("LEDGER_SECONDS", ROWS_FOR_S)))))


if __name__ == "__main__":
    main()
