"""`euthymia simulate` and `euthymia models`: the contract of the shell, and every refusal with its path."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from euthymia.cli.main import main
from euthymia.pharmacology import Band, Dose, Person, Regimen, model_from, shipped_models, simulate

REQUEST: dict[str, Any] = {
    "model": "perez_ruixo_2021",
    "person": {"age_y": 45, "sex": "female", "weight_kg": 70, "height_cm": 168, "ancestry": "unspecified"},
    "doses": [{"drug": "esketamine", "route": "nasal", "amount_mg": 84, "start_h": 0, "devices": 3}],
    "at_h": [0, 0.25, 0.5, 1, 2, 4, 8, 24],
    "band": {"people": 60, "seed": 7, "quantiles": [0.05, 0.5, 0.95]},
}


def run(request: Any, *options: str) -> Result:
    text = request if isinstance(request, str) else json.dumps(request)
    return CliRunner().invoke(main, ["simulate", "-", *options], input=text)


def changed(path: str, value: Any) -> dict[str, Any]:
    """The request with one value changed; `...` leaves it out."""
    copy: Any = json.loads(json.dumps(REQUEST))
    *steps, last = re.findall(r"[a-z_]+|\d+", path)
    place = copy
    for step in steps:
        place = place[int(step) if step.isdigit() else step]
    if value is ...:
        del place[last]
    else:
        place[int(last) if last.isdigit() else last] = value
    return dict(copy)


def test_the_answer_has_the_shape_of_the_contract() -> None:
    result = run(REQUEST, "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.output)
    assert answer["model"]["id"] == "perez_ruixo_2021"
    assert answer["model"]["kind"] == "published"
    assert answer["model"]["matrix"] == "venous"
    assert answer["at_h"] == REQUEST["at_h"]
    first, summary = answer["series"][0], answer["summary"][0]
    assert (first["analyte"], first["unit"], set(first["band"])) == ("esketamine", "ng/mL", {"0.05", "0.5", "0.95"})
    assert summary["cmax"] == pytest.approx(101.0, rel=0.05)
    assert summary["auc_0_24"] == pytest.approx(362.2, rel=0.05)
    assert summary["bioavailability"] == pytest.approx(0.51, abs=0.02)
    assert answer["effects"][0]["effect"] == "dissociation"


def test_numbers_alone_do_not_wait_for_drawings_or_for_the_drawing_of_lots_and_are_the_same(tmp_path: Path) -> None:
    """A command that answers a script has one person's answer before those modules would have been read."""
    file = tmp_path / "request.json"
    file.write_text(json.dumps(changed("band", ...)))
    asked = f"from euthymia.cli.main import main; main(['simulate', {str(file)!r}, '--json'], standalone_mode=False)"
    slow = "('numpy.random', 'numpy.ma', 'scipy', 'euthymia.cli.plotting', 'euthymia.pharmacology.comparison')"
    told = f"{asked}; import sys; print([name for name in {slow} if name in sys.modules], file=sys.stderr)"
    fresh = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert fresh.stderr.strip() == "[]"
    # Here NumPy's own generator is loaded already.
    assert np.random.Philox is not None
    assert json.loads(fresh.stdout) == json.loads(run(changed("band", ...), "--json").output)


def test_model_and_band_may_be_left_out() -> None:
    request = changed("model", ...)
    del request["band"]
    answer = json.loads(run(request, "--json").output)
    assert answer["model"]["id"] == "perez_ruixo_2021"
    assert answer["series"][0]["band"] == {}
    request["model"] = request["band"] = None
    assert json.loads(run(request, "--json").output) == answer


