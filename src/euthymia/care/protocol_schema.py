"""The JSON Schema of a protocol document, made from the types a document is read into, so that the two never part.

It says which fields there are, their kinds and their words. What only a reader can see (a hole without a reason, a
limit looser than its parent, phases that leave a gap) is refused by `parse_protocol`, with its path.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from euthymia.care.document_page import NAME
from euthymia.care.protocol import Protocol
from euthymia.care.protocol_document import DRUGS, ROUTES

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_PLAIN: dict[type, str] = {str: "string", float: "number", int: "integer", bool: "boolean"}
_WORDS = {"drug": DRUGS, "route": ROUTES}


def protocol_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of what `to_mapping` gives and `parse_protocol` reads, as plain values."""
    parts: dict[str, Any] = {}
    top = _table(Protocol, parts)
    for name, words in _WORDS.items():
        top["properties"][name] = {"enum": list(words)}
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
    properties = {field.name: _of(hints[field.name], parts) for field in fields(kind)}
    if "name" in properties:
        properties["name"] = {"type": "string", "pattern": f"^{NAME.pattern}$"}
    needed = [field.name for field in fields(kind) if _is_needed(field, hints[field.name])]
    word = getattr(kind, "kind", None)
    if isinstance(word, str):
        properties, needed = {"kind": {"const": word}, **properties}, ["kind", *needed]
    table = {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}
    about = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
    # A dataclass without words of its own is given its signature, which says nothing the properties do not.
    return table if about.startswith(f"{kind.__name__}(") else {"description": about, **table}


def _is_needed(field: Field[Any], hint: Any) -> bool:
    """Whether a document must say it: what has a default or may be nothing, and lists, may be left out."""
    has_default = field.default is not MISSING or field.default_factory is not MISSING
    return not (has_default or NoneType in get_args(hint) or get_origin(hint) is tuple)


def _of(hint: Any, parts: dict[str, Any]) -> dict[str, Any]:
    """The schema of one type; a dataclass is written once under `$defs`."""
    if get_origin(hint) in (Union, UnionType):
        kinds = [_of(one, parts) for one in get_args(hint) if one is not NoneType]
        return kinds[0] if len(kinds) == 1 else {"oneOf": kinds}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _of(get_args(hint)[0], parts)}
    if isinstance(hint, type) and is_dataclass(hint):
        if hint.__name__ not in parts:
            parts[hint.__name__] = {}
            parts[hint.__name__] = _table(hint, parts)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    if issubclass(hint, StrEnum):
        return {"enum": [word.value for word in hint]}
    return {"type": _PLAIN[hint]}
