"""Is the depression treatment resistant, and how much: the definition, and four staging systems with their points.

A missing duration, severity or trial detail never becomes a guess: the answer is `CannotTell` with what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from euthymia.care.decision import CannotTell, Missing
from euthymia.care.treatment_trial import (
    ADEQUACY,
    TABLE,
    Adequacy,
    Counts,
    JudgedTrial,
    Outcome,
    TreatmentTrial,
    basis,
    failed_drugs,
    judge_trial,
)
from euthymia.errors import BadInput

__all__ = [
    "ADEQUACY",
    "Adequacy",
    "Counts",
    "Definition",
    "History",
    "JudgedTrial",
    "Outcome",
    "Severity",
    "Staged",
    "Staging",
    "TreatmentTrial",
    "european",
    "judge_trial",
    "maudsley",
    "meets_definition",
    "mgh",
    "stage_all",
    "thase_rush",
]

TRICYCLIC, MAOI = "tricyclic", "maoi"


class Severity(StrEnum):
    """Severity at the start, as the Maudsley method counts it."""

    SUBSYNDROMAL = "subsyndromal"
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"
    SEVERE_PSYCHOTIC = "severe_psychotic"


@dataclass(frozen=True, slots=True)
class History:
    """What is known about an episode and its treatments. None is not known.

    augmentation: any was tried; known from the trials where they say so.   ect: any course of it.
    """

    trials: tuple[TreatmentTrial, ...] = ()
    duration_months: float | None = None
    severity: Severity | None = None
    augmentation: bool | None = None
    ect: bool | None = None
    ect_bilateral: bool | None = None

    def __post_init__(self) -> None:
        if self.duration_months is not None and not 0 <= self.duration_months < float("inf"):
            raise BadInput("out_of_range", "duration_months", "Give the months this episode has lasted, 0 or more.")


@dataclass(frozen=True, slots=True)
class Point:
    """One part of a stage: what was counted and what it gave."""

    part: str
    points: float
    because: str


@dataclass(frozen=True, slots=True)
class Staged:
    """A stage with the points that made it. `total` and `stage` as the system defines them; `notes` say what could
    not be counted."""

    system: str
    total: float
    stage: str
    points: tuple[Point, ...]
    source: str
    notes: tuple[str, ...] = ()


Staging = Staged | CannotTell


@dataclass(frozen=True, slots=True)
class Definition:
    """Whether the definition is met (None: cannot tell), with every trial and what it was found to be."""

    met: bool | None
    needed: int
    counted: tuple[str, ...]
    trials: tuple[JudgedTrial, ...]
    missing: tuple[Missing, ...]
    says: str
    source: str
    adequacy_version: str


def meets_definition(history: History, adequacy: Adequacy = ADEQUACY) -> Definition:
    """At least two different antidepressants, adequate in dose and duration, without enough help in this episode."""
    judged = tuple(judge_trial(trial, adequacy) for trial in history.trials)
    needed = int(TABLE["definition"]["antidepressants"])
    counted = failed_drugs(judged, Counts.YES)
    possible = set(counted) | set(failed_drugs(judged, Counts.CANNOT_TELL))
    met: bool | None = len(counted) >= needed
    missing: tuple[Missing, ...] = ()
    if not met and len(possible) >= needed:
        met = None
        missing = tuple(gap for one in judged if one.counts is Counts.CANNOT_TELL for gap in one.missing)
    if not met and not history.trials:
        met = None
        missing = (Missing("trials", "resistance_definition", "No earlier treatments are written down."),)
    source = f"{basis('definition').says}; {adequacy.says}"
    return Definition(met, needed, counted, judged, missing, TABLE["definition"]["says"], source, adequacy.version)


def stage_all(history: History, adequacy: Adequacy = ADEQUACY) -> dict[str, Staging]:
    """Every staging system, by name."""
    return {
        "maudsley": maudsley(history, adequacy),
        "mgh": mgh(history, adequacy),
        "thase_rush": thase_rush(history, adequacy),
        "european": european(history, adequacy),
    }


def maudsley(history: History, adequacy: Adequacy = ADEQUACY) -> Staging:
    """Maudsley staging: duration, severity, failed antidepressants, augmentation and ECT; 3 to 15 points.

    A trial nobody can judge does not matter where it could not change the points.
    """
    table = TABLE["maudsley"]
    judged = tuple(judge_trial(trial, adequacy) for trial in history.trials)
    failed, missing = _failed_points(judged)
    augmentation = _augmentation(history)
    for name, value in (
        ("duration_months", history.duration_months),
        ("severity", history.severity),
        ("augmentation", augmentation),
        ("ect", history.ect),
    ):
        if value is None:
            missing.append(Missing(name, "maudsley", _QUESTIONS[name]))
    if missing or failed is None or history.duration_months is None or history.severity is None:
        return CannotTell(tuple(missing))
    months = history.duration_months
    points = (
        Point("duration", _steps(months, table["duration_months"], table["longer_points"]), f"{months:g} months"),
        Point("severity", float(table["severity"][history.severity]), history.severity.value.replace("_", " ")),
        failed,
        Point("augmentation", float(bool(augmentation)), _yes_no(augmentation)),
        Point("ect", float(bool(history.ect)), _yes_no(history.ect)),
    )
    total = sum(point.points for point in points)
    stage = next(name for low, high, name in table["bands"] if low <= total <= high)
    return Staged("maudsley", total, stage, points, basis("maudsley").says, _not_counted(judged))


def mgh(history: History, adequacy: Adequacy = ADEQUACY) -> Staging:
    """Massachusetts General Hospital staging: a point per failed adequate trial of at least six weeks, half a point
    per optimisation and per augmentation, three for ECT. No bands."""
    table = TABLE["mgh"]
    longer = replace(adequacy, min_weeks=max(adequacy.min_weeks, float(table["min_weeks"])))
    judged, counted, missing = _counted(history, longer, "mgh")
    if history.ect is None:
        missing.append(Missing("ect", "mgh", _QUESTIONS["ect"]))
    for trial in counted:
        for name, value in (("optimised", trial.optimised), ("augmentation", trial.augmentation)):
            if value is None:
                missing.append(Missing(name, "mgh", f"{_QUESTIONS[name]} ({trial.drug})"))
    if missing:
        return CannotTell(tuple(missing))
    points = [Point("failed_trial", float(table["failed_trial"]), trial.drug) for trial in counted]
    points += [Point("optimised", float(table["optimised"]), trial.drug) for trial in counted if trial.optimised]
    points += [Point("augmented", float(table["augmented"]), trial.drug) for trial in counted if trial.augmentation]
    points += [Point("ect", float(table["ect"]), "ECT")] if history.ect else []
    total = sum(point.points for point in points)
    return Staged("mgh", total, f"{total:g}", tuple(points), basis("mgh").says, _not_counted(judged))


def thase_rush(history: History, adequacy: Adequacy = ADEQUACY) -> Staging:
    """Thase and Rush stages 0 to V, each needing the one before it. From a restatement; check the primary."""
    judged, counted, missing = _counted(history, adequacy, "thase_rush")
    if missing:
        return CannotTell(tuple(missing))
    classes = tuple(dict.fromkeys(trial.drug_class or "" for trial in counted))
    steps = (
        ("I", len(classes) >= 1, "one class failed"),
        ("II", len(classes) >= 2, "a different class failed"),
        ("III", TRICYCLIC in classes, "a tricyclic failed"),
        ("IV", MAOI in classes, "an MAO inhibitor failed"),
    )
    points: list[Point] = []
    for stage, reached, because in steps:
        if not reached:
            break
        points.append(Point(stage, 1.0, because))
    if len(points) == len(steps):
        if history.ect_bilateral is None:
            return CannotTell((Missing("ect_bilateral", "thase_rush", _QUESTIONS["ect_bilateral"]),))
        points += [Point("V", 1.0, "bilateral ECT failed")] if history.ect_bilateral else []
    stage = points[-1].part if points else "0"
    return Staged(
        "thase_rush", float(len(points)), stage, tuple(points), basis("thase_rush").says, _not_counted(judged)
    )


def european(history: History, adequacy: Adequacy = ADEQUACY) -> Staging:
    """European staging by the weeks of adequate treatment that did not help enough. Weeks that the printed spans share
    or leave out have no one stage: cannot tell, and why."""
    judged, counted, missing = _counted(history, adequacy, "european")
    if missing:
        return CannotTell(tuple(missing))
    weeks = sum(trial.weeks or 0.0 for trial in counted)
    stages = [name for name, low, high in TABLE["european"]["stages"] if low <= weeks <= high]
    if len(stages) != 1:
        found = f"lie in {' and '.join(stages)}" if stages else "lie in no stage as printed"
        return CannotTell((Missing("weeks", "european", f"{weeks:g} weeks without enough help {found}."),))
    points = tuple(Point("weeks", trial.weeks or 0.0, trial.drug) for trial in counted)
    return Staged("european", weeks, stages[0], points, basis("european").says, _not_counted(judged))


def _counted(
    history: History, adequacy: Adequacy, system: str
) -> tuple[tuple[JudgedTrial, ...], list[TreatmentTrial], list[Missing]]:
    """(every trial judged, those that count, what is missing to tell), for a system that needs all of them judged."""
    judged = tuple(judge_trial(trial, adequacy) for trial in history.trials)
    missing = [gap for one in judged if one.counts is Counts.CANNOT_TELL for gap in one.missing]
    counted = [one.trial for one in judged if one.counts is Counts.YES]
    return judged, counted, missing if history.trials else [_no_trials(system)]


_QUESTIONS = {
    "duration_months": "For how many months has this episode lasted?",
    "severity": "How severe was it at the start?",
    "augmentation": "Was another medicine ever added to an antidepressant?",
    "ect": "Was electroconvulsive therapy tried?",
    "ect_bilateral": "Was bilateral electroconvulsive therapy tried without enough help?",
    "optimised": "Was the dose or the duration pushed further?",
}


def _failed_points(judged: tuple[JudgedTrial, ...]) -> tuple[Point | None, list[Missing]]:
    """Points for the failed antidepressants, or what is missing to give them."""
    if not judged:
        return None, [_no_trials("maudsley")]
    sure = set(failed_drugs(judged, Counts.YES))
    possible = sure | set(failed_drugs(judged, Counts.CANNOT_TELL))
    if not possible:
        says = "No adequate trial has failed; the method begins with one."
        return None, [Missing("failed_trials", "maudsley", says)]
    table = TABLE["maudsley"]
    least, most = (_steps(len(some), table["failed"], table["more_failed_points"]) for some in (sure, possible))
    if not sure or least != most:
        return None, [gap for one in judged if one.counts is Counts.CANNOT_TELL for gap in one.missing]
    return Point("failed_antidepressants", least, f"{len(sure)} failed: {', '.join(sorted(sure))}"), []


def _no_trials(system: str) -> Missing:
    return Missing("trials", system, "No earlier treatments are written down.")


def _augmentation(history: History) -> bool | None:
    """As said for the episode; else as said in the trials, where each of them says so or one says yes."""
    if history.augmentation is not None:
        return history.augmentation
    said = [trial.augmentation for trial in history.trials]
    if any(said):
        return True
    return None if not said or None in said else False


def _steps(value: float, steps: list[list[float]], beyond: float) -> float:
    return float(next((points for up_to, points in steps if value <= up_to), beyond))


def _yes_no(value: bool | None) -> str:
    return "yes" if value else "no"


def _not_counted(judged: tuple[JudgedTrial, ...]) -> tuple[str, ...]:
    return tuple(f"{one.trial.drug}: {' '.join(one.why)}" for one in judged if one.counts is Counts.NO)
