"""Is this a depressive episode: each criterion met, not met or not asked, and by what it was answered and when.

A questionnaire may stand in for a sign; what a clinician says counts first. An answer older than the window of the
criteria says nothing about today: it is shown and not counted. It screens and lays out; it does not diagnose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from euthymia.care.evidence import basis_of, sources_of
from euthymia.care.instruments.load import load_instrument
from euthymia.care.instruments.score import checked_answers, score
from euthymia.care.tables.load import read_table
from euthymia.errors import BadInput

_TABLE = read_table("episode")
_SOURCES = sources_of(_TABLE)
PHQ9, QIDS = "phq9", "qids_sr16"
TITLES = {PHQ9: "PHQ-9", QIDS: "QIDS"}


class System(StrEnum):
    """Whose logic is followed."""

    DSM5 = "dsm5"
    ICD11 = "icd11"


class Status(StrEnum):
    MET = "met"
    NOT_MET = "not_met"
    NOT_ASKED = "not_asked"


class Part(StrEnum):
    """What a criterion is about. A differential diagnosis is met when it is ruled out."""

    SYMPTOM = "symptom"
    DURATION = "duration"
    CHANGE = "change"
    FUNCTION = "function"
    DIFFERENTIAL = "differential"


@dataclass(frozen=True, slots=True)
class Answered:
    """A filled questionnaire (`phq9` or `qids_sr16`): item → answer, and when it was filled."""

    instrument: str
    answers: Mapping[str, int | None]
    at: datetime

    def __post_init__(self) -> None:
        if self.instrument not in TITLES:
            raise BadInput("unknown_instrument", "instrument", f"Known here: {', '.join(TITLES)}.")
        if self.at.tzinfo is None:
            raise BadInput("naive_time", "at", "Give the time of the answers with its time zone.")


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion: what it says, whether it is met, and by what that is known.

    stale: an answer too old to count, in words.   hint: another questionnaire's answer, shown and never counted.
    """

    name: str
    says: str
    status: Status
    by: str = ""
    part: Part = Part.SYMPTOM
    is_core: bool = False
    stale: str = ""
    hint: str = ""

    @property
    def is_symptom(self) -> bool:
        return self.part is Part.SYMPTOM


@dataclass(frozen=True, slots=True)
class Specifier:
    """A feature that is written down and decides nothing. `changes_risk`: it matters before a dose."""

    name: str
    says: str
    status: Status
    changes_risk: bool


@dataclass(frozen=True, slots=True)
class Severity:
    """Severity by what the episode takes from daily life; None: not asked. `hint`: a questionnaire's band."""

    level: str | None
    hint: str
    source: str


@dataclass(frozen=True, slots=True)
class Course:
    """`single` or `recurrent` (None: not known), with the ICD-11 code where the episode is met."""

    kind: str | None
    code: str
    source: str


@dataclass(frozen=True, slots=True)
class Episode:
    """The whole picture. `status` is met only when every part is; one part not met settles it."""

    system: System
    title: str
    status: Status
    symptoms_met: int
    symptoms_needed: int
    core: Status
    criteria: tuple[Criterion, ...]
    effects: tuple[Criterion, ...]
    severity: Severity
    specifiers: tuple[Specifier, ...]
    course: Course
    source: str

    @property
    def not_asked(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.criteria if one.status is Status.NOT_ASKED)

    @property
    def differential(self) -> tuple[Criterion, ...]:
        """Each other explanation: met where it is ruled out, not met where it is there."""
        return tuple(one for one in self.criteria if one.part is Part.DIFFERENTIAL)

    @property
    def changes_risk(self) -> tuple[Specifier, ...]:
        """The specifiers present that matter before a dose."""
        return tuple(one for one in self.specifiers if one.changes_risk and one.status is Status.MET)


_FUNCTION = _TABLE["function_severity"]
EARLIER, WELL_BETWEEN = "earlier_episode", "well_between"
YES_NO_FACTS: Mapping[str, str] = {
    row["name"]: row["says"]
    for kind in ("symptom", "condition", "effect", "specifier")
    for row in _TABLE[kind]
    if "any_of" not in row
} | {EARLIER: _TABLE["course"][EARLIER], WELL_BETWEEN: _TABLE["course"][WELL_BETWEEN]}
SEVERITY_FACT: str = _FUNCTION["name"]
SEVERITY_CHOICES: tuple[str, ...] = tuple(_FUNCTION["choices"])
FACT_NAMES: tuple[str, ...] = (*YES_NO_FACTS, SEVERITY_FACT)


