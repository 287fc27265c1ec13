"""Signs of suicidal thoughts: seen in any questionnaire with or without a total, and how urgent a screener makes them.
What becomes of one is `risk_pathway`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from euthymia.care.decision import Missing
from euthymia.care.evidence import Basis, basis_of, sources_of
from euthymia.care.instruments.instrument import Instrument
from euthymia.care.instruments.score import checked_answers
from euthymia.care.tables.load import read_table

SUICIDAL_THOUGHTS = "suicidal_thoughts"


class Trigger(StrEnum):
    """What raised a signal. A safety question left blank is something to resolve, not a value to guess."""

    SUICIDAL_THOUGHTS = "suicidal_thoughts"
    NOT_ANSWERED = "suicide_item_not_answered"


class RiskLevel(StrEnum):
    """Levels of the screener, from the most urgent."""

    HIGH = "high"
    MODERATE = "moderate"
    LOW = "low"
    NONE_IDENTIFIED = "none_identified"


@dataclass(frozen=True, slots=True)
class RiskSignal:
    """A sign that somebody must look at: which answer to which item, and what to do first."""

    trigger: Trigger
    instrument: str
    item: str
    value: int | None
    says: str
    basis: Basis


def assess(instrument: Instrument, answers: Mapping[str, int | None]) -> RiskSignal | None:
    """The signal these answers raise, if any; needs no total. Refuses answers the instrument does not know."""
    given = checked_answers(instrument, answers)
    flags = [flag for flag in instrument.flags if flag.name == SUICIDAL_THOUGHTS]
    # A sign that is there comes before a question that is not answered.
    for flag in flags:
        value = given.get(flag.item)
        if value is not None and value >= flag.at_least:
            says = (
                f"{instrument.title} item {flag.item} was answered {value}. Screen for suicide risk in the same visit."
            )
            return RiskSignal(Trigger.SUICIDAL_THOUGHTS, instrument.id, flag.item, value, says, flag.basis)
    for flag in flags:
        if flag.when_blank and flag.item not in given:
            says = f"{instrument.title} item {flag.item} was not answered. Ask, and write down the answer."
            return RiskSignal(Trigger.NOT_ANSWERED, instrument.id, flag.item, None, says, flag.basis)
    return None


@dataclass(frozen=True, slots=True)
class ScreenerAnswers:
    """The six answers of the screener; None is not asked or not known. The first five are about the past month.
    After a no to `thoughts` the next three are not asked and count as no."""

    wish_to_be_dead: bool | None = None
    thoughts: bool | None = None
    method: bool | None = None
    intent: bool | None = None
    plan: bool | None = None
    behaviour_ever: bool | None = None
    behaviour_past_3_months: bool | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """A level and the answers any one of which reaches it."""

    level: RiskLevel
    any_of: tuple[str, ...]
    says: str
    basis: Basis


@dataclass(frozen=True, slots=True)
class Triage:
    """The level the answers reach. `level` is None when nothing was found and something is missing: unknown is not
    none. With `missing`, the level is at least this."""

    level: RiskLevel | None
    because: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    says: str = ""
    basis: Basis | None = None

    @property
    def is_complete(self) -> bool:
        """Whether no missing answer could raise the level."""
        return self.level is RiskLevel.HIGH or not self.missing


_TABLE = read_table("suicide_risk")
TIERS: tuple[Tier, ...] = tuple(
    Tier(RiskLevel(row["level"]), tuple(row["any_of"]), row["says"], basis_of(row, sources_of(_TABLE)))
    for row in _TABLE["tier"]
)
_ASKED_AS = {"behaviour_earlier": "behaviour_ever"}
_ASKED_AFTER_THOUGHTS = ("method", "intent", "plan")


def triage(answers: ScreenerAnswers, tiers: Iterable[Tier] = TIERS) -> Triage:
    """The highest tier any answer reaches, and what was not answered. Software triages nobody away: it only raises."""
    said = _by_name(answers)
    missing = tuple(
        Missing(_ASKED_AS.get(name, name), "suicide_triage", "This question of the screener is not answered.")
        for name, value in said.items()
        if value is None
    )
    for tier in tiers:
        because = tuple(name for name in tier.any_of if said[name])
        if because:
            return Triage(tier.level, because, missing, tier.says, tier.basis)
    return Triage(None if missing else RiskLevel.NONE_IDENTIFIED, missing=missing)


def _by_name(answers: ScreenerAnswers) -> dict[str, bool | None]:
    said: dict[str, bool | None] = {
        "wish_to_be_dead": answers.wish_to_be_dead,
        "thoughts": answers.thoughts,
        "method": answers.method,
        "intent": answers.intent,
        "plan": answers.plan,
        "behaviour_past_3_months": answers.behaviour_past_3_months,
    }
    if answers.thoughts is False:
        said |= {name: bool(said[name]) for name in _ASKED_AFTER_THOUGHTS}
    if answers.behaviour_ever is False and said["behaviour_past_3_months"] is None:
        said["behaviour_past_3_months"] = False
    said["behaviour_earlier"] = _earlier(answers)
    return said


def _earlier(answers: ScreenerAnswers) -> bool | None:
    """Behaviour longer ago than three months; a recent one is already in the high tier."""
    if answers.behaviour_past_3_months:
        return False
    return answers.behaviour_ever


SCREENERS: Mapping[str, Mapping[str, RiskLevel]] = {
    instrument: {name: RiskLevel(level) for name, level in row["levels"].items()}
    for instrument, row in _TABLE["screeners"].items()
}


def level_of(instrument: str, level: str) -> RiskLevel | None:
    """What a screener's own level means on our pathway; None for a scale that is no screener. A level the screener
    does not have is our own fault and says so (KeyError)."""
    return SCREENERS[instrument][level] if instrument in SCREENERS else None
