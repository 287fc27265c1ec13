"""Treatment resistance: which earlier treatments count, and the stages made of them, with each gap named."""

from __future__ import annotations

import pytest

from euthymia.care.decision import CannotTell
from euthymia.care.resistance import (
    ADEQUACY,
    Adequacy,
    Counts,
    History,
    Outcome,
    Severity,
    Staged,
    Staging,
    TreatmentTrial,
    european,
    judge_trial,
    maudsley,
    meets_definition,
    mgh,
    stage_all,
    thase_rush,
)
from euthymia.care.treatment_trial import CLASSES, WEEKS_OPTIONS, floors_of
from euthymia.errors import BadInput


def failed(drug: str, dose_mg_day: float | None = 400, **more: object) -> TreatmentTrial:
    """A trial that counts, unless `more` says otherwise."""
    usual: dict[str, object] = {"weeks": 8, "outcome": Outcome.NO_RESPONSE, "augmentation": False, "optimised": False}
    return TreatmentTrial(drug, dose_mg_day, **(usual | more))  # type: ignore[arg-type]


def history(*trials: TreatmentTrial, **more: object) -> History:
    """An episode in which nothing is missing, unless `more` says otherwise."""
    usual: dict[str, object] = {"duration_months": 6, "severity": Severity.MILD, "ect": False, "ect_bilateral": False}
    return History(trials, **(usual | more))  # type: ignore[arg-type]


def absent(staging: Staging) -> tuple[str, ...]:
    return tuple(gap.fact for gap in staging.missing) if isinstance(staging, CannotTell) else ()


def stage(staging: Staging) -> str | None:
    return staging.stage if isinstance(staging, Staged) else None


@pytest.mark.parametrize(
    ("trial", "counts", "because", "missing"),
    [
        (failed("sertraline", 50), Counts.YES, "", ()),
        (failed("sertraline", 49.9), Counts.NO, "below 50", ()),
        (failed("sertraline", 100, weeks=6), Counts.YES, "", ()),
        (failed("sertraline", 100, weeks=5.9), Counts.NO, "shorter than 6", ()),
        (failed("sertraline", 100, outcome=Outcome.PARTIAL_RESPONSE), Counts.YES, "", ()),
        (failed("sertraline", 100, outcome=Outcome.RESPONSE), Counts.NO, "It helped", ()),
        (failed("sertraline", 100, outcome=Outcome.REMISSION), Counts.NO, "It helped", ()),
        (failed("sertraline", 100, outcome=Outcome.NOT_TOLERATED), Counts.NO, "side effects", ()),
        (failed("sertraline", 100, current_episode=False), Counts.NO, "earlier episode", ()),
        (failed("sertraline", None), Counts.CANNOT_TELL, "", ("dose_mg_day",)),
        (failed("sertraline", 100, weeks=None), Counts.CANNOT_TELL, "", ("weeks",)),
        (failed("sertraline", 100, outcome=None), Counts.CANNOT_TELL, "", ("outcome",)),
        (failed("sertraline", 100, current_episode=None), Counts.CANNOT_TELL, "", ("current_episode",)),
        (failed("amitriptyline", 150), Counts.CANNOT_TELL, "", ("dose_floor",)),
        (failed("something new", 150), Counts.CANNOT_TELL, "", ("dose_floor",)),
        (failed("sertraline", None, weeks=2), Counts.NO, "shorter than 6", ("dose_mg_day",)),
    ],
)
def test_a_trial_counts_when_dose_duration_episode_and_outcome_say_so(
    trial: TreatmentTrial, counts: Counts, because: str, missing: tuple[str, ...]
) -> None:
    judged = judge_trial(trial)
    assert judged.counts is counts
    assert because in " ".join(judged.why)
    assert tuple(gap.fact for gap in judged.missing) == missing