@dataclass(frozen=True, slots=True)
class _Known:
    """What a clinician said and what questionnaires hold, with what is too old kept apart."""

    facts: Mapping[str, object]
    stale_facts: Mapping[str, str]
    phq9: Mapping[str, int]
    phq9_on: str
    stale_phq9: Mapping[str, int]
    qids: Mapping[str, int]
    qids_on: str


def assess_episode(
    facts: Mapping[str, object],
    answered: Iterable[Answered] = (),
    *,
    now: datetime,
    said_at: Mapping[str, datetime] | None = None,
    system: System = System.DSM5,
) -> Episode:
    """The criteria of one system from what a clinician said and filled questionnaires.

    facts: by the names in FACT_NAMES; None or absent is not asked.   said_at: when each was said; absent is today.
    answered: the newest of each instrument counts.   Refuses (BadInput) an unknown fact, answer or instrument, and
    answers from the future.
    """
    window = timedelta(days=int(_TABLE[system.value]["window_days"]))
    known = _known(facts, said_at or {}, tuple(answered), now, window)
    symptoms = tuple(_symptom(row, known) for row in _TABLE["symptom"] if _is_in(row, system))
    effects = tuple(_stated(row, known, Part.FUNCTION) for row in _TABLE["effect"])
    conditions = tuple(_condition(row, known, effects) for row in _TABLE["condition"] if _is_in(row, system))
    needed = int(_TABLE[system.value]["needed"])
    core = _any(one.status for one in symptoms if one.is_core)
    status = _all([core, _enough(symptoms, needed), *(one.status for one in conditions)])
    rules, items = basis_of(_TABLE[system.value], _SOURCES), basis_of(_TABLE["phq9"], _SOURCES)
    return Episode(
        system=system,
        title=_TABLE[system.value]["title"],
        status=status,
        symptoms_met=_count(symptoms, Status.MET),
        symptoms_needed=needed,
        core=core,
        criteria=(*symptoms, *conditions),
        effects=effects,
        severity=_severity(known),
        specifiers=tuple(_specifier(row, known) for row in _TABLE["specifier"]),
        course=_course(known, status),
        source=f"{rules.says}; items: {items.says}",
    )


def _is_in(row: Mapping[str, Any], system: System) -> bool:
    return bool(row.get("only_in", system.value) == system.value)


def _known(
    facts: Mapping[str, object],
    said_at: Mapping[str, datetime],
    answered: tuple[Answered, ...],
    now: datetime,
    window: timedelta,
) -> _Known:
    """Everything checked and sorted by whether it still counts."""
    for name, value in facts.items():
        _check_fact(name, value)
    stale = {name: _day(at) for name, at in said_at.items() if _too_old(at, now, window) and _passes(name)}
    newest = {one.instrument: one for one in sorted(answered, key=lambda one: one.at)}
    phq9, qids = newest.get(PHQ9), newest.get(QIDS)
    for one in newest.values():
        if one.at > now:
            raise BadInput("in_the_future", f"{one.instrument}.at", "These answers are from the future.")
    phq9_given = _given(phq9)
    is_fresh = phq9 is not None and not _too_old(phq9.at, now, window)
    return _Known(
        facts={name: value for name, value in facts.items() if value is not None and name not in stale},
        stale_facts={name: day for name, day in stale.items() if facts.get(name) is not None},
        phq9=phq9_given if is_fresh else {},
        phq9_on=_day(phq9.at) if phq9 else "",
        stale_phq9={} if is_fresh else phq9_given,
        qids=_given(qids) if qids and not _too_old(qids.at, now, window) else {},
        qids_on=_day(qids.at) if qids else "",
    )


def _check_fact(name: str, value: object) -> None:
    if name not in FACT_NAMES:
        raise BadInput("unknown_fact", f"facts.{name}", f"Known: {', '.join(FACT_NAMES)}.")
    if value is None:
        return
    if name == SEVERITY_FACT:
        if value not in SEVERITY_CHOICES:
            raise BadInput("unknown_choice", f"facts.{name}", f"Choose one of: {', '.join(SEVERITY_CHOICES)}.")
    elif not isinstance(value, bool):
        raise BadInput("wrong_kind", f"facts.{name}", "Answer true or false, or leave it out if not asked.")


# What happened in a life does not grow old; how somebody is does.
_LASTING = frozenset(row["name"] for row in _TABLE["condition"] if row["part"] == Part.DIFFERENTIAL) | {
    EARLIER,
    WELL_BETWEEN,
}


def _passes(name: str) -> bool:
    return name not in _LASTING


def _too_old(at: datetime, now: datetime, window: timedelta) -> bool:
    return now - at > window


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"


