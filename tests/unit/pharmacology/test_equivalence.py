"""The same target by other routes: what must be given, how far people differ, and where no dose does it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from euthymia.errors import BadInput
from euthymia.pharmacology import Band, Dose, Individual, Person, Regimen, equivalent_doses, side_by_side, simulate

PERSON = Person(age_y=45, sex="female", weight_kg=70, height_cm=168)
VEIN = Regimen((Dose("ketamine", "iv", 35, 0, duration_h=40 / 60),))
MUSCLE = Regimen((Dose("ketamine", "im", 10, 0),))
NOSE = Regimen((Dose("esketamine", "nasal", 28, 0, devices=1),))
BAND = Band(people=80)


def measured(ways: object, name: str, measure: str) -> float:
    found = ways[name].measure(measure)  # type: ignore[index]
    assert found is not None
    return float(found.typical)


@pytest.mark.parametrize(
    ("target", "measure"), [("effect_site_peak", "effect_site_peak"), ("area", "esketamine_auc_0_24")]
)
def test_the_typical_person_reaches_the_same_target(target: str, measure: str) -> None:
    found = equivalent_doses(VEIN, {"muscle": MUSCLE}, PERSON, target=target)
    assert list(found.ways) == ["reference", "muscle"]
    assert found.ways["reference"].regimen == VEIN
    assert measured(found.ways, "muscle", measure) == pytest.approx(found.value, rel=1e-9)
    assert found.value == pytest.approx(measured(found.ways, "reference", measure))
    assert found.reached == pytest.approx({"reference": 1.0, "muscle": 1.0})


def test_the_amount_given_as_a_start_does_not_matter_and_twice_the_target_takes_twice_the_dose() -> None:
    def dose_mg(reference: Regimen, start: Regimen) -> float:
        return equivalent_doses(reference, {"muscle": start}, PERSON).ways["muscle"].regimen.total_mg

    once = dose_mg(VEIN, MUSCLE)
    assert dose_mg(VEIN, Regimen((Dose("ketamine", "im", 123, 0),))) == pytest.approx(once)
    twice = Regimen(tuple(replace(dose, amount_mg=2 * dose.amount_mg) for dose in VEIN))
    assert dose_mg(twice, MUSCLE) == pytest.approx(2 * once)


def test_sessions_before_change_what_is_felt_and_not_what_must_be_given() -> None:
    first = equivalent_doses(VEIN, {"muscle": MUSCLE}, PERSON)
    later = equivalent_doses(VEIN, {"muscle": MUSCLE}, PERSON, earlier_sessions=12)
    assert later.ways["muscle"].regimen == first.ways["muscle"].regimen
    assert measured(later.ways, "muscle", "effect_peak") < 0.8 * measured(first.ways, "muscle", "effect_peak")


def test_several_doses_of_a_regimen_are_scaled_together() -> None:
    halves = Regimen((Dose("ketamine", "im", 10, 0), Dose("ketamine", "im", 20, 0.5)))
    first, second = equivalent_doses(VEIN, {"muscle": halves}, PERSON).ways["muscle"].regimen
    assert second.amount_mg == pytest.approx(2 * first.amount_mg)
    assert (first.start_h, second.start_h) == (0, 0.5)


def test_devices_come_whole_and_the_answer_says_how_near_they_come() -> None:
    found = equivalent_doses(VEIN, {"nose": NOSE}, PERSON)
    dose = found.ways["nose"].regimen.doses[0]
    assert dose.amount_mg == 28 * (dose.devices or 0)
    assert found.reached["nose"] != pytest.approx(1.0, abs=0.01)
    assert abs(found.reached["nose"] - 1) <= 0.25
    # Nearer than its neighbours.
    for devices in {1, (dose.devices or 0) + 1} - {dose.devices}:
        other = Regimen((Dose("esketamine", "nasal", 28 * devices, 0, devices=devices),))
        reached = measured(side_by_side({"x": other}, PERSON), "x", "effect_site_peak") / found.value
        assert abs(reached - 1) > abs(found.reached["nose"] - 1)


def test_measures_agree_with_the_simulation_they_sum_up() -> None:
    way = side_by_side({"nose": NOSE}, PERSON, band=BAND)["nose"]
    summary = simulate(NOSE, PERSON, [0, 1]).summary[0]
    for name, value, tolerance in (
        ("cmax", summary.cmax, 1e-3),
        ("auc_0_24", summary.auc_0_24, 1e-6),
        ("bioavailability", summary.bioavailability, 1e-9),
    ):
        found = way.measure(name)
        assert found is not None
        assert found.typical == pytest.approx(value, rel=tolerance)
        assert found.band[0.05] < found.band[0.5] < found.band[0.95]
    assert way.measure("nothing") is None


def test_what_varies_least_varies_least_in_the_answer() -> None:
    regimens = {"vein": VEIN, "mouth": Regimen((Dose("ketamine", "oral", 200, 0),))}
    ways = side_by_side(regimens, PERSON, band=BAND)
    vein, mouth = (ways[name].measure("bioavailability") for name in regimens)
    assert vein is not None
    assert mouth is not None
    assert set(np.round(list(vein.band.values()), 9)) == {1.0}
    assert mouth.band[0.95] > 2 * mouth.band[0.05]


def test_the_same_seed_gives_the_same_answer_and_no_band_gives_no_spread() -> None:
    one, other = (equivalent_doses(VEIN, {"muscle": MUSCLE}, PERSON, band=BAND).as_json() for _ in range(2))
    assert one == other
    bare = equivalent_doses(VEIN, {"muscle": MUSCLE}, PERSON).as_json()
    assert all(row["band"] == {} for way in bare["ways"] for row in way["measures"])


def test_a_medicine_alongside_changes_what_must_be_swallowed_more_than_what_is_given_into_a_muscle() -> None:
    others = {"mouth": Regimen((Dose("ketamine", "oral", 1, 0),)), "muscle": MUSCLE}
    alone = equivalent_doses(VEIN, others, PERSON, target="area").ways
    along = equivalent_doses(VEIN, others, PERSON, target="area", taking=["rifampicin"]).ways
    ratio = {name: along[name].regimen.total_mg / alone[name].regimen.total_mg for name in others}
    assert ratio["mouth"] > 3
    assert ratio["muscle"] == pytest.approx(1.0, abs=0.1)


def test_one_known_person_gets_doses_of_their_own_by_every_route() -> None:
    quick = Individual(PERSON, "clements_1981", {"clearance": 0.5})
    others = {"muscle": MUSCLE}
    theirs = equivalent_doses(VEIN, others, quick, target="area")
    anybodys = equivalent_doses(VEIN, others, PERSON, target="area")
    assert theirs.value < 0.8 * anybodys.value
    # Who clears fast after one route clears fast after the other: the same dose, a lower area.
    assert theirs.ways["muscle"].regimen.total_mg == pytest.approx(anybodys.ways["muscle"].regimen.total_mg, rel=0.05)
    assert any("clements_1981" in note for note in theirs.ways["muscle"].simulation.notes)


def test_a_chart_has_a_line_for_each_way() -> None:
    drawn = equivalent_doses(VEIN, {"muscle": MUSCLE, "nose": NOSE}, PERSON, band=BAND).svg()
    assert all(f"<title>{name}</title>" in drawn for name in ("reference", "muscle", "nose"))


ARKETAMINE = Regimen((Dose("arketamine", "iv", 20, 0),))
TOO_LITTLE = Regimen((Dose("ketamine", "iv", 3, 0, duration_h=1),))
MUCH = Regimen((Dose("ketamine", "iv", 900, 0, duration_h=1),))


@pytest.mark.parametrize(
    ("reference", "others", "code", "path"),
    [
        (VEIN, {}, "no_others", "others"),
        (VEIN, {"reference": MUSCLE}, "no_others", "others"),
        (ARKETAMINE, {"muscle": MUSCLE}, "no_effect_site", "reference"),
        (VEIN, {"other": ARKETAMINE}, "no_effect_site", "other"),
        (TOO_LITTLE, {"nose": NOSE}, "no_equivalent_dose", "nose"),
        (MUCH, {"mouth": Regimen((Dose("ketamine", "oral", 1, 0),))}, "no_equivalent_dose", "mouth"),
        (VEIN, {"nose": NOSE + NOSE.later(0.1)}, "not_one_dose", "nose"),
    ],
)
def test_where_no_dose_does_it_the_answer_is_a_refusal(
    reference: Regimen, others: dict[str, Regimen], code: str, path: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        equivalent_doses(reference, others, PERSON)
    assert (refusal.value.code, refusal.value.path) == (code, path)


def test_an_unknown_target_is_refused() -> None:
    with pytest.raises(BadInput, match="effect_site_peak, area"):
        equivalent_doses(VEIN, {"muscle": MUSCLE}, PERSON, target="happiness")
