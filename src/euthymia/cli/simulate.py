"""`euthymia simulate`: JSON in; concentrations and effects out, as JSON, or as a table and a plot for a person."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from euthymia.cli.json_input import as_object, read_object, refuse_unknown, renamed
from euthymia.cli.lines import width_here, wrapped
from euthymia.cli.picture import DRAWN, require_picture, require_plot, write_picture
from euthymia.errors import BadInput, RegimenError
from euthymia.pharmacology import Band, Dose, Incidence, Person, Regimen, Simulation, Summary
from euthymia.pharmacology import simulate as run_simulation

FIELDS = {
    "": ("model", "person", "doses", "at_h", "band", "taking", "earlier_sessions"),
    "person": ("age_y", "sex", "weight_kg", "height_cm", "ancestry"),
    "doses": ("drug", "route", "amount_mg", "start_h", "duration_h", "devices", "line"),
    "band": ("people", "seed", "quantiles"),
}


@click.command()
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.option("--plot", type=click.Path(dir_okay=False), help="Also draw to this file, .svg or .png.")
@click.option("--draw", multiple=True, help="What to draw: an analyte or effect; may be repeated.")
def simulate(file: str, as_json: bool, plot: str | None, draw: tuple[str, ...]) -> None:
    """Concentrations and effects over time for the doses in FILE (or - for standard input)."""
    require_picture(plot)
    if as_json:
        require_plot(draw, plot)
    answer = simulation_of(read_object(file))
    if plot:
        with renamed(DRAWN):
            drawing = answer.svg(*draw)
        write_picture(plot, drawing)
    if as_json:
        click.echo(json.dumps(answer.as_json(), indent=2, ensure_ascii=False))
        return
    # Imported here: who asks for numbers alone does not wait for the drawing.
    from euthymia.cli.plotting import printable

    with renamed(DRAWN):
        lines = for_a_person(answer, width_here(), draw)
    click.echo(printable(lines, sys.stdout.encoding))


def simulation_of(data: Mapping[str, Any]) -> Simulation:
    """The answer for plain values in the shape of the shell's contract. Refuses with the path of what is wrong."""
    require_fields(data, "", "")
    model = data.get("model")
    if model is not None and not isinstance(model, str):
        raise BadInput("not_text", "model", "Give the id of a model as text; `euthymia models` lists them.")
    times = data.get("at_h")
    if not isinstance(times, list):
        raise BadInput("not_a_list", "at_h", "Give a list of hours, increasing.")
    taking = taking_of(data.get("taking"))
    regimen, person, band = regimen_of(data.get("doses")), person_of(data.get("person")), band_of(data.get("band"))
    earlier = data.get("earlier_sessions", 0)
    return run_simulation(regimen, person, times, model=model, band=band, taking=taking, earlier_sessions=earlier)


def person_of(value: Any) -> Person:
    """The person in a request."""
    row = as_object(value, "person")
    require_fields(row, "person", "person", required=("age_y", "weight_kg"))
    given = {name: row[name] for name in FIELDS["person"] if row.get(name) is not None}
    _require_texts(row, "person", ("sex", "ancestry"))
    return Person(**{"sex": "unspecified", **given})


def regimen_of(value: Any, path: str = "doses") -> Regimen:
    """The doses in a request, or in one part of it; refusals carry the path of the dose."""
    if not isinstance(value, list) or not value:
        raise RegimenError("no_doses", path, "Give a list of one dose or more.")
    doses = tuple(_dose(row, f"{path}[{place}]") for place, row in enumerate(value))
    with renamed({"doses": path}):
        return Regimen(doses)


def _dose(value: Any, path: str) -> Dose:
    row = as_object(value, path)
    require_fields(row, "doses", path, required=("drug", "route", "amount_mg", "start_h"))
    _require_texts(row, path, ("drug", "route", "line"))
    given = {name: row[name] for name in FIELDS["doses"] if row.get(name) is not None}
    # A dose knows its own fields only; the place in the list is known here.
    with renamed({name: f"{path}.{name}" for name in FIELDS["doses"]}):
        return Dose(**given)


def taking_of(value: Any) -> list[str]:
    """The medicines named in a request, if any; that each is known is asked by who uses them."""
    if not isinstance(value, list | None):
        raise BadInput("not_a_list", "taking", "Give a list of names of medicines.")
    return value or []


def band_of(value: Any) -> Band | None:
    """The band asked for, if any."""
    if value is None:
        return None
    row = as_object(value, "band")
    require_fields(row, "band", "band")
    levels = row.get("quantiles", Band.__dataclass_fields__["quantiles"].default)
    if not isinstance(levels, (list, tuple)):
        raise BadInput("not_a_list", "band.quantiles", "Give a list of quantiles between 0 and 1.")
    given = {name: row[name] for name in ("people", "seed") if row.get(name) is not None}
    return Band(**given, quantiles=tuple(levels))


def require_fields(row: Mapping[str, Any], kind: str, path: str, required: tuple[str, ...] = ()) -> None:
    """Refuses fields nobody reads, and missing ones."""
    refuse_unknown(row, set(FIELDS[kind]), path)
    for name in required:
        if row.get(name) is None:
            raise BadInput("missing", f"{path}.{name}", f"'{name}' is missing.")


def _require_texts(row: Mapping[str, Any], path: str, names: tuple[str, ...]) -> None:
    for name in names:
        if row.get(name) is not None and not isinstance(row[name], str):
            raise BadInput("not_text", f"{path}.{name}", f"Give '{name}' as text.")


def for_a_person(answer: Simulation, width: int, draw: Sequence[str] = ()) -> list[str]:
    """Plots, a table, the summary and what the model's card warns of, as lines."""
    from euthymia.cli.plotting import HIDDEN_EFFECT, simulated, table

    card = answer.model
    lines = wrapped(f"{card.title} ({card.id}, {card.kind}, {card.matrix})", width)
    lines += [*wrapped(card.citation, width), ""]
    lines += simulated(answer, draw, width=width)
    columns = {series.analyte: series.typical for series in answer.series}
    columns |= {one.effect: one.typical for one in answer.effects if one.effect != HIDDEN_EFFECT}
    lines += table(answer.at_h, columns, width)
    lines += [line for row in answer.summary for line in wrapped(_summed_up(row), width)]
    lines += [line for row in answer.incidences for line in wrapped(_chance(row), width)]
    notes = [f"{'Assumed' if card.kind == 'assembled' else 'Note'}: {text}" for text in card.assumptions]
    notes += [f"Known failure: {text}" for text in card.known_failures]
    return lines + [line for text in [*notes, *answer.notes] for line in wrapped(text, width)]


def _chance(row: Incidence) -> str:
    """How likely an event is in the first session and, if there are more, in the last."""
    said = f"{row.event.replace('_', ' ')}: chance {row.mean[0]:.0%} in the first session"
    later = f", {row.mean[-1]:.0%} in session {row.mean.size}" if row.mean.size > 1 else ""
    return f"{said}{later}; {row.without_drug:.0%} without the drug"


def _summed_up(row: Summary) -> str:
    share = "" if row.bioavailability is None else f", bioavailability {row.bioavailability:.0%}"
    peak = f"peak {row.cmax:.3g} ng/mL at {row.tmax_h:.2f} h"
    return f"{row.analyte}: {peak}, area over 24 h {row.auc_0_24:.4g} ng·h/mL{share}"
