"""`euthymia eligibility`: may this person be treated on this protocol, why not, and what is not known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click

from euthymia.care.decision import Decision, Reason, missing_of, reasons_of, verdict
from euthymia.care.eligibility import FACTS, PROTOCOLS, Fact, assess, facts_for
from euthymia.care.interactions import FoundMedicine, Recognition, look_up
from euthymia.cli.json_input import object_at, read_object, refuse_unknown, time_of
from euthymia.errors import BadInput


@click.command()
@click.argument("file", required=False)
@click.option("--facts", "list_facts", is_flag=True, help="List the facts the rules ask for, and stop.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def eligibility(file: str | None, list_facts: bool, as_json: bool) -> None:
    """Judge the facts in FILE (- for standard input) by the rules of a protocol."""
    if list_facts:
        rows = [_fact_row(fact) for fact in FACTS.values()]
        click.echo(json.dumps({"facts": rows}, indent=2, ensure_ascii=False) if as_json else _facts_table(rows))
        return
    if file is None:
        raise click.UsageError("Give a FILE, - for standard input, or --facts.")
    answer = eligibility_answer(read_object(file), datetime.now(UTC))
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False) if as_json else _table(answer))


def eligibility_answer(data: Mapping[str, Any], clock: datetime) -> dict[str, Any]:
    """The JSON answer of `euthymia eligibility` for its JSON input. `clock` stands in where the input has no `now`."""
    refuse_unknown(data, {"protocol", "now", "facts", "medications"})
    protocol = data.get("protocol")
    if not isinstance(protocol, str):
        raise BadInput("missing", "protocol", f"Name the protocol: {', '.join(PROTOCOLS)}.")
    now = clock if data.get("now") is None else time_of(data["now"], "now")
    decision = assess(protocol, object_at(data, "facts"), now)
    return _answer(decision, look_up(_medications(data)))


def _answer(decision: Decision, medicines: tuple[FoundMedicine, ...]) -> dict[str, Any]:
    flags: list[Reason] = [flag for one in medicines for flag in one.flags]
    return {
        "verdict": verdict(decision),
        "reasons": [
            {
                "rule": reason.rule,
                "level": reason.level.value,
                "fact": reason.fact,
                "value": reason.value,
                "limit": reason.limit,
                "says": reason.says,
                "source": reason.source,
            }
            for reason in (*reasons_of(decision), *flags)
        ],
        "missing": [
            {"fact": absent.fact, "needed_by": absent.needed_by, "says": absent.says} for absent in missing_of(decision)
        ],
        "medicines": [{"medicine": one.medicine, "recognition": one.recognition.value} for one in medicines],
    }


def _medications(data: Mapping[str, Any]) -> list[str]:
    names = data.get("medications", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadInput("not_a_list", "medications", "Give a list of names of medicines.")
    return names


def _fact_row(fact: Fact) -> dict[str, Any]:
    protocols = [name for name in PROTOCOLS if fact in facts_for(name)]
    return {
        "name": fact.name,
        "kind": fact.kind.value,
        "unit": fact.unit,
        "choices": list(fact.choices),
        "question": fact.question,
        "help": fact.help,
        "optional": fact.optional,
        "protocols": protocols,
    }


def _facts_table(rows: list[dict[str, Any]]) -> str:
    answers = (", ".join(row["choices"]) or row["unit"] or row["kind"].replace("_", "/") for row in rows)
    return "\n".join(
        f"{row['name']:<30} {answer:<50} {row['question']}" for row, answer in zip(rows, answers, strict=True)
    )


def _table(answer: Mapping[str, Any]) -> str:
    lines = [answer["verdict"].replace("_", " ")]
    for reason in answer["reasons"]:
        lines.append(f"{reason['level']:<6} {reason['rule']}: {reason['says']}")
        lines.append(f"       {reason['fact']} = {reason['value']}   {reason['source']}")
    lines += [f"ask    {absent['fact']}: {absent['says']}" for absent in answer["missing"]]
    unknown = Recognition.NOT_RECOGNISED.value
    lines += [
        f"check  {one['medicine']}: not recognised; ask a pharmacist"
        for one in answer["medicines"]
        if one["recognition"] == unknown
    ]
    return "\n".join(lines)
