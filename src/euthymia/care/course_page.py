"""Reads what a protocol says beyond one session, and refuses a course that does not hold together."""

from __future__ import annotations

from euthymia.care.cited import OURS, Provenance
from euthymia.care.cited_page import needed_number, optional_number
from euthymia.care.document_page import Page
from euthymia.care.protocol import Protocol
from euthymia.care.protocol_course import AskedAt, Concern, CourseRule, Judgement, LongTermCheck, Moment, Use
from euthymia.errors import ProtocolError


def course_rule(page: Page) -> CourseRule:
    """A stopping or maintenance rule; one that comes due says what is judged then."""
    name, text, source = page.name(), page.text("text"), page.sources()
    rule = CourseRule(
        name,
        text,
        source,
        page.choice("provenance", Provenance),
        optional_number(page, "after_doses", "doses"),
        optional_number(page, "at_week", "weeks"),
        optional_number(page, "at_least_months", "months"),
        None if page.get("judged_by") is None else page.choice("judged_by", Judgement),
    )
    comes_due = rule.after_doses is not None or rule.at_week is not None
    if comes_due and rule.judged_by is None:
        raise page.refuse("missing", "judged_by", "A rule that comes due says what is judged then.")
    if rule.judged_by is not None and not comes_due:
        raise page.refuse("never_due", "judged_by", "Say after how many doses, or at which week, this is judged.")
    return rule


def asked_at(page: Page) -> AskedAt:
    """Questionnaires at one moment. A moment that hangs on a phase names it."""
    moment = page.choice("moment", Moment)
    after_weeks = None
    if moment is Moment.WEEKS_AFTER:
        after_weeks = needed_number(page, "after_weeks", "weeks", gates=False)
    phase = page.text("phase") if moment in (Moment.WEEKS_AFTER, Moment.END_OF_PHASE) else ""
    provenance = page.choice("provenance", Provenance)
    instruments = page.words("instruments")
    if not instruments:
        raise page.refuse("missing", "instruments", "Name at least one questionnaire.")
    source = page.sources(needed=provenance not in OURS)
    return AskedAt(page.name(), moment, instruments, source, provenance, phase, after_weeks)


def long_term_check(page: Page) -> LongTermCheck:
    """A harm of months and years, how it is looked for and how often."""
    interval_weeks = needed_number(page, "interval_weeks", "weeks")
    if interval_weeks.value == 0:
        raise page.refuse("not_positive", "interval_weeks.value", "An interval is longer than 0 weeks.")
    return LongTermCheck(
        page.name(),
        page.choice("concern", Concern),
        page.text("text"),
        page.sources(),
        page.choice("provenance", Provenance),
        interval_weeks,
        page.text("instrument", ""),
    )


def use_of(top: Page) -> Use:
    """What the protocol may be used for; said only where it is not clinical."""
    return Use.CLINICAL if top.get("use") is None else top.choice("use", Use)


def refuse_broken_course(protocol: Protocol) -> None:
    """Refuses phases that overlap or leave a gap, and a moment that names no phase that ends."""
    expected: int | None = 1
    for place, phase in enumerate(protocol.rhythm):
        path = f"rhythm[{place}].from_week"
        if expected is None or phase.from_week < expected:
            raise ProtocolError("phases_overlap", path, "This phase starts before the one before it has ended.")
        if phase.from_week > expected:
            raise ProtocolError("phases_gap", path, f"No phase says what happens in week {expected}.")
        expected = None if phase.to_week is None else phase.to_week + 1
    ending = {phase.name for phase in protocol.rhythm if phase.to_week is not None}
    for place, asked in enumerate(protocol.follow_up):
        if asked.phase and asked.phase not in ending:
            raise ProtocolError("no_such_phase", f"follow_up[{place}].phase", f"No phase '{asked.phase}' ends.")
