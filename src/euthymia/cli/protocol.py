"""`euthymia protocol`: the protocols that are shipped, and what a protocol file says, lacks and cannot say."""

from __future__ import annotations

import json
from typing import Any

import click

from euthymia.care.protocol import Protocol, Provenance, fillable, holes, numbers
from euthymia.care.protocol_document import content_hash
from euthymia.care.protocol_schema import protocol_schema
from euthymia.care.protocols.load import load_protocol, shipped_protocols
from euthymia.cli.protocol_change import diff, sign, signature_answer
from euthymia.cli.protocol_course import course_answer, course_lines
from euthymia.cli.protocol_file import read_protocol
from euthymia.cli.protocol_simulate import simulate


@click.group()
def protocol() -> None:
    """Protocols: list the shipped ones, check a file, compare two, sign one."""


protocol.add_command(diff)
protocol.add_command(sign)
protocol.add_command(simulate)


@protocol.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def list_command(as_json: bool) -> None:
    """The protocols that are shipped, with how many numbers each leaves to the clinic."""
    rows = [_row(load_protocol(name)) for name in shipped_protocols()]
    if as_json:
        click.echo(json.dumps({"protocols": rows}, indent=2))
        return
    for row in rows:
        click.echo(f"{row['id']:<24} {row['version']:<8} {row['open']:>3} open   {row['title']}")


@protocol.command()
def schema() -> None:
    """The JSON Schema of a protocol document, for editors and other programs."""
    click.echo(json.dumps(protocol_schema(), indent=2))


@protocol.command()
@click.argument("file")
@click.option("--signature", "signature_file", help="A signature written by `sign`, to see whether it covers FILE.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def check(file: str, signature_file: str | None, as_json: bool) -> None:
    """Reads a protocol (TOML or JSON; a shipped id; - for standard input) and says what is in it and what is open."""
    read = read_protocol(file)
    signed = signature_answer(read, signature_file) if signature_file else {}
    answer = check_answer(read) | signed
    lines = [_check_table(answer), *([signed["signature"]["says"]] if signed else [])]
    click.echo(json.dumps(answer, indent=2) if as_json else "\n".join(lines))


def check_answer(read: Protocol) -> dict[str, Any]:
    """The JSON answer of `euthymia protocol check`."""
    cited = list(numbers(read))
    return {
        **_row(read),
        "content_hash": content_hash(read),
        "ready": "needs_values" if holes(read) else "needs_signature",
        "holes": [
            {"name": hole.name, "unit": hole.unit, "why": hole.why, "low": hole.low, "high": hole.high}
            for hole in holes(read)
        ],
        "filled": [
            {"name": name, "value": number.value, "unit": number.unit, "by": number.filled_by}
            for name, number in fillable(read)
            if not number.is_hole
        ],
        "from_memory": [name for name, number in cited if number.provenance is Provenance.MEMORY],
        "restated": [name for name, number in cited if number.provenance is Provenance.READ_SECONDARY],
        **course_answer(read),
    }


def _row(read: Protocol) -> dict[str, Any]:
    return {
        "id": read.id,
        "version": read.version,
        "title": read.title,
        "drug": read.drug,
        "route": read.route,
        "off_label": read.off_label,
        "open": len(holes(read)),
    }


def _check_table(answer: dict[str, Any]) -> str:
    lines = [f"{answer['id']} {answer['version']}: {answer['title']}", f"content {answer['content_hash']}"]
    lines += answer["never_starts"]
    if answer["holes"]:
        until = "" if answer["never_starts"] else "; no session can start until they are filled and signed"
        lines.append(f"{len(answer['holes'])} numbers are open{until}:")
        lines += [
            f"  {hole['name']:<34} {hole['unit']:<6} {hole['low']:g} to {hole['high']:g}   {hole['why']}"
            for hole in answer["holes"]
        ]
    else:
        lines.append("Nothing is open." if answer["never_starts"] else "Nothing is open. It can be signed.")
    if answer["restated"]:
        lines.append(f"Read in a restatement only; compare before signing: {', '.join(answer['restated'])}")
    if answer["from_memory"]:
        lines.append(f"From memory, never gating: {', '.join(answer['from_memory'])}")
    return "\n".join([*lines, *course_lines(answer)])