@pytest.mark.parametrize(
    ("path", "value", "code", "where"),
    [
        ("doses[0].route", "tea", "unknown_route", "doses[0].route"),
        ("doses[0].route", 7, "not_text", "doses[0].route"),
        ("doses[0].route", "sc", "not_nasal", "doses[0].devices"),
        ("doses[0].drug", "aspirin", "unknown_drug", "doses[0].drug"),
        ("doses[0].amount_mg", -84, "out_of_range", "doses[0].amount_mg"),
        ("doses[0].amount_mg", 0, "not_positive", "doses[0].amount_mg"),
        ("doses[0].amount_mg", "84 mg", "not_a_number", "doses[0].amount_mg"),
        ("doses[0].amount_mg", ..., "missing", "doses[0].amount_mg"),
        ("doses[0].start_h", -1, "out_of_range", "doses[0].start_h"),
        ("doses[0].duration_h", 1, "not_an_infusion", "doses[0].duration_h"),
        ("doses[0].devices", 2, "devices_mismatch", "doses[0].devices"),
        ("doses[0].dose_mg", 5, "unknown_field", "doses[0].dose_mg"),
        ("doses[0]", "84 mg", "not_an_object", "doses[0]"),
        ("doses", [], "no_doses", "doses"),
        ("doses", {}, "no_doses", "doses"),
        ("person.weight_kg", 0, "out_of_range", "person.weight_kg"),
        ("person.weight_kg", 900, "out_of_range", "person.weight_kg"),
        ("person.weight_kg", ..., "missing", "person.weight_kg"),
        ("person.weight_kg", "70", "not_a_number", "person.weight_kg"),
        ("person.weight_kg", float("nan"), "not_a_number", "person.weight_kg"),
        ("person.age_y", 9, "person_not_covered", "person.age_y"),
        ("person.sex", "f", "unknown_sex", "person.sex"),
        ("person.sex", ["f"], "not_text", "person.sex"),
        ("person.ancestry", "x", "unknown_ancestry", "person.ancestry"),
        ("person.name", "x", "unknown_field", "person.name"),
        ("person", ..., "not_an_object", "person"),
        ("at_h", [0, 2, 1], "unsorted", "at_h[2]"),
        ("at_h", [0, float("nan")], "not_a_number", "at_h[1]"),
        ("at_h", [0, "1"], "not_a_number", "at_h[1]"),
        ("at_h", [], "no_times", "at_h"),
        ("at_h", ..., "not_a_list", "at_h"),
        ("model", "no_such", "unknown_model", "model"),
        ("model", 7, "not_text", "model"),
        ("band.people", 1, "out_of_range", "band.people"),
        ("band.seed", "x", "out_of_range", "band.seed"),
        ("band.quantiles", [0.9, 0.1], "unsorted", "band.quantiles"),
        ("band.quantiles", 0.5, "not_a_list", "band.quantiles"),
        ("band.sead", 1, "unknown_field", "band.sead"),
        ("band", 500, "not_an_object", "band"),
        ("modle", "x", "unknown_field", "modle"),
    ],
)
def test_refused_input_says_what_where_and_why_and_exits_2(path: str, value: Any, code: str, where: str) -> None:
    result = run(changed(path, value), "--json")
    assert result.exit_code == 2, result.output
    refusal = json.loads(result.stderr)
    assert (refusal["error"], refusal["path"]) == (code, where)
    assert refusal["message"]
    assert result.stdout == ""


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '"x"', "[" * 100_000])
def test_what_is_not_a_json_object_is_refused(text: str) -> None:
    result = run(text)
    assert result.exit_code == 2
    assert json.loads(result.stderr)["error"] in {"not_json", "not_an_object"}


def test_a_file_that_is_not_there_is_refused() -> None:
    result = CliRunner().invoke(main, ["simulate", "no/such/file.json"])
    assert result.exit_code == 2
    assert json.loads(result.stderr)["error"] == "unreadable"


def test_a_person_gets_a_table_a_plot_and_the_models_failures(tmp_path: Path) -> None:
    picture = tmp_path / "curve.svg"
    result = run(REQUEST, "--plot", str(picture))
    assert result.exit_code == 0
    assert "esnorketamine" in result.output
    assert "░░ 90 % of people" in result.output
    assert "Known failure" in result.output
    assert max(map(len, result.output.splitlines())) <= 100
    assert picture.read_text(encoding="utf-8").startswith("<svg")
    # One time has no course to draw.
    assert run(changed("at_h", [1.0])).exit_code == 0
    assert run(REQUEST, "--plot", str(tmp_path / "no" / "folder.svg")).exit_code == 2


