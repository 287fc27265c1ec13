"""Renders docs/reference/rules.md: every eligibility rule, protocol number and instrument number, with its source.

python scripts/rules_page.py           write the page
python scripts/rules_page.py --check   write nothing; exit 1 when the page is not current
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from euthymia.care.eligibility import PROTOCOLS, RULES, SAME_RULES, Rule
from euthymia.care.evidence import Basis
from euthymia.care.instruments import Instrument, load_instrument
from euthymia.care.instruments import instruments as shipped_instruments
from euthymia.care.protocol import Cited, Protocol, numbers
from euthymia.care.protocols.load import load_protocol, shipped_protocols

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "rules.md"

HEAD = """# Every rule and every number, with its source

For whoever answers for the care given: what this software asks, where each number comes from, and how far its source
was read. Written by `scripts/rules_page.py` from the data files in `src/euthymia/care/`; do not edit by hand.

- *Stop* has no path. *Hold* may be accepted by a named prescriber with a reason. *Flag* informs.
- A fact nobody knows makes the answer *cannot tell*, which counts as no, unless the rule says it does not wait.
- How a source was read: **read** in full or in the part that matters; **abstract** only; **code** of its own authors;
  **read secondary**, a restatement; **memory**, nobody read it, so it never gates a dose; **house**, a choice of
  this software and not a clinical threshold.
- **open** is a hole: no source was found. Nothing starts on that protocol until the clinic's medical lead has filled
  and signed it.
"""


def render() -> str:
    """The whole page."""
    parts = [HEAD, eligibility(), "\n## Protocols\n", *(protocol(load_protocol(name)) for name in shipped_protocols())]
    parts += ["\n## Instruments\n", "\n".join(instruments()), "\n"]
    return "".join(parts)


def eligibility() -> str:
    short = {name: f"P{place}" for place, name in enumerate(PROTOCOLS, 1)}
    legend = [f"{short[name]} is `{name}`: {title}." for name, title in PROTOCOLS.items()]
    legend += [f"`{name}` is judged by the rules of `{same}`." for name, same in SAME_RULES.items()]
    rows = [
        (f"`{rule.name}`", f"{where(rule, short)}", rule.level.value, when(rule), rule.says, how(rule.basis))
        for rule in RULES
    ]
    head = ("rule", "for", "level", "speaks when", "says", "source")
    return "\n## Eligibility\n\n" + " ".join(legend) + "\n\n" + table(head, rows)


def where(rule: Rule, short: dict[str, str]) -> str:
    return "all" if set(rule.protocols) == set(short) else ", ".join(short[name] for name in rule.protocols)


def when(rule: Rule) -> str:
    asked, fact = rule.when, f"`{rule.fact}`"
    if asked.equals is not None:
        text = f"{fact} is {'yes' if asked.equals else 'no'}"
    elif asked.above is not None:
        text = f"{fact} above {asked.above:g}"
    elif asked.below is not None:
        text = f"{fact} below {asked.below:g}"
    else:
        text = f"{fact} is {' or '.join(word.replace('_', ' ') for word in asked.one_of)}"
    if rule.only_if:
        text += f", where `{rule.only_if[0]}` is {' or '.join(word.replace('_', ' ') for word in rule.only_if[1])}"
    return text if rule.asks else f"{text} (does not wait for its fact)"


def protocol(told: Protocol) -> str:
    cites = {source.name: source.cite for source in told.sources}
    levels = {f"limits.{limit.name}": f"{limit.level.value}, {limit.stage.value}" for limit in told.limits}
    bounds = {f"limits.{limit.name}": limit.bound.value.replace("_", " ") for limit in told.limits}
    rows = [
        (f"`{path}`", levels.get(path, ""), f"{bounds.get(path, '')} {value(number)}".strip(), source(number, cites))
        for path, number in numbers(told)
    ]
    title = f"\n### `{told.id}` {told.version}: {told.title}\n\n"
    return title + table(("number", "level and stage", "value", "source"), rows)


def value(number: Cited) -> str:
    if number.value is not None:
        return f"{number.value:g} {number.unit}"
    return f"**open** ({number.unit}; plausible {number.low:g} to {number.high:g})"


def source(number: Cited, cites: dict[str, str]) -> str:
    if number.is_hole:
        return number.why
    named = "; ".join(cites[name] for name in number.source)
    words = read_as(str(number.provenance))
    return f"{named} ({words})" if named else words


def instruments() -> Iterator[str]:
    rows: list[tuple[str, ...]] = []
    for name in shipped_instruments():
        rows += instrument_rows(load_instrument(name))
    yield ""
    yield table(("instrument", "what", "number", "source"), rows)


def instrument_rows(told: Instrument) -> Iterator[tuple[str, ...]]:
    name = f"`{told.id}`"
    yield name, "total", f"{told.lowest:g} to {told.highest:g}. {told.missing_rule}", how(told.scoring)
    for band_set in told.band_sets:
        bands = ", ".join(f"{band.words} {band.low:g}–{band.high:g}" for band in band_set.bands)
        yield name, f"bands `{band_set.name}`", bands, how(band_set.basis)
    for cut in told.cuts:
        text = f"{cut.bound.value.replace('_', ' ')} {cut.limit:g}. {cut.note}".strip()
        yield name, f"screen `{cut.name}`", text, how(cut.basis)
    for flag in told.flags:
        yield name, f"flag `{flag.name}`", f"item {flag.item} at least {flag.at_least}", how(flag.basis)
    for response in told.responses:
        end = "" if response.end_at_most is None else f", ending at most {response.end_at_most:g}"
        yield name, f"response `{response.name}`", f"{response.fall_pct:g} % off{end}", how(response.basis)
    for remission in told.remissions:
        yield name, f"remission `{remission.name}`", f"at most {remission.at_most:g}", how(remission.basis)
    for word, changes in (("meaningful", told.meaningful), ("reliable", told.reliable)):
        for change in changes:
            yield name, f"{word} change `{change.name}`", f"{change.points:g} points", how(change.basis)


def how(basis: Basis) -> str:
    cited = "; ".join(source.cite for source in basis.sources)
    words = read_as(basis.provenance.value)
    return f"{cited} ({words})" if cited else words


def read_as(provenance: str) -> str:
    return provenance.replace("_", " ")


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write the page, or with --check only compare it."""
    page = render()
    if "--check" in arguments:
        current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page
        print("The page is current." if current else "The page is not current: run scripts/rules_page.py.")
        return int(not current)
    PAGE.write_text(page, encoding="utf-8")
    print(f"Wrote {PAGE.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
