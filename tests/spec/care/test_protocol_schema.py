"""The published JSON Schema of a protocol is the one the code makes, and it tells a good document from a broken one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from euthymia.care.protocol_document import to_mapping
from euthymia.care.protocol_schema import protocol_schema
from euthymia.care.protocols.load import load_protocol, shipped_protocols

SCHEMA = protocol_schema()
KINDS: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int | float) and not isinstance(value, bool) and value == int(value),
}
KNOWN = {
    "$schema", "$defs", "$ref", "title", "description", "type", "properties", "required", "additionalProperties",
    "items", "enum", "const", "oneOf", "pattern",
}  # fmt: skip


def problems(value: Any, schema: Any, path: str = "") -> Iterator[str]:
    """Paths at which this value is not what the schema says: of the keywords this schema uses, by their definition."""
    assert set(schema) <= KNOWN
    if "$ref" in schema:
        yield from problems(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], path)
        return
    if "oneOf" in schema:
        if sum(not list(problems(value, one, path)) for one in schema["oneOf"]) != 1:
            yield path
        return
    if "const" in schema or "enum" in schema:
        if value not in schema.get("enum", [schema.get("const")]):
            yield path
        return
    if not KINDS[schema["type"]](value) or ("pattern" in schema and not re.search(schema["pattern"], value)):
        yield path
        return
    yield from within(value, schema, path)


def within(value: Any, schema: Any, path: str) -> Iterator[str]:
    """The same for what a list or a table holds."""
    if schema["type"] == "array":
        for place, item in enumerate(value):
            yield from problems(item, schema["items"], f"{path}[{place}]")
    if schema["type"] == "object":
        yield from (f"{path}.{name}" for name in schema.get("required", ()) if name not in value)
        for name, item in value.items():
            inner = schema.get("properties", {}).get(name, schema["additionalProperties"])
            if inner is False:
                yield f"{path}.{name}"
            else:
                yield from problems(item, inner, f"{path}.{name}")


def test_the_published_schema_is_current(repository: Path) -> None:
    published = json.loads((repository / "docs/reference/protocol.schema.json").read_text(encoding="utf-8"))
    assert published == SCHEMA, "euthymia protocol schema > docs/reference/protocol.schema.json"


@pytest.mark.parametrize("name", shipped_protocols())
def test_every_shipped_protocol_is_what_the_schema_says(name: str) -> None:
    assert list(problems(to_mapping(load_protocol(name)), SCHEMA)) == []


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
    ],
)
def test_a_broken_document_is_told_with_its_path(spoil: Callable[[Any], object], path: str) -> None:
    page = deepcopy(to_mapping(load_protocol("iv_racemic_05")))
    spoil(page)
    assert list(problems(page, SCHEMA)) == [path]
