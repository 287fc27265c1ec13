"""What the safety programme of nasal esketamine asks about one session, answered from its flowsheet, and by when.

An answer nobody gave is missing and says what would supply it. Nothing is guessed and nothing is taken from an earlier
session.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never

from euthymia.care.decision import Allowed, CannotTell, Decision, Refused
from euthymia.care.evidence import Basis, basis_of, sources_of
from euthymia.care.given_dose import given_mg
from euthymia.care.monitoring import due, judge_vitals
from euthymia.care.protocol import Protocol, Stage, When
from euthymia.care.session import Phase, ReadingAt, SessionState
from euthymia.care.session_events import Concern
from euthymia.care.tables.load import read_table

MINUTE = timedelta(minutes=1)
_TABLE = read_table("rems_form")
CLOCK_BASIS: Basis = basis_of(_TABLE["clock"], sources_of(_TABLE))
WITHIN = timedelta(days=_TABLE["clock"]["within_days"])
# Drug and route of the one product the programme is about.
PRODUCT: tuple[str, str] = (_TABLE["drug"], _TABLE["route"])


class Origin(StrEnum):
    """Where an answer comes from."""

    RECORD = "record"
    MEDICINES = "medicines"
    FLOWSHEET = "flowsheet"
    STATED = "stated"


@dataclass(frozen=True, slots=True)
class Question:
    """One thing the programme asks, under the heading `part`."""

    name: str
    part: str
    asks: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in words, or None with what would supply it in `missing`. `note` adds what a reader must weigh."""

    question: Question
    words: str | None
    missing: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class RemsFacts:
    """What the flowsheet does not hold. None is unknown.

    medicines: question of the form → whether such a medicine is taken.   stated: what somebody wrote for this session,
    by the name of the question.   earlier_here: sessions with this product in this clinic before this one.
    """

    name: str
    birth_date: date | None
    sex: str
    enrolled: bool | None = None
    medicines: Mapping[str, bool | None] = field(default_factory=lambda: MappingProxyType({}))
    stated: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    earlier_here: int = 0


QUESTIONS: tuple[Question, ...] = tuple(
    Question(row["name"], row["part"], row["asks"], Origin(row["from"])) for row in _TABLE["question"]
)
STATED: tuple[Question, ...] = tuple(question for question in QUESTIONS if question.origin is Origin.STATED)
# Asked only of those to whom it happened.
DETAILS, SERIOUS = "sae_details", "serious_adverse_event"
FIRST = "first_treatment_flag"
YES_NO = frozenset({SERIOUS, FIRST})


class Clock(StrEnum):
    """How a session stands with the programme. `running`: it is not over, so nothing is due yet."""

    RUNNING = "running"
    DUE = "due"
    OVERDUE = "overdue"
    SENT = "sent"
    SENT_LATE = "sent_late"


def concerns_programme(drug: str, route: str, setting: str, *, in_its_country: bool) -> bool:
    """Whether the programme covers a session: its product, given to an outpatient in the United States.

    setting: where the treatment is given, as answered for this person; empty while nobody has said, and then the
    clinic's country speaks: `in_its_country`, that of the programme.
    """
    if (drug, route) != PRODUCT:
        return False
    return setting == "us_outpatient" or (not setting and in_its_country)


def due_at(treated_at: datetime) -> datetime:
    """The last instant in time: so many times 24 hours from the session, whatever clocks are put forward or back."""
    return treated_at.astimezone(UTC) + WITHIN


def clock(treated_at: datetime | None, sent_at: datetime | None, now: datetime, *, is_over: bool) -> Clock:
    """Where a session stands. Counted from the first device, so that no form is later than its day."""
    if treated_at is None or not is_over:
        return Clock.RUNNING
    last = due_at(treated_at)
    if sent_at is not None:
        return Clock.SENT if sent_at <= last else Clock.SENT_LATE
    return Clock.DUE if now <= last else Clock.OVERDUE


