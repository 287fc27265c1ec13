"""`euthymia compare`: the same doses by several models, or several regimens in the same people, side by side."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from euthymia.cli.json_input import as_object, read_object, refuse_unknown, renamed
from euthymia.cli.lines import width_here, wrapped
from euthymia.cli.picture import DRAWN, one_name, require_picture, write_picture
from euthymia.cli.plotting import ROWS, Curve, columns_beside, curve_of, plotted, printable, table
from euthymia.cli.simulate import band_of, person_of, regimen_of, taking_of
from euthymia.errors import BadInput
from euthymia.pharmacology import Band, Exposure, Person, Regimen, Simulation, load_model
from euthymia.pharmacology import compare as compare_models
from euthymia.pharmacology import simulate as run_simulation
from euthymia.pharmacology.equivalence import REFERENCE, Equivalence, equivalent_doses, side_by_side

FIELDS = {"person", "doses", "models", "regimens", "target", "at_h", "band", "taking", "earlier_sessions"}
REGIMEN_FIELDS = {"name", "doses"}
FEWEST, MOST = 2, 6
FELT = "dissociation"
FELT_ROWS = 8
# What the one regimen that is being made equal is called while it is.
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Compared:
    """Simulations by name, how many-fold the drug differs over time, and for regimens what each amounts to.

    fold: (times,); None where the regimens are of different drugs, whose concentrations have no ratio.
    """

    simulations: Mapping[str, Simulation]
    fold: NDArray[np.float64] | None
    ways: Mapping[str, Exposure]
    equivalence: Equivalence | None

    def as_json(self) -> dict[str, Any]:
        """Plain values in the shape of the shell's contract."""
        first = next(iter(self.simulations.values()))
        answer: dict[str, Any] = {
            "at_h": first.at_h.tolist(),
            "simulations": [{"name": name} | one.as_json() for name, one in self.simulations.items()],
            "fold": None if self.fold is None else [round(float(value), 6) for value in self.fold],
        }
        if self.ways:
            answer["regimens"] = [{"name": name} | way.as_json() for name, way in self.ways.items()]
        if self.equivalence is not None:
            answer["equivalence"] = {
                "target": str(self.equivalence.target),
                "value": round(self.equivalence.value, 6),
                "unit": self.equivalence.unit,
                "reached": {name: round(share, 6) for name, share in self.equivalence.reached.items()},
            }
        return answer

    def svg(self, name: str) -> str:
        """One analyte or effect of all of them as an SVG file's text; empty: the drug itself."""
        from euthymia.pharmacology import drawn_together

        return drawn_together(self.simulations, name)


@click.command()
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.option("--plot", type=click.Path(dir_okay=False), help="Also draw to this file, .svg or .png.")
@click.option("--draw", multiple=True, help="What --plot draws: one analyte or effect. Else the drug.")
def compare(file: str, as_json: bool, plot: str | None, draw: tuple[str, ...]) -> None:
    """Several models of the same doses, or several regimens, in FILE (or - for standard input), side by side."""
    require_picture(plot)
    drawn = one_name(draw, plot)
    answer = compared(read_object(file))
    if plot:
        with renamed(DRAWN):
            drawing = answer.svg(drawn)
        write_picture(plot, drawing)
    if as_json:
        click.echo(json.dumps(answer.as_json(), indent=2, ensure_ascii=False))
    else:
        click.echo(printable(for_a_person(answer, width_here()), sys.stdout.encoding))


def compared(data: Mapping[str, Any]) -> Compared:
    """The answer for plain values in the shape of the shell's contract. Refuses with the path of what is wrong."""
    refuse_unknown(data, FIELDS)
    if ("models" in data) == ("regimens" in data):
        raise BadInput("one_or_the_other", "", "Give `doses` and `models`, or `regimens`: one of the two to compare.")
    times = data.get("at_h")
    if not isinstance(times, list):
        raise BadInput("not_a_list", "at_h", "Give a list of hours, increasing.")
    asked = _Asked(
        person_of(data.get("person")),
        times,
        band_of(data.get("band")),
        {"taking": taking_of(data.get("taking")), "earlier_sessions": data.get("earlier_sessions", 0)},
    )
    return _by_models(data, asked) if "models" in data else _by_regimens(data, asked)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What all that is compared has in common.

    setting: what is taken alongside and how many sessions came before, as `simulate` takes them.
    """

    person: Person
    times: list[Any]
    band: Band | None
    setting: Mapping[str, Any]


def _by_models(data: Mapping[str, Any], asked: _Asked) -> Compared:
    if data.get("target") is not None:
        raise BadInput("not_for_models", "target", "A target belongs to regimens, not to models.")
    names = _listed(data["models"], "models")
    for place, name in enumerate(names):
        if not isinstance(name, str):
            raise BadInput("not_text", f"models[{place}]", "Give the id of a model as text.")
        with renamed({"model": f"models[{place}]"}):
            load_model(name)
    found = compare_models(
        regimen_of(data.get("doses")), asked.person, asked.times, models=names, band=asked.band, **asked.setting
    )
    return Compared({one.model.id: one for one in found.simulations}, found.fold, {}, None)


def _by_regimens(data: Mapping[str, Any], asked: _Asked) -> Compared:
    if data.get("doses") is not None:
        raise BadInput("one_or_the_other", "doses", "Each regimen has doses of its own.")
    regimens: dict[str, Regimen] = {}
    for place, value in enumerate(_listed(data["regimens"], "regimens")):
        row = as_object(value, f"regimens[{place}]")
        refuse_unknown(row, REGIMEN_FIELDS, f"regimens[{place}]")
        name = row.get("name")
        if not isinstance(name, str) or not name.strip() or name in regimens:
            raise BadInput("not_a_name", f"regimens[{place}].name", "Give each regimen a name of its own.")
        regimens[name] = regimen_of(row.get("doses"), f"regimens[{place}].doses")
    target = data.get("target")
    if target is not None and not isinstance(target, str):
        raise BadInput("not_text", "target", "Give the target as text.")
    equal = _made_equal(regimens, asked, target) if target is not None else None
    simulations = _simulated({name: way.regimen for name, way in equal.ways.items()} if equal else regimens, asked)
    ways = equal.ways if equal else side_by_side(regimens, asked.person, band=asked.band, **asked.setting)
    return Compared(simulations, _fold(list(simulations.values())), ways, equal)


def _simulated(regimens: Mapping[str, Regimen], asked: _Asked) -> dict[str, Simulation]:
    """Each regimen's courses; a refusal says which of them it is of."""
    found = {}
    for place, (name, regimen) in enumerate(regimens.items()):
        with renamed({"doses": f"regimens[{place}].doses"}):
            found[name] = run_simulation(regimen, asked.person, asked.times, band=asked.band, **asked.setting)
    return found


