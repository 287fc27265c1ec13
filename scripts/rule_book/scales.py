"""Pages about questionnaires: how each is scored and read, and what counts as an answer to treatment."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.rule_book.exercised import Tests
from scripts.rule_book.guards import guards
from scripts.rule_book.words import how, table, words_of

from euthymia.care.instruments import Instrument, load_instrument
from euthymia.care.instruments import instruments as shipped
from euthymia.care.instruments.instrument import Requirement

Row = tuple[str, str, str]


def instruments(tests: Tests) -> str:
    parts = ["Wording and codes: [instruments](../instruments.md). How each is read:\n"]
    for name in shipped():
        told = load_instrument(name)
        parts.append(
            f"\n## `{told.id}` {told.version}: {told.title}\n\n{told.purpose} Tests: {tests.told(told.id)}.\n\n"
        )
        parts.append(table(("what", "number", "source"), rows(told)))
    return "".join(parts)


def rows(told: Instrument) -> Iterator[Row]:
    yield from scoring(told)
    yield from reading(told)
    yield from changes(told)


def scoring(told: Instrument) -> Iterator[Row]:
    if told.has_total:
        times = "" if told.factor == 1 else f", {told.factor:g} times the points"
        yield "total", f"{told.lowest:g} to {told.highest:g}{times}. {told.missing_rule}", how(told.scoring)
    else:
        yield "no total", told.missing_rule, how(told.scoring)
    for part in told.subscales:
        yield f"part `{part.name}`", f"{part.take.value} of items {', '.join(part.items)}", how(told.scoring)
    for form in told.variants:
        now = "" if form.note else "asks right now"
        asks = now if form.recall_h is None else f"asks {form.recall_h:g} h back"
        span = f"; {form.lowest:g} to {form.highest:g}" if form.lowest is not None and form.highest is not None else ""
        yield f"form `{form.name}`", f"{asks}{span}. {form.note}".strip(".; "), how(form.basis)


def reading(told: Instrument) -> Iterator[Row]:
    for band_set in told.band_sets:
        bands = ", ".join(f"{band.words} {band.low:g} to {band.high:g}" for band in band_set.bands)
        yield f"bands `{band_set.name}`", bands, how(band_set.basis)
    for cut in told.cuts:
        whom = f" ({cut.sex})" if cut.sex else ""
        yield f"screen `{cut.name}`{whom}", f"{words_of(cut.bound)} {cut.limit:g}. {cut.note}".strip(), how(cut.basis)
    for flag in told.flags:
        yield f"flag `{flag.name}`", f"item {flag.item} at least {flag.at_least}", how(flag.basis)
    for pattern in told.criteria:
        needs = "; ".join(requirement(need) for need in pattern.requirements)
        yield f"pattern `{pattern.name}`", f"{needs}. {pattern.note}".strip(), how(pattern.basis)
    for level in told.levels:
        any_of = " or ".join(f"{one.item} is {' or '.join(str(value) for value in one.values)}" for one in level.any_of)
        yield f"level `{level.name}`", f"{any_of}. {level.says}", how(level.basis)
    for rule in told.missing_rules:
        yield f"missing `{rule.name}`", f"at most {rule.at_most} filled in, only where chosen by name", how(rule.basis)


def requirement(need: Requirement) -> str:
    until = "" if need.count_to is None else f" to {need.count_to}"
    but = "".join(f", item {item} from {value}" for item, value in need.exceptions.items())
    return f"{need.count_from}{until} of items {', '.join(need.items)} from {need.at_least}{but}"


def changes(told: Instrument) -> Iterator[Row]:
    for response in told.responses:
        end = "" if response.end_at_most is None else f", ending at most {response.end_at_most:g}"
        yield f"response `{response.name}`", f"a fall of {response.fall_pct:g} %{end}", how(response.basis)
    for remission in told.remissions:
        yield f"remission `{remission.name}`", f"at most {remission.at_most:g}", how(remission.basis)
    for word, found in (("meaningful", told.meaningful), ("reliable", told.reliable)):
        for change in found:
            yield f"{word} change `{change.name}`", f"{change.points:g} points", how(change.basis)


def responses(tests: Tests) -> str:
    found, silent = [], []
    for name in shipped():
        told = load_instrument(name)
        rules = list(changes(told))
        found += [(f"`{name}`", *row, tests.told(row[0].split("`")[1], about="_rules")) for row in rules]
        if not rules:
            silent.append(told.title)
    return "".join(
        [
            table(("instrument", "rule", "number", "source", "tests"), found),
            f"\nNo rule was read for: {', '.join(silent)}. There nobody can tell.\n",
            guards("responses", tests),
        ]
    )
