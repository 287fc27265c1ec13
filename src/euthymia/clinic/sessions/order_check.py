"""Whether what is about to go in is what the signed order says."""

from __future__ import annotations

from euthymia.care.dose_order import DOSE_STEP_MG, DoseOrder
from euthymia.care.session_events import Delivery, DoseStarted, RateChanged
from euthymia.errors import BadInput

# What a pump can show: a rate is told apart from the order's only beyond this share.
RATE_TOLERANCE = 0.01


def delivery_of(order: DoseOrder) -> Delivery:
    """How the order goes in."""
    if order.devices is not None:
        return Delivery.DEVICES
    return Delivery.INFUSION if order.duration_min else Delivery.INJECTION


def ordered_rate_mg_per_h(order: DoseOrder) -> float | None:
    """The infusion's rate in mg of drug per hour; None when nothing is infused."""
    return None if not order.duration_min else order.dose_mg / order.duration_min * 60


def refuse_other_dose(order: DoseOrder, dose: DoseStarted) -> None:
    """Refuses an amount, a way or a rate that is not the ordered one: another dose needs another plan (BadInput)."""
    if dose.delivery is not delivery_of(order):
        message = f"The plan's dose goes in as {delivery_of(order)}, not as {dose.delivery}."
        raise BadInput("not_as_ordered", "payload.delivery", message)
    if abs(dose.amount_mg - order.dose_mg) > DOSE_STEP_MG / 2:
        message = f"The plan orders {order.dose_mg:g} mg, not {dose.amount_mg:g} mg. Another dose needs a new plan."
        raise BadInput("not_as_ordered", "payload.amount_mg", message)
    if dose.rate_mg_per_h is not None:
        refuse_other_rate(order, RateChanged(dose.rate_mg_per_h))


def refuse_other_rate(order: DoseOrder, rate: RateChanged) -> None:
    """Refuses a rate above the ordered one; slower is the bedside's to choose (BadInput)."""
    ordered = ordered_rate_mg_per_h(order)
    if ordered is None:
        raise BadInput("not_as_ordered", "payload.rate_mg_per_h", "This dose has no rate.")
    if rate.rate_mg_per_h > ordered * (1 + RATE_TOLERANCE):
        message = (
            f"{rate.rate_mg_per_h:g} mg/h is above the ordered {ordered:g} mg/h. A faster rate needs a new plan; "
            "is the decimal point in the right place?"
        )
        raise BadInput("rate_over_order", "payload.rate_mg_per_h", message)