@pytest.mark.parametrize(
    ("written", "substance", "kind"),
    [
        ("Sertraline 50 MG Oral Tablet", "sertraline", "ssri"),
        ("venlafaxine XR", "venlafaxine", "snri"),
        ("Desvenlafaxine", "desvenlafaxine", "snri"),
        ("ESCITALOPRAM oxalate", "escitalopram", "ssri"),
        ("amitriptyline", "amitriptyline", "tricyclic"),
        ("tranylcypromine", "tranylcypromine", "maoi"),
        (" Lithium ", "lithium", None),
    ],
)
def test_the_substance_is_found_in_how_people_write_it(written: str, substance: str, kind: str | None) -> None:
    trial = TreatmentTrial(written)
    assert (trial.substance, trial.drug_class) == (substance, kind)


def test_a_clinic_may_set_its_own_floors_by_name_and_weeks() -> None:
    own = ADEQUACY.with_floors({"Amitriptyline": 100}, "Dr Ito")
    assert judge_trial(failed("amitriptyline", 100), own).counts is Counts.YES
    assert judge_trial(failed("amitriptyline", 75), own).counts is Counts.NO
    assert "Dr Ito" in own.says
    shorter = Adequacy(4, ADEQUACY.floors_mg_day, "four weeks by the clinic")
    assert judge_trial(failed("sertraline", 100, weeks=4), shorter).counts is Counts.YES
    for floors, by in (({"amitriptyline": 100}, " "), ({"amitriptyline": 0}, "Dr Ito")):
        with pytest.raises(BadInput):
            ADEQUACY.with_floors(floors, by)


@pytest.mark.parametrize(
    ("trials", "met", "counted"),
    [
        ((failed("sertraline"), failed("venlafaxine")), True, ("sertraline", "venlafaxine")),
        ((failed("sertraline"), failed("sertraline 100 mg")), False, ("sertraline",)),
        ((failed("sertraline"),), False, ("sertraline",)),
        ((failed("sertraline"), failed("venlafaxine", weeks=2)), False, ("sertraline",)),
        ((failed("sertraline"), failed("venlafaxine", weeks=None)), None, ("sertraline",)),
        ((failed("sertraline"), failed("sertraline", weeks=None)), False, ("sertraline",)),
        ((failed("sertraline"), failed("venlafaxine"), failed("amitriptyline")), True, ("sertraline", "venlafaxine")),
        ((failed("amitriptyline"), failed("phenelzine")), None, ()),
        ((), None, ()),
    ],
)
def test_two_different_antidepressants_meet_the_definition(
    trials: tuple[TreatmentTrial, ...], met: bool | None, counted: tuple[str, ...]
) -> None:
    found = meets_definition(history(*trials))
    assert (found.met, found.counted) == (met, counted)
    assert bool(found.missing) is (met is None)
    assert len(found.trials) == len(trials)


@pytest.mark.parametrize(("months", "points"), [(0, 1), (12, 1), (12.5, 2), (24, 2), (25, 3), (120, 3)])
def test_maudsley_counts_duration(months: float, points: float) -> None:
    assert part(maudsley(history(failed("sertraline"), duration_months=months)), "duration") == points


@pytest.mark.parametrize(
    ("severity", "points"),
    [
        (Severity.SUBSYNDROMAL, 1),
        (Severity.MILD, 2),
        (Severity.MODERATE, 3),
        (Severity.SEVERE, 4),
        (Severity.SEVERE_PSYCHOTIC, 5),
    ],
)
def test_maudsley_counts_severity(severity: Severity, points: float) -> None:
    assert part(maudsley(history(failed("sertraline"), severity=severity)), "severity") == points


DRUGS = list(ADEQUACY.floors_mg_day)


@pytest.mark.parametrize(
    ("number", "points"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (6, 3), (7, 4), (10, 4), (11, 5)]
)
def test_maudsley_counts_failed_antidepressants(number: int, points: float) -> None:
    found = maudsley(history(*(failed(drug) for drug in DRUGS[:number])))
    assert part(found, "failed_antidepressants") == points


