"""What `euthymia protocol check` says beyond one session: its use, for whom, when it is reviewed, asked, watched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from euthymia.care.cited import Cited
from euthymia.care.decision import Level, reasons_of
from euthymia.care.eligibility import PROTOCOLS, SAME_RULES, rules_for
from euthymia.care.protocol import Protocol
from euthymia.care.protocol_course import AskedAt, CourseRule, Judgement, LongTermCheck, Moment
from euthymia.care.protocol_signature import ready

WHEN_ASKED = {
    Moment.BASELINE: "at baseline",
    Moment.EACH_SESSION: "at each session",
    Moment.END_OF_PHASE: "at the end of {phase}",
    Moment.WEEKS_AFTER: "{after_weeks} after {phase}",
}
# In words where there is a number, and where it is open.
SHOWN = {
    "after_doses": ("after {value:g} {unit}", "after a number of doses that is open ({why})"),
    "at_week": ("at the end of week {value:g}", "at the end of a week that is open ({why})"),
    "after_weeks": ("{value:g} {unit}", "a number of weeks that is open ({why})"),
    "interval_weeks": ("every {value:g} {unit}", "how often is open ({why})"),
}
JUDGED = {Judgement.BENEFIT: "by benefit", Judgement.RESPONSE_KEPT: "by whether the response is kept"}


def course_answer(read: Protocol) -> dict[str, Any]:
    """What the JSON answer says beyond one session."""
    rules = [("stopping", rule) for rule in read.stopping] + [("maintenance", rule) for rule in read.maintenance]
    return {
        "use": read.use.value,
        # What no value and no signature changes; what they do change is in `ready`.
        "never_starts": [reason.says for reason in reasons_of(ready(read, None))],
        "eligibility": _eligibility(read),
        "reviews": [_review(part, rule) for part, rule in rules if rule.judged_by is not None],
        "follow_up": [_asked(row) for row in read.follow_up],
        "long_term": [_watched(row) for row in read.long_term],
    }


def _eligibility(read: Protocol) -> dict[str, Any]:
    """The rules a protocol is judged by; `rules` is null where nobody wrote any under that name."""
    named = read.eligibility_rules
    known = SAME_RULES.get(named, named)
    rules = None
    if known in PROTOCOLS:
        rules = [{"name": rule.name, "level": rule.level.value, "says": rule.says} for rule in rules_for(known)]
    named_by = "eligibility" if read.eligibility else "id"
    return {"named": named, "named_by": named_by, "title": PROTOCOLS.get(known), "rules": rules}


def _review(part: str, rule: CourseRule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "part": part,
        "after_doses": _number(rule.after_doses),
        "at_week": _number(rule.at_week),
        "judged_by": rule.judged_by and rule.judged_by.value,
        "says": rule.text,
    }


def _asked(row: AskedAt) -> dict[str, Any]:
    return {
        "name": row.name,
        "moment": row.moment.value,
        "phase": row.phase or None,
        "after_weeks": _number(row.after_weeks),
        "instruments": list(row.instruments),
        "provenance": row.provenance.value,
    }


def _watched(row: LongTermCheck) -> dict[str, Any]:
    return {
        "name": row.name,
        "concern": row.concern.value,
        "does": row.text,
        "instrument": row.instrument or None,
        "interval_weeks": _number(row.interval_weeks),
    }


def _number(number: Cited | None) -> dict[str, Any] | None:
    """A number with its unit and source; one without a value is a hole and says why."""
    if number is None:
        return None
    return {"value": number.value, "unit": number.unit, "source": number.says_source, "why": number.why}


def course_lines(answer: dict[str, Any]) -> Iterator[str]:
    """The same for a person."""
    yield from _eligibility_lines(answer["eligibility"])
    yield "Reviewed before the next dose:" if answer["reviews"] else "No point of review is given."
    for row in answer["reviews"]:
        due = " or ".join(_shown(row, name) for name in ("after_doses", "at_week") if row[name])
        yield f"  {row['name']:<24} {due}, {JUDGED[row['judged_by']]}: {row['says']}"
    yield "Asked over the course; no dose waits for it:" if answer["follow_up"] else "Nothing is asked over the course."
    for row in answer["follow_up"]:
        yield f"  {row['name']:<24} {_when_asked(row)}: {', '.join(row['instruments'])} ({row['provenance']})"
    yield "Looked for over months and years:" if answer["long_term"] else "Nothing is looked for over months and years."
    for row in answer["long_term"]:
        yield f"  {row['name']:<24} {_shown(row, 'interval_weeks')}: {row['does']}"


def _eligibility_lines(eligibility: dict[str, Any]) -> Iterator[str]:
    named, rules = eligibility["named"], eligibility["rules"]
    if rules is None:
        yield f"Who may be treated: no rules are written under the name {named}."
        if eligibility["named_by"] == "id":
            yield "  It names none itself: a clinic looks for those of its medicine and route."
        return
    yield f"Who may be treated: the {len(rules)} rules of {named} ({eligibility['title']})."
    for level in Level:
        yield f"  {level.value:<5} {', '.join(rule['name'] for rule in rules if rule['level'] == level)}"


def _when_asked(row: dict[str, Any]) -> str:
    after_weeks = _shown(row, "after_weeks") if row["after_weeks"] else ""
    return WHEN_ASKED[Moment(row["moment"])].format(phase=row["phase"], after_weeks=after_weeks)


def _shown(row: dict[str, Any], name: str) -> str:
    """A number of this row in words; a hole says why it is one."""
    number, (filled, is_open) = row[name], SHOWN[name]
    if number["value"] is None:
        return is_open.format(why=number["why"].rstrip("."))
    unit = number["unit"].removesuffix("s") if number["value"] == 1 else number["unit"]
    return filled.format(value=number["value"], unit=unit)
