"""The published JSON Schema of a protocol is the one the code makes, and it tells a good document from a broken one."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from tests.spec.care.bedside import filled

from euthymia.care.protocol import numbers
from euthymia.care.protocol_change import clone
from euthymia.care.protocol_course import Moment
from euthymia.care.protocol_document import parse_protocol, to_mapping
from euthymia.care.protocol_schema import protocol_schema
from euthymia.care.protocols.load import load_protocol, shipped_protocols
from euthymia.errors import ProtocolError

SCHEMA = protocol_schema()
KINDS: dict[str, Callable[[Any], bool]] = {
    "anything": lambda value: True,
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int | float) and not isinstance(value, bool) and value == int(value),
}
KNOWN = {
    "$schema", "$defs", "$ref", "title", "description", "type", "properties", "required", "additionalProperties",
    "items", "enum", "const", "oneOf", "pattern", "minimum", "minItems", "allOf", "anyOf", "not", "if", "then", "else",
}  # fmt: skip


def problems(value: Any, schema: Any, path: str = "") -> Iterator[str]:
    """Paths at which this value is not what the schema says: of the keywords this schema uses, by their definition."""
    if schema is True or schema is False:
        yield from () if schema else [path]
        return
    assert set(schema) <= KNOWN
    if "$ref" in schema:
        yield from problems(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], path)
    if not fits(value, schema):
        yield path
        return
    yield from chained(value, schema, path)
    if isinstance(value, list):
        for place, item in enumerate(value):
            yield from problems(item, schema.get("items", True), f"{path}[{place}]")
    if isinstance(value, dict):
        yield from (f"{path}.{name}" for name in schema.get("required", ()) if name not in value)
        for name, item in value.items():
            inner = schema.get("properties", {}).get(name, schema.get("additionalProperties", True))
            yield from problems(item, inner, f"{path}.{name}")


def fits(value: Any, schema: Any) -> bool:
    """Whether the keywords hold that look at this one value."""
    return (
        KINDS[schema.get("type", "anything")](value)
        and value in schema.get("enum", [value])
        and schema.get("const", value) == value
        and not (isinstance(value, str) and not re.search(schema.get("pattern", ""), value))
        and not (isinstance(value, list) and len(value) < schema.get("minItems", 0))
        and not (isinstance(value, int | float) and value < schema.get("minimum", value))
        and ("oneOf" not in schema or sum(holds(value, one) for one in schema["oneOf"]) == 1)
        and ("anyOf" not in schema or any(holds(value, one) for one in schema["anyOf"]))
        and ("not" not in schema or not holds(value, schema["not"]))
    )


def chained(value: Any, schema: Any, path: str) -> Iterator[str]:
    """What follows from `allOf`, and from `if` with its `then` and `else`."""
    for each in schema.get("allOf", ()):
        yield from problems(value, each, path)
    if "if" in schema:
        yield from problems(value, schema.get("then" if holds(value, schema["if"]) else "else", True), path)


def holds(value: Any, schema: Any) -> bool:
    return not list(problems(value, schema))


def test_the_published_schema_is_current(repository: Path) -> None:
    published = json.loads((repository / "docs/reference/protocol.schema.json").read_text(encoding="utf-8"))
    assert published == SCHEMA, "euthymia protocol schema > docs/reference/protocol.schema.json"


def document(name: str) -> dict[str, Any]:
    return deepcopy(to_mapping(load_protocol(name)))


@pytest.mark.parametrize("name", shipped_protocols())
def test_every_shipped_protocol_is_what_the_schema_says(name: str) -> None:
    assert list(problems(document(name), SCHEMA)) == []


@pytest.mark.parametrize("name", shipped_protocols())
def test_every_shipped_file_is_what_the_schema_says_as_it_was_written(name: str, repository: Path) -> None:
    text = (repository / f"src/euthymia/care/protocols/{name}.toml").read_text(encoding="utf-8")
    assert list(problems(tomllib.loads(text), SCHEMA)) == []


def test_what_a_clinic_filled_and_what_has_a_parent_is_what_the_schema_says() -> None:
    ours = to_mapping(clone(filled(), "ours", "1.0.0", "Ours"))
    assert ours["parent"]["id"] == "iv_racemic_05"
    assert list(problems(ours, SCHEMA)) == []


def test_every_answer_is_a_new_one() -> None:
    spoilt = protocol_schema()
    spoilt["properties"]["id"]["pattern"] = "spoilt"
    spoilt["$defs"]["MonitoringRule"]["allOf"][1]["then"]["required"].append("spoilt")
    assert protocol_schema() == SCHEMA


def cited(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every cited number of a document with its path."""
    if isinstance(value, dict):
        if "unit" in value:
            yield path, value
        for name, item in value.items():
            yield from cited(item, f"{path}.{name}")
    if isinstance(value, list):
        for place, item in enumerate(value):
            yield from cited(item, f"{path}[{place}]")