@pytest.mark.parametrize(
    ("changed", "total", "band"),
    [
        ({"severity": Severity.SUBSYNDROMAL}, 3, "mild"),
        ({"duration_months": 30, "severity": Severity.MILD}, 6, "mild"),
        ({"duration_months": 30, "severity": Severity.MODERATE}, 7, "moderate"),
        ({"duration_months": 30, "severity": Severity.SEVERE_PSYCHOTIC, "augmentation": True}, 10, "moderate"),
        (
            {"duration_months": 30, "severity": Severity.SEVERE_PSYCHOTIC, "augmentation": True, "ect": True},
            11,
            "severe",
        ),
    ],
)
def test_maudsley_adds_up_to_a_band(changed: dict[str, object], total: float, band: str) -> None:
    found = maudsley(history(failed("sertraline"), **changed))
    assert isinstance(found, Staged)
    assert (found.total, found.stage) == (total, band)
    assert sum(point.points for point in found.points) == total


def test_maudsley_at_its_most_is_fifteen() -> None:
    worst = {"duration_months": 60, "severity": Severity.SEVERE_PSYCHOTIC, "augmentation": True, "ect": True}
    found = maudsley(history(*(failed(drug) for drug in DRUGS), **worst))
    assert isinstance(found, Staged)
    assert (found.total, found.stage) == (15, "severe")


@pytest.mark.parametrize("missing", ["duration_months", "severity", "ect"])
def test_maudsley_never_guesses_what_is_missing(missing: str) -> None:
    assert absent(maudsley(history(failed("sertraline"), **{missing: None}))) == (missing,)


@pytest.mark.parametrize(
    ("trials", "missing"),
    [
        ((), ("trials", "augmentation")),
        ((failed("sertraline", weeks=None),), ("weeks",)),
        ((failed("sertraline", weeks=2),), ("failed_trials",)),
        ((failed("sertraline"), failed("fluoxetine"), failed("venlafaxine", weeks=None)), ("weeks",)),
    ],
)
def test_maudsley_asks_where_a_trial_could_change_the_points(
    trials: tuple[TreatmentTrial, ...], missing: tuple[str, ...]
) -> None:
    assert absent(maudsley(history(*trials))) == missing


def test_maudsley_does_not_wait_for_a_trial_that_could_change_nothing() -> None:
    assert stage(maudsley(history(failed("sertraline"), failed("amitriptyline")))) == "mild"


@pytest.mark.parametrize(
    ("said", "in_trials", "points"),
    [(True, False, 1), (False, True, 0), (None, True, 1), (None, False, 0), (None, None, None)],
)
def test_augmentation_as_said_for_the_episode_else_as_the_trials_say(
    said: bool | None, in_trials: bool | None, points: float | None
) -> None:
    found = maudsley(history(failed("sertraline", augmentation=in_trials), augmentation=said))
    assert part(found, "augmentation") == points


@pytest.mark.parametrize(
    ("trials", "ect", "total", "missing"),
    [
        ((failed("sertraline"),), False, 1, ()),
        ((failed("sertraline"), failed("venlafaxine")), False, 2, ()),
        ((failed("sertraline", optimised=True),), False, 1.5, ()),
        ((failed("sertraline", augmentation=True),), False, 1.5, ()),
        ((failed("sertraline", optimised=True, augmentation=True),), True, 5, ()),
        ((failed("sertraline", weeks=5),), False, 0, ()),
        ((failed("sertraline", optimised=None),), False, None, ("optimised",)),
        ((failed("sertraline", augmentation=None),), False, None, ("augmentation",)),
        ((failed("sertraline", outcome=None),), False, None, ("outcome",)),
        ((failed("sertraline"),), None, None, ("ect",)),
        ((), False, None, ("trials",)),
    ],
)
def test_mgh_adds_a_point_per_trial_and_halves_for_what_was_tried_with_it(
    trials: tuple[TreatmentTrial, ...], ect: bool | None, total: float | None, missing: tuple[str, ...]
) -> None:
    found = mgh(history(*trials, ect=ect))
    assert (found.total if isinstance(found, Staged) else None) == total
    assert absent(found) == missing


