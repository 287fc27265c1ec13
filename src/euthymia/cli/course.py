"""`euthymia course`: what a person's scores and doses teach, and what may come next."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from euthymia.cli.json_input import as_object, read_object
from euthymia.errors import BadInput
from euthymia.number import is_number, is_whole
from euthymia.response import (
    Course,
    DoseAt,
    Posterior,
    Scale,
    ScoreAt,
    forecast,
    learn,
    load_prior,
    onset,
    propose_next_dose,
    relative_dose,
)

DEFAULT_SEED = 7
DEFAULT_DAYS = (1, 3, 7, 10, 14, 21, 28)


@click.group()
def course() -> None:
    """One person's course: learn from it, and forecast it."""


@course.command()
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def fit(file: str, as_json: bool) -> None:
    """What the scores teach about this person, and how much is still the published average."""
    answer = _fitted(_posterior(read_object(file)))
    click.echo(json.dumps(answer, indent=2) if as_json else _fit_table(answer))


@course.command(name="forecast")
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def forecast_command(file: str, as_json: bool) -> None:
    """Possible scores by day, the chance of slipping, and when the next dose is due."""
    answer = forecast_answer(read_object(file))
    click.echo(json.dumps(answer, indent=2) if as_json else _forecast_table(answer))


def forecast_answer(data: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON answer of `euthymia course forecast` for its JSON input."""
    posterior = _posterior(data)
    asked = as_object(data.get("forecast", {}), "forecast")
    now_day = _number(asked, "now_day", "forecast", default=posterior.course.last_day)
    days = asked.get("at_day", [now_day + day for day in DEFAULT_DAYS])
    if not isinstance(days, list) or not all(map(is_number, days)):
        raise BadInput("not_numbers", "forecast.at_day", "Give a list of days as numbers, increasing.")
    planned = tuple(_dose(row, f"forecast.planned_doses[{i}]", data) for i, row in _rows(asked, "planned_doses"))
    ahead = forecast(posterior, days, planned)
    answer: dict[str, Any] = {
        **_fitted(posterior),
        "at_day": [float(day) for day in ahead.at_days],
        "quantiles": {f"{level:g}": _rounded(values) for level, values in ahead.quantiles.items()},
    }
    if "threshold" in asked:
        threshold = _number(asked, "threshold", "forecast")
        risk = _number(asked, "accepted_risk", "forecast", default=0.2)
        answer["probability_above"] = _rounded(ahead.probability_above(threshold))
        proposal = propose_next_dose(posterior, now_day=now_day, threshold=threshold, accepted_risk=risk)
        answer["next_dose"] = {
            "at_day": proposal.at_day,
            "window_days": proposal.window_days,
            "why": proposal.why.value,
            "threshold": proposal.threshold,
            "accepted_risk": proposal.accepted_risk,
            "chance_now": proposal.chance_now,
            "chance_at_day": proposal.chance_at_day,
            "chance_if_a_week_later": proposal.chance_if_a_week_later,
            "prior_share": proposal.prior_share,
            "says": proposal.says,
        }
    return answer


def _fitted(posterior: Posterior) -> dict[str, Any]:
    card = posterior.prior.card
    heard = onset(posterior)
    return {
        "prior": {"id": card.id, "status": card.status, "valid_for": card.valid_for, "not_for": card.not_for},
        "traits": {
            trait.name: {
                "unit": trait.unit,
                "quantiles": {f"{level:g}": round(value, 4) for level, value in posterior.trait(trait.name).items()},
                "prior_still_talking": round(posterior.prior_still_talking[trait.name], 3),
            }
            for trait in posterior.prior.traits
        },
        "mostly_prior": posterior.mostly_prior,
        "effective_draws": round(posterior.effective_draws),
        "onset": {
            "kind": heard.kind.value,
            "wanted_share": heard.wanted_share,
            "chance_of_relief": {f"{day:g}": round(chance, 3) for day, chance in heard.chance_of_relief.items()},
        },
    }


def _posterior(data: Mapping[str, Any]) -> Posterior:
    scale = as_object(data.get("scale", {}), "scale")
    who = Course(
        Scale(
            _text(scale, "instrument", "scale"), _number(scale, "minimum", "scale"), _number(scale, "maximum", "scale")
        ),
        tuple(_score(row, f"scores[{i}]") for i, row in _rows(data, "scores")),
        tuple(_dose(row, f"doses[{i}]", data) for i, row in _rows(data, "doses")),
    )
    seed = data.get("seed", DEFAULT_SEED)
    if not is_whole(seed) or seed < 0:
        raise BadInput("seed", "seed", "A seed is a whole number, 0 or more.")
    return learn(who, load_prior(str(data["prior"])) if "prior" in data else load_prior(), seed)


def _score(row: Mapping[str, Any], path: str) -> ScoreAt:
    return ScoreAt(_number(row, "at_day", path), _number(row, "value", path), str(row.get("instrument", "")))


def _dose(row: Mapping[str, Any], path: str, data: Mapping[str, Any]) -> DoseAt:
    """A dose given either as a relative dose or as drug, route and amount with the person's weight."""
    at_day = _number(row, "at_day", path)
    if "amount_mg" not in row:
        return DoseAt(at_day, _number(row, "relative_dose", path))
    drug, route = _text(row, "drug", path), _text(row, "route", path)
    weight_kg = _number(data, "weight_kg", "")
    strength = relative_dose(drug, route, amount_mg=_number(row, "amount_mg", path), weight_kg=weight_kg)
    return DoseAt(at_day, strength, drug, route)


def _rows(data: Mapping[str, Any], name: str) -> list[tuple[int, Mapping[str, Any]]]:
    rows = data.get(name, [])
    if not isinstance(rows, list):
        raise BadInput("not_a_list", name, "Give a list of objects here.")
    return [(index, as_object(row, f"{name}[{index}]")) for index, row in enumerate(rows)]


def _number(row: Mapping[str, Any], name: str, path: str, *, default: float | None = None) -> float:
    value = row.get(name, default)
    if not is_number(value):
        raise BadInput("not_a_number", f"{path}.{name}".lstrip("."), f"Give '{name}' as a finite number.")
    return float(value)


def _text(row: Mapping[str, Any], name: str, path: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise BadInput("not_text", f"{path}.{name}", f"Give '{name}' as text.")
    return value


def _rounded(values: Any) -> list[float]:
    return [round(float(value), 4) for value in values]


def _fit_table(answer: Mapping[str, Any]) -> str:
    lines = [f"{'':12}{'5 %':>8}{'50 %':>8}{'95 %':>8}{'still prior':>13}  unit"]
    for name, trait in answer["traits"].items():
        low, middle, high = trait["quantiles"].values()
        share = trait["prior_still_talking"]
        lines.append(f"{name:12}{low:8.2f}{middle:8.2f}{high:8.2f}{share:12.0%}   {trait['unit']}")
    lines.append(f"Onset of relief: {answer['onset']['kind'].replace('_', ' ')}.")
    if answer["mostly_prior"]:
        lines.append("The published average is still doing most of the talking.")
    lines.append(f"Prior {answer['prior']['id']}: {answer['prior']['status']}.")
    return "\n".join(lines)


def _forecast_table(answer: Mapping[str, Any]) -> str:
    levels = list(answer["quantiles"])
    chances = answer.get("probability_above")
    lines = [f"{'day':>8}" + "".join(f"{float(level):>9.0%}" for level in levels) + ("   slipping" if chances else "")]
    for index, day in enumerate(answer["at_day"]):
        row = f"{day:8g}" + "".join(f"{answer['quantiles'][level][index]:9.1f}" for level in levels)
        lines.append(row + (f"{chances[index]:11.0%}" if chances else ""))
    if "next_dose" in answer:
        proposal = answer["next_dose"]
        day = "no day" if proposal["at_day"] is None else f"day {proposal['at_day']:g}"
        lines.append(f"Next dose: {day}. {proposal['says']}")
    if answer["mostly_prior"]:
        lines.append("The published average is still doing most of the talking.")
    lines.append(f"Prior {answer['prior']['id']}: {answer['prior']['status']}.")
    return "\n".join(lines)