@pytest.mark.parametrize("name", shipped_protocols())
def test_a_number_in_another_unit_is_told_wherever_the_reader_refuses_it(name: str) -> None:
    page = document(name)
    seen = 0
    for path, number in cited(page):
        unit, number["unit"] = number["unit"], "furlong"
        told = not holds(page, SCHEMA)
        # A check is a question in words: its number has the unit of the wording.
        assert told is not path.startswith(".checks"), path
        assert told is refused(page), path
        number["unit"] = unit
        seen += 1
    assert seen == len(list(numbers(load_protocol(name))))


@pytest.mark.parametrize("name", shipped_protocols())
def test_a_number_from_memory_is_told_wherever_the_reader_refuses_it(name: str) -> None:
    page = document(name)
    for path, number in cited(page):
        before = dict(number)
        number.update(value=number.get("value", 1.0), provenance="memory")
        asks_only = ".after_h" in path or ".after_weeks" in path
        assert holds(page, SCHEMA) is asks_only, path
        # Another number may cross a limit or be no whole device; a provenance alone is all that was changed otherwise.
        assert "value" not in before or refused(page) is not asks_only, path
        number.clear()
        number.update(before)


def refused(page: dict[str, Any]) -> bool:
    try:
        parse_protocol(page)
    except ProtocolError:
        return True
    return False


def add(part: str, **row: Any) -> Callable[[dict[str, Any]], object]:
    """A document with one more entry in this part."""
    return lambda page: page[part].append({"name": "more", "source": ["S63"], "provenance": "read", **row})


WEEKS = {"value": 4, "unit": "weeks", "source": ["S63"], "provenance": "read"}
MINUTES = {"value": 4, "unit": "min", "source": ["S63"], "provenance": "read"}
LOOK = {"measure": ["spo2"]}
ASK = {"instruments": ["phq9"]}


@pytest.mark.parametrize(
    "more",
    [
        add("monitoring", when="at", at_min=MINUTES, **LOOK),
        add("monitoring", when="every", every_min=MINUTES, until_min=MINUTES, **LOOK),
        add("monitoring", when="end", **LOOK),
        add("follow_up", moment="weeks_after", phase="series", after_weeks=WEEKS, **ASK),
        add("follow_up", moment="end_of_phase", phase="series", **ASK),
        add("follow_up", moment=Moment.BASELINE, **ASK),
        add("stopping", text="Look again.", at_week=WEEKS, judged_by="benefit"),
        add("stopping", text="Words only."),
    ],
)
def test_what_goes_together_is_read_and_told_to_be_so(more: Callable[[Any], object]) -> None:
    page = document("iv_racemic_05")
    more(page)
    assert (list(problems(page, SCHEMA)), refused(page)) == ([], False)


@pytest.mark.parametrize(
    ("more", "path"),
    [
        (add("monitoring", when="at", **LOOK), ".at_min"),
        (add("monitoring", when="end", at_min=MINUTES, **LOOK), ".at_min"),
        (add("monitoring", when="every", every_min=MINUTES, **LOOK), ".until_min"),
        (add("monitoring", when="end", until_min=MINUTES, **LOOK), ".until_min"),
        (add("monitoring", when="end", measure=["mood"]), ".measure[0]"),
        (add("monitoring", when="end"), ".measure"),
        (add("follow_up", moment="weeks_after", phase="series", **ASK), ".after_weeks"),
        (add("follow_up", moment="end_of_phase", **ASK), ".phase"),
        (add("follow_up", moment="end_of_phase", phase="series", after_weeks=WEEKS, **ASK), ".after_weeks"),
        (add("follow_up", moment=Moment.BASELINE, phase="series", **ASK), ".phase"),
        (add("follow_up", moment=Moment.BASELINE, instruments=[]), ".instruments"),
        (add("follow_up", moment=Moment.BASELINE, source=[], **ASK), ".source"),
        (add("stopping", text="Look again.", at_week=WEEKS), ".judged_by"),
        (add("stopping", text="Look again.", judged_by="benefit"), ".judged_by"),
        (add("stopping", text="Look again.", source=[]), ".source"),
        (add("stopping", text=" "), ".text"),
        (add("checks", text="Fasted?", required=True, provenance="memory"), ".provenance"),
    ],
)
def test_what_does_not_go_together_is_told_with_its_path(more: Callable[[Any], object], path: str) -> None:
    page = document("iv_racemic_05")
    more(page)
    found = list(problems(page, SCHEMA))
    assert [re.sub(r"^\.\w+\[\d+\]", "", each) for each in found] == [path]
    assert refused(page)


