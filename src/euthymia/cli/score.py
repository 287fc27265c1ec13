"""`euthymia score`: the score of one filled questionnaire, or what is missing to give it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from euthymia.care.instruments import Score, load_instrument
from euthymia.care.instruments import score as score_answers
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
    instrument = load_instrument(instrument_id)
    refuse_unknown(data, {"answers", "context"})
    made: Score = score_answers(instrument, object_at(data, "answers"), object_at(data, "context"))
    return {
        "instrument": made.instrument,
        "version": made.version,
        "variant": made.variant,
        "total": _whole(made.total),
        "range": [_whole(instrument.lowest), _whole(instrument.highest)],
        "subscales": {name: _whole(points) for name, points in made.subscales.items()},
        "band": {"set": made.band.set, "name": made.band.name} if made.band else None,
        "cuts": list(made.cuts),
        "missing": list(made.missing),
        "flags": list(made.flags),
        "why": made.why,
        "source": instrument.scoring.says,
    }


def _whole(value: float | None) -> float | int | None:
    """Scores are whole points: 14, not 14.0."""
    return int(value) if value is not None and value == int(value) else value


def _table(answer: Mapping[str, Any]) -> str:
    low, high = answer["range"]
    head = answer["why"] if answer["total"] is None else f"{answer['total']} of {low} to {high}"
    lines = [f"{answer['instrument']}  {head}"]
    if answer["band"]:
        lines.append(f"band      {answer['band']['name'].replace('_', ' ')} ({answer['band']['set']})")
    lines += [f"{name:<20} {'-' if points is None else points}" for name, points in answer["subscales"].items()]
    lines += [f"screen    {name.replace('_', ' ')}" for name in answer["cuts"]]
    lines += [f"look at   {name.replace('_', ' ')}" for name in answer["flags"]]
    return "\n".join([*lines, f"source    {answer['source']}"])
