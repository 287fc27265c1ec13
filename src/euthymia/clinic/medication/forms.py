"""What is typed about controlled drugs, as amounts in whole micrograms; every refusal names its field."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from euthymia.care.medication_ledger import Lot, ug_of_mg
from euthymia.clinic.medication.commands import NewLot
from euthymia.clinic.medication.entry_commands import Act
from euthymia.clinic.medication.witnesses import Witness
from euthymia.clinic.sessions.events import uuid_of
from euthymia.clinic.sessions.forms import read_time
from euthymia.errors import BadInput
from euthymia.units import read_number

Typed = Mapping[str, str]
# Entry limits: beyond these a slip is far more likely than a delivery or a syringe.
MOST_ML = Decimal(100_000)
MOST_CONTAINERS = 10_000
MOST_MG_PER_ML = 1000
MONTH_ONLY = 7


def act_of(typed: Typed, now: datetime, zone: ZoneInfo, witness: Witness | None = None) -> Act:
    """Who pressed what when: the id of the press, the time it was done, the reason."""
    at = read_time(typed.get("at", ""), now, zone)
    return Act(uuid_of(typed.get("entry_id", ""), "entry_id"), at, now, typed.get("reason", "").strip(), witness)


def decimal_of(typed: Typed, name: str, *, most: Decimal = MOST_ML) -> Decimal:
    """The number in this field, exactly as typed; above 0 and no slip (BadInput)."""
    text = typed.get(name, "").strip()
    if not text:
        raise BadInput("missing_field", name, "Write the amount.")
    if not 0 < read_number(text, name) <= float(most):
        raise BadInput("implausible_amount", name, f"Write a number above 0 and up to {most:f}.")
    return Decimal(text)


def whole_of(typed: Typed, name: str, *, least: int = 1) -> int:
    """The whole number in this field (BadInput)."""
    number = read_number(typed.get(name, ""), name)
    if number != int(number) or not least <= number <= MOST_CONTAINERS:
        raise BadInput("not_whole", name, f"Write a whole number from {least} to {MOST_CONTAINERS}.")
    return int(number)


def amount_ug(typed: Typed, lot: Lot, *, all_of_ug: int | None = None, prepared_ug_per_ml: int | None = None) -> int:
    """How much of a lot: mL (of the vial, or of what was prepared from it), devices, or everything that is left."""
    if all_of_ug is not None and typed.get("all") == "yes":
        return all_of_ug
    if lot.device_ug is not None:
        return whole_of(typed, "devices") * lot.device_ug
    volume_ml = decimal_of(typed, "volume_ml")
    if typed.get("of") == "prepared" and prepared_ug_per_ml:
        return int((volume_ml * prepared_ug_per_ml).to_integral_value())
    return lot.ug_of(volume_ml)


def counted_ug(typed: Typed, lot: Lot, container_ml: Decimal | None) -> int:
    """What was counted: full containers and mL in opened ones, or devices. Nothing is written as 0 (BadInput)."""
    if lot.device_ug is not None:
        return whole_of(typed, "devices", least=0) * lot.device_ug
    full, opened = typed.get("containers", "").strip(), typed.get("opened_ml", "").strip()
    if not full and not opened:
        raise BadInput("missing_field", "opened_ml", "Write what you counted; 0 if there is nothing.")
    volume_ml = Decimal(0)
    if full:
        if container_ml is None:
            raise BadInput("no_container", "containers", "The size of a container is not known; write the mL in all.")
        volume_ml += whole_of(typed, "containers", least=0) * container_ml
    if opened:
        if not 0 <= read_number(opened, "opened_ml") <= float(MOST_ML):
            raise BadInput("implausible_amount", "opened_ml", "Write the mL in opened containers, from 0.")
        volume_ml += Decimal(opened)
    return lot.ug_of(volume_ml)


def received(typed: Typed) -> tuple[NewLot, int]:
    """(the lot, how much came in) from the box's label (BadInput)."""
    drug, number = typed.get("drug", "").strip(), typed.get("number", "").strip()
    if not drug:
        raise BadInput("missing_field", "drug", "Choose the drug.")
    if not number or len(number) > NUMBER_LENGTH:
        raise BadInput("missing_field", "number", f"Copy the lot number from the box, at most {NUMBER_LENGTH} letters.")
    if len(typed.get("product", "")) > PRODUCT_LENGTH:
        raise BadInput("too_long", "product", f"Write the product in at most {PRODUCT_LENGTH} letters.")
    expires_on = _expiry(typed.get("expires_on", ""))
    said = {"drug": drug, "number": number, "product": typed.get("product", "").strip()}
    count = whole_of(typed, "containers")
    if typed.get("form") == "devices":
        device_ug = _ug(decimal_of(typed, "device_mg", most=Decimal(MOST_MG_PER_ML)))
        return NewLot(**said, expires_on=expires_on, device_ug=device_ug), count * device_ug
    if typed.get("form") != "volume":
        raise BadInput("missing_field", "form", "Say whether it comes in mL or as devices.")
    ug_per_ml = _ug(decimal_of(typed, "mg_per_ml", most=Decimal(MOST_MG_PER_ML)))
    container_ml = decimal_of(typed, "container_ml", most=Decimal(1000))
    lot = NewLot(**said, expires_on=expires_on, ug_per_ml=ug_per_ml, container_ml=container_ml)
    return lot, int((count * container_ml * ug_per_ml).to_integral_value())


NUMBER_LENGTH, PRODUCT_LENGTH = 60, 120


def _ug(amount_mg: Decimal) -> int:
    return ug_of_mg(float(amount_mg))


def _expiry(text: str) -> date:
    """A day, or a month as boxes print it: then its last day."""
    text = text.strip()
    try:
        if len(text) == MONTH_ONLY:
            first = date.fromisoformat(f"{text}-01")
            return first.replace(day=calendar.monthrange(first.year, first.month)[1])
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise BadInput("bad_date", "expires_on", "Write the expiry as 2027-05 or 2027-05-31.") from wrong


def day_of(text: str, today: date, name: str) -> date:
    """The day asked for, else today (BadInput)."""
    if not text.strip():
        return today
    try:
        return date.fromisoformat(text.strip())
    except ValueError as wrong:
        raise BadInput("bad_date", name, "Write a day as 2026-05-31.") from wrong


def month_of(text: str, today: date) -> tuple[date, date]:
    """The first day of the month asked for, and of the next one (BadInput)."""
    try:
        first = date.fromisoformat(f"{text.strip()}-01") if text.strip() else today.replace(day=1)
    except ValueError as wrong:
        raise BadInput("bad_date", "month", "Write a month as 2026-05.") from wrong
    if first.year >= date.max.year:
        raise BadInput("bad_date", "month", "Write a month as 2026-05.")
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return first, following
