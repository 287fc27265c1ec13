"""Every published number a model is meant to reproduce, and every one it is known to miss."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from euthymia.pharmacology import Band, Dose, Person, Regimen, load_model, simulate
from euthymia.pharmacology.solve import closed_form
from euthymia.pharmacology.solve.system import LinearSystem, total_area

HERE = Path(__file__).parent
ROWS: list[dict[str, Any]] = tomllib.loads((HERE / "observations.toml").read_text(encoding="utf-8"))["row"]
PERSON = Person(age_y=45, sex="unspecified", weight_kg=70)


def regimen_of(row: dict[str, Any]) -> Regimen:
    return Regimen((Dose(**row["dose"]),))


def system_of(row: dict[str, Any]) -> tuple[LinearSystem, int]:
    model = load_model(row["model"])
    regimen = regimen_of(row)
    names = model.analytes(regimen)
    place = names.index(row["analyte"]) if "analyte" in row else model.parent()
    return model.system(regimen, model.values(PERSON, {}), 1), place


def summarised(name: str) -> Callable[[dict[str, Any]], float]:
    def value(row: dict[str, Any]) -> float:
        summary = simulate(regimen_of(row), PERSON, [1.0], model=row["model"]).summary
        found = next(one for one in summary if one.analyte == row.get("analyte", summary[0].analyte))
        return float(getattr(found, name))

    return value


def at_minute(minute: float) -> Callable[[dict[str, Any]], float]:
    def value(row: dict[str, Any]) -> float:
        return float(simulate(regimen_of(row), PERSON, [minute / 60], model=row["model"]).series[0].typical[0])

    return value


def area_to(hour: float) -> Callable[[dict[str, Any]], float]:
    def value(row: dict[str, Any]) -> float:
        system, place = system_of(row)
        return float(closed_form.solve(system.with_area_under(place), np.array([hour]))[0, 0, -1])

    return value


def area_all(row: dict[str, Any]) -> float:
    system, place = system_of(row)
    return float(total_area(system)[0, place])


def area_over_parent(row: dict[str, Any]) -> float:
    return area_all(row) / area_all({key: value for key, value in row.items() if key != "analyte"})


def clearance(row: dict[str, Any]) -> float:
    return float(1000 * row["dose"]["amount_mg"] / area_all(row))


def steady_volume(row: dict[str, Any]) -> float:
    """Clearance times mean residence, from moments of a bolus (mg in, ng/mL out)."""
    system, place = system_of({**row, "dose": {**row["dose"], "duration_h": 0}})
    first = -np.linalg.solve(system.rates[0], np.eye(system.states))
    entered = np.zeros(system.states)
    entered[system.inputs[0].state] = row["dose"]["amount_mg"]
    read = system.readout[0, place]
    area, moment = read @ first @ entered, read @ first @ first @ entered
    return float(1000 * row["dose"]["amount_mg"] * moment / area**2)


def terminal_half_life(row: dict[str, Any]) -> float:
    system, place = system_of(row)
    late = closed_form.solve(system, np.array([60.0, 72.0]))[0, :, place]
    return float(12 * np.log(2) / np.log(late[0] / late[1]))


MEASURES: dict[str, Callable[[dict[str, Any]], float]] = {
    "cmax": summarised("cmax"),
    "auc_0_24": summarised("auc_0_24"),
    "bioavailability": summarised("bioavailability"),
    "tmax_min": lambda row: 60 * summarised("tmax_h")(row),
    "at_40_min": at_minute(40),
    "at_2_min": at_minute(2),
    "at_7_min": at_minute(7),
    "auc_0_6": area_to(6),
    "auc_all": area_all,
    "area_over_parent": area_over_parent,
    "clearance_l_per_h": clearance,
    "steady_volume_l": steady_volume,
    "terminal_half_life_h": terminal_half_life,
}


@pytest.mark.parametrize("row", [row for row in ROWS if "fails_at" not in row], ids=lambda row: row["id"])
def test_the_published_number_is_reproduced(row: dict[str, Any]) -> None:
    predicted = MEASURES[row["quantity"]](row)
    assert row["low"] <= predicted <= row["high"], f"{predicted:.4g} for a published {row['value']} ({row['source']})"


@pytest.mark.parametrize("row", [row for row in ROWS if "fails_at" in row], ids=lambda row: row["id"])
def test_the_known_failure_is_as_large_as_its_card_says(row: dict[str, Any]) -> None:
    predicted = MEASURES[row["quantity"]](row)
    assert not row["low"] <= predicted <= row["high"], "it no longer fails: move the row and correct the card"
    assert predicted == pytest.approx(row["fails_at"], rel=0.05)
    assert any(row["card_says"] in failure for failure in load_model(row["model"]).card.known_failures)


def test_no_row_rests_on_memory() -> None:
    assert {row["provenance"] for row in ROWS} <= {"read", "abstract", "code"}
    assert len({row["id"] for row in ROWS}) == len(ROWS)


def infusion_rows() -> list[dict[str, str]]:
    lines = (HERE / "infusion.csv").read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


@pytest.mark.parametrize("row", infusion_rows(), ids=lambda row: row["model"])
def test_an_infusion_gives_what_another_implementation_gives(row: dict[str, str]) -> None:
    minutes = [int(name) for name, value in row.items() if name.isdigit() and value]
    regimen = Regimen((Dose(row["drug"], "iv", 35, 0, duration_h=40 / 60),))
    found = simulate(regimen, PERSON, [minute / 60 for minute in minutes], model=row["model"]).series[0].typical
    # The table is rounded to whole ng/mL.
    assert found == pytest.approx([float(row[str(minute)]) for minute in minutes], rel=0.01, abs=0.6)


INFUSION = Regimen((Dose("ketamine", "iv", 35, 0, duration_h=40 / 60),))
MINUTES = np.arange(0, 241) / 60


def course(effect: str, regimen: Regimen = INFUSION, model: str | None = None) -> np.ndarray:
    return np.asarray(simulate(regimen, PERSON, MINUTES, model=model).named(effect).typical)


@pytest.mark.parametrize("model", [None, "kamp_2020", "clements_1981", "domino_1984"])
def test_dissociation_after_an_infusion_peaks_at_its_end_and_is_gone_by_two_hours(model: str | None) -> None:
    felt = course("dissociation", model=model)
    assert 35 <= felt.argmax() <= 50
    assert felt[120] <= 0.25 * felt.max()


@pytest.mark.parametrize(("model", "drug"), [("simons_2022", "esketamine"), ("noppers_2011", "esketamine")])
def test_three_quarters_have_left_the_effect_site_by_two_hours(model: str, drug: str) -> None:
    regimen = Regimen((Dose(drug, "iv", 17.5, 0, duration_h=40 / 60),))
    site = course("esketamine_effect_site", regimen, model)
    assert 35 <= site.argmax() <= 50
    assert site[120] <= 0.25 * site.max()


def test_the_meta_analysis_keeps_one_point_more_there_as_its_card_says() -> None:
    site = course("esketamine_effect_site", model="kamp_2020")
    assert site[120] / site.max() == pytest.approx(0.26, abs=0.005)
    assert any("26 %" in failure for failure in load_model("kamp_2020").card.known_failures)


@pytest.mark.parametrize(
    ("model", "drug", "amount_mg", "peak", "at_80", "at_120"),
    [("kamp_2020", "ketamine", 35, 108, 46, 28), ("simons_2022", "esketamine", 17.5, 126, 42, 22)],
)
def test_the_effect_site_follows_the_published_delay(
    model: str, drug: str, amount_mg: float, peak: float, at_80: float, at_120: float
) -> None:
    regimen = Regimen((Dose(drug, "iv", amount_mg, 0, duration_h=40 / 60),))
    site = course("esketamine_effect_site", regimen, model)
    assert [site.max(), site[80], site[120]] == pytest.approx([peak, at_80, at_120], rel=0.03)


def test_dissociation_after_the_spray_peaks_near_40_min_but_fades_too_slowly_as_its_card_says() -> None:
    felt = course("dissociation", Regimen(tuple(Dose("esketamine", "nasal", 28, n / 12, devices=1) for n in range(3))))
    assert 30 <= felt.argmax() <= 50
    assert felt[90] > 0.4
    failures = load_model("assembled_esketamine_arterial").card.known_failures
    assert any("fades too slowly" in failure for failure in failures)


def test_venous_and_arterial_type_differ_as_published_at_the_end_of_an_infusion() -> None:
    """Arterial-type models give 1.2 to 1.8 times the venous-type value at 40 min; later they come together."""
    venous, arterial = (course("ketamine", model=model) for model in ("clements_1981", "kamp_2020"))
    assert 1.2 < arterial[40] / venous[40] < 1.9
    assert 1.0 < venous[110] / arterial[110] < 1.5


def test_the_band_of_fanta_and_otto_has_the_published_spread() -> None:
    """Spread of log clearance from many people: variance 0.026048 (Otto 2021, table 3)."""
    from euthymia.pharmacology.population import sample_effects

    effects = sample_effects(load_model("fanta_otto_2021"), seed=11, people=20_000)
    assert np.var(effects["clearance"]) == pytest.approx(0.026048, rel=0.03)
    assert np.cov(effects["central_volume"], effects["clearance"])[0, 1] == pytest.approx(0.02261, rel=0.05)
    wide = simulate(INFUSION, PERSON, [2 / 3], band=Band(people=2000)).series[0].band
    assert wide[0.05][0] < 177 < wide[0.95][0]
