"""`euthymia cohort`: a clinic's records in, the dose-anchored table out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

import click

from euthymia.cli.json_input import number_at, read_object
from euthymia.errors import BadInput
from euthymia.number import is_whole
from euthymia.research.cohort import CohortRow, DoseRecord, PersonRecord, ScoreRecord, codebook, rows, to_csv


@click.command()
@click.argument("file", default="-")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, with the codebook, instead of CSV.")
def cohort(file: str, as_json: bool) -> None:
    """One row per score, in days since the dose, without identities.

    FILE: {"secret": hex, "people": [{"key", "birth_year", "sex", "scores": [{"on", "instrument", "total"}],
    "doses": [{"on", "drug", "route", "amount_mg"}]}]}.
    """
    table = table_from(read_object(file))
    if not as_json:
        click.echo(to_csv(table), nl=False)
        return
    answer = {"rows": [plain(row) for row in table], "codebook": [asdict(column) for column in codebook()]}
    click.echo(json.dumps(answer))


def table_from(data: Mapping[str, Any]) -> list[CohortRow]:
    """The table of a request; refuses what is missing or of the wrong kind, with its place."""
    try:
        secret = bytes.fromhex(data["secret"])
        people = [person_from(person, f"people[{place}]") for place, person in enumerate(data["people"])]
    except KeyError as problem:
        raise BadInput("missing", str(problem.args[0]), f"'{problem.args[0]}' is missing.") from problem
    except (TypeError, ValueError) as problem:
        raise BadInput("wrong_kind", "people", f"A value is of the wrong kind: {problem}.") from problem
    return rows(people, secret=secret)


def person_from(person: Mapping[str, Any], path: str) -> PersonRecord:
    if not isinstance(person["key"], str):
        raise BadInput("not_text", f"{path}.key", "Give 'key' as text.")
    if person["birth_year"] is not None and not is_whole(person["birth_year"]):
        raise BadInput("not_a_number", f"{path}.birth_year", "Give the year as a whole number, or null.")
    scores = (
        ScoreRecord(
            date.fromisoformat(one["on"]), one["instrument"], number_at(one, "total", f"{path}.scores[{place}]")
        )
        for place, one in enumerate(person["scores"])
    )
    doses = (
        DoseRecord(
            date.fromisoformat(one["on"]),
            one["drug"],
            one["route"],
            number_at(one, "amount_mg", f"{path}.doses[{place}]"),
        )
        for place, one in enumerate(person["doses"])
    )
    return PersonRecord(person["key"], person["birth_year"], person["sex"], tuple(scores), tuple(doses))


def plain(row: CohortRow) -> dict[str, Any]:
    values = asdict(row)
    first = values["shifted_first_dose"]
    return values | {"shifted_first_dose": first.isoformat() if first else None}
