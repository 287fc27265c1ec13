"""The page about protocols: every limit in a sentence, what is looked at, what is asked before a dose, every number."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.rule_book.exercised import Tests
from scripts.rule_book.guards import guards
from scripts.rule_book.words import named, source, table, value, words_of

from euthymia.care.protocol import Cited, Limit, Measure, MonitoringRule, Protocol, Stage, When, numbers
from euthymia.care.protocols.load import load_protocol, shipped_protocols

AT = {
    Stage.ORDER: "When a dose is ordered",
    Stage.BEFORE: "Before a dose is given",
    Stage.DURING: "From the start of the dose on",
    Stage.DISCHARGE: "Before the person leaves",
}
MEASURED = {
    Measure.DOSE_MG: "the dose",
    Measure.DOSE_MG_PER_KG: "the dose per kilogram",
    Measure.INTERVAL_H: "the time since the last dose",
    Measure.DOSES_IN_7_DAYS: "what is given in seven days",
    Measure.MG_IN_7_DAYS: "what is given in seven days",
    Measure.SYSTOLIC_MMHG: "the systolic pressure",
    Measure.DIASTOLIC_MMHG: "the diastolic pressure",
    Measure.SYSTOLIC_RISE_MMHG: "the rise of the systolic pressure",
    Measure.DIASTOLIC_RISE_MMHG: "the rise of the diastolic pressure",
    Measure.HEART_RATE_PER_MIN: "the heart rate",
    Measure.SPO2_PCT: "the oxygen saturation",
    Measure.RESPIRATORY_RATE_PER_MIN: "the breaths in a minute",
}


def shipped() -> list[Protocol]:
    """The shipped protocols."""
    return [load_protocol(name) for name in shipped_protocols()]


def protocols(tests: Tests) -> str:
    """The page."""
    return "".join([*(protocol(told, tests) for told in shipped()), guards("protocols", tests)])


def protocol(told: Protocol, tests: Tests) -> str:
    """One protocol: its limits, its looks, its points, and its other numbers."""
    cites = {one.name: one.cite for one in told.sources}
    dose = getattr(told.dose, "doses_mg", ())
    doses = f" Doses: {', '.join(f'{one:g}' for one in dose)} mg." if dose else ""
    weight = getattr(told.dose, "weight_basis", None)
    doses += f" A dose per kilogram of {weight.value} body weight." if weight else ""
    limits = [
        (f"`limits.{limit.name}`", limit.level.value, sentence(limit), source(limit.number, cites), held)
        for limit in told.limits
        for held in [tests.told(limit.name)]
    ]
    rest = [
        (f"`{path}`", value(number), source(number, cites))
        for path, number in numbers(told)
        if not path.startswith("limits.")
    ]
    return "".join(
        [
            f"\n## `{told.id}` {told.version}: {told.title}\n\n",
            f"{told.for_whom} {told.evidence}{doses} Tests: {tests.told(told.id)}.\n\n",
            table(("limit", "level", "what must be so", "source", "tests"), limits),
            "\n" + table(("looked at", "when", "what", "source"), looks(told)),
            f"\nGone before the person leaves: {', '.join(words_of(name) for name in told.must_resolve)}.\n\n",
            table(("asked before a dose", "level", "what must be so", "source", "tests"), points(told, tests)),
            "\n" + table(("number", "value", "source"), rest),
        ]
    )


def sentence(limit: Limit) -> str:
    """`When a dose is ordered, the dose is at most 84 mg.`"""
    return f"{AT[limit.stage]}, {MEASURED[limit.measure]} is {words_of(limit.bound.value)} {value(limit.number)}."


def looks(told: Protocol) -> Iterator[tuple[str, str, str, str]]:
    """What is looked at and when."""
    for rule in told.monitoring:
        what = ", ".join(words_of(name) for name in rule.measure)
        yield f"`monitoring.{rule.name}`", moment(rule), what, named(rule.source, rule.provenance, told)


def moment(rule: MonitoringRule) -> str:
    """When one look is due, counted from the start of the dose."""
    if rule.when is When.BEFORE:
        return "before the dose"
    if rule.when is When.END:
        return "at the end"
    if rule.when is When.AT:
        return f"at {minutes(rule.at_min)}"
    return f"every {minutes(rule.every_min)} until {minutes(rule.until_min)}"


def minutes(number: Cited | None) -> str:
    return "the end of the session" if number is None else value(number)


def points(told: Protocol, tests: Tests) -> Iterator[tuple[str, str, str, str, str]]:
    """The points of the checklist before a dose."""
    for item in told.checks:
        says = f"{item.text} ({value(item.number)})." if item.number else f"{item.text}."
        level = "stop" if item.required else "flag"
        cited = named(item.source, item.provenance, told)
        yield f"`checks.{item.name}`", level, says, cited, tests.told(item.name, part="gate")