@pytest.mark.parametrize(
    ("spoil", "path"),
    [
        (lambda page: page.pop("title"), ".title"),
        (lambda page: page.pop("sources"), ".sources"),
        (lambda page: page.update(route="by post"), ".route"),
        (lambda page: page.update(colour="blue"), ".colour"),
        (lambda page: page.update(use="sometimes"), ".use"),
        (lambda page: page["dose"].update(kind="per_person"), ".dose"),
        (lambda page: page["dose"]["mg_per_kg"].pop("unit"), ".dose"),
        (lambda page: page["duration_min"].pop("unit"), ".duration_min.unit"),
        (lambda page: page["duration_min"].update(value="40"), ".duration_min.value"),
        (lambda page: page["duration_min"].update(provenance="rumour"), ".duration_min.provenance"),
        (lambda page: page["limits"][0].update(level="perhaps"), ".limits[0].level"),
        (lambda page: page["limits"][0].update(name="Big Dose"), ".limits[0].name"),
        (lambda page: page["limits"][0].pop("number"), ".limits[0].number"),
        (lambda page: page["rhythm"][0].update(from_week=1.5), ".rhythm[0].from_week"),
        (lambda page: page["checks"][0].update(required="yes"), ".checks[0].required"),
        (lambda page: page["sources"]["S63"].pop("cite"), ".sources.S63.cite"),
        (lambda page: page.update(id="Ours!"), ".id"),
        (lambda page: page.update(title=" "), ".title"),
        (lambda page: page.update(rhythm=[]), ".rhythm"),
        (lambda page: page.pop("limits"), ".limits"),
        (lambda page: page.pop("must_resolve"), ".must_resolve"),
        (lambda page: page.update(must_resolve=["spo2"]), ".must_resolve[0]"),
        (lambda page: page["rhythm"][0].update(from_week=0), ".rhythm[0].from_week"),
        (lambda page: page["limits"][0].update(level="flag"), ".limits[0].level"),
        (lambda page: page["duration_min"].update(value=-1), ".duration_min.value"),
        (lambda page: page["duration_min"].pop("provenance"), ".duration_min.provenance"),
        (lambda page: page["duration_min"].pop("source"), ".duration_min.source"),
        (lambda page: page["duration_min"].update(provenance="clinic", why="Ours."), ".duration_min.filled_by"),
        (lambda page: page["fresh_within_min"].pop("why"), ".fresh_within_min.why"),
        (lambda page: page["fresh_within_min"].pop("low"), ".fresh_within_min.low"),
        (lambda page: page["fresh_within_min"].pop("high"), ".fresh_within_min.high"),
        (lambda page: page["fresh_within_min"].update(provenance="house"), ".fresh_within_min.provenance"),
    ],
)
def test_a_broken_document_is_told_with_its_path(spoil: Callable[[Any], object], path: str) -> None:
    page = document("iv_racemic_05")
    spoil(page)
    assert list(dict.fromkeys(problems(page, SCHEMA))) == [path]
    assert refused(page)


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("sc_racemic", lambda dose: dose.update(steps=dose["steps"][:1])),
        ("esketamine_nasal_trd", lambda dose: dose.update(doses_mg=[])),
        ("im_racemic", lambda dose: dose.pop("high")),
    ],
)
def test_a_dose_that_is_too_short_fits_no_kind_of_dose(name: str, spoil: Callable[[Any], object]) -> None:
    page = document(name)
    spoil(page["dose"])
    assert list(problems(page, SCHEMA)) == [".dose"]
    assert refused(page)


def test_the_page_of_the_format_names_every_field_and_word(repository: Path) -> None:
    page = (repository / "docs/reference/protocol-format.md").read_text(encoding="utf-8")
    said = set(re.findall(r"`(\w+)(?:\[\])?`", page))
    assert said >= fields_and_words(SCHEMA)


def test_the_page_of_the_format_invents_nothing(repository: Path) -> None:
    page = (repository / "docs/reference/protocol-format.md").read_text(encoding="utf-8")
    rows = [row.split("|")[1] for row in page.splitlines() if row.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} <= fields_and_words(SCHEMA)


def fields_and_words(schema: Any) -> set[str]:
    """Every field and every word of a choice, wherever the schema names one."""
    if isinstance(schema, list):
        return set().union(*(fields_and_words(each) for each in schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    found = set(schema.get("properties", {})) | {word for word in schema.get("enum", ()) if isinstance(word, str)}
    return found.union(*(fields_and_words(each) for each in schema.values()))
