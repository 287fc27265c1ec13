"""The JSON Schema of a protocol document, made from the types a document is read into, so that the two never part.

It says which fields there are, their kinds, words and units, what a hole must say, and what goes only with what. What
only a reader can see (a source nobody listed, a limit looser than its parent, phases that leave a gap) is refused by
`parse_protocol`, with its path.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from euthymia.care.cited import OURS, Cited, Provenance
from euthymia.care.decision import Level
from euthymia.care.document_page import NAME
from euthymia.care.protocol import (
    SCALE_LOOKS,
    VITAL_LOOKS,
    CheckItem,
    DeviceSteps,
    Limit,
    MonitoringRule,
    PerKgSteps,
    Phase,
    Protocol,
    When,
)
from euthymia.care.protocol_course import AskedAt, CourseRule, LongTermCheck, Moment
from euthymia.care.protocol_document import DRUGS, ROUTES, UNIT_OF_MEASURE

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_NAMED: dict[str, Any] = {"type": "string", "pattern": f"^{NAME.pattern}$"}
_PLAIN: dict[type, dict[str, Any]] = {
    # Words are never blank, weeks count from 1.
    str: {"type": "string", "pattern": r"\S"},
    float: {"type": "number"},
    int: {"type": "integer", "minimum": 1},
    bool: {"type": "boolean"},
}
# The name of a cited number ends in its unit; what a dose per kilogram is made of is in that unit throughout.
_ENDINGS = {
    "mg_per_ml": "mg/mL",
    "mg_per_kg": "mg/kg",
    "low": "mg/kg",
    "high": "mg/kg",
    "steps": "mg/kg",
    "_pct": "%",
    "_mg": "mg",
    "_min": "min",
    "_h": "h",
    "_doses": "doses",
    "_week": "weeks",
    "_weeks": "weeks",
    "_months": "months",
}
# The one number of a limit has the unit of its measure, that of a check the unit of its wording.
_UNIT_ELSEWHERE = ("number",)
# Numbers that only say when to ask something; every other one may decide and never rests on memory.
_NEVER_GATES = ("after_h", "after_weeks")
_EVERY = ["every_min", "until_min"]
_READ = [kind.value for kind in Provenance if kind not in OURS]
# Lists that a document must give, and how much they hold at least.
_LISTS: dict[type, dict[str, int]] = {
    Protocol: {"rhythm": 1, "monitoring": 1, "limits": 1, "must_resolve": 0},
    PerKgSteps: {"steps": 2},
    DeviceSteps: {"doses_mg": 1},
    MonitoringRule: {"measure": 0},
    Phase: {"source": 1},
    CourseRule: {"source": 1},
    LongTermCheck: {"source": 1},
    AskedAt: {"instruments": 1},
}


def protocol_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of what `to_mapping` gives and `parse_protocol` reads, as plain values."""
    parts: dict[str, Any] = {}
    top = _table(Protocol, parts)
    # Sources are found by name, so a document writes them as a table of names and not as a list.
    source = parts.pop("Source")
    source["properties"].pop("name")
    source["required"].remove("name")
    top["properties"]["sources"] = {"type": "object", "additionalProperties": source}
    top["required"].append("sources")
    return {"$schema": DRAFT, "title": "A treatment protocol", **top, "$defs": dict(sorted(parts.items()))}


def _table(kind: type[Any], parts: dict[str, Any]) -> dict[str, Any]:
    """A table with the fields of this dataclass and no others."""
    hints = get_type_hints(kind)
    properties = {field.name: _field(kind, field.name, hints[field.name], parts) for field in fields(kind)}
    needed = [field.name for field in fields(kind) if _is_needed(kind, field, hints[field.name])]
    word = getattr(kind, "kind", None)
    if isinstance(word, str):
        properties, needed = {"kind": {"const": word}, **properties}, ["kind", *needed]
    table = {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}
    conditions = _conditions(kind)
    if conditions:
        table["allOf"] = conditions
    about = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
    # A dataclass without words of its own is given its signature, which says nothing the properties do not.
    return table if about.startswith(f"{kind.__name__}(") else {"description": about, **table}


def _is_needed(kind: type[Any], field: Field[Any], hint: Any) -> bool:
    """Whether a document must say it: what has a default or may be nothing may be left out, and most lists."""
    has_default = field.default is not MISSING or field.default_factory is not MISSING
    if get_origin(hint) is tuple:
        return field.name in _LISTS.get(kind, {})
    return not (has_default or NoneType in get_args(hint))


def _field(kind: type[Any], name: str, hint: Any, parts: dict[str, Any]) -> dict[str, Any]:
    """The schema of one field: its type, and what is known of it beyond the type."""
    words = _words(kind, name)
    if words is not None:
        return words
    schema = _of(hint, name, parts)
    least = _LISTS.get(kind, {}).get(name, 0)
    return schema | {"minItems": least} if least else schema


