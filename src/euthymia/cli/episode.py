"""`euthymia episode`: each criterion of a depressive episode, met, not met or not asked, and by what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click

from euthymia.care.episode import (
    SEVERITY_CHOICES,
    SEVERITY_FACT,
    YES_NO_FACTS,
    Answered,
    Criterion,
    Episode,
    System,
    assess_episode,
)
from euthymia.cli.json_input import as_object, object_at, read_object, refuse_unknown, time_of
from euthymia.errors import BadInput

TOP = {"system", "now", "facts", "said_at", "answered"}
ANSWERED = {"instrument", "answers", "at"}


@click.command()
@click.argument("file", required=False)
@click.option("--facts", "list_facts", is_flag=True, help="List what a clinician can state, and stop.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def episode(file: str | None, list_facts: bool, as_json: bool) -> None:
    """Lay out the criteria for the answers in FILE (- for standard input)."""
    if list_facts:
        rows = _fact_rows()
        table = "\n".join(f"{row['name']:<26} {', '.join(row['choices']):<24} {row['says']}" for row in rows)
        click.echo(json.dumps({"facts": rows}, indent=2, ensure_ascii=False) if as_json else table)
        return
    if file is None:
        raise click.UsageError("Give a FILE, - for standard input, or --facts.")
    answer = episode_answer(read_object(file), datetime.now(UTC))
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False) if as_json else _table(answer))


def episode_answer(data: Mapping[str, Any], clock: datetime) -> dict[str, Any]:
    """The JSON answer of `euthymia episode` for its JSON input. `clock` stands in where the input has no `now`."""
    refuse_unknown(data, TOP)
    system = data.get("system", System.DSM5.value)
    if system not in list(System):
        raise BadInput("unknown_choice", "system", f"Choose one of: {', '.join(System)}.")
    now = clock if data.get("now") is None else time_of(data["now"], "now")
    said_at = {name: time_of(at, f"said_at.{name}") for name, at in object_at(data, "said_at").items()}
    rows = data.get("answered", [])
    if not isinstance(rows, list):
        raise BadInput("not_a_list", "answered", "Give a list of filled questionnaires.")
    answered = [_answered(as_object(row, f"answered[{place}]"), f"answered[{place}]") for place, row in enumerate(rows)]
    found = assess_episode(object_at(data, "facts"), answered, now=now, said_at=said_at, system=System(system))
    return _answer(found)


def _answered(row: Mapping[str, Any], path: str) -> Answered:
    refuse_unknown(row, ANSWERED, path)
    at = time_of(row.get("at"), f"{path}.at")
    return Answered(str(row.get("instrument", "")), as_object(row.get("answers", {}), f"{path}.answers"), at)


def _answer(found: Episode) -> dict[str, Any]:
    return {
        "system": found.system.value,
        "status": found.status.value,
        "symptoms_met": found.symptoms_met,
        "symptoms_needed": found.symptoms_needed,
        "core": found.core.value,
        "criteria": [_criterion(one) for one in found.criteria],
        "effects": [_criterion(one) for one in found.effects],
        "severity": {
            "level": found.severity.level,
            "hint": found.severity.hint,
            "source": found.severity.source,
        },
        "specifiers": [
            {"name": one.name, "status": one.status.value, "changes_risk": one.changes_risk} for one in found.specifiers
        ],
        "course": {"kind": found.course.kind, "code": found.course.code, "source": found.course.source},
        "not_asked": list(found.not_asked),
        "source": found.source,
    }


def _criterion(one: Criterion) -> dict[str, Any]:
    return {
        "name": one.name,
        "part": one.part.value,
        "core": one.is_core,
        "status": one.status.value,
        "by": one.by,
        "stale": one.stale,
        "hint": one.hint,
        "says": one.says,
    }


def _fact_rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {"name": name, "choices": ["true", "false"], "says": says} for name, says in YES_NO_FACTS.items()
    ]
    severity = {
        "name": SEVERITY_FACT,
        "choices": list(SEVERITY_CHOICES),
        "says": "How much the episode takes from daily life",
    }
    return [*rows, severity]


def _table(answer: Mapping[str, Any]) -> str:
    met = f"{answer['symptoms_met']} signs of {answer['symptoms_needed']} needed"
    lines = [f"{answer['status'].replace('_', ' ')} ({answer['system']}): {met}"]
    for one in answer["criteria"]:
        beside = "; ".join(words for words in (one["by"], one["stale"], one["hint"]) if words)
        lines.append(f"{one['status'].replace('_', ' '):<10} {one['says']}{'  [' + beside + ']' if beside else ''}")
    level, hint = answer["severity"]["level"] or "not asked", answer["severity"]["hint"]
    lines.append(f"severity   {level}{'; ' + hint if hint else ''}")
    lines.append(f"course     {answer['course']['kind'] or 'not known'} {answer['course']['code']}".rstrip())
    present = [one["name"].replace("_", " ") for one in answer["specifiers"] if one["status"] == "met"]
    lines += [f"with       {', '.join(present)}"] if present else []
    return "\n".join(lines)
