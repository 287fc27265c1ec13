"""A protocol as a document: plain values in, a `Protocol` out, and back, and the hash of what it says.

Every refusal is a ProtocolError whose path points into the document, e.g. `limits[2].number.unit`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from euthymia.care.cited import OURS
from euthymia.care.cited_page import cited_number, known_words, needed_number, optional_number
from euthymia.care.course_page import asked_at, course_rule, long_term_check, refuse_broken_course, use_of
from euthymia.care.decision import Level
from euthymia.care.document_page import Page
from euthymia.care.evidence import sources_on
from euthymia.care.protocol import (
    SCALE_LOOKS,
    VITAL_LOOKS,
    AssessmentDue,
    Bound,
    CheckItem,
    DeviceSteps,
    DoseRule,
    Limit,
    Measure,
    MonitoringRule,
    Parent,
    PerKg,
    PerKgRange,
    PerKgSteps,
    Phase,
    Protocol,
    Provenance,
    Source,
    Stage,
    Timing,
    WeightBasis,
    When,
    refuse_crossed_limits,
)
from euthymia.care.protocol_course import Use
from euthymia.errors import ProtocolError

DRUGS = ("ketamine", "esketamine", "arketamine")
ROUTES = ("iv", "im", "sc", "nasal", "sublingual", "oral", "buccal_film")
UNIT_OF_MEASURE = {
    Measure.DOSE_MG: "mg",
    Measure.DOSE_MG_PER_KG: "mg/kg",
    Measure.INTERVAL_H: "h",
    Measure.DOSES_IN_7_DAYS: "doses",
    Measure.MG_IN_7_DAYS: "mg",
    Measure.SYSTOLIC_MMHG: "mmHg",
    Measure.DIASTOLIC_MMHG: "mmHg",
    Measure.SYSTOLIC_RISE_MMHG: "mmHg",
    Measure.DIASTOLIC_RISE_MMHG: "mmHg",
    Measure.HEART_RATE_PER_MIN: "/min",
    Measure.SPO2_PCT: "%",
    Measure.RESPIRATORY_RATE_PER_MIN: "/min",
}


def parse_protocol(document: Mapping[str, Any]) -> Protocol:
    """A protocol from plain values (TOML or JSON); refuses with the exact path (ProtocolError)."""
    top = Page(document, "", frozenset(document.get("sources") or {}) if isinstance(document, Mapping) else frozenset())
    protocol = Protocol(
        id=top.name("id"),
        version=top.text("version"),
        title=top.text("title"),
        drug=_one_of(top, "drug", DRUGS),
        route=_one_of(top, "route", ROUTES),
        for_whom=top.text("for_whom"),
        evidence=top.text("evidence"),
        off_label=top.yes_no("off_label"),
        dose=_dose(top.page("dose")),
        duration_min=optional_number(top, "duration_min", "min"),
        concentration_mg_per_ml=optional_number(top, "concentration_mg_per_ml", "mg/mL"),
        rhythm=top.each("rhythm", _phase),
        monitoring=top.each("monitoring", _monitoring),
        limits=top.each("limits", _limit),
        checks=top.each("checks", _check),
        fresh_within_min=needed_number(top, "fresh_within_min", "min"),
        minimum_observation_min=needed_number(top, "minimum_observation_min", "min"),
        must_resolve=known_words(top, "must_resolve", SCALE_LOOKS),
        assessments=top.each("assessments", _assessment),
        timing=_timing(top.page("timing")),
        stopping=top.each("stopping", course_rule),
        maintenance=top.each("maintenance", course_rule),
        sources=_sources(top),
        parent=_parent(top),
        use=use_of(top),
        eligibility=top.text("eligibility", ""),
        follow_up=top.each("follow_up", asked_at),
        long_term=top.each("long_term", long_term_check),
    )
    top.finish()
    _refuse_incomplete(protocol)
    refuse_broken_course(protocol)
    refuse_crossed_limits(protocol)
    return protocol


def _one_of(page: Page, name: str, known: tuple[str, ...]) -> str:
    value = page.text(name)
    if value not in known:
        raise page.refuse("unknown_word", name, f"'{value}' is not one of: {', '.join(known)}.")
    return value


def _dose(page: Page) -> DoseRule:
    kind = _one_of(page, "kind", (PerKg.kind, PerKgRange.kind, PerKgSteps.kind, DeviceSteps.kind))
    rule: DoseRule
    if kind == PerKg.kind:
        rule = PerKg(needed_number(page, "mg_per_kg", "mg/kg"), page.choice("weight_basis", WeightBasis))
    elif kind == PerKgRange.kind:
        low, high = needed_number(page, "low", "mg/kg"), needed_number(page, "high", "mg/kg")
        rule = PerKgRange(low, high, page.choice("weight_basis", WeightBasis))
    elif kind == PerKgSteps.kind:
        rule = _steps(page)
    else:
        doses = page.get("doses_mg")
        if not isinstance(doses, list) or not doses or not all(isinstance(dose, int | float) for dose in doses):
            raise page.refuse("not_a_list", "doses_mg", "A list of doses in mg is needed here.")
        rule = DeviceSteps(
            needed_number(page, "device_mg", "mg"),
            tuple(float(dose) for dose in doses),
            needed_number(page, "first_mg", "mg"),
            needed_number(page, "gap_min", "min"),
        )
        _refuse_broken_devices(page, rule)
    page.finish()
    return rule


def _steps(page: Page) -> PerKgSteps:
    rows = page.get("steps")
    if not isinstance(rows, list) or len(rows) < 2:
        raise page.refuse("not_a_list", "steps", "At least two steps in mg/kg are needed here.")
    pages = [Page(row, f"{page.at('steps')}[{place}]", page.known_sources) for place, row in enumerate(rows)]
    steps = tuple(cited_number(row, "mg/kg") for row in pages)
    known = [step.value for step in steps if step.value is not None]
    if any(low >= high for low, high in pairwise(known)):
        raise page.refuse("not_rising", "steps", "Each step is above the one before it.")
    return PerKgSteps(steps, page.choice("weight_basis", WeightBasis), needed_number(page, "step_up_below_pct", "%"))


def _refuse_broken_devices(page: Page, rule: DeviceSteps) -> None:
    device_mg = rule.device_mg.value
    if device_mg and any(dose_mg <= 0 or dose_mg % device_mg for dose_mg in rule.doses_mg):
        raise page.refuse("not_whole_devices", "doses_mg", f"Each dose must be whole devices of {device_mg:g} mg.")
    if rule.first_mg.value is not None and rule.first_mg.value not in rule.doses_mg:
        raise page.refuse("not_a_step", "first_mg.value", "The first dose must be one of the doses.")


def _phase(page: Page) -> Phase:
    to_week = page.whole("to_week", required=False)
    phase = Phase(
        page.name(),
        page.whole("from_week") or 1,
        to_week,
        page.number("per_week_low", required=False),
        page.number("per_week_high", required=False),
        page.sources(),
        page.choice("provenance", Provenance),
        page.text("note", ""),
    )
    if to_week is not None and to_week < phase.from_week:
        raise page.refuse("ends_before_it_starts", "to_week", "A phase ends in or after the week it starts.")
    low, high = phase.per_week_low, phase.per_week_high
    if (low is None) != (high is None) or (low is not None and high is not None and not 0 < low <= high):
        raise page.refuse("bad_rhythm", "per_week_low", "Give sessions per week from low to high, above 0; or neither.")
    return phase


def _monitoring(page: Page) -> MonitoringRule:
    when = page.choice("when", When)
    at_min = every_min = until_min = None
    if when is When.AT:
        at_min = needed_number(page, "at_min", "min")
    if when is When.EVERY:
        every_min, until_min = needed_number(page, "every_min", "min"), needed_number(page, "until_min", "min")
        if every_min.value == 0:
            raise page.refuse("not_positive", "every_min.value", "An interval is longer than 0 minutes.")
    return MonitoringRule(
        page.name(),
        when,
        known_words(page, "measure", (*VITAL_LOOKS, *SCALE_LOOKS)),
        page.sources(needed=False),
        None if page.get("provenance") is None else page.choice("provenance", Provenance),
        at_min,
        every_min,
        until_min,
    )


def _limit(page: Page) -> Limit:
    measure = page.choice("measure", Measure)
    level = page.choice("level", Level)
    if level is Level.FLAG:
        raise page.refuse("not_a_limit", "level", "A limit is a stop or a hold.")
    return Limit(
        page.name(),
        measure,
        page.choice("stage", Stage),
        level,
        page.choice("bound", Bound),
        needed_number(page, "number", UNIT_OF_MEASURE[measure]),
    )


def _check(page: Page) -> CheckItem:
    required = page.yes_no("required")
    provenance = page.choice("provenance", Provenance)
    if required and provenance is Provenance.MEMORY:
        raise page.refuse("memory_gates", "provenance", "A check from memory must not be required.")
    unit = str((page.value.get("number") or {}).get("unit", ""))
    number = optional_number(page, "number", unit)
    source = page.sources(needed=provenance not in OURS)
    return CheckItem(page.name(), page.text("text"), required, source, provenance, number)


def _assessment(page: Page) -> AssessmentDue:
    name, instrument, label = page.name(), page.text("instrument"), page.text("label")
    return AssessmentDue(name, instrument, label, needed_number(page, "after_h", "h", gates=False))


def _timing(page: Page) -> Timing:
    names = ("early_min", "overdue_after_min", "late_entry_min")
    timing = Timing(*(needed_number(page, name, "min") for name in names))
    page.finish()
    return timing


def _parent(top: Page) -> Parent | None:
    """What this protocol was made from; refuses one that was made from itself."""
    if top.get("parent") is None:
        return None
    page = top.page("parent")
    parent = Parent(page.text("id"), page.text("version"), page.text("content_hash"))
    page.finish()
    if (parent.id, parent.version) == (top.text("id"), top.text("version")):
        raise page.refuse("cycle", "version", "A protocol is not made from itself.")
    return parent


def _sources(top: Page) -> tuple[Source, ...]:
    found = sources_on(top.page("sources"))
    return tuple(found[name] for name in sorted(found))


def _refuse_incomplete(protocol: Protocol) -> None:
    if not protocol.rhythm:
        raise ProtocolError("missing", "rhythm", "A protocol says how often: at least one phase.")
    if not protocol.monitoring:
        raise ProtocolError("missing", "monitoring", "A protocol says what is watched: at least one rule.")
    if not any(limit.stage is Stage.ORDER and limit.level is Level.STOP for limit in protocol.limits):
        raise ProtocolError("missing", "limits", "A protocol needs at least one hard limit on the dose ordered.")


def to_mapping(protocol: Protocol) -> dict[str, Any]:
    """The protocol as plain values: what `parse_protocol` reads, what JSON and the hash are made of."""
    plain: dict[str, Any] = _plain(protocol)
    if protocol.use is Use.CLINICAL:
        # Said only where it differs, so that what was signed before there was a word for it still hashes the same.
        del plain["use"]
    plain["sources"] = {row["name"]: {k: v for k, v in row.items() if k != "name"} for row in plain["sources"]}
    return plain


def content_hash(protocol: Protocol) -> str:
    """SHA-256 of the canonical JSON of everything the protocol says, in hexadecimal."""
    text = json.dumps(to_mapping(protocol), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        plain = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        kept = {name: item for name, item in plain.items() if item not in (None, "", [])}
        kind = getattr(type(value), "kind", None)
        return {"kind": kind, **kept} if isinstance(kind, str) else kept
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, StrEnum):
        return value.value
    # 40 and 40.0 are the same number, so they must hash the same.
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