def test_mgh_wants_six_weeks_even_where_the_clinic_is_content_with_four() -> None:
    four = Adequacy(4, ADEQUACY.floors_mg_day, "four weeks by the clinic")
    found = mgh(history(failed("sertraline", weeks=5)), four)
    assert isinstance(found, Staged)
    assert (found.total, found.notes) == (0, ("sertraline: 5 weeks is shorter than 6.",))


OLD = ADEQUACY.with_floors({"amitriptyline": 100, "phenelzine": 45}, "Dr Ito")
LADDER = tuple(failed(drug) for drug in ("sertraline", "venlafaxine", "amitriptyline", "phenelzine"))


@pytest.mark.parametrize(
    ("trials", "bilateral", "expected", "missing"),
    [
        ((failed("sertraline", weeks=1),), False, "0", ()),
        (LADDER[:1], False, "I", ()),
        ((failed("sertraline"), failed("fluoxetine")), False, "I", ()),
        (LADDER[:2], False, "II", ()),
        (LADDER[:3], False, "III", ()),
        (LADDER, False, "IV", ()),
        (LADDER, True, "V", ()),
        (LADDER, None, None, ("ect_bilateral",)),
        ((LADDER[0], LADDER[3]), False, "II", ()),
        (LADDER[:1], None, "I", ()),
        ((failed("sertraline", weeks=None),), False, None, ("weeks",)),
        ((), False, None, ("trials",)),
    ],
)
def test_thase_and_rush_climb_one_step_after_the_other(
    trials: tuple[TreatmentTrial, ...], bilateral: bool | None, expected: str | None, missing: tuple[str, ...]
) -> None:
    found = thase_rush(history(*trials, ect_bilateral=bilateral), OLD)
    assert stage(found) == expected
    assert absent(found) == missing


def test_all_systems_answer_by_name() -> None:
    assert list(stage_all(history(failed("sertraline")))) == ["maudsley", "mgh", "thase_rush", "european"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: TreatmentTrial(" "),
        lambda: TreatmentTrial("sertraline", -5),
        lambda: TreatmentTrial("sertraline", 50, 0),
        lambda: TreatmentTrial("sertraline", float("nan")),
        lambda: History(duration_months=-1),
        lambda: History(duration_months=float("inf")),
    ],
)
def test_what_cannot_be_meant_is_refused(make: object) -> None:
    with pytest.raises(BadInput):
        make()  # type: ignore[operator]


def part(staging: Staging, name: str) -> float | None:
    """The points one part gave."""
    points = staging.points if isinstance(staging, Staged) else ()
    return next((point.points for point in points if point.part == name), None)


@pytest.mark.parametrize(
    ("weeks", "stage_"),
    [
        ((11.9,), None),
        ((12,), "TRD1"),
        ((8, 8), "TRD1"),
        ((8, 8.1), None),
        ((9, 9), "TRD2"),
        ((8, 8, 7.9), "TRD2"),
        ((8, 8, 8), None),
        ((8, 8, 8.1), "TRD3"),
        ((10, 10, 9.9), "TRD3"),
        ((10, 10, 10), None),
        ((10, 10, 12.1), "TRD4"),
        ((20, 20), None),
        ((20, 20.1), "TRD5"),
        ((26, 26), "TRD5"),
        ((26, 26.1), None),
    ],
)
def test_european_stages_go_by_weeks_and_say_where_the_spans_leave_none(
    weeks: tuple[float, ...], stage_: str | None
) -> None:
    drugs = ("sertraline", "venlafaxine", "mirtazapine")
    trials = [failed(drug, weeks=long) for drug, long in zip(drugs, weeks, strict=False)]
    found = european(history(*trials))
    assert stage(found) == stage_
    if isinstance(found, Staged):
        assert (found.total, [point.points for point in found.points]) == (sum(weeks), list(weeks))
        assert "PLoS One" in found.source
    else:
        (gap,) = found.missing
        assert gap.says.startswith(f"{sum(weeks):g} weeks without enough help lie in")


