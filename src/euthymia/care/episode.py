"""Is this a depressive episode: each criterion met, not met or not asked, and by what it was answered.

A questionnaire may stand in for a symptom; what a clinician says counts first. It screens and lays out; it does not
diagnose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from euthymia.care.evidence import basis_of, sources_of
from euthymia.care.instruments.load import load_instrument
from euthymia.care.instruments.score import checked_answers
from euthymia.care.tables.load import read_table
from euthymia.errors import BadInput

_TABLE = read_table("episode")


class System(StrEnum):
    """Whose logic is followed."""

    DSM5 = "dsm5"
    ICD11 = "icd11"


class Status(StrEnum):
    MET = "met"
    NOT_MET = "not_met"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion: what it says, whether it is met, and by what that is known."""

    name: str
    says: str
    status: Status
    by: str = ""
    is_symptom: bool = True
    is_core: bool = False


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
    source: str

    @property
    def not_asked(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.criteria if one.status is Status.NOT_ASKED)


FACT_NAMES: tuple[str, ...] = tuple(row["name"] for row in (*_TABLE["symptom"], *_TABLE["condition"]))


def assess_episode(
    answers: Mapping[str, int | None], facts: Mapping[str, bool | None], *, system: System = System.DSM5
) -> Episode:
    """The criteria of one system from PHQ-9 answers and a clinician's facts (names in FACT_NAMES; None: not asked).

    Refuses an unknown answer or fact.
    """
    for name, value in facts.items():
        if name not in FACT_NAMES:
            raise BadInput("unknown_fact", f"facts.{name}", f"Known: {', '.join(FACT_NAMES)}.")
        if value is not None and not isinstance(value, bool):
            raise BadInput("wrong_kind", f"facts.{name}", "Answer true or false, or leave it out if not asked.")
    given = checked_answers(load_instrument("phq9"), answers)
    symptoms = [
        _symptom(row, given, facts) for row in _TABLE["symptom"] if row.get("only_in", system.value) == system.value
    ]
    conditions = [_condition(row, facts) for row in _TABLE["condition"]]
    needed = int(_TABLE[system.value]["needed"])
    core = _any(one.status for one in symptoms if one.is_core)
    enough = _enough(symptoms, needed)
    sources = sources_of(_TABLE)
    source = f"{basis_of(_TABLE[system.value], sources).says}; items: {basis_of(_TABLE['phq9'], sources).says}"
    return Episode(
        system=system,
        title=_TABLE[system.value]["title"],
        status=_all([core, enough, *(one.status for one in conditions)]),
        symptoms_met=_count(symptoms, Status.MET),
        symptoms_needed=needed,
        core=core,
        criteria=(*symptoms, *conditions),
        source=source,
    )


def _symptom(row: Mapping[str, object], given: Mapping[str, int], facts: Mapping[str, bool | None]) -> Criterion:
    name, says, core = str(row["name"]), str(row["says"]), bool(row.get("core"))
    item, counts_from = str(row.get("item", "")), int(str(row.get("counts_from", 0)))
    said = facts.get(name)
    if said is not None:
        return Criterion(name, says, _status(said), "clinician", is_core=core)
    if item in given:
        return Criterion(
            name, says, _status(given[item] >= counts_from), f"PHQ-9 item {item} = {given[item]}", is_core=core
        )
    return Criterion(name, says, Status.NOT_ASKED, is_core=core)


def _condition(row: Mapping[str, object], facts: Mapping[str, bool | None]) -> Criterion:
    """A condition that must hold, or must not: met always speaks for an episode."""
    said = facts.get(str(row["name"]))
    status = Status.NOT_ASKED if said is None else _status(said is row["must_be"])
    says = str(row["says"]) if row["must_be"] else f"Ruled out: {str(row['says'])[0].lower()}{str(row['says'])[1:]}"
    return Criterion(str(row["name"]), says, status, "" if said is None else "clinician", is_symptom=False)


def _status(is_met: bool) -> Status:
    return Status.MET if is_met else Status.NOT_MET


def _count(criteria: Iterable[Criterion], status: Status) -> int:
    return sum(one.status is status for one in criteria)


def _enough(symptoms: list[Criterion], needed: int) -> Status:
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
