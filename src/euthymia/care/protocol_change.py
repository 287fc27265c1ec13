"""How a protocol changes: cloned, edited by path, made into a next version, retired. Content is never changed in place.

Every answer is a new `Protocol` read again from its document, so that whatever a document may not say is refused here
too. A changed protocol has another hash: a signature under the one before does not cover it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from euthymia.care.document_page import NAME
from euthymia.care.protocol import Protocol, Provenance, numbers, refuse_implausible
from euthymia.care.protocol_document import content_hash, parse_protocol, to_mapping
from euthymia.errors import ProtocolError

VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,19}")
LONGEST_ID = 60
SHORTEST_REASON = 10
# What makes a protocol this protocol: another id is a clone, another route starts from a protocol of that route.
FIXED = {
    "id": "A clone has an id of its own; an edit does not change it.",
    "version": "A version is given when it is made; an edit does not change it.",
    "parent": "What a protocol was made from is not edited.",
    "drug": "Start from a protocol of that medicine.",
    "route": "Start from a protocol of that route.",
    "eligibility": "Start from a protocol that is judged by those rules.",
    "dose.kind": "Start from a protocol with that kind of dose.",
}
# Wording that carries no claim of its own: changing it leaves the source of its entry in place.
WITHOUT_CLAIM = ("name", "note", "label", "level", "source", "provenance")
PLACE = re.compile(r"([a-z_]+)\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Retirement:
    """Who took a version out of use, why, and when."""

    name: str
    reason: str
    at: datetime


def clone(protocol: Protocol, new_id: str, version: str, title: str) -> Protocol:
    """A draft of one's own with `parent` naming what it was made from; its limits may only be tighter.

    Refuses (ProtocolError) an id that is no name or is the parent's own, and a version or title that is empty.
    """
    if not NAME.fullmatch(new_id) or len(new_id) > LONGEST_ID:
        raise ProtocolError("bad_name", "id", f"Use small letters, digits and underscores, at most {LONGEST_ID}.")
    if new_id == protocol.id:
        raise ProtocolError("same_id", "id", "A clone has an id of its own; edit this one to make a next version.")
    if not title.strip():
        raise ProtocolError("missing", "title", "A clone has a title of its own.")
    # Under another name it is still judged by the rules it was written for.
    named = {
        "id": new_id,
        "version": _version(version),
        "title": title.strip(),
        "eligibility": protocol.eligibility_rules,
    }
    return _made(protocol, named, _parent(protocol))


def next_version(before: Protocol, after: Protocol, version: str) -> Protocol:
    """`after`, which came from `before`, under a version of its own; it stays within the parent that `before` had,
    or within `before` where that is what it started as."""
    if _version(version) == before.version:
        raise ProtocolError("same_version", "version", f"Version {before.version} is there already.")
    parent = to_mapping(before).get("parent") or _parent(before)
    return _made(after, {"version": _version(version)}, parent)


def _version(version: str) -> str:
    if not VERSION.fullmatch(version.strip()):
        message = "A version is up to 20 letters, digits, dots, plus and minus signs, e.g. 1.1.0."
        raise ProtocolError("bad_version", "version", message)
    return version.strip()


def _parent(protocol: Protocol) -> dict[str, str]:
    return {"id": protocol.id, "version": protocol.version, "content_hash": content_hash(protocol)}


def _made(protocol: Protocol, identity: Mapping[str, str], parent: Mapping[str, str]) -> Protocol:
    return parse_protocol({**to_mapping(protocol), **identity, "parent": dict(parent)})


def edit(protocol: Protocol, changes: Mapping[str, Any], by: str) -> Protocol:
    """The protocol with these places changed by a named person.

    changes: path as in `numbers` or `compare` → value. A bare number in place of a sourced one is the clinic's own,
    and keeps what it was; with a source it is a table, e.g. `{"value": 0.4, "source": ["S1"], "provenance": "read"}`.
    A table under a new name adds an entry to a part that has one already; None takes an entry or an optional value out.
    Refuses (ProtocolError) with the path of the change: an unknown path, what is fixed, and whatever a protocol
    document may not say.
    """
    if not by.strip():
        raise ProtocolError("unnamed", "by", "Say who changes this protocol.")
    before, document = to_mapping(protocol), to_mapping(protocol)
    for path, value in changes.items():
        _put(document, path, value, by.strip())
    _own_changed_entries(before, document)
    try:
        edited = parse_protocol(document)
    except ProtocolError as refusal:
        raise ProtocolError(refusal.code, named_path(document, refusal.path), refusal.message) from refusal
    _refuse_implausible(edited, changes)
    return edited


def _refuse_implausible(edited: Protocol, changes: Mapping[str, Any]) -> None:
    """A number that was open stays within what its hole found plausible."""
    for path, number in numbers(edited):
        if path in changes and number.value is not None and number.low is not None and number.high is not None:
            refuse_implausible(number.value, number, path)


def retire(name: str, reason: str, at: datetime) -> Retirement:
    """A version taken out of use; refuses one without a name, a reason in words, and a time zone (ProtocolError)."""
    if not name.strip():
        raise ProtocolError("unnamed", "name", "Say who retires this version.")
    if len(reason.strip()) < SHORTEST_REASON:
        message = f"Say why this version is retired, in at least {SHORTEST_REASON} letters."
        raise ProtocolError("missing_reason", "reason", message)
    if at.tzinfo is None:
        raise ProtocolError("naive_time", "at", "The time of a retirement needs a time zone.")
    return Retirement(name.strip(), reason.strip(), at)


def _put(document: dict[str, Any], path: str, value: Any, by: str) -> None:
    """Writes one change into the document."""
    for fixed, message in FIXED.items():
        if path == fixed or path.startswith(f"{fixed}."):
            raise ProtocolError("fixed", path, message)
    *way, last = path.split(".")
    holder: Any = document
    for step in way:
        holder = _step(holder, step, path)
    if isinstance(holder, list):
        _put_entry(holder, last, value, path, by)
    elif not isinstance(holder, dict):
        raise _unknown(path)
    elif isinstance(holder.get(last), dict) and "unit" in holder[last]:
        holder[last] = _number(holder[last], value, by)
    elif not way and isinstance(value, Mapping):
        raise _unknown(path)
    else:
        holder[last] = value
    if isinstance(holder, dict) and holder.get(last) is None:
        holder.pop(last, None)


def _step(holder: Any, step: str, path: str) -> Any:
    """The table or list one step down. A part without an entry is not in the document, so nothing is begun there."""
    if isinstance(holder, list):
        found = next((row for row in holder if row.get("name") == step), None)
    else:
        found = holder.get(step) if isinstance(holder, dict) else None
    if found is None:
        raise _unknown(path)
    return found


def _put_entry(rows: list[Any], name: str, value: Any, path: str, by: str) -> None:
    """Takes an entry out, changes its number, replaces it, or adds one; a bare number goes by its place, from 0."""
    place = next((place for place, row in enumerate(rows) if row.get("name", str(place)) == name), None)
    if place is not None and "unit" in rows[place]:
        rows[place] = _number(rows[place], value, by)
    elif place is None:
        if not isinstance(value, Mapping):
            raise _unknown(path)
        rows.append({"name": name, **value})
    elif value is None:
        del rows[place]
    elif _is_entry(value):
        rows[place] = {"name": name, **value}
    elif isinstance(rows[place].get("number"), dict):
        rows[place]["number"] = _number(rows[place]["number"], value, by)
    else:
        raise ProtocolError("not_a_table", path, "This entry has no number; change one of its fields.")


def _is_entry(value: Any) -> bool:
    """A whole entry, as opposed to a number with its source or a hole that says why."""
    return isinstance(value, Mapping) and "value" not in value and "why" not in value


def _number(old: dict[str, Any], value: Any, by: str) -> Any:
    """A number changed: the same one stays as it was; a new one brings its source or becomes the clinic's own."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        new = {"unit": old["unit"], **value}
        ours = new.get("value") is not None and not new.get("source") and new.get("provenance") in (None, "clinic")
        return new | _clinic(old, by) if ours else new
    if value == old.get("value") and not isinstance(value, bool):
        return old
    kept = {name: old[name] for name in ("low", "high") if name in old}
    return {"unit": old["unit"], "value": value, **kept, **_clinic(old, by)}