def _given(answered: Answered | None) -> dict[str, int]:
    return {} if answered is None else checked_answers(load_instrument(answered.instrument), answered.answers)


def _symptom(row: Mapping[str, Any], known: _Known) -> Criterion:
    item, stated = row.get("item", ""), _stated(row, known, Part.SYMPTOM)
    points = [known.qids[one] for one in row.get("qids", ()) if one in known.qids]
    hint = f"QIDS items {', '.join(row['qids'])}: {max(points)} of 3 ({known.qids_on})" if points else ""
    status, by, stale = stated.status, stated.by, stated.stale
    if status is Status.NOT_ASKED and item in known.phq9:
        value = known.phq9[item]
        status, by = _status(value >= row["counts_from"]), f"PHQ-9 item {item} = {value} ({known.phq9_on})"
    elif status is Status.NOT_ASKED and not stale and item in known.stale_phq9:
        stale = f"PHQ-9 item {item} = {known.stale_phq9[item]} on {known.phq9_on}: too old to count, ask again"
    return Criterion(row["name"], row["says"], status, by, Part.SYMPTOM, bool(row.get("core")), stale, hint)


def _stated(row: Mapping[str, Any], known: _Known, part: Part) -> Criterion:
    """What a clinician said of one row; a differential that must not be is met when it is denied."""
    name, must_be = row["name"], row.get("must_be", True)
    says = row["says"] if must_be else f"Ruled out: {row['says'][0].lower()}{row['says'][1:]}"
    if name in known.facts:
        return Criterion(name, says, _status(known.facts[name] is must_be), "clinician", part)
    on = known.stale_facts.get(name)
    stale = f"a clinician's answer of {on}: too old to count, ask again" if on else ""
    return Criterion(name, says, Status.NOT_ASKED, part=part, stale=stale)


def _condition(row: Mapping[str, Any], known: _Known, effects: tuple[Criterion, ...]) -> Criterion:
    if "any_of" not in row:
        return _stated(row, known, Part(row["part"]))
    parts = [one for one in effects if one.name in row["any_of"]]
    met = ", ".join(one.says for one in parts if one.status is Status.MET)
    status = _any(one.status for one in parts)
    by = f"clinician: {met}" if met else ("clinician" if status is Status.NOT_MET else "")
    return Criterion(row["name"], row["says"], status, by, Part(row["part"]))


def _severity(known: _Known) -> Severity:
    """By function; the band of a whole PHQ-9 within the window stands beside it as a hint."""
    said = known.facts.get(SEVERITY_FACT)
    found = score(load_instrument(PHQ9), known.phq9)
    hint = ""
    if found.total is not None and found.band is not None:
        hint = f"PHQ-9 {found.total:g}, {found.band.name.replace('_', ' ')} ({known.phq9_on}); a hint, not the severity"
    return Severity(None if said is None else str(said), hint, basis_of(_FUNCTION, _SOURCES).says)


def _specifier(row: Mapping[str, Any], known: _Known) -> Specifier:
    found = _stated(row, known, Part.SYMPTOM)
    return Specifier(found.name, found.says, found.status, bool(row.get("changes_risk")))


def _course(known: _Known, status: Status) -> Course:
    """One more episode counts as such only after several months well; without them it is the same one."""
    earlier, well_between = known.facts.get(EARLIER), known.facts.get(WELL_BETWEEN)
    kind: str | None = None
    if earlier is False or (earlier and well_between is False):
        kind = "single"
    elif earlier and well_between:
        kind = "recurrent"
    code = _TABLE["course"]["codes"][kind] if kind and status is Status.MET else ""
    return Course(kind, code, basis_of(_TABLE["course"], _SOURCES).says)


def _status(is_met: bool) -> Status:
    return Status.MET if is_met else Status.NOT_MET


def _count(criteria: Iterable[Criterion], status: Status) -> int:
    return sum(one.status is status for one in criteria)


def _enough(symptoms: tuple[Criterion, ...], needed: int) -> Status:
    met = _count(symptoms, Status.MET)
    if met >= needed:
        return Status.MET
    return Status.NOT_ASKED if met + _count(symptoms, Status.NOT_ASKED) >= needed else Status.NOT_MET


def _any(statuses: Iterable[Status]) -> Status:
    seen = set(statuses)
    return next((status for status in (Status.MET, Status.NOT_ASKED) if status in seen), Status.NOT_MET)


def _all(statuses: Iterable[Status]) -> Status:
    seen = set(statuses)
    return next((status for status in (Status.NOT_MET, Status.NOT_ASKED) if status in seen), Status.MET)
