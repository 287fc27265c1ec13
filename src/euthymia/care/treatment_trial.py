"""One earlier treatment, and whether it counts as an adequate trial that did not help enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from euthymia.care.decision import Missing
from euthymia.care.evidence import Basis, basis_of, sources_of
from euthymia.care.tables.load import read_table
from euthymia.errors import BadInput

TABLE = read_table("resistance")
SOURCES = sources_of(TABLE)
CLASSES: Mapping[str, str] = MappingProxyType(
    {drug: name for name, drugs in TABLE["classes"].items() for drug in drugs}
)


class Outcome(StrEnum):
    """How a treatment ended. Stopping because of side effects says nothing about whether it would have helped."""

    NO_RESPONSE = "no_response"
    PARTIAL_RESPONSE = "partial_response"
    RESPONSE = "response"
    REMISSION = "remission"
    NOT_TOLERATED = "not_tolerated"


NOT_ENOUGH = frozenset({Outcome.NO_RESPONSE, Outcome.PARTIAL_RESPONSE})


@dataclass(frozen=True, slots=True)
class TreatmentTrial:
    """One course of an antidepressant. None is not known, and stays not known.

    augmentation: another medicine was added to it.   optimised: its dose or duration was pushed further.
    """

    drug: str
    dose_mg_day: float | None = None
    weeks: float | None = None
    outcome: Outcome | None = None
    augmentation: bool | None = None
    optimised: bool | None = None
    current_episode: bool | None = True

    def __post_init__(self) -> None:
        if not self.drug.strip():
            raise BadInput("missing", "drug", "Say which medicine it was.")
        for name, value in (("dose_mg_day", self.dose_mg_day), ("weeks", self.weeks)):
            if value is not None and not 0 < value < float("inf"):
                raise BadInput("out_of_range", name, f"{value:g} cannot be right. Give a number above 0.")

    @property
    def substance(self) -> str:
        """The known antidepressant named in `drug` (salts, brands in brackets and release forms are ignored), or the
        text itself in small letters."""
        words = self.drug.casefold()
        named = [known for known in CLASSES if known in words]
        return max(named, key=len) if named else words.strip()

    @property
    def drug_class(self) -> str | None:
        return CLASSES.get(self.substance)


SHIPPED = "shipped"
FEWEST_WEEKS, MOST_WEEKS = 0.0, 104.0
WEEKS_OPTIONS: tuple[float, ...] = tuple(float(weeks) for weeks in TABLE["adequacy"]["min_weeks_options"])


@dataclass(frozen=True, slots=True)
class Adequacy:
    """What the clinic calls an adequate trial: a lowest daily dose per drug and a shortest duration. Editable; the
    shipped floors are one textbook's lower end of the usual dose.

    own: drug → who set its floor and from what, where the clinic did.   version: which settings these are.
    """

    min_weeks: float
    floors_mg_day: Mapping[str, float]
    says: str
    own: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    version: str = SHIPPED

    def with_floors(self, floors_mg_day: Mapping[str, float], set_by: str) -> Adequacy:
        """The same with a clinic's own floors added or put in place of the shipped ones, by a named person."""
        _insist_named(set_by)
        for drug, dose_mg in floors_mg_day.items():
            if not 0 < dose_mg < float("inf"):
                raise BadInput("out_of_range", f"floors.{drug}", "Give a dose above 0 mg a day.")
        added = {drug.strip().casefold(): dose_mg for drug, dose_mg in floors_mg_day.items()}
        return replace(
            self,
            floors_mg_day=MappingProxyType(dict(self.floors_mg_day) | added),
            own=MappingProxyType(dict(self.own) | dict.fromkeys(added, set_by.strip())),
            says=f"{self.says}; {', '.join(floors_mg_day)} set by {set_by.strip()}",
        )

    def with_weeks(self, weeks: float, set_by: str) -> Adequacy:
        """The same with a clinic's own shortest duration, by a named person."""
        _insist_named(set_by)
        if not FEWEST_WEEKS < weeks <= MOST_WEEKS:
            raise BadInput("out_of_range", "min_weeks", f"Give weeks above 0, at most {MOST_WEEKS:g}.")
        return replace(self, min_weeks=weeks, says=f"{self.says}; {weeks:g} weeks set by {set_by.strip()}")


def _insist_named(set_by: str) -> None:
    if not set_by.strip():
        raise BadInput("unnamed", "set_by", "Say who sets this.")