def rems_answers_of(state: SessionState, protocol: Protocol, facts: RemsFacts, now: datetime) -> tuple[Answer, ...]:
    """Every question in order with its answer. `sae_details` is left out where there was no serious event."""
    seen = _Seen(state, protocol, facts, now)
    found = []
    for question in QUESTIONS:
        if question.name == DETAILS and facts.stated.get(SERIOUS) != "yes":
            continue
        words, missing, note = _answer(question, seen)
        found.append(Answer(question, words, "" if words else missing, note))
    return tuple(found)


def missing_answers(answers: tuple[Answer, ...]) -> tuple[Answer, ...]:
    """The questions that nobody has answered yet."""
    return tuple(answer for answer in answers if answer.words is None)


@dataclass(frozen=True, slots=True)
class _Seen:
    state: SessionState
    protocol: Protocol
    facts: RemsFacts
    now: datetime


Found = tuple[str | None, str, str]


def _answer(question: Question, seen: _Seen) -> Found:
    if question.origin is Origin.STATED:
        return _stated(question, seen)
    if question.origin is Origin.MEDICINES:
        return _medicine(question, seen.facts)
    return _READ[question.name](seen)


def _stated(question: Question, seen: _Seen) -> Found:
    said = seen.facts.stated.get(question.name, "").strip()
    earlier = seen.facts.earlier_here
    if question.name == FIRST and earlier:
        words = f"no; {earlier} session{'s' if earlier > 1 else ''} here before this one"
        return words, "", ""
    if question.name == "minutes_when_ready_without_minimum" and said:
        said = f"{said} min"
    return said or None, "Nobody has written it yet.", ""


def _medicine(question: Question, facts: RemsFacts) -> Found:
    taken = facts.medicines.get(question.name.removeprefix("concomitant_"))
    if taken is None:
        return None, "The record names no medicine, or one nobody recognises. Look through the list.", ""
    return "yes" if taken else "no", "", ""


def _person(seen: _Seen) -> Found:
    facts = seen.facts
    if facts.birth_date is None or facts.sex not in {"female", "male", "other"}:
        lacking = "date of birth" if facts.birth_date is None else "sex"
        return None, f"The record does not hold the {lacking}.", ""
    born = facts.birth_date
    return f"{facts.name}, born {born.day} {born:%B %Y}, {facts.sex}", "", ""


def _enrolled(seen: _Seen) -> Found:
    enrolled = seen.facts.enrolled
    words = None if enrolled is None else "yes" if enrolled else "no"
    return words, "Nobody has recorded it. Answer it before the dose.", ""


def _day(seen: _Seen) -> Found:
    at = seen.state.clock_at
    return at.isoformat() if at else None, "No dose was given.", ""


def _dose(seen: _Seen) -> Found:
    amount_mg = given_mg(seen.state, seen.now)
    return f"{amount_mg:g} mg" if amount_mg else None, "No dose was given.", ""


def _stayed(seen: _Seen) -> Found:
    state = seen.state
    if state.clock_at is None or state.closed_at is None or state.phase is not Phase.DISCHARGED:
        return None, "The person has not left yet.", ""
    return f"{(state.closed_at - state.clock_at) / MINUTE:.0f} min", "", ""


def _pressure(row: ReadingAt | None, seen: _Seen, missing: str) -> Found:
    pressure = row.reading.blood_pressure if row else None
    if row is None or pressure is None:
        return None, missing, ""
    note = f"minute {_minute(row.at, seen)}" if seen.state.clock_at else ""
    note += ", entered late" if row.event_id in seen.state.late else ""
    return f"{pressure.systolic:g}/{pressure.diastolic:g} mmHg", "", note


def _minute(at: datetime, seen: _Seen) -> str:
    start = seen.state.clock_at
    return "" if start is None else f"{(at - start) / MINUTE:.0f}"


def _pressures(seen: _Seen) -> list[ReadingAt]:
    return [row for row in seen.state.readings if row.reading.blood_pressure is not None]


def _before(seen: _Seen) -> ReadingAt | None:
    start = seen.state.clock_at
    rows = [row for row in _pressures(seen) if start is None or row.at <= start]
    return rows[-1] if rows else None


