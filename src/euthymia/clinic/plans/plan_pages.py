"""A personal plan in words: the order as it is drawn up, the room under each cap, and what may be chosen."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from euthymia.care.decision import Allowed, Level, Reason, reasons_of
from euthymia.care.dose_order import DoseOrder
from euthymia.care.dosing import Room
from euthymia.care.protocol import Bound, DeviceSteps, PerKg, PerKgRange, PerKgSteps, Protocol, WeightBasis
from euthymia.clinic.assessments.decisions import DecisionPanel, decision_from_json, decision_panel
from euthymia.clinic.people.models import RecordEntry
from euthymia.clinic.plans.drafts import PlanDraft, order_of
from euthymia.clinic.plans.end_words import end_words
from euthymia.clinic.plans.models import Plan, ProtocolVersion
from euthymia.clinic.plans.protocol_pages import ROUTE_WORDS, StateChip, chip_of, measure_words, moment
from euthymia.clinic.plans.queries import protocol_of, readiness

# Rule → what a hold on it is about, where the name alone would not say it.
HOLD_WORDS = {
    "dose_rule": "a dose other than the protocol's",
    "dosing_weight": "a dosing weight above the scale's",
    "duration": "another duration of the infusion",
    "height_plausible": "the height",
    "other_concentration": "another concentration",
    "step_not_due": "a step that is not due yet",
    "step_skipped": "a step left out",
    "weight_basis": "another kind of weight",
    "weight_change": "the change of weight",
    "weight_digits": "the digits of the weight",
    "weight_for_height": "the weight for this height",
}


@dataclass(frozen=True, slots=True)
class ProtocolChoice:
    """One protocol to choose, or why it cannot be."""

    row: ProtocolVersion
    title: str
    usable: bool
    why_not: str
    chip: StateChip


@dataclass(frozen=True, slots=True)
class Line:
    """One name and value of an order."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class RoomLine:
    """How much is left under one cap, for a meter."""

    label: str
    value: float
    most: float
    words: str


@dataclass(frozen=True, slots=True)
class HoldLine:
    """A hold that a named prescriber may accept with a reason."""

    rule: str
    title: str
    says: str
    because: str


@dataclass(frozen=True, slots=True)
class DraftPage:
    """The preview of a plan."""

    title: str
    weight: str
    lines: tuple[Line, ...]
    rooms: tuple[RoomLine, ...]
    panel: DecisionPanel
    holds: tuple[HoldLine, ...]
    may_sign: bool
    only_holds: bool


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One signed plan in a list."""

    plan: Plan
    title: str
    lines: tuple[Line, ...]
    signed: str
    ended: str


def protocol_choices(rows: Iterable[ProtocolVersion]) -> list[ProtocolChoice]:
    """Each protocol of the clinic with whether a plan can be made from it, and why not."""
    choices = []
    for row in rows:
        decision = readiness(row)
        chip = chip_of(row)
        usable = isinstance(decision, Allowed)
        choices.append(ProtocolChoice(row, protocol_of(row).title, usable, "" if usable else chip.next_step, chip))
    return sorted(choices, key=lambda choice: not choice.usable)


def draft_page(draft: PlanDraft, reasons: dict[str, str], zone: ZoneInfo) -> DraftPage:
    """The preview: what to draw up, how much room is left, and what speaks against it."""
    holds = tuple(hold_lines(draft, reasons))
    unresolved = [reason for reason in reasons_of(draft.before_overrides) if reason.refuses]
    panel = cited_panel(draft, f"Sign a plan with {draft.order.dose_mg:g} mg {draft.order.drug}")
    return DraftPage(
        title=draft.protocol.title,
        weight=weight_words(draft, zone),
        lines=order_lines(draft.order),
        rooms=tuple(room_line(room) for room in draft.rooms),
        panel=panel,
        holds=holds,
        may_sign=isinstance(draft.decision, Allowed),
        only_holds=not panel.missing and bool(unresolved) and all(one.level is Level.HOLD for one in unresolved),
    )


def cited_panel(draft: PlanDraft, title: str) -> DecisionPanel:
    """The decision with the short names of the protocol's sources written out."""
    panel = decision_panel(draft.decision, title)
    return dataclasses.replace(
        panel,
        reasons=tuple(written_out(reason, draft.protocol) for reason in panel.reasons),
        flags=tuple(written_out(reason, draft.protocol) for reason in panel.flags),
    )


def written_out(reason: Reason, protocol: Protocol) -> Reason:
    """A reason with the short names of the protocol's sources replaced by their citations."""
    return dataclasses.replace(reason, source=cited(reason.source, protocol))


def cited(source: str, protocol: Protocol) -> str:
    """Where something comes from, with the protocol's short names written out."""
    cites = {one.name: one.cite for one in protocol.sources}
    return re.sub(r"\w+", lambda found: cites.get(found.group(), found.group()), source)


def hold_lines(draft: PlanDraft, reasons: dict[str, str]) -> Iterable[HoldLine]:
    holds = (reason for reason in reasons_of(draft.before_overrides) if reason.level is Level.HOLD)
    for reason in dict.fromkeys(holds):
        title = hold_title(reason, draft.protocol)
        yield HoldLine(reason.rule, title, hold_words(reason), reasons.get(reason.rule, ""))