def _made_equal(regimens: Mapping[str, Regimen], asked: _Asked, target: str) -> Equivalence:
    """The first regimen as it is, the others with their amounts changed so that they reach what it reaches.

    One is asked after the other, so that a refusal says which of them it is of; the spread is computed at the end.
    """
    first, *others = regimens
    _simulated({first: regimens[first]}, replace(asked, band=None))
    same: dict[str, Regimen] = {first: regimens[first]}
    reached = {first: 1.0}
    for place, name in enumerate(others, start=1):
        here = f"regimens[{place}].doses"
        with renamed({REFERENCE: "regimens[0].doses", OTHER: here, "doses": here}):
            found = equivalent_doses(
                regimens[first], {OTHER: regimens[name]}, asked.person, target=target, **asked.setting
            )
        same[name], reached[name] = found.ways[OTHER].regimen, found.reached[OTHER]
    ways = side_by_side(same, asked.person, band=asked.band, **asked.setting)
    return replace(found, ways=ways, reached=reached)


def _listed(value: Any, path: str) -> list[Any]:
    if not isinstance(value, list) or not FEWEST <= len(value) <= MOST:
        raise BadInput("not_a_list", path, f"Give a list of {FEWEST} to {MOST}.")
    return value


def _fold(simulations: Sequence[Simulation]) -> NDArray[np.float64] | None:
    """Highest over lowest of the drug; 1 where all are zero, 0 where only some are."""
    if len({one.series[0].analyte for one in simulations}) > 1:
        return None
    typical = np.stack([one.series[0].typical for one in simulations])
    highest, lowest = typical.max(axis=0), typical.min(axis=0)
    ratio = np.divide(highest, lowest, out=np.zeros_like(highest), where=lowest > 0)
    return np.where(highest == 0, 1.0, ratio)


def for_a_person(answer: Compared, width: int) -> list[str]:
    """Plots laid over each other, a table, what each amounts to, and which model said it."""
    simulations = answer.simulations
    courses = [curve_of(one.series[0], one.at_h, name) for name, one in simulations.items()]
    felt = [curve_of(one.named(FELT), one.at_h, name) for name, one in simulations.items() if one.effects]
    lines = _headed("The drug in the blood, as each model measures it", courses, width, ROWS)
    lines += _headed("Dissociation", felt, width, FELT_ROWS)
    columns = {name: one.series[0].typical for name, one in simulations.items()}
    columns |= {} if answer.fold is None else {"fold": answer.fold}
    lines += table(next(iter(simulations.values())).at_h, columns, width)
    lines += _measured(answer, width)
    for name, one in simulations.items():
        card = one.model
        lines += wrapped(f"{name}: {card.id} ({card.kind}, {card.matrix}). {card.citation}", width)
    return lines


def _headed(heading: str, curves: list[Curve], width: int, rows: int) -> list[str]:
    """A plot under its heading and an empty line after; nothing where there is no course to draw."""
    drawn = plotted(curves, width=width, rows=rows)
    return [heading, *drawn, ""] if drawn else []


def _measured(answer: Compared, width: int) -> list[str]:
    """The doses of each regimen, and its measures: the typical person's and, with a band, the ends of the band."""
    if not answer.ways:
        return []
    lines = []
    for name, way in answer.ways.items():
        doses = "; ".join(f"{dose.drug} {dose.amount_mg:.3g} mg {dose.route}" for dose in way.regimen)
        off = answer.equivalence.reached[name] - 1 if answer.equivalence else 0.0
        lines += wrapped(f"{name}: {doses}" + (f", {1 + off:.0%} of the target" if abs(off) > 0.005 else ""), width)
    bands = [one.band for way in answer.ways.values() for one in way.measures if len(one.band) > 1]
    lines += ["", f"In brackets: {(max(bands[0]) - min(bands[0])) * 100:.0f} % of people." if bands else "", ""]
    measures = {(one.name, one.unit): None for way in answer.ways.values() for one in way.measures}
    cells = {name: [_cell(way, measure) for measure, _ in measures] for name, way in answer.ways.items()}
    return lines + columns_beside([f"{name}, {unit}" for name, unit in measures], cells, width)


def _cell(way: Exposure, name: str) -> str:
    found = way.measure(name)
    if found is None:
        return "-"
    ends = f" ({found.band[min(found.band)]:.3g} to {found.band[max(found.band)]:.3g})" if len(found.band) > 1 else ""
    return f"{found.typical:.3g}{ends}"
