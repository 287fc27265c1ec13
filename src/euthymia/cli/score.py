"""`euthymia score`: the score of one filled questionnaire, or what is missing to give it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from euthymia.care.instruments import Score, load_instrument
from euthymia.care.instruments import score as score_answers
from euthymia.care.instruments.score import LevelFound
from euthymia.cli.json_input import object_at, read_object, refuse_unknown


@click.command()
@click.argument("instrument")
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def score(instrument: str, file: str, as_json: bool) -> None:
    """Score the answers in FILE (- for standard input) on INSTRUMENT, for instance phq9."""
    answer = score_answer(instrument, read_object(file))
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False) if as_json else _table(answer))


def score_answer(instrument_id: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON answer of `euthymia score` for its JSON input."""
    refuse_unknown(data, {"answers", "context", "version"})
    instrument = load_instrument(instrument_id, data.get("version"))
    context = object_at(data, "context")
    made: Score = score_answers(instrument, object_at(data, "answers"), context)
    form = instrument.in_form(made.variant)
    return {
        "instrument": made.instrument,
        "version": made.version,
        "variant": made.variant,
        "total": _whole(made.total),
        "range": [_whole(form.lowest), _whole(form.highest)] if form.has_total else None,
        "subscales": {name: _whole(points) for name, points in made.subscales.items()},
        "band": {"set": made.band.set, "name": made.band.name} if made.band else None,
        "cuts": list(made.cuts),
        "cuts_not_judged": list(made.cuts_not_judged),
        "criteria": dict(made.criteria),
        "level": _level(made.level),
        "missing": list(made.missing),
        "flags": list(made.flags),
        "missing_rule": made.missing_rule or None,
        "why": made.why,
        "source": instrument.scoring.says,
    }


def _level(found: LevelFound | None) -> dict[str, Any] | None:
    """A level with the answers that reached it; without `final` an unanswered question could still raise it."""
    if found is None:
        return None
    source = found.basis.says if found.basis else None
    because = list(found.because)
    return {"name": found.name, "final": found.final, "because": because, "says": found.says, "source": source}


def _whole(value: float | None) -> float | int | None:
    """Scores are whole points: 14, not 14.0."""
    return int(value) if value is not None and value == int(value) else value


def _table(answer: Mapping[str, Any]) -> str:
    lines = [f"{answer['instrument']}  {_head(answer)}"]
    if answer["missing_rule"]:
        lines.append(f"filled in {answer['why']}")
    if answer["level"]:
        least = "" if answer["level"]["final"] else "at least "
        lines.append(f"level     {least}{_spoken(answer['level']['name'])} {answer['level']['says']}".rstrip())
    if answer["band"]:
        lines.append(f"band      {_spoken(answer['band']['name'])} ({answer['band']['set']})")
    lines += [f"{name:<20} {'-' if points is None else points}" for name, points in answer["subscales"].items()]
    lines += [f"screen    {_spoken(name)}" for name in answer["cuts"]]
    lines += [f"screen    {_spoken(name)}: not judged without the sex" for name in answer["cuts_not_judged"]]
    words = {True: "met", False: "not met", None: "cannot tell yet"}
    lines += [f"criterion {_spoken(name)}: {words[met]}" for name, met in answer["criteria"].items()]
    lines += [f"look at   {_spoken(name)}" for name in answer["flags"]]
    return "\n".join([*lines, f"source    {answer['source']}"])


def _head(answer: Mapping[str, Any]) -> str:
    if answer["total"] is None:
        return str(answer["why"])
    low, high = answer["range"]
    return f"{answer['total']} of {low} to {high}"


def _spoken(name: str) -> str:
    return name.replace("_", " ")
