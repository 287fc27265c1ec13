"""A protocol in words: its state, and every number it holds with where that number comes from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from euthymia.care.decision import Decision, Level
from euthymia.care.protocol import (
    Bound,
    Cited,
    DeviceSteps,
    Limit,
    MonitoringRule,
    PerKg,
    PerKgRange,
    PerKgSteps,
    Phase,
    Protocol,
    Provenance,
    When,
    fillable,
)
from euthymia.clinic.plans.models import ProtocolVersion
from euthymia.clinic.plans.queries import open_holes, protocol_of, readiness

ROUTE_WORDS = {
    "iv": "into a vein",
    "im": "into a muscle",
    "sc": "under the skin",
    "nasal": "into the nose",
    "oral": "by mouth",
    "sublingual": "under the tongue",
}
STAGE_WORDS = {
    "order": "when the dose is ordered",
    "before": "before the dose",
    "during": "during",
    "discharge": "before leaving",
}
WORDS_OF_PATH = {
    "concentration_mg_per_ml": "Concentration drawn up",
    "fresh_within_min": "Readings count as fresh for",
    "minimum_observation_min": "Watched at least",
}
LEVEL_WORDS = {Level.STOP: "stop, no way past", Level.HOLD: "hold, override with a reason", Level.FLAG: "worth knowing"}
PROVENANCE_WORDS = {
    Provenance.READ: "read at the source",
    Provenance.ABSTRACT: "read in the abstract",
    Provenance.CODE: "from published code",
    Provenance.READ_SECONDARY: "read where others restate it",
    Provenance.MEMORY: "not verified; informs only",
    Provenance.HOUSE: "operating choice of this software",
    Provenance.CLINIC: "set by this clinic",
}


class ProtocolState(StrEnum):
    """Where a version stands on its way into use."""

    HOLES = "holes"
    READY_TO_SIGN = "ready_to_sign"
    SIGNED = "signed"
    RETIRED = "retired"


STATE_WORDS = {
    ProtocolState.HOLES: ("holes to fill", "chip--caution", "question"),
    ProtocolState.READY_TO_SIGN: ("waiting for signature", "chip--info", "pencil"),
    ProtocolState.SIGNED: ("signed", "chip--ok", "check"),
    ProtocolState.RETIRED: ("retired", "", "clock"),
}


@dataclass(frozen=True, slots=True)
class StateChip:
    """A version's state as a chip, with the next step in words."""

    state: ProtocolState
    word: str
    look: str
    icon: str
    next_step: str


@dataclass(frozen=True, slots=True)
class NumberRow:
    """One number with its source. `value` is empty where the number is open."""

    what: str
    value: str
    source: str = ""
    provenance: str = ""
    is_hole: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class NumberTable:
    """A titled group of numbers."""

    title: str
    rows: tuple[NumberRow, ...]
    words: str = ""


@dataclass(frozen=True, slots=True)
class ProtocolPage:
    """Everything the page about one version shows."""

    protocol: Protocol
    row: ProtocolVersion
    chip: StateChip
    decision: Decision
    route: str
    created: str
    signed: str
    tables: tuple[NumberTable, ...]
    versions: tuple[tuple[str, str, bool], ...] = field(default=())
    retired: str = ""


def state_of(row: ProtocolVersion) -> ProtocolState:
    """The state of a version; a retired one stays retired whatever it holds."""
    if row.retired_at is not None:
        return ProtocolState.RETIRED
    if open_holes(row):
        return ProtocolState.HOLES
    return ProtocolState.SIGNED if row.signed_at else ProtocolState.READY_TO_SIGN


def chip_of(row: ProtocolVersion) -> StateChip:
    state = state_of(row)
    word, look, icon = STATE_WORDS[state]
    count = len(open_holes(row))
    if state is ProtocolState.HOLES:
        word = f"{count} hole{'s' if count != 1 else ''} to fill"
    steps = {
        ProtocolState.HOLES: "The medical lead fills the open numbers; until then nothing starts on it.",
        ProtocolState.READY_TO_SIGN: "The medical lead reads it through and signs.",
        ProtocolState.SIGNED: "Plans can be made from it.",
        ProtocolState.RETIRED: retired_words(row),
    }
    return StateChip(state, word, look, icon, steps[state])


def retired_words(row: ProtocolVersion) -> str:
    """Why a version is out of use, and what that means for plans made from it."""
    if not row.retired_reason:
        return "A newer version took its place. Plans made from it keep it."
    return (
        f"Retired by {row.retired_name}: {row.retired_reason} Plans made from it can still be read; none is made anew."
    )


def retired_when(row: ProtocolVersion, zone: ZoneInfo) -> str:
    """When a version went out of use, by whom and why; empty while it is in use."""
    if row.retired_at is None:
        return ""
    because = (
        f", by {row.retired_name}: {row.retired_reason}" if row.retired_reason else ", replaced by a newer version"
    )
    return moment(row.retired_at, zone) + because