def hold_title(reason: Reason, protocol: Protocol) -> str:
    """What a hold is about in words; a limit by what it bounds rather than by its name in the file."""
    limit = next((one for one in protocol.limits if one.name == reason.rule), None)
    if limit is not None:
        bound = "at most" if limit.bound is Bound.AT_MOST else "at least"
        return f"{measure_words(limit.measure.value).lower()} {bound} {limit.number.value:g} {limit.number.unit}"
    if reason.rule.startswith("own_"):
        return "a limit of this person"
    return HOLD_WORDS.get(reason.rule, reason.rule.replace("_", " "))


def hold_words(reason: Reason) -> str:
    return reason.says or reason.rule.replace("_", " ")


def weight_words(draft: PlanDraft, zone: ZoneInfo) -> str:
    """The weight with its basis, when it was measured and where it is from."""
    weight, basis = draft.weight, draft.order.weight_basis
    when = "now" if weight.typed else moment(weight.at, zone)
    scale = f"{weight.weight_kg:g} kg, {WeightBasis.ACTUAL} body weight, {when}, {weight.source}"
    if basis is WeightBasis.ACTUAL:
        return scale
    return f"{draft.order.weight_kg:g} kg, {basis} body weight, given by the prescriber; {scale}"


def order_lines(order: DoseOrder) -> tuple[Line, ...]:
    """The order as it is drawn up; only what the route needs."""
    lines = [
        Line("Dose", f"{order.dose_mg:g} mg", f"{order.drug}, {ROUTE_WORDS.get(order.route, order.route)}"),
        Line("Per kilogram", f"{order.mg_per_kg:.2f} mg/kg", f"at {order.weight_kg:g} kg"),
    ]
    if order.devices is not None:
        each = order.dose_mg / order.devices
        lines.append(Line("Devices", f"{order.devices} of {each:g} mg", "two sprays each, rest between them"))
    if order.volume_ml is not None:
        lines.append(Line("Draw up", f"{order.volume_ml:g} mL", f"at {order.concentration_mg_per_ml:g} mg/mL"))
    if order.rate_ml_per_h is not None and order.duration_min is not None:
        lines.append(Line("Pump rate", f"{order.rate_ml_per_h:g} mL/h", f"over {order.duration_min:g} min"))
        steps = ", ".join(f"minute {step.at_min:g}: {step.rate_ml_per_h:g} mL/h" for step in order.pump_steps)
        lines.append(Line("Pump steps", steps, "0 mL/h stops the pump"))
    return tuple(lines)


def room_line(room: Room) -> RoomLine:
    cap = room.limit.number.value or 0.0
    left = round(room.left, 2)
    unit = room.limit.number.unit
    counted = unit.removesuffix("s") if abs(left) == 1 and unit == "doses" else unit
    words = f"{left:g} {counted} left" if left >= 0 else f"{-left:g} {counted} over"
    label = f"{measure_words(room.limit.measure.value)} ({'stop' if room.limit.level is Level.STOP else 'hold'})"
    return RoomLine(label, min(room.used, cap), cap, f"{round(room.used, 2):g} of {cap:g} {unit}, {words}")


def plan_lines(plans: Iterable[Plan], zone: ZoneInfo) -> list[PlanLine]:
    """Signed plans, newest first."""
    return [plan_line(plan, zone) for plan in plans]


def plan_line(plan: Plan, zone: ZoneInfo) -> PlanLine:
    ended = f"{plan.get_state_display()} {moment(plan.ended_at, zone)}: {end_words(plan)}" if plan.ended_at else ""
    title = protocol_of(plan.protocol_version).title
    signed = f"{plan.signed_by}, {moment(plan.signed_at, zone)}"
    return PlanLine(plan, title, order_lines(order_of(plan)), signed, ended)


def flags_of(plan: Plan) -> tuple[Reason, ...]:
    """What was worth knowing, or accepted, when it was signed."""
    return reasons_of(decision_from_json(plan.decision))


def dose_question(protocol: Protocol) -> tuple[str, str]:
    """(which field asks for the dose, its words) for this protocol."""
    match protocol.dose:
        case DeviceSteps():
            return "dose_mg", "Dose"
        case PerKgRange(low, high):
            if low.value is None or high.value is None:
                return "mg_per_kg", "Dose per kilogram (mg/kg)"
            return "mg_per_kg", f"Dose per kilogram (mg/kg), {low.value:g} to {high.value:g}"
        case PerKgSteps(steps):
            known = ", ".join(f"{step.value:g}" for step in steps if step.value is not None)
            return "mg_per_kg", f"Dose per kilogram (mg/kg): {known}; the first step when left empty"
        case PerKg(mg_per_kg):
            usual = f", {mg_per_kg.value:g} when left empty" if mg_per_kg.value is not None else ""
            return "mg_per_kg", f"Dose per kilogram (mg/kg){usual}"


def recorded_weight_words(rows: Iterable[RecordEntry], zone: ZoneInfo) -> str:
    """What the record knows about the weight, for the hint beside the field."""
    last = next(iter(reversed(list(rows))), None)
    if last is None or last.at is None:
        return "None in the record. Type it in kilograms."
    return f"Left empty: {last.value:g} kg, measured {moment(last.at, zone)} ({last.source})."