def test_european_weeks_that_two_stages_share_name_both() -> None:
    found = european(history(failed("sertraline", weeks=24)))
    assert isinstance(found, CannotTell)
    assert found.missing[0].says == "24 weeks without enough help lie in TRD2 and TRD3."


def test_european_counts_only_what_counts_and_asks_for_the_rest() -> None:
    assert absent(european(history())) == ("trials",)
    assert absent(european(history(failed("sertraline", None)))) == ("dose_mg_day",)
    helped = failed("venlafaxine", weeks=30, outcome=Outcome.RESPONSE)
    found = european(history(failed("sertraline", weeks=12), helped))
    assert stage(found) == "TRD1"
    assert isinstance(found, Staged)
    assert found.notes == ("venlafaxine: It helped.",)


def test_every_floor_says_where_it_is_from_or_why_there_is_none() -> None:
    floors = {floor.drug: floor for floor in floors_of(ADEQUACY)}
    assert set(floors) == set(CLASSES)
    assert floors["sertraline"].dose_mg_day == 50
    assert floors["sertraline"].says.startswith("McMaster")
    assert floors["sertraline"].says.endswith("(read)")
    holes = {drug for drug, floor in floors.items() if floor.dose_mg_day is None}
    assert {floors[drug].drug_class for drug in holes} == {"tricyclic", "maoi", "sari", "melatonergic"}
    assert all("No lowest adequate dose was read" in floors[drug].says for drug in holes)
    assert not any(floor.is_own for floor in floors.values())


def test_a_clinic_fills_a_hole_and_adds_a_medicine_under_its_own_name() -> None:
    own = ADEQUACY.with_floors({"Imipramine": 100}, "Dr Ito: label").with_floors({"reboxetine ": 8}, "Dr Ito: label")
    floors = {floor.drug: floor for floor in floors_of(own)}
    assert (floors["imipramine"].dose_mg_day, floors["imipramine"].says) == (100, "Dr Ito: label")
    assert (floors["reboxetine"].dose_mg_day, floors["reboxetine"].drug_class) == (8, "")
    assert {floor.drug for floor in floors.values() if floor.is_own} == {"imipramine", "reboxetine"}
    assert judge_trial(failed("imipramine", 100), own).counts is Counts.YES
    assert judge_trial(failed("imipramine", 99.9), own).counts is Counts.NO
    assert judge_trial(failed("imipramine", 100)).counts is Counts.CANNOT_TELL


@pytest.mark.parametrize("weeks", [4.0, 8.0, 104.0, 0.1])
def test_a_clinic_chooses_its_weeks(weeks: float) -> None:
    own = ADEQUACY.with_weeks(weeks, " Dr Ito ")
    assert (own.min_weeks, own.floors_mg_day) == (weeks, ADEQUACY.floors_mg_day)
    assert own.says.endswith(f"; {weeks:g} weeks set by Dr Ito")
    assert judge_trial(failed("sertraline", weeks=weeks), own).counts is Counts.YES


@pytest.mark.parametrize("weeks", [0.0, -1.0, 104.1, float("nan")])
def test_weeks_that_cannot_be_meant_are_refused(weeks: float) -> None:
    with pytest.raises(BadInput) as refused:
        ADEQUACY.with_weeks(weeks, "Dr Ito")
    assert (refused.value.code, refused.value.path) == ("out_of_range", "min_weeks")
    with pytest.raises(BadInput) as unnamed:
        ADEQUACY.with_weeks(6, " ")
    assert (unnamed.value.code, unnamed.value.path) == ("unnamed", "set_by")


def test_the_shipped_weeks_are_one_of_those_read() -> None:
    assert (ADEQUACY.min_weeks, WEEKS_OPTIONS) == (6, (4, 6, 8))


def test_a_judgement_says_which_settings_it_used() -> None:
    assert meets_definition(history(failed("sertraline"))).adequacy_version == "shipped"
    own = Adequacy(6, {}, "none", version="3")
    assert meets_definition(history(failed("sertraline")), own).adequacy_version == "3"
    assert own.with_weeks(8, "Dr Ito").version == "3"