def signed_words(row: ProtocolVersion, zone: ZoneInfo) -> str:
    """By whom and when, in the clinic's zone; empty while unsigned."""
    if row.signed_at is None:
        return ""
    return f"{row.signed_name}, {moment(row.signed_at, zone)}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """A point in time as a clinic writes it, e.g. `2 March 2026, 10:00`."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%B %Y, %H:%M}"


def protocol_page(row: ProtocolVersion, versions: Iterable[ProtocolVersion], zone: ZoneInfo) -> ProtocolPage:
    """The page about one version; `versions` are all of this protocol in the clinic."""
    protocol = protocol_of(row)
    return ProtocolPage(
        protocol=protocol,
        row=row,
        chip=chip_of(row),
        decision=readiness(row),
        route=ROUTE_WORDS.get(protocol.route, protocol.route),
        created=moment(row.created_at, zone),
        signed=signed_words(row, zone),
        tables=number_tables(protocol),
        versions=tuple((one.version, chip_of(one).word, one.pk == row.pk) for one in versions),
        retired=retired_when(row, zone),
    )


def number_tables(protocol: Protocol) -> tuple[NumberTable, ...]:
    """Every number of a protocol by what it is for."""
    watching = [number_row("Readings count as fresh for", protocol.fresh_within_min)]
    watching.append(number_row("Watched at least", protocol.minimum_observation_min))
    resolve = ", ".join(word.replace("_", " ") for word in protocol.must_resolve)
    tables = (
        NumberTable("Dose", tuple(dose_rows(protocol))),
        NumberTable("Rhythm", tuple(phase_row(phase) for phase in protocol.rhythm)),
        NumberTable("Limits", tuple(limit_row(limit) for limit in protocol.limits)),
        NumberTable(
            "Watching",
            (*(monitoring_row(rule) for rule in protocol.monitoring), *watching),
            f"Before leaving, these have passed: {resolve}." if resolve else "",
        ),
        NumberTable("Asked before each dose", tuple(check_rows(protocol))),
        NumberTable(
            "Questionnaires after a dose", tuple(number_row(due.label, due.after_h) for due in protocol.assessments)
        ),
        NumberTable("Stopping and keeping well", tuple(course_rows(protocol))),
        NumberTable("Asked along the course", tuple(asked_rows(protocol)), "Proposals; no dose waits for them."),
        NumberTable(
            "Watched for years", tuple(number_row(check.text, check.interval_weeks) for check in protocol.long_term)
        ),
        NumberTable("Timing on the flowsheet", tuple(timing_rows(protocol))),
    )
    return tuple(table for table in tables if table.rows)


def number_row(what: str, number: Cited, note: str = "") -> NumberRow:
    """One cited number as a row."""
    if number.value is None:
        return NumberRow(what, "", number.why, "", is_hole=True, note=note)
    provenance = PROVENANCE_WORDS[number.provenance] if number.provenance else ""
    source = number.filled_by if number.provenance is Provenance.CLINIC else ", ".join(number.source)
    return NumberRow(what, f"{number.value:g} {number.unit}", source, provenance, note=note)


def dose_rows(protocol: Protocol) -> Iterable[NumberRow]:
    match protocol.dose:
        case PerKg(mg_per_kg, basis):
            yield number_row("Dose", mg_per_kg, f"{basis.value} body weight")
        case PerKgRange(low, high, basis):
            yield number_row("Lowest dose", low, f"{basis.value} body weight")
            yield number_row("Highest dose", high, f"{basis.value} body weight")
        case PerKgSteps(steps, basis, below_pct):
            for place, step in enumerate(steps, start=1):
                yield number_row(f"Step {place}", step, f"{basis.value} body weight")
            yield number_row("Next step only while better by less than", below_pct)
        case DeviceSteps(device_mg, doses_mg, first_mg, gap_min):
            yield number_row("One device", device_mg)
            yield number_row("First session", first_mg)
            doses = " or ".join(f"{dose:g}" for dose in doses_mg)
            yield NumberRow(
                "Doses to choose from", f"{doses} mg", ", ".join(first_mg.source), number_row("", first_mg).provenance
            )
            yield number_row("Rest between devices", gap_min)
    if protocol.duration_min:
        yield number_row("Given over", protocol.duration_min)
    if protocol.concentration_mg_per_ml:
        yield number_row("Concentration drawn up", protocol.concentration_mg_per_ml)


def phase_row(phase: Phase) -> NumberRow:
    weeks = f"weeks {phase.from_week} to {phase.to_week}" if phase.to_week else f"from week {phase.from_week}"
    return NumberRow(
        f"{phase.name.replace('_', ' ').capitalize()}, {weeks}",
        rhythm_words(phase),
        ", ".join(phase.source),
        PROVENANCE_WORDS[phase.provenance],
        note=phase.note,
    )