def test_a_plot_is_of_the_kind_its_name_tells_and_shows_what_is_asked(tmp_path: Path) -> None:
    picture = tmp_path / "pressure.PNG"
    result = run(REQUEST, "--json", "--plot", str(picture), "--draw", "systolic_rise", "--draw", "diastolic_rise")
    assert result.exit_code == 0, result.output
    assert picture.read_bytes().startswith(b"\x89PNG")
    for file, draw, code in (("curve.gif", "esketamine", "unknown_suffix"), ("curve.svg", "tea", "unknown_name")):
        refused = run(REQUEST, "--plot", str(tmp_path / file), "--draw", draw)
        assert refused.exit_code == 2
        assert json.loads(refused.stderr)["error"] == code
        assert not (tmp_path / file).exists()


def test_a_person_chooses_what_is_plotted_and_reads_the_chances() -> None:
    usual = run(REQUEST).stdout
    assert "share of the largest possible:" in usual
    assert "nausea: chance" in usual
    chosen = run(REQUEST, "--draw", "sedation").stdout
    assert "probability:" in chosen
    assert "share of the largest possible:" not in chosen
    assert run(REQUEST, "--draw", "tea").exit_code == 2


def test_models_are_listed_in_short_in_full_and_as_json() -> None:
    short = CliRunner().invoke(main, ["models"]).output
    assert all(name in short for name in shipped_models())
    assert "published, venous, adults" in short
    assert "checks passed" in short
    assert max(map(len, short.splitlines())) <= 88
    nasal = CliRunner().invoke(main, ["models", "--route", "nasal", "--drug", "esketamine"]).output
    assert "perez_ruixo_2021" in nasal
    assert "clements_1981" not in nasal
    full = CliRunner().invoke(main, ["models", "--id", "clements_1981"]).output
    assert "stand-in" in full
    assert "10.1093/bja/53.1.27" in full
    cards = json.loads(CliRunner().invoke(main, ["models", "--json"]).output)
    assert [card["id"] for card in cards] == list(shipped_models())
    assert all(card["parameters"] for card in cards)
    assert CliRunner().invoke(main, ["models", "--id", "no_such"]).exit_code == 2


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


def test_the_example_of_the_manual_is_answered(repository: Path) -> None:
    page = (repository / "docs/reference/cli/simulate.md").read_text(encoding="utf-8")
    result = run(blocks(page, "json")[0], "--json")
    assert result.exit_code == 0, result.output


def test_the_example_of_the_engines_page_runs(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = (repository / "docs/reference/engine.md").read_text(encoding="utf-8")
    exec(blocks(page, "python")[0], {})
    assert "perez_ruixo_2021" in capsys.readouterr().out


def test_the_engines_page_names_every_public_word(repository: Path) -> None:
    import euthymia.pharmacology as room

    page = (repository / "docs/reference/engine.md").read_text(encoding="utf-8")
    functions = [name for name in room.__all__ if name[0].islower()]
    assert [name for name in functions if name not in page] == []


def test_the_page_on_adding_a_model_gives_a_model(repository: Path) -> None:
    page = (repository / "docs/how-to/add-a-published-model.md").read_text(encoding="utf-8")
    model = model_from(tomllib.loads(blocks(page, "toml")[0]))
    person = Person(age_y=30, sex="male", weight_kg=80)
    push = Regimen((Dose("ketamine", "iv", 24, 0),))
    found = simulate(push, person, [0, 1], model=model, band=Band(people=50))
    # One compartment: 24 mg in 240 L, leaving at 86.4 L/h.
    assert found.series[0].typical == pytest.approx(100 * np.exp([0, -86.4 / 240]))
    assert found.model.id == "example_1999"
    into_muscle = simulate(Regimen((Dose("ketamine", "im", 24, 0),)), person, [1], model=model)
    assert into_muscle.summary[0].bioavailability == pytest.approx(0.9)
