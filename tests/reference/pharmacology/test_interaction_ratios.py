"""Every published ratio of an interaction: reproduced, or missed as interactions.toml admits; and how it was solved."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from euthymia.pharmacology import Dose, Model, Person, Regimen, interactions, load_model
from euthymia.pharmacology.interactions import interacting, interactions_named
from euthymia.pharmacology.solve import closed_form
from euthymia.pharmacology.solve.system import LinearSystem, total_area

ROWS: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "interaction_ratios.toml").read_text(encoding="utf-8")
)["row"]
PERSON = Person(age_y=30, sex="unspecified", weight_kg=70)
CARRIER = load_model("perez_ruixo_2021")


def measured(system: LinearSystem, quantity: str, parent: int) -> float:
    if quantity == "area":
        return float(total_area(system)[0, parent])
    if quantity == "metabolite_area":
        return float(total_area(system)[0, 1 - parent])
    if quantity == "peak":
        return float(closed_form.solve(system, np.linspace(0, 24, 2881))[0, :, parent].max())
    late = closed_form.solve(system, np.array([150.0, 160.0]))[0, :, parent]
    return float(10 * np.log(2) / np.log(late[0] / late[1]))


def ratio_of(row: dict[str, Any]) -> float:
    regimen = Regimen((Dose(**row["dose"]),))
    plain = load_model(row.get("model", "perez_ruixo_2021"))

    def value(model: Model) -> float:
        system = model.system(regimen, model.values(PERSON, {}), 1)
        return measured(system, row["quantity"], model.parent())

    return value(interacting(plain, regimen, interactions_named([row["taking"]]))) / value(plain)


def name_of(row: dict[str, Any]) -> str:
    return f"{row['taking']}-{row['dose']['route']}-{row['quantity']}-{row.get('model', 'carrier')}"


@pytest.mark.parametrize("row", [row for row in ROWS if "fails_at" not in row], ids=name_of)
def test_the_published_ratio_is_reproduced(row: dict[str, Any]) -> None:
    assert row["low"] <= ratio_of(row) <= row["high"], f"{ratio_of(row):.3f} for {row['value']} ({row['source']})"


@pytest.mark.parametrize("row", [row for row in ROWS if "fails_at" in row], ids=name_of)
def test_the_known_failure_is_as_large_as_it_is_said_to_be(row: dict[str, Any]) -> None:
    found = ratio_of(row)
    assert not row["low"] <= found <= row["high"], "it no longer fails: move the row and correct the words"
    assert found == pytest.approx(row["fails_at"], rel=0.05)
    medicine = interactions_named([row["taking"]])[0]
    assert any(row["says"] in words for words in medicine.known_failures)


def test_no_ratio_rests_on_memory_and_every_medicine_has_one() -> None:
    assert {row["provenance"] for row in ROWS} <= {"read", "abstract"}
    assert {row["taking"] for row in ROWS} == {each.name for each in interactions()}


def test_the_label_speaks_of_a_small_rise_with_clarithromycin_where_half_is_predicted() -> None:
    """Spravato product information (direction and smallness read, no number): the failure that is admitted."""
    row = {"taking": "clarithromycin", "dose": {"drug": "esketamine", "route": "nasal", "amount_mg": 56, "start_h": 0}}
    assert ratio_of({**row, "quantity": "area"}) == pytest.approx(1.55, abs=0.05)
    medicine = interactions_named(["clarithromycin"])[0]
    assert any("small rise" in words for words in medicine.known_failures)


# How the multipliers were solved, in the carrier's own terms: extraction E = k / (k + Q / V), area after a vein
# 1 / (Q · E), after swallowing gut share · (1 - E) / (Q · E).
VALUES = {name: float(value) for name, value in CARRIER.values(PERSON, {}).items()}
RATE = VALUES["liver_elimination"] + VALUES["liver_to_metabolite"]
OUTFLOW = VALUES["liver_flow"] / VALUES["liver_volume"]
ESCAPES = VALUES["gut_fraction"]
NASAL = 0.54 * (1 + 0.62) / 2


def extracted(hepatic: float) -> float:
    return hepatic * RATE / (hepatic * RATE + OUTFLOW)


def past_gut(gut: float) -> float:
    return 1 / (1 + gut * (1 - ESCAPES) / ESCAPES)


def swallowed_ratio(gut: float, hepatic: float) -> float:
    return past_gut(gut) / ESCAPES / hepatic


def nasal_ratio(gut: float, hepatic: float) -> float:
    def area(gut: float, hepatic: float) -> float:
        return (NASAL + (1 - NASAL) * past_gut(gut) * (1 - extracted(hepatic))) / extracted(hepatic)

    return area(gut, hepatic) / area(1, 1)


def test_rifampicin_is_solved_from_both_its_areas() -> None:
    rate = extracted(1) / 0.86
    hepatic = rate * OUTFLOW / (1 - rate) / RATE
    share = 0.14 * hepatic * ESCAPES
    gut = (1 - share) / share * ESCAPES / (1 - ESCAPES)
    medicine = interactions_named(["rifampicin"])[0]
    assert (medicine.gut, medicine.hepatic) == (pytest.approx(gut, rel=1e-3), pytest.approx(hepatic, rel=1e-3))


@pytest.mark.parametrize(("name", "ratio"), [("clarithromycin", 2.6), ("grapefruit_juice", 3.0)])
def test_an_inhibitor_with_one_area_acts_alike_in_gut_and_liver(name: str, ratio: float) -> None:
    medicine = interactions_named([name])[0]
    assert medicine.gut == medicine.hepatic
    assert swallowed_ratio(medicine.gut, medicine.hepatic) == pytest.approx(ratio, rel=1e-3)


def test_st_johns_wort_is_split_in_rifampicins_proportion() -> None:
    rifampicin, wort = interactions_named(["rifampicin", "st_johns_wort"])
    assert swallowed_ratio(wort.gut, wort.hepatic) == pytest.approx(0.42, rel=1e-3)
    proportions = [np.log(each.gut) / np.log(each.hepatic) for each in (rifampicin, wort)]
    assert proportions[0] == pytest.approx(proportions[1], rel=1e-3)


def test_ticlopidine_misses_both_its_areas_least() -> None:
    medicine = interactions_named(["ticlopidine"])[0]

    def misfit(gut: float, hepatic: float) -> float:
        return float(np.log(swallowed_ratio(gut, hepatic) / 2.4) ** 2 + np.log(nasal_ratio(gut, hepatic) / 1.29) ** 2)

    least = misfit(medicine.gut, medicine.hepatic)
    for gut in (0.1, 0.15, 0.3, 1.0):
        assert min(misfit(gut, hepatic) for hepatic in np.linspace(0.3, 1, 1401)) >= least - 1e-6
