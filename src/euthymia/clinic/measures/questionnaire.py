"""Any instrument as a form, and its answers back: one drawing for the public self-check, the link and the clinic."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _

from euthymia.care.instruments import Instrument, Score, score
from euthymia.care.instruments.instrument import BandSet, Rater
from euthymia.errors import InstrumentError

WHOLE_NUMBER = re.compile(r"-?[0-9]{1,4}")
URGENT_FLAGS = frozenset({"suicidal_thoughts"})


@dataclass(frozen=True, slots=True)
class Choice:
    value: int
    words: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Question:
    """One item as it is asked; `problem` is filled when its answer is missing."""

    id: str
    name: str
    number: int
    words: str
    choices: tuple[Choice, ...]
    problem: str
    optional: bool


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """A whole form in the reader's language. `language` is the one its wording is really in."""

    id: str
    title: str
    instruction: str
    language: str
    questions: tuple[Question, ...]
    notice: str
    missing: int


@dataclass(frozen=True, slots=True)
class Result:
    """A score for a reader: plain words, where the bands come from, and whether help comes first."""

    score: Score
    total: float | None
    highest: float
    band_words: str
    band_source: str
    missing: tuple[str, ...]
    urgent: bool
    notice: str


def questionnaire(
    instrument: Instrument, answers: Mapping[str, int] | None = None, *, missing: Collection[str] = ()
) -> Questionnaire:
    """The usual form, with what was answered kept and what is missing marked."""
    instrument = instrument.in_form()
    wanted = (translation.get_language() or "en").split("-")[0]
    known = instrument.languages or ("en",)
    language = wanted if wanted in known else known[0]
    given = answers or {}
    questions = tuple(
        Question(
            id=item.id,
            name=f"answer-{item.id}",
            number=number,
            words=item.text(language),
            choices=tuple(
                Choice(option.value, option.text(language), given.get(item.id) == option.value)
                for option in item.options
            ),
            problem=_("Choose the answer that fits best.") if item.id in missing else "",
            optional=not (item.scored or item.needed),
        )
        for number, item in enumerate(instrument.items, 1)
    )
    instruction = instrument.instruction.get(language, instrument.instruction.get("en", ""))
    notice = instrument.licence.notice
    return Questionnaire(instrument.id, instrument.title, instruction, language, questions, notice, len(missing))


def answers_from(instrument: Instrument, sent: Mapping[str, str]) -> dict[str, int]:
    """The answers in a sent form; absent stays absent, anything but a whole number is refused."""
    answers: dict[str, int] = {}
    for item in instrument.items:
        text = sent.get(f"answer-{item.id}", "").strip()
        if not text:
            continue
        if not WHOLE_NUMBER.fullmatch(text):
            raise InstrumentError("not_a_number", f"answers.{item.id}", f"'{text[:20]}' is not one of the answers.")
        answers[item.id] = int(text)
    return answers


def result_of(instrument: Instrument, answers: Mapping[str, int]) -> Result:
    """The score of these answers in words."""
    instrument = instrument.in_form()
    scored = score(instrument, answers)
    bands = band_set_of(instrument, scored)
    return Result(
        score=scored,
        total=scored.total,
        highest=instrument.highest,
        band_words=_(scored.band.name.replace("_", " ")) if scored.band else "",
        band_source=bands.basis.says if bands else "",
        missing=scored.missing,
        urgent=bool(URGENT_FLAGS & set(scored.flags)),
        notice=instrument.licence.notice,
    )


def band_set_of(instrument: Instrument, scored: Score) -> BandSet | None:
    if scored.band is None:
        return None
    return next(bands for bands in instrument.band_sets if bands.name == scored.band.set)


def is_rated_by_clinician(instrument: Instrument) -> bool:
    return instrument.rater is Rater.CLINICIAN
