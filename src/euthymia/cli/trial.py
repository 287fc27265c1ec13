"""`euthymia trial`: a published design run with virtual people, beside what was published."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from euthymia.research.design import gallery, load_design
from euthymia.research.replicates import Result, as_plain, read_result, run_many, write_whole
from euthymia.research.report import drawing, table

DEFAULT_OUT = Path("var/trials")


@click.group()
def trial() -> None:
    """Virtual trials: run a design, compare it with what was published."""


@trial.command(name="run")
@click.argument("design")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT_OUT,
    show_default=True,
    help="Where shards, result and drawings go; a run that was cut short goes on from there.",
)
@click.option("--replicates", default=200, show_default=True, help="How many trials of this design.")
@click.option("--seed", default=7, show_default=True, help="The same seed gives the same result.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def run_command(design: str, out: Path, replicates: int, seed: int, as_json: bool) -> None:
    """Run DESIGN (a file, or the name of a shipped one) and show published beside predicted."""
    plan = load_design(design)
    result = run_many(plan, seed, replicates=replicates, directory=out, progress=_progress)
    _show(result, as_json, _draw(result, out))


@trial.command()
@click.argument("design")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=DEFAULT_OUT, show_default=True, help="Where."
)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def report(design: str, out: Path, as_json: bool) -> None:
    """Show the stored result of DESIGN without running anything."""
    result = read_result(load_design(design), out)
    _show(result, as_json, _draw(result, out))


@trial.command(name="gallery")
def list_gallery() -> None:
    """Names of the designs that are shipped."""
    for name in gallery():
        click.echo(f"{name}  {load_design(name).title}")


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        filled = 30 * done // total
        end = "\n" if done == total else ""
        click.echo(f"\r[{'#' * filled}{'.' * (30 - filled)}] {done}/{total} trials{end}", nl=False, err=True)


def _draw(result: Result, out: Path) -> list[Path]:
    written = []
    for kind in ("points", "percent"):
        svg = drawing(result, kind)
        if svg is not None:
            path = out / f"{result.design_id}-{result.design_hash}-{kind}.svg"
            write_whole(path, svg)
            written.append(path)
    return written


def _show(result: Result, as_json: bool, drawings: list[Path]) -> None:
    if as_json:
        click.echo(json.dumps({**as_plain(result), "drawings": [str(path) for path in drawings]}, indent=2))
        return
    click.echo(table(result))
    for path in drawings:
        click.echo(f"Drawing: {path}")