def _at_check(seen: _Seen) -> ReadingAt | None:
    """The pressure nearest to the protocol's check after the dose; None where that check was missed."""
    checked = next(
        (item for item in due(seen.state, seen.protocol, seen.now) if item.when is When.AT and item.done_at), None
    )
    if checked is None or checked.due_at is None:
        return None
    due_then = checked.due_at
    early = timedelta(minutes=seen.protocol.timing.early_min.value or 0)
    rows = [row for row in _pressures(seen) if row.at >= due_then - early]
    return min(rows, key=lambda row: abs(row.at - due_then), default=None)


def _leaving(seen: _Seen) -> ReadingAt | None:
    start = seen.state.clock_at
    if start is None or seen.state.phase is not Phase.DISCHARGED:
        return None
    rows = [row for row in _pressures(seen) if row.at > start]
    return rows[-1] if rows else None


def _within(row: ReadingAt | None, seen: _Seen, stage: Stage, missing: str) -> Found:
    """By the limits of the signed protocol; where one is open or a prescriber accepted a hold, a reader is told."""
    if row is None:
        return None, missing, ""
    judged: Decision = judge_vitals(row.reading, None, seen.protocol, stage=stage)
    match judged:
        case Refused(reasons=reasons):
            return "no", "", " ".join(reason.says for reason in reasons)
        case CannotTell(missing=absent):
            return None, " ".join(one.says or one.fact for one in absent), ""
        case Allowed():
            return "yes", "", ""
        case _ as never:
            assert_never(never)


def _course_of(concern: Concern, seen: _Seen) -> Found:
    """When a concern was first judged not over (or came up as a side effect), and first judged over after that."""
    looks = [row for row in seen.state.scales if row.scale.concern == concern and row.scale.resolved is not None]
    spans = [span for span in seen.state.side_effects if span.name.casefold() == concern.value]
    began = [row.at for row in looks if not row.scale.resolved] + [span.from_at for span in spans]
    if not looks and not spans:
        return None, "Nobody recorded whether it was there.", ""
    if not began:
        return "not seen", "", f"looked for {len(looks)} times"
    ended = [row.at for row in looks if row.scale.resolved and row.at > max(began)]
    ended += [span.until_at for span in spans if span.until_at is not None and span.until_at >= max(began)]
    first = f"first seen at minute {_minute(min(began), seen)}"
    if not ended:
        return None, f"{first[:1].upper()}{first[1:]}; nobody recorded that it was over.", ""
    return f"{first}, over at minute {_minute(min(ended), seen)}", "", ""


def _breathing(seen: _Seen) -> Found:
    words, missing, note = _course_of(Concern.RESPIRATORY_DEPRESSION, seen)
    if words == "not seen":
        return "no", "", note
    return (None, missing, note) if words is None else (f"yes; {words}", "", note)


_READ: Mapping[str, Callable[[_Seen], Found]] = MappingProxyType(
    {
        "patient_name_dob_sex": _person,
        "enrolled_flag": _enrolled,
        "treatment_date": _day,
        "dose_mg": _dose,
        "minutes_first_device_to_end": _stayed,
        "bp_pre": lambda seen: _pressure(_before(seen), seen, "No pressure before the dose was recorded."),
        "bp_40min": lambda seen: _pressure(_at_check(seen), seen, "The check after the dose was not done in time."),
        "bp_end": lambda seen: _pressure(_leaving(seen), seen, "No pressure before leaving was recorded."),
        "vitals_ok_before": lambda seen: _within(_before(seen), seen, Stage.BEFORE, "Nothing was measured before."),
        "vitals_ok_at_end": lambda seen: _within(_leaving(seen), seen, Stage.DISCHARGE, "Nothing was measured then."),
        "sedation_onset_resolution": lambda seen: _course_of(Concern.SEDATION, seen),
        "dissociation_onset_resolution": lambda seen: _course_of(Concern.DISSOCIATION, seen),
        "respiratory_depression": _breathing,
    }
)
