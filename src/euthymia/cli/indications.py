"""`euthymia indications`: what is known, asked and counted as better in each condition ketamine is tried for."""

from __future__ import annotations

import json
from typing import Any

import click

from euthymia.care.cited import Cited
from euthymia.care.evidence import Basis
from euthymia.care.indications import Endpoint, Note, Pack, Scale, Since, Window, load_indication
from euthymia.care.indications import indications as shipped
from euthymia.cli.lines import width_here, wrapped


@click.command()
@click.argument("indication", required=False)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON: every pack in full.")
def indications(indication: str | None, as_json: bool) -> None:
    """List the conditions there is a pack for, or show INDICATION in full."""
    packs = [load_indication(name) for name in ([indication] if indication else shipped())]
    if as_json:
        click.echo(json.dumps([pack_answer(pack) for pack in packs], indent=2, ensure_ascii=False))
        return
    lines = _full(packs[0]) if indication else [line for pack in packs for line in _listed(pack)]
    click.echo("\n".join(lines))


def pack_answer(pack: Pack) -> dict[str, Any]:
    """The JSON form of one pack. A hole has `value` null and says why."""
    return {
        "id": pack.id,
        "version": pack.version,
        "title": pack.title,
        "on_by_default": pack.on_by_default,
        "off_because": pack.off_because,
        "consent": [_note(note) for note in pack.consent],
        "grade": {"says": pack.grade.says, "system": pack.grade.system, **_basis(pack.grade.basis)},
        "scales": [_scale(scale) for scale in pack.scales],
        "windows": [_window(window) for window in pack.windows],
        "endpoints": [_endpoint(end) for end in pack.endpoints],
        "findings": [_note(note) for note in pack.findings],
        "cautions": [_note(note) for note in pack.cautions],
        "holes": list(pack.holes),
        "sources": {source.name: {"cite": source.cite, "link": source.link} for source in pack.sources},
    }


def _basis(basis: Basis) -> dict[str, Any]:
    return {"sources": [source.cite for source in basis.sources], "provenance": basis.provenance.value}


def _number(number: Cited) -> dict[str, Any]:
    said: dict[str, Any] = {"value": number.value, "unit": number.unit, "source": list(number.source)}
    return said | {"provenance": number.provenance and number.provenance.value, "why": number.why}


def _scale(scale: Scale) -> dict[str, Any]:
    said = {"name": scale.name, "title": scale.title, "part": scale.part.value, "wording": scale.wording.value}
    return said | {"instrument": scale.instrument or None, "recall_h": scale.recall_h, "note": scale.note}


def _window(window: Window) -> dict[str, Any]:
    said = {"name": window.name, "says": window.says, "since": window.since.value}
    return said | {"after": _number(window.after)}


def _endpoint(end: Endpoint) -> dict[str, Any]:
    fall = None if end.fall is None else _number(end.fall) | {"reached": end.reached.value}
    said = {"name": end.name, "kind": end.kind.value, "scale": end.scale, "note": end.note}
    return said | {"rule": end.rule or None, "fall": fall}


def _note(note: Note) -> dict[str, Any]:
    return {"name": note.name, "says": note.says, **_basis(note.basis)}


def _listed(pack: Pack) -> list[str]:
    state = "on" if pack.on_by_default else "off until a clinic turns it on"
    grade = f"    {pack.grade.says} ({pack.grade.basis.provenance.value.replace('_', ' ')})"
    return [f"{pack.id:20}{pack.title}: {state}", *wrapped(grade, width_here())]


def _full(pack: Pack) -> list[str]:
    said = [*_listed(pack), "", "Scales"]
    for scale in pack.scales:
        shipped_here = "" if scale.instrument else f", not shipped ({scale.wording.value.replace('_', ' ')})"
        said.append(f"  {scale.part.value:9}{scale.title}{shipped_here}. {scale.note}".rstrip())
    said += [
        "Windows",
        *(f"  {_when(window):27}{window.says} {pack.cites(window.after)}" for window in pack.windows),
    ]
    said += [
        "Better",
        *(f"  {end.kind.value:12}{pack.scale(end.scale).title}: {_end(pack, end)}" for end in pack.endpoints),
    ]
    for head, notes in (("Found", pack.findings), ("Cautions", pack.cautions)):
        said += [head, *(f"  {note.says} {note.basis.says}" for note in notes)]
    if pack.off_because:
        said += ["Off by default", f"  {pack.off_because}", "  The person consents to this:"]
        said += [f"  - {note.says} {note.basis.says}" for note in pack.consent]
    return [line for text in said for line in wrapped(text, width_here())]


def _when(window: Window) -> str:
    if window.after.value is None:
        return "open"
    since = "" if window.since is Since.NOT_READ else f" after {window.since.value.replace('_', ' ')}"
    return f"{window.after.value:g} {window.after.unit}{since}"


def _end(pack: Pack, end: Endpoint) -> str:
    if end.fall is None:
        return f"rule {end.rule}. {end.note}".rstrip()
    if end.fall.value is None:
        return f"open. {end.fall.why}"
    limit = f"{end.reached.value.replace('_', ' ')} {end.fall.value:g} %"
    return f"a fall of {limit}: {pack.cites(end.fall)}. {end.note}".rstrip()
