"""The dose as it is given, held against the dose that was ordered: the last guard, on every path that writes a dose.

The order was checked when it was signed. Here nothing may go in faster, in more pieces, or in all beyond it without a
named override, and nothing far beyond it at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from euthymia.care.decision import Decision, Level, Reason, decide
from euthymia.care.dose_order import DOSE_STEP_MG, DoseOrder
from euthymia.care.protocol import DeviceSteps, Protocol
from euthymia.care.session import SessionState
from euthymia.care.session_events import (
    Delivery,
    DeviceGiven,
    DoseStarted,
    RateChanged,
    SessionEvent,
)

MINUTE = timedelta(minutes=1)
# A rate this many times the ordered one is a slip of the point or of the field, not a decision.
SLIP = 3.0
# This small a part of the ordered rate is mL/min typed as mL/h, or a misplaced point; a pause says what it is.
FRACTION = 0.1
RATE_SLACK = 0.01
ORDER = "the signed order"
DELIVERY_OF_ROUTE = {
    "iv": Delivery.INFUSION,
    "im": Delivery.INJECTION,
    "sc": Delivery.INJECTION,
    "nasal": Delivery.DEVICES,
}


@dataclass(frozen=True, slots=True)
class _Bedside:
    state: SessionState
    event: SessionEvent
    order: DoseOrder
    protocol: Protocol


def ordered_rate_mg_per_h(order: DoseOrder) -> float | None:
    """The rate of an ordered infusion; None when it is not one."""
    return order.dose_mg / order.duration_min * 60 if order.duration_min else None


def start_of(order: DoseOrder) -> DoseStarted:
    """What `dose_started` carries when the order is given as it stands."""
    delivery = DELIVERY_OF_ROUTE.get(order.route, Delivery.INJECTION)
    rate = ordered_rate_mg_per_h(order) if delivery is Delivery.INFUSION else None
    return DoseStarted(delivery, order.dose_mg, rate)


def may_give(state: SessionState, event: SessionEvent, order: DoseOrder, protocol: Protocol) -> Decision:
    """Whether this start, rate or device agrees with the order. Events that give nothing are always allowed.

    Ask `may_append` as well: it knows the phase, this knows the dose.
    """
    bed = _Bedside(state, event, order, protocol)
    match event.payload:
        case DoseStarted() as start:
            return decide(_start(bed, start))
        case RateChanged(rate):
            return decide(_rate(bed, rate))
        case DeviceGiven() as device:
            return decide(_device(bed, device))
        case _:
            return decide()


def _start(bed: _Bedside, start: DoseStarted) -> list[Reason]:
    reasons = []
    wanted = DELIVERY_OF_ROUTE.get(bed.order.route)
    if wanted is not None and start.delivery is not wanted:
        says = f"The order is for {wanted}."
        reasons.append(
            Reason("other_delivery", Level.STOP, "delivery", start.delivery.value, wanted.value, ORDER, says)
        )
    if abs(start.amount_mg - bed.order.dose_mg) > DOSE_STEP_MG / 2:
        says = f"{start.amount_mg:g} mg was prepared; {bed.order.dose_mg:g} mg was ordered."
        reasons.append(_reason("other_amount", Level.STOP, "amount_mg", start.amount_mg, bed.order.dose_mg, says))
    if start.rate_mg_per_h is not None:
        reasons += _rate(bed, start.rate_mg_per_h)
    return reasons


def _rate(bed: _Bedside, rate_mg_per_h: float) -> list[Reason]:
    ordered = ordered_rate_mg_per_h(bed.order)
    if ordered is None:
        says = "No infusion was ordered."
        return [Reason("no_infusion", Level.STOP, "rate_mg_per_h", rate_mg_per_h, None, ORDER, says)]
    if 0 < rate_mg_per_h <= ordered * FRACTION * (1 + RATE_SLACK):
        says = (
            f"{rate_mg_per_h:g} mg/h is a small part of the ordered {ordered:g} mg/h. Look at the pump; pause to halt."
        )
        return [_reason("slower_than_ordered", Level.HOLD, "rate_mg_per_h", rate_mg_per_h, round(ordered, 3), says)]
    if rate_mg_per_h <= ordered * (1 + RATE_SLACK):
        return []
    level = Level.STOP if rate_mg_per_h >= ordered * SLIP else Level.HOLD
    says = f"{rate_mg_per_h:g} mg/h is {rate_mg_per_h / ordered:.2g} times the ordered rate."
    return [_reason("faster_than_ordered", level, "rate_mg_per_h", rate_mg_per_h, round(ordered, 3), says)]


def _device(bed: _Bedside, device: DeviceGiven) -> list[Reason]:
    reasons = []
    given = [row for row in bed.state.devices if row.event_id != bed.event.corrects]
    total_mg = sum(row.amount_mg for row in given) + device.amount_mg
    if total_mg > bed.order.dose_mg + DOSE_STEP_MG / 2:
        says = f"With this device {total_mg:g} mg would be given; {bed.order.dose_mg:g} mg was ordered."
        reasons.append(_reason("more_than_ordered", Level.STOP, "given_mg", total_mg, bed.order.dose_mg, says))
    rule = bed.protocol.dose
    if not isinstance(rule, DeviceSteps):
        return reasons
    if rule.device_mg.value is not None and device.amount_mg != rule.device_mg.value:
        says = "A device holds another amount."
        source, limit = rule.device_mg.says_source, rule.device_mg.value
        reasons.append(Reason("other_device", Level.STOP, "amount_mg", device.amount_mg, limit, source, says))
    return [*reasons, *_too_soon(bed, rule, (abs(bed.event.at - row.at) / MINUTE for row in given))]


def _too_soon(bed: _Bedside, rule: DeviceSteps, gaps_min: Iterable[float]) -> list[Reason]:
    shortest = min(gaps_min, default=None)
    if shortest is None or rule.gap_min.value is None or shortest >= rule.gap_min.value:
        return []
    says = f"{rule.gap_min.value:g} minutes of rest between two devices."
    source, value = rule.gap_min.says_source, round(shortest, 1)
    return [Reason("device_too_soon", Level.HOLD, "gap_min", value, rule.gap_min.value, source, says)]


def _reason(rule: str, level: Level, fact: str, value: float, limit: float, says: str) -> Reason:
    return Reason(rule, level, fact, value, limit, ORDER, says)
