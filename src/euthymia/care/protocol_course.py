"""What a protocol says beyond one session: when a course is reviewed, what is asked when, what is watched.

None of it gates a dose by itself: what rests on memory informs, and an interval nobody read is for the clinic to set.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from euthymia.care.cited import Cited, Provenance


class Use(StrEnum):
    """What a protocol may be used for. `research_only` cannot start a session."""

    CLINICAL = "clinical"
    RESEARCH_ONLY = "research_only"


class Judgement(StrEnum):
    """What somebody judges when a rule of the course comes due."""

    BENEFIT = "benefit"
    RESPONSE_KEPT = "response_kept"


class Moment(StrEnum):
    """When questionnaires are asked for. `weeks_after` counts from the end of the phase it names."""

    BASELINE = "baseline"
    EACH_SESSION = "each_session"
    END_OF_PHASE = "end_of_phase"
    WEEKS_AFTER = "weeks_after"


class Concern(StrEnum):
    """What months and years of treatment may harm."""

    BLADDER = "bladder"
    LIVER = "liver"
    COGNITION = "cognition"
    DEPENDENCE = "dependence"


@dataclass(frozen=True, slots=True)
class CourseRule:
    """A stopping or maintenance sentence in our own words, with its source.

    A program reads the rest: it comes due after that many doses or at the end of that week, and `judged_by` says what
    is then judged. `at_least_months` is how long a treatment goes on after improvement. All absent: words only.
    """

    name: str
    text: str
    source: tuple[str, ...]
    provenance: Provenance
    after_doses: Cited | None = None
    at_week: Cited | None = None
    at_least_months: Cited | None = None
    judged_by: Judgement | None = None


@dataclass(frozen=True, slots=True)
class AskedAt:
    """Questionnaires asked for at one moment of the course. They inform; no dose waits for them."""

    name: str
    moment: Moment
    instruments: tuple[str, ...]
    source: tuple[str, ...]
    provenance: Provenance
    phase: str = ""
    after_weeks: Cited | None = None


@dataclass(frozen=True, slots=True)
class LongTermCheck:
    """A harm of months and years: what to do, with what instrument if any, and how often. The interval is a hole where
    no source gave one."""

    name: str
    concern: Concern
    text: str
    source: tuple[str, ...]
    provenance: Provenance
    interval_weeks: Cited
    instrument: str = ""
