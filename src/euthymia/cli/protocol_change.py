"""`euthymia protocol diff` and `sign`: what differs between two protocols, and a name under one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import click

from euthymia.care.decision import Allowed, reasons_of, verdict
from euthymia.care.protocol import Protocol, holes
from euthymia.care.protocol_compare import Change, Difference, compare, looser_than, shown
from euthymia.care.protocol_document import content_hash
from euthymia.care.protocol_signature import Signature, ready
from euthymia.care.protocol_signature import sign as signed
from euthymia.cli.json_input import json_of, text_of, time_of
from euthymia.cli.protocol_file import read_protocol
from euthymia.errors import BadInput

MARKS = {Change.TIGHTER: "tighter", Change.LOOSER: "LOOSER"}


@click.command()
@click.argument("left")
@click.argument("right")
@click.option("--all", "everything", is_flag=True, help="Show what is equal too.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def diff(left: str, right: str, everything: bool, as_json: bool) -> None:
    """What differs from LEFT to RIGHT (shipped ids or files), and which limits are tighter or looser."""
    answer = diff_answer(read_protocol(left), read_protocol(right), everything=everything)
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False) if as_json else _diff_table(answer))


def diff_answer(left: Protocol, right: Protocol, *, everything: bool = False) -> dict[str, Any]:
    """The JSON answer of `euthymia protocol diff`."""
    rows = compare(left, right, everything=everything)
    return {
        "left": _identity(left),
        "right": _identity(right),
        "same_content": content_hash(left) == content_hash(right),
        "within_limits": verdict(looser_than(left, right)),
        "differences": [_row(row) for row in rows],
    }


def _identity(read: Protocol) -> dict[str, str]:
    return {"id": read.id, "version": read.version, "title": read.title, "content_hash": content_hash(read)}


def _row(row: Difference) -> dict[str, Any]:
    return {
        "path": row.path,
        "words": row.words,
        "change": row.change.value,
        "left": row.left,
        "right": row.right,
        "unit": row.unit,
        "left_source": row.left_source,
        "right_source": row.right_source,
    }


def _diff_table(answer: dict[str, Any]) -> str:
    left, right = answer["left"], answer["right"]
    lines = [f"{left['id']} {left['version']}  ->  {right['id']} {right['version']}"]
    for row in answer["differences"]:
        change = Change(row["change"])
        mark = MARKS.get(change, change.value)
        sides = f"{shown(row['left'], row['unit'])}  ->  {shown(row['right'], row['unit'])}"
        lines.append(f"  {mark:<8} {row['words']}: {sides}")
    if not answer["differences"]:
        lines.append("  They say the same.")
    if answer["within_limits"] == "refused":
        lines.append(f"{right['id']} is looser than {left['id']} somewhere: it could not be a child of it.")
    else:
        lines.append(f"Nothing in {right['id']} is looser than in {left['id']}.")
    return "\n".join(lines)


@click.command()
@click.argument("file")
@click.option("--name", required=True, help="Who signs.")
@click.option("--meaning", required=True, help="What the signature means.")
@click.option("--at", required=True, help="When, with its time zone, e.g. 2026-03-02T10:00:00Z.")
def sign(file: str, name: str, meaning: str, at: str) -> None:
    """A signature under exactly what FILE says, as JSON; keep it beside the file."""
    read = read_protocol(file)
    made = signed(read, name, meaning, time_of(at, "at", "not_a_time"), now=datetime.now(UTC))
    click.echo(json.dumps(signature_json(read, made), indent=2, ensure_ascii=False))


def signature_json(read: Protocol, signature: Signature) -> dict[str, str]:
    """A signature as a document of its own."""
    return {
        "id": read.id,
        "version": read.version,
        "name": signature.name,
        "meaning": signature.meaning,
        "at": signature.at.isoformat(),
        "content_hash": signature.content_hash,
    }


def read_signature(file: str) -> Signature:
    """A signature from the file that `sign` wrote; refuses one with a field missing (BadInput)."""
    document = json_of(text_of(file, "file"), "signature")
    if not isinstance(document, dict):
        raise BadInput("not_a_table", "signature", "A signature is one JSON object.")
    for name in ("name", "meaning", "at", "content_hash"):
        if not isinstance(document.get(name), str) or not document[name].strip():
            raise BadInput("missing", f"signature.{name}", "Words are needed here.")
    at = time_of(document["at"], "signature.at", "not_a_time")
    if at > datetime.now(UTC):
        raise BadInput("in_the_future", "signature.at", "A signature is not given in the future; look at the clock.")
    return Signature(document["name"], document["meaning"], at, document["content_hash"])


def signature_answer(read: Protocol, file: str) -> dict[str, Any]:
    """What `check --signature` adds: whose signature it is, and whether a session may rest on it."""
    signature = read_signature(file)
    decision = ready(read, signature)
    if isinstance(decision, Allowed):
        state, says = "ready", f"Signed by {signature.name} on {signature.at:%Y-%m-%d}: {signature.meaning}"
    else:
        state = "needs_values" if holes(read) else "needs_signature"
        found = [reason.says for reason in reasons_of(decision)]
        says = found[0] if found else "What is open comes first; nobody can sign this yet."
    return {"ready": state, "signature": {**signature_json(read, signature), "says": says}}
