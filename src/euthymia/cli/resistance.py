"""`euthymia resistance`: is the depression treatment resistant, and its stage by each system with the points."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeVar

import click

from euthymia.care.decision import CannotTell, Missing
from euthymia.care.resistance import (
    ADEQUACY,
    Adequacy,
    Definition,
    History,
    Outcome,
    Severity,
    Staging,
    TreatmentTrial,
    meets_definition,
    stage_all,
)
from euthymia.cli.json_input import as_object, number_or_none, object_at, read_object, refuse_unknown, yes_no_or_none
from euthymia.errors import BadInput

Choice = TypeVar("Choice", bound=StrEnum)

TOP = {"trials", "duration_months", "severity", "augmentation", "ect", "ect_bilateral", "floors_mg_day", "min_weeks"}
TRIAL = {"drug", "dose_mg_day", "weeks", "outcome", "augmentation", "optimised", "current_episode"}


@click.command()
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def resistance(file: str, as_json: bool) -> None:
    """Stage the treatment history in FILE (- for standard input)."""
    answer = resistance_answer(read_object(file))
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False) if as_json else _table(answer))


def resistance_answer(data: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON answer of `euthymia resistance` for its JSON input."""
    refuse_unknown(data, TOP)
    rows = data.get("trials", [])
    if not isinstance(rows, list):
        raise BadInput("not_a_list", "trials", "Give a list of earlier treatments.")
    history = History(
        trials=tuple(_trial(as_object(row, f"trials[{place}]"), f"trials[{place}]") for place, row in enumerate(rows)),
        duration_months=number_or_none(data, "duration_months"),
        severity=_choice(data, "severity", "", Severity),
        augmentation=yes_no_or_none(data, "augmentation"),
        ect=yes_no_or_none(data, "ect"),
        ect_bilateral=yes_no_or_none(data, "ect_bilateral"),
    )
    adequacy = _adequacy(data)
    return {
        "definition": _definition(meets_definition(history, adequacy)),
        "staging": {system: _staging(staging) for system, staging in stage_all(history, adequacy).items()},
    }


def _trial(row: Mapping[str, Any], path: str) -> TreatmentTrial:
    refuse_unknown(row, TRIAL, path)
    drug = row.get("drug")
    if not isinstance(drug, str):
        raise BadInput("missing", f"{path}.drug", "Say which medicine it was.")
    try:
        return TreatmentTrial(
            drug=drug,
            dose_mg_day=number_or_none(row, "dose_mg_day", path),
            weeks=number_or_none(row, "weeks", path),
            outcome=_choice(row, "outcome", path, Outcome),
            augmentation=yes_no_or_none(row, "augmentation", path),
            optimised=yes_no_or_none(row, "optimised", path),
            current_episode=yes_no_or_none(row, "current_episode", path) if "current_episode" in row else True,
        )
    except BadInput as refusal:
        inside = refusal.path if refusal.path.startswith(path) else f"{path}.{refusal.path}"
        raise BadInput(refusal.code, inside, refusal.message) from refusal


def _choice(data: Mapping[str, Any], name: str, path: str, kind: type[Choice]) -> Choice | None:
    value = data.get(name)
    if value is None:
        return None
    if value not in list(kind):
        where = f"{path}.{name}" if path else name
        raise BadInput("unknown_choice", where, f"Choose one of: {', '.join(kind)}.")
    return kind(value)


def _adequacy(data: Mapping[str, Any]) -> Adequacy:
    """The shipped rule with what the input puts in its place."""
    weeks = number_or_none(data, "min_weeks")
    floors = object_at(data, "floors_mg_day")
    given = {drug: number_or_none(floors, drug, "floors_mg_day") for drug in floors}
    chosen = ADEQUACY if weeks is None else ADEQUACY.with_weeks(weeks, "the input")
    known = {drug: dose_mg for drug, dose_mg in given.items() if dose_mg is not None}
    chosen = chosen.with_floors(known, "the input") if known else chosen
    return chosen if chosen is ADEQUACY else replace(chosen, version="as given")


def _definition(found: Definition) -> dict[str, Any]:
    return {
        "met": found.met,
        "says": found.says,
        "needed": found.needed,
        "counted": list(found.counted),
        "trials": [
            {"drug": one.trial.drug, "counts": one.counts.value, "why": list(one.why), "missing": _missing(one.missing)}
            for one in found.trials
        ],
        "missing": _missing(found.missing),
        "source": found.source,
        "adequacy_version": found.adequacy_version,
    }


def _staging(staging: Staging) -> dict[str, Any]:
    if isinstance(staging, CannotTell):
        return {"total": None, "stage": None, "points": [], "missing": _missing(staging.missing)}
    return {
        "total": staging.total,
        "stage": staging.stage,
        "points": [{"part": one.part, "points": one.points, "because": one.because} for one in staging.points],
        "missing": [],
        "not_counted": list(staging.notes),
        "source": staging.source,
    }


def _missing(missing: tuple[Missing, ...]) -> list[dict[str, str]]:
    return [{"fact": absent.fact, "says": absent.says} for absent in missing]


def _table(answer: Mapping[str, Any]) -> str:
    definition = answer["definition"]
    met = {True: "met", False: "not met", None: "cannot tell"}[definition["met"]]
    lines = [f"definition   {met}: {definition['says']}"]
    for one in definition["trials"]:
        lines.append(f"  {one['drug']:<24} {one['counts'].replace('_', ' ')} {' '.join(one['why'])}")
    for system, staging in answer["staging"].items():
        if staging["stage"] is None:
            lines.append(f"{system:<12} cannot tell: {'; '.join(absent['says'] for absent in staging['missing'])}")
            continue
        lines.append(f"{system:<12} {staging['stage']} ({staging['total']:g} points)")
        lines += [f"  {one['part']:<24} {one['points']:>4g}  {one['because']}" for one in staging["points"]]
    return "\n".join(lines)