def rhythm_words(phase: Phase) -> str:
    """How often, in words."""
    if phase.per_week_low is None or phase.per_week_high is None:
        return "interval set for the person"
    if phase.per_week_low == phase.per_week_high:
        return f"{phase.per_week_low:g} a week"
    return f"{phase.per_week_low:g} to {phase.per_week_high:g} a week"


def limit_row(limit: Limit) -> NumberRow:
    return number_row(limit_words(limit), limit.number, LEVEL_WORDS[limit.level])


def limit_words(limit: Limit) -> str:
    """`Systolic at most, before the dose`."""
    bound = "at most" if limit.bound is Bound.AT_MOST else "at least"
    return f"{measure_words(limit.measure.value)} {bound}, {STAGE_WORDS[limit.stage.value]}"


def limit_entries(protocol: Protocol) -> dict[str, str]:
    """Path of each limit → its words and level, e.g. `Systolic at most, before the dose (hold)`."""
    return {f"limits.{limit.name}": f"{limit_words(limit)} ({limit.level.value})" for limit in protocol.limits}


def measure_words(measure: str) -> str:
    """`systolic_rise_mmhg` → `Systolic rise`: the unit stands beside the number already."""
    words = measure
    for ending in ("_mmhg", "_per_min", "_pct", "_mg_per_kg", "_mg", "_h"):
        words = words.removesuffix(ending)
    special = {"dose_mg_per_kg": "Dose per kilogram", "mg_in_7_days": "Dose in 7 days", "spo2_pct": "Oxygen saturation"}
    return special.get(measure, words.replace("_", " ").capitalize())


def monitoring_row(rule: MonitoringRule) -> NumberRow:
    measured = ", ".join(word.replace("_", " ") for word in rule.measure)
    provenance = PROVENANCE_WORDS[rule.provenance] if rule.provenance else ""
    number = {When.AT: rule.at_min, When.EVERY: rule.every_min}.get(rule.when)
    words = {When.BEFORE: "before the dose", When.END: "before leaving"}.get(rule.when, "")
    if number is not None:
        lead = "at minute" if rule.when is When.AT else "every"
        row = number_row(measured.capitalize(), number)
        until = f" until minute {rule.until_min.value:g}" if rule.until_min and rule.until_min.value is not None else ""
        shown = (
            f"{lead} {number.value:g}{' min' if rule.when is When.EVERY else ''}{until}"
            if number.value is not None
            else ""
        )
        return NumberRow(row.what, shown, row.source, row.provenance, row.is_hole)
    return NumberRow(measured.capitalize(), words, ", ".join(rule.source), provenance)


def check_rows(protocol: Protocol) -> Iterable[NumberRow]:
    for check in protocol.checks:
        needed = "needed" if check.required else "asked"
        if check.number is not None:
            yield number_row(check.text, check.number, needed)
        else:
            yield NumberRow(check.text, needed, ", ".join(check.source), PROVENANCE_WORDS[check.provenance])


def course_rows(protocol: Protocol) -> Iterable[NumberRow]:
    for kind, rules in (("stop", protocol.stopping), ("keep well", protocol.maintenance)):
        for rule in rules:
            yield NumberRow(rule.text, kind, ", ".join(rule.source), PROVENANCE_WORDS[rule.provenance])


def asked_rows(protocol: Protocol) -> Iterable[NumberRow]:
    """What is asked at each moment of the course, by the short names of the questionnaires."""
    for asked in protocol.follow_up:
        names = ", ".join(name.replace("_", " ") for name in asked.instruments)
        when = asked.name.replace("_", " ").capitalize()
        yield NumberRow(when, names, ", ".join(asked.source), PROVENANCE_WORDS[asked.provenance])


def timing_rows(protocol: Protocol) -> Iterable[NumberRow]:
    yield number_row("A reading counts when at most this early", protocol.timing.early_min)
    yield number_row("A check is overdue after", protocol.timing.overdue_after_min)
    yield number_row("An entry is marked late after", protocol.timing.late_entry_min)


def open_numbers(protocol: Protocol) -> list[tuple[str, str, Cited]]:
    """(path, words, number) of what a clinic supplies, for the form."""
    words = WORDS_OF_PATH | {f"checks.{check.name}": check.text for check in protocol.checks}
    words |= limit_entries(protocol)
    return [(path, words.get(path) or path_words(path), number) for path, number in fillable(protocol)]


def path_words(path: str) -> str:
    """`monitoring.during.every_min` → `Monitoring: during, every`: the unit stands beside the number already."""
    parts = [part.removesuffix("_min").replace("_", " ") for part in path.split(".") if part != "number"]
    head, *rest = parts
    return f"{head.capitalize()}: {', '.join(rest)}" if rest else head.capitalize()