@dataclass(frozen=True, slots=True)
class Floor:
    """The lowest adequate daily dose of one medicine with where it is from; None is a hole, and `says` why."""

    drug: str
    drug_class: str
    dose_mg_day: float | None
    says: str
    is_own: bool


def floors_of(adequacy: Adequacy) -> tuple[Floor, ...]:
    """Every antidepressant known here by class, then those a clinic added, each with its floor or the hole."""
    added = {drug: "" for drug in adequacy.floors_mg_day if drug not in CLASSES}
    shipped = basis_of(TABLE["adequacy"]["floors"], SOURCES).says
    floors = []
    for drug, drug_class in (*CLASSES.items(), *added.items()):
        dose_mg_day = adequacy.floors_mg_day.get(drug)
        says = TABLE["adequacy"]["why_no_floor"] if dose_mg_day is None else adequacy.own.get(drug, shipped)
        floors.append(Floor(drug, drug_class, dose_mg_day, says, drug in adequacy.own))
    return tuple(floors)


def _shipped_adequacy() -> Adequacy:
    floors = TABLE["adequacy"]["floors"]
    duration, dose = basis_of(TABLE["adequacy"], SOURCES), basis_of(floors, SOURCES)
    says = f"dose: {dose.says}; duration: {duration.says}"
    return Adequacy(float(TABLE["adequacy"]["min_weeks"]), MappingProxyType(dict(floors["mg_day"])), says)


ADEQUACY = _shipped_adequacy()


class Counts(StrEnum):
    """Whether a trial counts as failed at adequate dose and duration."""

    YES = "yes"
    NO = "no"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class JudgedTrial:
    """A trial with the answer, why it does not count, and what would tell."""

    trial: TreatmentTrial
    counts: Counts
    why: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()


def judge_trial(trial: TreatmentTrial, adequacy: Adequacy = ADEQUACY) -> JudgedTrial:
    """Does this treatment count as an adequate trial, in this episode, that did not help enough?"""
    why: list[str] = []
    missing: list[Missing] = []
    checks = (_in_episode(trial), _dose(trial, adequacy), _duration(trial, adequacy), _outcome(trial))
    for found in checks:
        if isinstance(found, Missing):
            missing.append(found)
        elif found:
            why.append(found)
    if why:
        return JudgedTrial(trial, Counts.NO, tuple(why), tuple(missing))
    if missing:
        return JudgedTrial(trial, Counts.CANNOT_TELL, (), tuple(missing))
    return JudgedTrial(trial, Counts.YES)


def failed_drugs(judged: Iterable[JudgedTrial], counts: Counts) -> tuple[str, ...]:
    """Different substances whose trials got this answer, in order; the same drug twice is one."""
    return tuple(dict.fromkeys(one.trial.substance for one in judged if one.counts is counts))


def _in_episode(trial: TreatmentTrial) -> str | Missing:
    if trial.current_episode is None:
        return Missing("current_episode", "adequate_trial", f"Was {trial.drug} taken in this episode?")
    return "" if trial.current_episode else "It was in an earlier episode."


def _dose(trial: TreatmentTrial, adequacy: Adequacy) -> str | Missing:
    floor_mg = adequacy.floors_mg_day.get(trial.substance)
    if floor_mg is None:
        says = f"No lowest adequate dose was read for {trial.drug}. The clinic can set one."
        return Missing("dose_floor", "adequate_trial", says)
    if trial.dose_mg_day is None:
        return Missing("dose_mg_day", "adequate_trial", f"What was the highest daily dose of {trial.drug}?")
    if trial.dose_mg_day < floor_mg:
        return f"{trial.dose_mg_day:g} mg a day is below {floor_mg:g} mg."
    return ""


def _duration(trial: TreatmentTrial, adequacy: Adequacy) -> str | Missing:
    if trial.weeks is None:
        return Missing("weeks", "adequate_trial", f"For how many weeks was {trial.drug} taken?")
    if trial.weeks < adequacy.min_weeks:
        return f"{trial.weeks:g} weeks is shorter than {adequacy.min_weeks:g}."
    return ""


def _outcome(trial: TreatmentTrial) -> str | Missing:
    if trial.outcome is None:
        return Missing("outcome", "adequate_trial", f"How did {trial.drug} end?")
    if trial.outcome is Outcome.NOT_TOLERATED:
        return "It was stopped because of side effects."
    return "" if trial.outcome in NOT_ENOUGH else "It helped."


def basis(system: str) -> Basis:
    """The sources of one staging system or definition."""
    return basis_of(TABLE[system], SOURCES)
