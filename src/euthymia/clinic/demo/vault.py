"""The invented clinics' vaults: deliveries, what each visit draws and wastes, and a count that does not agree."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np

from euthymia.care.dose_order import VOLUME_STEP_ML
from euthymia.care.medication_ledger import Lot, Place, ug_of_mg
from euthymia.clinic.accounts.models import Membership
from euthymia.clinic.accounts.roles import PRESCRIBING
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.medication.commands import NewLot, count, receive
from euthymia.clinic.medication.entry_commands import Act
from euthymia.clinic.medication.models import MedicationLot
from euthymia.clinic.medication.queries import ledger_for, lots_for
from euthymia.clinic.medication.rows import lot_of
from euthymia.clinic.medication.session_commands import draw, waste
from euthymia.clinic.medication.witnesses import Witness, invented_witness
from euthymia.clinic.plans.drafts import order_of
from euthymia.clinic.sessions.models import Session
from euthymia.errors import Broken

# How many visits in ten draw a little too much, so that waste and its witness are seen.
OVERDRAWN = 0.2
OVERDRAWN_ML = 0.1
MISSING_ML = Decimal("0.4")


def stock_vault(nurse: Viewer, now: datetime, long_ago: datetime) -> None:
    """Deliveries: one lot that has expired meanwhile, one that soon will, and what is used now."""
    today = now.date()
    vials = {"drug": "ketamine", "product": "Ketamine 500 mg/10 mL", "ug_per_ml": 50_000, "container_ml": Decimal(10)}
    sprays = {"drug": "esketamine", "product": "Esketamine nasal spray 28 mg", "device_ug": 28_000}
    for number, days, containers in (("K-2140", -40, 6), ("K-2217", 45, 60), ("K-2390", 420, 40)):
        lot = NewLot(number=number, expires_on=_last_day(today, days), **vials)
        receive(nurse, lot, containers * 500_000, _act(long_ago))
    for number, days, devices in (("E-7781", 200, 1200), ("E-7904", 500, 300)):
        lot = NewLot(number=number, expires_on=_last_day(today, days), **sprays)
        receive(nurse, lot, devices * 28_000, _act(long_ago))


def stocked(clinic_id: int) -> bool:
    """False for a demonstration that was built before there was a ledger."""
    return MedicationLot.objects.filter(clinic_id=clinic_id).exists()


def draw_dose(nurse: Viewer, session: Session, at: datetime, rng: np.random.Generator) -> None:
    """Draw the ordered dose from the lot that expires first; now and then a little more than ordered."""
    order = order_of(session.plan)
    dose_ug = ug_of_mg(order.dose_mg)
    for row in lots_for(nurse, session, at):
        lot = lot_of(row)
        amount_ug = _drawn_ug(lot, dose_ug, rng)
        if row.vault_ug >= amount_ug:
            draw(nurse, session, row.id, amount_ug, _act(at))
            return
    raise Broken(f"The demonstration's vault has no {order.drug} left.")


def waste_rest(nurse: Viewer, session: Session, at: datetime) -> None:
    """What was drawn and not given is wasted before a witness."""
    ledger = ledger_for(nurse, (), session)
    for lot_id, left_ug in ledger.drawn_for(str(session.id)).items():
        act = Act(uuid.uuid4(), at, at, "", _onlooker(nurse))
        waste(nurse, session, uuid.UUID(lot_id), left_ug, act)


def count_short(nurse: Viewer, at: datetime) -> None:
    """A count of the vials in use that finds a little less than there should be, and stays open."""
    row = MedicationLot.objects.filter(clinic_id=nurse.clinic_id, number="K-2390").get()
    there_ug = ledger_for(nurse, [row]).balance_ug(str(row.id), Place.VAULT)
    count(nurse, row, there_ug - lot_of(row).ug_of(MISSING_ML), _act(at))


def _drawn_ug(lot: Lot, dose_ug: int, rng: np.random.Generator) -> int:
    if lot.ug_per_ml is None:
        return dose_ug
    lines = round(dose_ug / lot.ug_per_ml / VOLUME_STEP_ML)
    extra = round(OVERDRAWN_ML / VOLUME_STEP_ML) if rng.random() < OVERDRAWN else 0
    return lot.ug_of(Decimal(lines + extra) * Decimal(str(VOLUME_STEP_ML)))


def _onlooker(nurse: Viewer) -> Witness:
    rows = Membership.objects.filter(clinic_id=nurse.clinic_id, role__in=PRESCRIBING).select_related("user", "clinic")
    return invented_witness(rows.order_by("pk")[0])


def _last_day(today: date, days: int) -> date:
    first = (today + timedelta(days=days)).replace(day=1)
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _act(at: datetime) -> Act:
    return Act(uuid.uuid4(), at, at)