def _clinic(old: Mapping[str, Any], by: str) -> dict[str, Any]:
    """What marks a number as set by a clinic; it keeps why it was open, or what it was before."""
    why = old.get("why")
    if not why:
        source = ", ".join(old.get("source", ())) or "no source"
        why = f"Was {old['value']:g} {old['unit']} ({source}; {old['provenance']})."
    return {"provenance": Provenance.CLINIC.value, "filled_by": by, "why": why}


def _own_changed_entries(before: dict[str, Any], after: dict[str, Any]) -> None:
    """An entry whose claim changed is no longer what its source says: unless it brings another, it is the clinic's."""
    was = {(part, row["name"]): row for part, row in _entries(before)}
    for part, row in _entries(after):
        old = was.get((part, row["name"]))
        if old is None or "provenance" not in row or _says_source(old) != _says_source(row):
            continue
        if _claim(old) != _claim(row):
            row["provenance"] = Provenance.CLINIC.value


def _entries(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for part, rows in document.items():
        if isinstance(rows, list):
            yield from ((part, row) for row in rows if isinstance(row, dict) and "name" in row)


def _says_source(row: Mapping[str, Any]) -> tuple[Any, Any]:
    return row.get("source"), row.get("provenance")


def _claim(row: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry says apart from its numbers, which carry their own source."""
    return {name: value for name, value in row.items() if name not in WITHOUT_CLAIM and not isinstance(value, Mapping)}


def named_path(document: Mapping[str, Any], path: str) -> str:
    """`limits[2].number.value` → `limits.before_systolic`: a place in the document by the name of its entry."""

    def name(found: re.Match[str]) -> str:
        rows = document.get(found[1])
        row = rows[int(found[2])] if isinstance(rows, list) and int(found[2]) < len(rows) else {}
        return f"{found[1]}.{row.get('name', found[2])}" if isinstance(row, Mapping) else found[0]

    named = PLACE.sub(name, path)
    for ending in (".value", ".number"):
        named = named.removesuffix(ending)
    return named


def _unknown(path: str) -> ProtocolError:
    return ProtocolError("unknown_path", path, "This protocol has no such place.")
