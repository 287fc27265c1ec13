"""`euthymia cohort`: a clinic's records in, the dose-anchored table out."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import date
from typing import Any, TextIO

import click

from euthymia.errors import BadInput
from euthymia.research.cohort import CohortRow, DoseRecord, PersonRecord, ScoreRecord, codebook, rows, to_csv


@click.command()
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, with the codebook, instead of CSV.")
def cohort(file: TextIO, as_json: bool) -> None:
    """One row per score, in days since the dose, without identities.

    FILE: {"secret": hex, "people": [{"key", "birth_year", "sex", "scores": [{"on", "instrument", "total"}],
    "doses": [{"on", "drug", "route", "amount_mg"}]}]}.
    """
    table = table_from(read_json(file))
    if not as_json:
        sys.stdout.write(to_csv(table))
        return
    answer = {"rows": [plain(row) for row in table], "codebook": [asdict(column) for column in codebook()]}
    click.echo(json.dumps(answer))


def read_json(file: TextIO) -> dict[str, Any]:
    try:
        data = json.load(file)
    except ValueError as problem:
        raise BadInput("not_json", "FILE", f"This is not JSON: {problem}.") from problem
    if not isinstance(data, dict):
        raise BadInput("not_an_object", "FILE", "Give an object with `secret` and `people`.")
    return data


def table_from(data: dict[str, Any]) -> list[CohortRow]:
    """The table of a request; refuses what is missing or of the wrong kind, with its place."""
    try:
        secret = bytes.fromhex(data["secret"])
        people = [person_from(person) for person in data["people"]]
    except KeyError as problem:
        raise BadInput("missing", str(problem.args[0]), f"'{problem.args[0]}' is missing.") from problem
    except (TypeError, ValueError) as problem:
        raise BadInput("wrong_kind", "people", f"A value is of the wrong kind: {problem}.") from problem
    return rows(people, secret=secret)


def person_from(person: dict[str, Any]) -> PersonRecord:
    scores = (
        ScoreRecord(date.fromisoformat(one["on"]), one["instrument"], float(one["total"])) for one in person["scores"]
    )
    doses = (
        DoseRecord(date.fromisoformat(one["on"]), one["drug"], one["route"], float(one["amount_mg"]))
        for one in person["doses"]
    )
    return PersonRecord(person["key"], person["birth_year"], person["sex"], tuple(scores), tuple(doses))


def plain(row: CohortRow) -> dict[str, Any]:
    values = asdict(row)
    first = values["shifted_first_dose"]
    return values | {"shifted_first_dose": first.isoformat() if first else None}
