"""The present episode in words: each criterion with what it is met by, and the form a clinician answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from euthymia.care.episode import (
    EARLIER,
    SEVERITY_CHOICES,
    SEVERITY_FACT,
    TITLES,
    WELL_BETWEEN,
    YES_NO_FACTS,
    Criterion,
    Episode,
    Part,
    Status,
    System,
    assess_episode,
)
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.assessments.facts import latest_entries
from euthymia.clinic.assessments.models import FactEntry
from euthymia.clinic.assessments.picture import SIGN, answered_questionnaires, picture_of
from euthymia.clinic.assessments.questions import choice_words, day
from euthymia.clinic.people.models import Patient

STATUS_WORDS = {
    Status.MET: ("met", "chip--brand", "check"),
    Status.NOT_MET: ("not met", "", "cross"),
    Status.NOT_ASKED: ("not asked", "chip--unknown", "question"),
}
PART_TITLES = {
    Part.SYMPTOM: "Signs",
    Part.DURATION: "How long",
    Part.CHANGE: "A change",
    Part.FUNCTION: "Effect on life",
    Part.DIFFERENTIAL: "Other explanations",
}
SYSTEM_WORDS = {System.DSM5: "DSM-5 logic", System.ICD11: "ICD-11 logic"}


@dataclass(frozen=True, slots=True)
class CriterionLine:
    """One criterion as the table shows it."""

    says: str
    is_core: bool
    word: str
    look: str
    icon: str
    by: str
    stale: str
    hint: str


@dataclass(frozen=True, slots=True)
class EpisodeQuestion:
    """One thing a clinician may state: yes, no or not asked."""

    field: str
    says: str
    answer: str
    known: str


@dataclass(frozen=True, slots=True)
class EpisodePage:
    """Everything the page shows."""

    episode: Episode
    systems: tuple[tuple[str, str, bool], ...]
    word: str
    look: str
    icon: str
    parts: tuple[tuple[str, tuple[CriterionLine, ...]], ...]
    groups: tuple[tuple[str, tuple[EpisodeQuestion, ...]], ...]
    severity_field: str
    severities: tuple[tuple[str, str, bool], ...]
    severity_word: str
    course_word: str
    specifiers: tuple[tuple[str, bool], ...]
    questionnaires: tuple[str, ...]


def episode_page(viewer: Viewer, patient: Patient, system: System, now: datetime) -> EpisodePage:
    """The picture of one system beside the form that adds to it."""
    entries = latest_entries(viewer, patient)
    episode = picture_of(viewer, patient, now, system, entries=entries)
    word, look, icon = STATUS_WORDS[episode.status]
    level = episode.severity.level
    shown = entries.get(SIGN + SEVERITY_FACT)
    chosen = shown.value if shown else None
    return EpisodePage(
        episode=episode,
        systems=tuple((one.value, words, one is system) for one, words in SYSTEM_WORDS.items()),
        word=word,
        look=look,
        icon=icon,
        parts=_parts(episode),
        groups=_groups(entries, viewer, now),
        severity_field=SIGN + SEVERITY_FACT,
        severities=tuple((one, choice_words(one), one == chosen) for one in SEVERITY_CHOICES),
        severity_word=choice_words(level) if level else "Not asked",
        course_word=_course_word(episode),
        specifiers=tuple((one.says, one.changes_risk) for one in episode.specifiers if one.status is Status.MET),
        questionnaires=tuple(
            f"{TITLES[one.instrument]}, {day(one.at, viewer.zone)}"
            for one in answered_questionnaires(viewer, patient, now)
        ),
    )


def _parts(episode: Episode) -> tuple[tuple[str, tuple[CriterionLine, ...]], ...]:
    found = {part: [one for one in episode.criteria if one.part is part] for part in Part}
    return tuple((PART_TITLES[part], tuple(_line(one) for one in rows)) for part, rows in found.items() if rows)


def _line(one: Criterion) -> CriterionLine:
    word, look, icon = STATUS_WORDS[one.status]
    return CriterionLine(one.says, one.is_core, word, look, icon, one.by, one.stale, one.hint)


def _groups(
    entries: Mapping[str, FactEntry], viewer: Viewer, now: datetime
) -> tuple[tuple[str, tuple[EpisodeQuestion, ...]], ...]:
    """Every statement in its group; the order of the data file."""
    both = [assess_episode({}, now=now, system=system) for system in System]
    criteria = {one.name: one.part for episode in both for one in episode.criteria}
    effects = {one.name for one in both[0].effects}
    specifiers = {one.name for one in both[0].specifiers}
    titles = {
        "Signs": [name for name in YES_NO_FACTS if criteria.get(name) is Part.SYMPTOM],
        "How long, and what it does": [
            name for name in YES_NO_FACTS if name in effects or criteria.get(name) in {Part.DURATION, Part.CHANGE}
        ],
        "Other explanations": [name for name in YES_NO_FACTS if criteria.get(name) is Part.DIFFERENTIAL],
        "Before this episode": [EARLIER, WELL_BETWEEN],
        "Features to write down": [name for name in YES_NO_FACTS if name in specifiers],
    }
    return tuple(
        (title, tuple(_question(name, entries.get(SIGN + name), viewer) for name in names))
        for title, names in titles.items()
    )


def _question(name: str, entry: FactEntry | None, viewer: Viewer) -> EpisodeQuestion:
    value = entry.value if entry else None
    answer = "" if value is None else ("yes" if value else "no")
    known = f"{entry.by}, {day(entry.at, viewer.zone)}" if entry is not None and value is not None else ""
    return EpisodeQuestion(SIGN + name, YES_NO_FACTS[name], answer, known)


def _course_word(episode: Episode) -> str:
    words = {"single": "A single episode", "recurrent": "Recurrent", None: "Not known"}[episode.course.kind]
    return f"{words} (ICD-11 {episode.course.code})" if episode.course.code else words


def read_signs(typed: Mapping[str, str]) -> dict[str, Any]:
    """What a posted form stated; a statement that was not on the form is left alone."""
    answers: dict[str, Any] = {}
    for field, text in typed.items():
        if field.startswith(SIGN):
            said = {"yes": True, "no": False, "": None}
            answers[field] = said.get(text, text) if field != SIGN + SEVERITY_FACT else text or None
    return answers
