"""`euthymia simulate`: JSON in; concentrations and effects out, as JSON, or as a table and a plot for a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np

from euthymia.cli.json_input import as_object, read_object, refuse_unknown
from euthymia.errors import BadInput, RegimenError
from euthymia.pharmacology import Band, Dose, Person, Regimen, Simulation
from euthymia.pharmacology import simulate as run_simulation

FIELDS = {
    "": ("model", "person", "doses", "at_h", "band"),
    "person": ("age_y", "sex", "weight_kg", "height_cm", "ancestry"),
    "doses": ("drug", "route", "amount_mg", "start_h", "duration_h", "devices"),
    "band": ("people", "seed", "quantiles"),
}
PLOT_ROWS = 10
PLOT_COLUMNS = 60
MOST_TABLE_ROWS = 40


@click.command()
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.option("--plot", type=click.Path(dir_okay=False), help="Also write the curve to this SVG file.")
def simulate(file: str, as_json: bool, plot: str | None) -> None:
    """Concentrations and effects over time for the doses in FILE (or - for standard input)."""
    answer = simulation_of(read_object(file))
    if plot:
        _write(plot, answer.svg())
    click.echo(json.dumps(answer.as_json(), indent=2, ensure_ascii=False) if as_json else _for_a_person(answer))


def simulation_of(data: Mapping[str, Any]) -> Simulation:
    """The answer for plain values in the shape of the shell's contract. Refuses with the path of what is wrong."""
    _require_fields(data, "", "")
    model = data.get("model")
    if model is not None and not isinstance(model, str):
        raise BadInput("not_text", "model", "Give the id of a model as text; `euthymia models` lists them.")
    times = data.get("at_h")
    if not isinstance(times, list):
        raise BadInput("not_a_list", "at_h", "Give a list of hours, increasing.")
    band = _band(data.get("band"))
    return run_simulation(_regimen(data.get("doses")), _person(data.get("person")), times, model=model, band=band)


def _person(value: Any) -> Person:
    row = as_object(value, "person")
    _require_fields(row, "person", "person", required=("age_y", "weight_kg"))
    given = {name: row[name] for name in FIELDS["person"] if row.get(name) is not None}
    _require_texts(row, "person", ("sex", "ancestry"))
    return Person(**{"sex": "unspecified", **given})


def _regimen(value: Any) -> Regimen:
    if not isinstance(value, list) or not value:
        raise RegimenError("no_doses", "doses", "Give a list of one dose or more.")
    return Regimen(tuple(_dose(row, f"doses[{place}]") for place, row in enumerate(value)))


def _dose(value: Any, path: str) -> Dose:
    row = as_object(value, path)
    _require_fields(row, "doses", path, required=("drug", "route", "amount_mg", "start_h"))
    _require_texts(row, path, ("drug", "route"))
    given = {name: row[name] for name in FIELDS["doses"] if row.get(name) is not None}
    try:
        return Dose(**given)
    except RegimenError as refusal:
        # A dose knows its own fields only; the place in the list is known here.
        raise RegimenError(refusal.code, f"{path}.{refusal.path}", refusal.message) from None


def _band(value: Any) -> Band | None:
    if value is None:
        return None
    row = as_object(value, "band")
    _require_fields(row, "band", "band")
    levels = row.get("quantiles", Band.__dataclass_fields__["quantiles"].default)
    if not isinstance(levels, (list, tuple)):
        raise BadInput("not_a_list", "band.quantiles", "Give a list of quantiles between 0 and 1.")
    given = {name: row[name] for name in ("people", "seed") if row.get(name) is not None}
    return Band(**given, quantiles=tuple(levels))


def _require_fields(row: Mapping[str, Any], kind: str, path: str, required: tuple[str, ...] = ()) -> None:
    refuse_unknown(row, set(FIELDS[kind]), path)
    for name in required:
        if row.get(name) is None:
            raise BadInput("missing", f"{path}.{name}", f"'{name}' is missing.")


def _require_texts(row: Mapping[str, Any], path: str, names: tuple[str, ...]) -> None:
    for name in names:
        if row.get(name) is not None and not isinstance(row[name], str):
            raise BadInput("not_text", f"{path}.{name}", f"Give '{name}' as text.")


def _write(file: str, text: str) -> None:
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput("unwritable", "--plot", f"'{file}' cannot be written: {error}.") from error


def _for_a_person(answer: Simulation) -> str:
    card = answer.model
    lines = [f"{card.title} ({card.id}, {card.kind}, {card.matrix})", card.citation, ""]
    lines += [*_plot(answer), ""]
    columns = [(series.analyte, series.typical) for series in answer.series]
    columns += [
        (effect.effect, effect.typical) for effect in answer.effects if effect.effect != "esketamine_effect_site"
    ]
    width = max(14, *(len(name) + 2 for name, _ in columns))
    lines.append(f"{'h':>8}" + "".join(f"{name:>{width}}" for name, _ in columns))
    step = max(1, -(-answer.at_h.size // MOST_TABLE_ROWS))
    for place in range(0, answer.at_h.size, step):
        lines.append(f"{answer.at_h[place]:8.2f}" + "".join(f"{values[place]:{width}.3g}" for _, values in columns))
    lines.append("")
    for row in answer.summary:
        share = "" if row.bioavailability is None else f", bioavailability {row.bioavailability:.0%}"
        peak = f"peak {row.cmax:.3g} ng/mL at {row.tmax_h:.2f} h"
        lines.append(f"{row.analyte}: {peak}, area over 24 h {row.auc_0_24:.4g} ng·h/mL{share}")
    lines += [f"{'Assumed' if card.kind == 'assembled' else 'Note'}: {text}" for text in card.assumptions]
    lines += [f"Known failure: {text}" for text in card.known_failures]
    return "\n".join([*lines, *answer.notes])


def _plot(answer: Simulation) -> list[str]:
    """The drug's course in characters: the typical person as *, the band between its outermost quantiles as dots."""
    series = answer.series[0]
    if answer.at_h.size < 2:
        return []
    low, high = (series.band[min(series.band)], series.band[max(series.band)]) if series.band else ((), ())
    top = max(float(series.typical.max()), *(float(value) for value in high), 1e-9)
    first, last = float(answer.at_h[0]), float(answer.at_h[-1])
    grid = [[" "] * PLOT_COLUMNS for _ in range(PLOT_ROWS)]

    def row_of(value: Any) -> int:
        return PLOT_ROWS - 1 - min(PLOT_ROWS - 1, int(value / top * PLOT_ROWS))

    for column, at_h in enumerate(np.linspace(first, last, PLOT_COLUMNS)):
        if series.band:
            for row in range(row_of(np.interp(at_h, answer.at_h, high)), row_of(np.interp(at_h, answer.at_h, low)) + 1):
                grid[row][column] = "·"
        grid[row_of(np.interp(at_h, answer.at_h, series.typical))][column] = "*"
    labels = [f"{top:8.3g} |", *["         |"] * (PLOT_ROWS - 2), f"{0:8g} |"]
    lines = [label + "".join(row) for label, row in zip(labels, grid, strict=True)]
    foot = f"          {first:<10.3g}{f'{last:.3g} h':>{PLOT_COLUMNS - 10}}"
    return [f"{series.analyte}, {series.unit}", *lines, foot]
