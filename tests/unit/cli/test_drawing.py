"""What --plot and --draw draw, what they refuse, and what the terminal leaves out where there is no course."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from euthymia.cli.main import main

PERSON = {"age_y": 40, "sex": "female", "weight_kg": 65}
DOSE = {"drug": "esketamine", "route": "iv", "amount_mg": 28, "start_h": 0, "duration_h": 0.667}
LEVELS = [
    {"kind": "level", "at_h": 0.7, "ng_per_ml": 140},
    {"kind": "level", "between_h": [2.5, 3.5], "ng_per_ml": 48},
]
BELOW = {"kind": "level", "at_h": 20, "below_ng_per_ml": 5}
PRESSURE = {"kind": "systolic", "at_h": 0.7, "mmhg": 146, "baseline_mmhg": 122}
SIMULATE: dict[str, Any] = {"person": PERSON, "doses": [DOSE], "at_h": [0, 1]}
COMPARE: dict[str, Any] = {**SIMULATE, "models": ["fanta_otto_2021", "noppers_2011"]}
FIT: dict[str, Any] = {
    "model": "fanta_otto_2021",
    "person": PERSON,
    "doses": [DOSE],
    "observations": [*LEVELS, PRESSURE],
    "band": {"people": 60},
}
NEXT = {"doses": [{**DOSE, "start_h": 72, "amount_mg": 40}], "at_h": [72, 73]}
REQUESTS = {"simulate": SIMULATE, "compare": COMPARE, "fit": FIT}


def run(command: str, request: Any, *options: str) -> Result:
    return CliRunner().invoke(main, [command, "-", *options], input=json.dumps(request))


def refused(result: Result) -> tuple[str, str]:
    assert result.exit_code == 2, result.output
    refusal = json.loads(result.stderr)
    return refusal["error"], refusal["path"]


def drawn(request: Any, file: Path, *options: str) -> str:
    result = run("fit", request, "--json", "--plot", str(file), *options)
    assert result.exit_code == 0, result.output
    return file.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["simulate", "compare", "fit"])
def test_what_to_draw_is_refused_where_nothing_is_drawn(command: str) -> None:
    result = run(command, REQUESTS[command], "--json", "--draw", "esketamine")
    assert refused(result) == ("nothing_drawn", "--draw")
    assert "--plot" in json.loads(result.stderr)["message"]


@pytest.mark.parametrize("command", ["simulate", "compare", "fit"])
def test_what_is_not_there_to_be_drawn_is_refused_at_the_option(command: str, tmp_path: Path) -> None:
    options = ("--plot", str(tmp_path / "curve.svg"), "--draw", "nope")
    assert refused(run(command, REQUESTS[command], *options)) == ("unknown_name", "--draw")
    assert not (tmp_path / "curve.svg").exists()


def test_the_terminal_says_so_too() -> None:
    assert refused(run("simulate", SIMULATE, "--draw", "nope")) == ("unknown_name", "--draw")


def test_two_units_in_one_picture_are_refused_at_the_option(tmp_path: Path) -> None:
    options = ("--plot", str(tmp_path / "curve.svg"), "--draw", "esketamine", "--draw", "dissociation")
    assert refused(run("simulate", SIMULATE, *options)) == ("mixed_units", "--draw")


@pytest.mark.parametrize("command", ["compare", "fit"])
def test_one_picture_of_several_lines_shows_one_thing(command: str, tmp_path: Path) -> None:
    options = ("--plot", str(tmp_path / "curve.svg"), "--draw", "esketamine", "--draw", "dissociation")
    assert refused(run(command, REQUESTS[command], *options)) == ("too_many", "--draw")


@pytest.mark.parametrize("command", ["simulate", "compare"])
def test_a_single_time_has_a_table_and_no_room_for_plots(command: str) -> None:
    said = run(command, {**REQUESTS[command], "at_h": [1]}).stdout
    assert "\n\n\n" not in said
    assert "Dissociation" not in said.splitlines()
    assert "The drug in the blood, as each model measures it" not in said
    assert "    1.00 " in said


def test_a_next_session_of_a_single_time_has_no_headings_without_plots() -> None:
    said = run("fit", {**FIT, "next": {**NEXT, "at_h": [72.5]}}).stdout
    assert "The next session: the band of esketamine" in said
    assert "dissociation" not in said.splitlines()


def test_a_fit_draws_the_person_with_what_was_observed(tmp_path: Path) -> None:
    svg = drawn(FIT, tmp_path / "fit.svg")
    assert "Esketamine: what was observed, and what it says of this person" in svg
    assert "anybody like them" in svg
    assert "48 ng/mL between 2.5 and 3.5 h" in svg
    assert "systolic 146" not in svg
    assert "Predicted by fanta_otto_2021" in svg
    assert "observed to be below this" not in svg
    assert "observed to be below this" in drawn({**FIT, "observations": [*LEVELS, BELOW]}, tmp_path / "below.svg")


def test_the_next_session_lies_over_the_doses_given(tmp_path: Path) -> None:
    svg = drawn({**FIT, "next": NEXT}, tmp_path / "next.svg")
    assert "this person, doses given" in svg
    assert "this person, next session" in svg
    assert "anybody" not in svg
    assert "Time since the first dose of each" in svg
    assert ">72<" not in svg


def test_an_effect_is_drawn_with_the_readings_of_it(tmp_path: Path) -> None:
    svg = drawn(FIT, tmp_path / "rise.svg", "--draw", "systolic_rise")
    assert "systolic 146 from 122 at 0.7 h" in svg
    assert "140 ng/mL" not in svg
    # Nobody measured this one.
    assert "observed</text>" not in drawn(FIT, tmp_path / "felt.svg", "--draw", "dissociation")


def test_a_whole_posterior_is_drawn_too(tmp_path: Path) -> None:
    several = {name: value for name, value in FIT.items() if name != "model"}
    asked = {**several, "models": ["fanta_otto_2021", "kamp_2020"], "sites_may_differ": True, "draws": 500}
    asked |= {"assay": {"log_sd": 0.236}, "next": NEXT}
    assert "this person, next session" in drawn(asked, tmp_path / "posterior.svg")


def test_where_nothing_is_advised_the_picture_shows_anybody_and_says_why(tmp_path: Path) -> None:
    off = [LEVELS[0], {"kind": "level", "at_h": 3, "ng_per_ml": 5}]
    svg = drawn({**FIT, "observations": off, "next": NEXT}, tmp_path / "off.svg")
    assert "anybody like them" in svg
    assert "Nothing is advised." in svg
    assert "this person, next session" not in svg


def test_a_fit_is_drawn_as_a_png_and_beside_what_a_person_reads(tmp_path: Path) -> None:
    picture = tmp_path / "fit.png"
    result = run("fit", FIT, "--plot", str(picture))
    assert "Learned from:" in result.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert refused(run("fit", FIT, "--plot", "fit.gif")) == ("unknown_suffix", "--plot")