def _words(kind: type[Any], name: str) -> dict[str, Any] | None:
    """What these fields may say, where the type alone does not tell."""
    known: dict[tuple[type, str], dict[str, Any]] = {
        (Protocol, "id"): dict(_NAMED),
        (Protocol, "drug"): {"enum": list(DRUGS)},
        (Protocol, "route"): {"enum": list(ROUTES)},
        (Protocol, "must_resolve"): {"type": "array", "items": {"enum": list(SCALE_LOOKS)}},
        (MonitoringRule, "measure"): {"type": "array", "items": {"enum": [*VITAL_LOOKS, *SCALE_LOOKS]}},
        (Limit, "level"): {"enum": [Level.STOP.value, Level.HOLD.value]},
        (Cited, "value"): {"type": "number", "minimum": 0},
    }
    return dict(_NAMED) if name == "name" else known.get((kind, name))


def _of(hint: Any, name: str, parts: dict[str, Any]) -> dict[str, Any]:
    """The schema of one type; a dataclass is written once under `$defs`. name: of the field, which tells a unit."""
    if get_origin(hint) in (Union, UnionType):
        kinds = [_of(one, name, parts) for one in get_args(hint) if one is not NoneType]
        return kinds[0] if len(kinds) == 1 else {"oneOf": kinds}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _of(get_args(hint)[0], name, parts)}
    if isinstance(hint, type) and is_dataclass(hint):
        if hint.__name__ not in parts:
            parts[hint.__name__] = {}
            parts[hint.__name__] = _table(hint, parts)
        return {"$ref": f"#/$defs/{hint.__name__}", **(_number(name) if hint is Cited else {})}
    if issubclass(hint, StrEnum):
        return {"enum": [word.value for word in hint]}
    return dict(_PLAIN[hint])


def _number(name: str) -> dict[str, Any]:
    """What a cited number says because of the field it stands in: its unit, and that memory does not decide."""
    says: dict[str, Any] = {}
    if name not in _UNIT_ELSEWHERE:
        says["unit"] = {"const": next(unit for ending, unit in _ENDINGS.items() if name.endswith(ending))}
    if name not in _NEVER_GATES:
        says["provenance"] = {"not": {"const": Provenance.MEMORY.value}}
    return {"properties": says}


def _conditions(kind: type[Any]) -> list[dict[str, Any]]:
    """What goes only with what."""
    if kind is Limit:
        return [_unit_of_measure(unit) for unit in dict.fromkeys(UNIT_OF_MEASURE.values())]
    if kind is Cited:
        return _founded()
    known: dict[type, list[dict[str, Any]]] = {
        MonitoringRule: [_only_with("when", [When.AT], ["at_min"]), _only_with("when", [When.EVERY], _EVERY)],
        AskedAt: [
            _only_with("moment", [Moment.WEEKS_AFTER], ["after_weeks"]),
            _only_with("moment", [Moment.WEEKS_AFTER, Moment.END_OF_PHASE], ["phase"]),
            _sourced(),
        ],
        CheckItem: [_memory_is_not_required(), _sourced()],
        CourseRule: [
            {
                "if": {"anyOf": [{"required": ["after_doses"]}, {"required": ["at_week"]}]},
                "then": {"required": ["judged_by"]},
                "else": {"properties": {"judged_by": False}},
            }
        ],
    }
    return known.get(kind, [])


def _only_with(field: str, words: list[StrEnum], needs: list[str]) -> dict[str, Any]:
    """These fields are needed where `field` is one of the words, and are not there otherwise."""
    return {
        "if": {"properties": {field: {"enum": [word.value for word in words]}}},
        "then": {"required": list(needs)},
        "else": {"properties": dict.fromkeys(needs, False)},
    }


def _unit_of_measure(unit: str) -> dict[str, Any]:
    measures = [measure.value for measure, its in UNIT_OF_MEASURE.items() if its == unit]
    return {
        "if": {"properties": {"measure": {"enum": measures}}},
        "then": {"properties": {"number": {"properties": {"unit": {"const": unit}}}}},
    }


def _sourced() -> dict[str, Any]:
    """What was read names where."""
    return {
        "if": {"properties": {"provenance": {"enum": list(_READ)}}, "required": ["provenance"]},
        "then": {"properties": {"source": {"minItems": 1}}, "required": ["source"]},
    }


def _memory_is_not_required() -> dict[str, Any]:
    return {
        "if": {"properties": {"required": {"const": True}}},
        "then": {"properties": {"provenance": {"not": {"const": Provenance.MEMORY.value}}}},
    }


def _founded() -> list[dict[str, Any]]:
    """A number says how it was obtained, a hole why it is open and what would be plausible; a clinic's says both."""
    return [
        {
            "if": {"required": ["value"]},
            "then": {"required": ["provenance"]},
            "else": {"required": ["why", "low", "high"], "properties": {"provenance": False}},
        },
        _sourced(),
        {
            "if": {"properties": {"provenance": {"const": Provenance.CLINIC.value}}, "required": ["provenance"]},
            "then": {"required": ["filled_by", "why"]},
        },
    ]
