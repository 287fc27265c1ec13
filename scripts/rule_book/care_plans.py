"""Pages about the treatment: the course, a session, what is expected of it, and other indications."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.rule_book.exercised import Tests
from scripts.rule_book.guards import guards
from scripts.rule_book.protocol_rules import shipped
from scripts.rule_book.words import how, named, table, value, words_of

from euthymia.care.indications import Endpoint, Pack, indications, load_indication
from euthymia.care.protocol import Protocol
from euthymia.care.session_expected import AT_HAND, EXPECTED


def course(tests: Tests) -> str:
    parts = ["What a protocol says beyond one session, rule by rule. Numbers stand in the table of its protocol too.\n"]
    for told in shipped():
        rows = [*rhythm(told), *judged(told), *asked(told), *watched(told)]
        cells = [(f"`{name}`", kind, says, where, tests.told(name, part="course")) for name, kind, says, where in rows]
        parts.append(f"\n## `{told.id}`\n\n" + table(("rule", "kind", "says", "source", "tests"), cells))
    return "".join([*parts, guards("course", tests)])


Row = tuple[str, str, str, str]


def rhythm(told: Protocol) -> Iterator[Row]:
    for phase in told.rhythm:
        until = f" to {phase.to_week}" if phase.to_week else ""
        often = f"; {phase.per_week_low:g} to {phase.per_week_high:g} a week" if phase.per_week_low else ""
        says = f"weeks {phase.from_week}{until}{often}. {phase.note}".strip()
        yield phase.name, "rhythm", says, named(phase.source, phase.provenance, told)


def judged(told: Protocol) -> Iterator[Row]:
    for kind, rules in (("stopping", told.stopping), ("maintenance", told.maintenance)):
        for rule in rules:
            due = [number for number in (rule.after_doses, rule.at_week, rule.at_least_months) if number is not None]
            says = " ".join([rule.text, *(f"({value(number)})" for number in due)])
            yield rule.name, kind, says, named(rule.source, rule.provenance, told)


def asked(told: Protocol) -> Iterator[Row]:
    for row in told.follow_up:
        after = f", {value(row.after_weeks)}" if row.after_weeks else ""
        phase = f" of `{row.phase}`" if row.phase else ""
        says = f"{words_of(row.moment)}{phase}{after}: {', '.join(row.instruments)}"
        yield row.name, "asked", says, named(row.source, row.provenance, told)
    for due in told.assessments:
        says = f"{due.label}: {due.instrument}, {value(due.after_h)}"
        yield due.name, "asked after a dose", says, words_of(str(due.after_h.provenance))


def watched(told: Protocol) -> Iterator[Row]:
    for check in told.long_term:
        says = f"{check.text} Every {value(check.interval_weeks)}. {check.interval_weeks.why}"
        yield check.name, "watched for years", says.strip(), named(check.source, check.provenance, told)


def dosing(tests: Tests) -> str:
    return (
        "Two kinds of guard: limits come from the signed protocol and carry its source; entry limits catch slips of "
        "the keyboard, ask for a second look, and judge nobody. "
        "[Why they are as they are](../../explanation/dose-guards.md). "
        "A hundred named slips are typed into every way a dose can enter: `tests/spec/care/slip_catalogue.toml`.\n"
        + guards("dosing", tests)
    )


def gate(tests: Tests) -> str:
    return "All questions are asked at once; a blank is never a yes.\n" + guards("gate", tests)


def session(tests: Tests) -> str:
    return "The states: [session states](../session-states.md).\n" + guards("session", tests)


def medication(tests: Tests) -> str:
    told = "Before a dose begins the ledger may say no. Once it runs, what was given is debited, and what the ledger "
    return told + "cannot explain becomes an open discrepancy.\n" + guards("medication", tests)


def monitoring(tests: Tests) -> str:
    expected = [
        (f"{row.drug}, {row.route}", row.what, f"{span} {row.unit}", how(row.basis))
        for row in EXPECTED
        for span in [f"{row.low:g}" if row.low == row.high else f"{row.low:g} to {row.high:g}"]
    ]
    hand = [(row.against, ", ".join(row.classes), how(row.basis)) for row in AT_HAND]
    return "".join(
        [
            "What is looked at when, and each limit on a reading, is the [protocol's](protocols.md).\n",
            guards("monitoring", tests),
            "\n## What studies saw\n\nIt informs whoever watches; nothing is held by it.\n\n",
            table(("given", "what", "seen", "source"), expected),
            "\n## What to have at hand\n\nClasses, never doses; the clinic's own list comes first.\n\n",
            table(("against", "classes", "source"), hand),
        ]
    )


def discharge(tests: Tests) -> str:
    return "Asked at once, also while the dose still runs.\n" + guards("discharge", tests)


def other_indications(tests: Tests) -> str:
    said = "A pack informs and starts nothing; all but depression are off by default. Also: `euthymia indications`.\n"
    return "".join([said, *(pack(load_indication(name), tests) for name in indications())])


def pack(told: Pack, tests: Tests) -> str:
    state = "On by default." if told.on_by_default else f"Off by default. {told.off_because}"
    scales = [
        (
            f"`{scale.name}`",
            scale.title,
            scale.part.value,
            words_of(scale.wording.value) + ("" if scale.instrument else ", not shipped"),
            f"{scale.recall_h:g} h back" if scale.recall_h else "",
            scale.note,
        )
        for scale in told.scales
    ]
    windows = [
        (
            f"`window.{one.name}`",
            f"{one.says} Since: {words_of(one.since.value)}.",
            value(one.after),
            told.cites(one.after),
        )
        for one in told.windows
    ]
    ends = [(f"`endpoint.{end.name}`", *endpoint(told, end)) for end in told.endpoints]
    notes = [(f"`{note.name}`", note.says, how(note.basis)) for note in (*told.findings, *told.cautions)]
    grade = f"{told.grade.system}: {told.grade.says}" if told.grade.system else told.grade.says
    consent = "".join(f"- {note.says} {how(note.basis)}\n" for note in told.consent)
    return "".join(
        [
            f"\n## `{told.id}` {told.version}: {told.title}\n\n{state} Tests: {tests.told(told.id)}.\n\n",
            f"**Evidence**: {grade} {how(told.grade.basis)}.\n\n",
            table(("scale", "title", "for", "wording", "asks", "note"), scales),
            "\n" + table(("when or what counts", "says", "value", "source"), [*windows, *ends]),
            "\n" + table(("found, cautions", "says", "source"), notes),
            f"\nThe person consents to this:\n\n{consent}" if consent else "",
        ]
    )


def endpoint(told: Pack, end: Endpoint) -> tuple[str, str, str]:
    scale = told.scale(end.scale)
    says = f"{end.kind.value} on {scale.title}. {end.note}".strip()
    if end.fall is not None:
        reached = "" if end.fall.is_hole else f"a fall of {words_of(end.reached.value)} "
        return says, f"{reached}{value(end.fall)}", told.cites(end.fall)
    return says, f"rule `{end.rule}` of `{scale.instrument}`", "[instruments](instruments.md)"
