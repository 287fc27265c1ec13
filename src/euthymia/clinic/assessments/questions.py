"""The questions the rules ask, grouped as a clinician would ask them, each with what is known so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from euthymia.care.facts import FACTS, Fact, FactKind
from euthymia.clinic.assessments.facts import WORKED_OUT_FROM, KnownFact
from euthymia.clinic.assessments.models import FactEntry
from euthymia.clinic.assessments.rules import read_answer
from euthymia.errors import BadInput

FIELD = "fact:"
NOT_KNOWN = ""
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Deciding and getting home", ("capacity", "escort", "treatment_setting", "rems_enrolled")),
    ("Blood pressure today", ("systolic_mmhg", "diastolic_mmhg")),
    (
        "Heart and vessels",
        (
            "pressure_rise_hazard",
            "cardiovascular_uncontrolled",
            "severe_heart_disease",
            "aneurysmal_disease",
            "arteriovenous_malformation",
            "hypertensive_encephalopathy",
        ),
    ),
    (
        "Brain and eyes",
        (
            "intracerebral_haemorrhage",
            "stroke",
            "head_injury",
            "raised_intracranial_pressure",
            "raised_intraocular_pressure",
        ),
    ),
    ("Mind", ("psychosis", "mania", "substance_misuse", "suicide_risk", "acute_suicidality", "depressive_episode")),
    ("Body", ("allergy", "hepatic_impairment", "pregnant", "breastfeeding", "eclampsia")),
    ("Treatment alongside", ("oral_antidepressant",)),
)
# Worked out from the record, the consents or the earlier treatments; not asked here.
WORKED_OUT = frozenset({"age_y", "birth_date", "consent_signed", "resistance_definition_met"})
CHOICE_WORDS = {
    "us_outpatient": "United States, outpatient",
    "us_inpatient": "United States, inpatient",
    "outside_us": "Outside the United States",
}


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `known` says what is known and from where; `asked` whether an eligibility answer waits for it."""

    fact: Fact
    field: str
    anchor: str
    options: tuple[Option, ...]
    typed: str
    known: str
    error: str


@dataclass(frozen=True, slots=True)
class QuestionGroup:
    title: str
    questions: tuple[Question, ...]
    open_count: int


def question_groups(
    known: Mapping[str, KnownFact],
    entries: Mapping[str, FactEntry],
    zone: ZoneInfo,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> list[QuestionGroup]:
    """Every question in its group. `typed`: what a refused form held, shown again; `errors`: by fact."""
    grouped = {name for _, names in GROUPS for name in names}
    rest = tuple(name for name in FACTS if name not in grouped | WORKED_OUT)
    groups = GROUPS + ((("Other", rest),) if rest else ())
    return [_group(title, names, known, entries, zone, typed or {}, errors or {}) for title, names in groups]


def _group(
    title: str,
    names: tuple[str, ...],
    known: Mapping[str, KnownFact],
    entries: Mapping[str, FactEntry],
    zone: ZoneInfo,
    typed: Mapping[str, str],
    errors: Mapping[str, str],
) -> QuestionGroup:
    asked = [FACTS[name] for name in names if name in FACTS]
    questions = tuple(_question(fact, known.get(fact.name), entries, zone, typed, errors) for fact in asked)
    return QuestionGroup(title, questions, sum(1 for fact in asked if fact.name not in known and not fact.optional))


def _question(
    fact: Fact,
    known: KnownFact | None,
    entries: Mapping[str, FactEntry],
    zone: ZoneInfo,
    typed: Mapping[str, str],
    errors: Mapping[str, str],
) -> Question:
    field = FIELD + fact.name
    answered = known.value if known is not None and known.answered else None
    shown = typed.get(field, written(answered))
    return Question(
        fact=fact,
        field=field,
        anchor=f"fact-{fact.name}",
        options=tuple(Option(value, label, value == shown) for value, label in options_of(fact)),
        typed=shown,
        known=known_words(fact, known, entries.get(fact.name), zone),
        error=errors.get(fact.name, ""),
    )


def options_of(fact: Fact) -> list[tuple[str, str]]:
    """What may be answered, unknown included; empty for a number."""
    match fact.kind:
        case FactKind.YES_NO:
            return [("yes", "Yes"), ("no", "No"), (NOT_KNOWN, "Not known")]
        case FactKind.CHOICE:
            return [(choice, choice_words(choice)) for choice in fact.choices] + [(NOT_KNOWN, "Not known")]
        case FactKind.NUMBER | FactKind.DATE:
            return []


def choice_words(choice: str) -> str:
    return CHOICE_WORDS.get(choice, choice.replace("_", " ").capitalize())


def written(value: Any) -> str:
    """A kept answer as a form holds it."""
    if value is None:
        return NOT_KNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def said(fact: Fact, value: Any) -> str:
    """An answer in words, e.g. `128 mmHg` or `No`."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int | float):
        return f"{value:g} {fact.unit}".strip()
    return choice_words(str(value))


def known_words(fact: Fact, known: KnownFact | None, entry: FactEntry | None, zone: ZoneInfo) -> str:
    """What is known and from where, in one line."""
    if known is None:
        if entry is not None:
            return f"Taken back by {entry.by}, {day(entry.at, zone)}."
        return "Not known yet."
    when = f", {day(known.at, zone)}" if known.at else ""
    if known.answered:
        return f"{said(fact, known.value)}: answered by {known.source}{when}."
    if known.source.startswith(WORKED_OUT_FROM):
        return f"{said(fact, known.value)}: {known.source}."
    return f"From the record: {said(fact, known.value)}{when} ({known.source})."


def day(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local.day} {local:%B %Y, %H:%M}"


def read_answers(typed: Mapping[str, str], now: datetime) -> tuple[dict[str, Any], dict[str, str]]:
    """(answers, what was wrong by fact) of a posted form; a question that was not on the form is left alone."""
    answers: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for field, text in typed.items():
        name = field.removeprefix(FIELD)
        if not field.startswith(FIELD) or name not in FACTS:
            continue
        try:
            answers[name] = read_answer(name, _value(FACTS[name], text.strip()), now)
        except BadInput as refusal:
            errors[name] = refusal.message
    return answers, errors


def _value(fact: Fact, text: str) -> Any:
    if text == NOT_KNOWN:
        return None
    if fact.kind is FactKind.YES_NO:
        return {"yes": True, "no": False}.get(text, text)
    if fact.kind is FactKind.NUMBER:
        try:
            return float(text)
        except ValueError:
            return text
    return text
