"""Earlier treatments and staging in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from euthymia.care.resistance import (
    Counts,
    Definition,
    JudgedTrial,
    Severity,
    Staged,
    Staging,
    judge_trial,
    maudsley,
    meets_definition,
)
from euthymia.care.treatment_trial import Adequacy, Outcome
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.assessments.adequacy import adequacy_of, version_words
from euthymia.clinic.assessments.commands import TrialFields
from euthymia.clinic.assessments.episode import DURATION, ECT, EPISODE_FACTS, SEVERITY, history_of, trial_of, trials_of
from euthymia.clinic.assessments.models import FactEntry, TreatmentTrialEntry
from euthymia.clinic.assessments.questions import day, written
from euthymia.clinic.people.models import Patient
from euthymia.errors import BadInput
from euthymia.units import read_number

EPISODE_FIELD = "episode:"
OUTCOME_WORDS = {
    Outcome.NO_RESPONSE: "No help",
    Outcome.PARTIAL_RESPONSE: "Some help, not enough",
    Outcome.RESPONSE: "Clear help",
    Outcome.REMISSION: "Well again",
    Outcome.NOT_TOLERATED: "Stopped for side effects",
}
SEVERITY_WORDS = {
    Severity.SUBSYNDROMAL: "Below a full episode",
    Severity.MILD: "Mild",
    Severity.MODERATE: "Moderate",
    Severity.SEVERE: "Severe, without psychosis",
    Severity.SEVERE_PSYCHOTIC: "Severe, with psychosis",
}
PART_WORDS = {
    "duration": "Duration",
    "severity": "Severity",
    "failed_antidepressants": "Antidepressants",
    "augmentation": "Augmentation",
    "ect": "ECT",
}
COUNTS_WORDS = {
    Counts.YES: ("counts", "chip--brand", "check"),
    Counts.NO: ("does not count", "", "cross"),
    Counts.CANNOT_TELL: ("cannot tell", "chip--unknown", "question"),
}


@dataclass(frozen=True, slots=True)
class TrialLine:
    """One earlier treatment with whether it counts, and why not or what is missing."""

    row: TreatmentTrialEntry
    dose: str
    weeks: str
    outcome: str
    counts: str
    look: str
    icon: str
    why: tuple[str, ...]
    written_down: str


@dataclass(frozen=True, slots=True)
class TrialSection:
    """Everything about earlier treatments on the assessment page."""

    lines: tuple[TrialLine, ...]
    definition: Definition
    definition_word: str
    definition_icon: str
    definition_look: str
    staged: Staged | None
    points: tuple[tuple[str, str, float], ...]
    stage_missing: tuple[str, ...]
    drugs: tuple[str, ...]
    floors: tuple[tuple[str, str], ...]
    adequacy: str
    outcomes: tuple[tuple[str, str], ...]
    severities: tuple[tuple[str, str], ...]
    typed: Mapping[str, str]
    episode: Mapping[str, str]
    episode_known: str
    refusal: BadInput | None


def trial_section(
    viewer: Viewer,
    patient: Patient,
    entries: Mapping[str, FactEntry],
    *,
    refusal: BadInput | None,
    typed: Mapping[str, Any],
) -> TrialSection:
    """Earlier treatments, what they come to, and the forms to add to them. `entries`: the newest answers."""
    answers = {name: entries[name].value for name in EPISODE_FACTS if name in entries}
    rows = trials_of(viewer, patient)
    history = history_of(viewer, patient, answers, rows=rows)
    adequacy = adequacy_of(viewer)
    definition, staging = meets_definition(history, adequacy), maudsley(history, adequacy)
    word, icon, look = definition_words(definition)
    sent = {name: str(value) for name, value in typed.items() if name.startswith(EPISODE_FIELD)}
    kept = {EPISODE_FIELD + name: written(value) for name, value in answers.items()}
    newest = max((entries[name] for name in answers), key=lambda entry: entry.at, default=None)
    return TrialSection(
        lines=tuple(trial_line(row, viewer, adequacy) for row in rows),
        definition=definition,
        definition_word=word,
        definition_icon=icon,
        definition_look=look,
        staged=staging if isinstance(staging, Staged) else None,
        points=point_rows(staging),
        stage_missing=stage_missing(staging),
        drugs=tuple(sorted(adequacy.floors_mg_day)),
        floors=tuple((drug, f"{dose:g}") for drug, dose in sorted(adequacy.floors_mg_day.items())),
        adequacy=f"{adequacy.min_weeks:g} weeks or longer, at or above the dose below ({adequacy.says}). "
        f"Settings {version_words(adequacy)}.",
        outcomes=tuple((outcome.value, words) for outcome, words in OUTCOME_WORDS.items()),
        severities=tuple((severity.value, words) for severity, words in SEVERITY_WORDS.items()),
        typed={name: str(value) for name, value in typed.items()} if refusal else {},
        episode={name.removeprefix(EPISODE_FIELD): value for name, value in (kept | sent).items()},
        episode_known=f"Written down by {newest.by}, {day(newest.at, viewer.zone)}." if newest else "Not known yet.",
        refusal=refusal,
    )


def definition_words(definition: Definition) -> tuple[str, str, str]:
    """(word, icon, look) of whether the definition is met."""
    if definition.met is None:
        return "Cannot tell", "question", "chip--unknown"
    return ("Met", "check", "chip--brand") if definition.met else ("Not met", "cross", "")


def point_rows(staging: Staging) -> tuple[tuple[str, str, float], ...]:
    """(part, what was seen, points) of a stage."""
    if not isinstance(staging, Staged):
        return ()
    return tuple((PART_WORDS.get(one.part, one.part), one.because, one.points) for one in staging.points)


def stage_missing(staging: Staging) -> tuple[str, ...]:
    if isinstance(staging, Staged):
        return ()
    return tuple(dict.fromkeys(absent.says or absent.fact for absent in staging.missing))


def trial_line(row: TreatmentTrialEntry, viewer: Viewer, adequacy: Adequacy) -> TrialLine:
    judged: JudgedTrial = judge_trial(trial_of(row), adequacy)
    word, look, icon = COUNTS_WORDS[judged.counts]
    why = judged.why + tuple(absent.says for absent in judged.missing)
    outcome = OUTCOME_WORDS[Outcome(row.outcome)] if row.outcome else "Not known"
    return TrialLine(
        row=row,
        dose="not known" if row.dose_mg_day is None else f"{row.dose_mg_day:g} mg",
        weeks="not known" if row.weeks is None else f"{row.weeks:g}",
        outcome=outcome,
        counts=word,
        look=look,
        icon=icon,
        why=why,
        written_down=f"{row.by}, {day(row.at, viewer.zone)}",
    )


def read_trial(typed: Mapping[str, str]) -> TrialFields:
    """An earlier treatment from a posted form; refuses (BadInput) a number that cannot be read."""
    outcome = typed.get("outcome", "")
    if outcome and outcome not in set(Outcome):
        raise BadInput("unknown_choice", "outcome", "Choose how the treatment ended from the list.")
    return TrialFields(
        drug=typed.get("drug", ""),
        dose_mg_day=_number(typed, "dose_mg_day"),
        weeks=_number(typed, "weeks"),
        outcome=outcome,
        augmentation=typed.get("augmentation") == "yes",
        current_episode=typed.get("current_episode", "yes") == "yes",
    )


def read_episode(typed: Mapping[str, str]) -> dict[str, Any]:
    """The answers about the episode that a posted form held; empty is not known."""
    answers: dict[str, Any] = {}
    if EPISODE_FIELD + DURATION in typed:
        answers[DURATION] = _number(typed, EPISODE_FIELD + DURATION)
    if EPISODE_FIELD + SEVERITY in typed:
        answers[SEVERITY] = typed[EPISODE_FIELD + SEVERITY] or None
    if EPISODE_FIELD + ECT in typed:
        answers[ECT] = {"yes": True, "no": False}.get(typed[EPISODE_FIELD + ECT])
    return answers


def _number(typed: Mapping[str, str], name: str) -> float | None:
    text = typed.get(name, "").strip()
    return read_number(text, name.removeprefix(EPISODE_FIELD)) if text else None
