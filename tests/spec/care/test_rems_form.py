"""The answers for the nasal product's programme come from the flowsheet, or are missing; the clock counts instants."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.spec.care.bedside import START, Bedside, filled, minute

from euthymia.care.interactions import rems_answers
from euthymia.care.protocol import Stage
from euthymia.care.rems_form import (
    CLOCK_BASIS,
    PRODUCT,
    QUESTIONS,
    WITHIN,
    Clock,
    RemsFacts,
    clock,
    concerns_programme,
    due_at,
    missing_answers,
    rems_answers_of,
)
from euthymia.care.session_events import (
    Concern,
    Delivery,
    DeviceGiven,
    Discharge,
    DoseStarted,
    EventKind,
    ScaleTaken,
    Severity,
    SideEffect,
    SideEffectEnded,
)

E = EventKind
NOTHING = RemsFacts("Ada Sample", None, "")
KNOWN = RemsFacts(
    "Ada Sample",
    date(1984, 5, 17),
    "female",
    enrolled=True,
    medicines=rems_answers(["sertraline"]),
    stated={
        "monitoring_provider_and_contact": "Nurse Ada, 555 0100",
        "setting_name_address": "Clinic, 1 Example Street",
        "lot_number": "LOT-7",
        "minutes_when_ready_without_minimum": "75",
        "serious_adverse_event": "no",
        "first_treatment_flag": "yes",
    },
)


def visit(*, checked_min: float | None = 40, left_min: float | None = 125) -> Bedside:
    """56 mg nasal esketamine: two devices, the check after the dose, what is looked at before leaving."""
    bed = Bedside(filled("esketamine_nasal_trd")).until_ready()
    bed.write(E.DOSE_STARTED, -0.5, DoseStarted(Delivery.DEVICES, 56.0))
    bed.write(E.DEVICE_GIVEN, 0, DeviceGiven(28.0, 1))
    bed.write(E.DEVICE_GIVEN, 5, DeviceGiven(28.0, 2))
    bed.write(E.DOSE_COMPLETED, 6)
    if checked_min is not None:
        bed.vitals(checked_min, "148/92 80 97%")
    look(bed, Concern.SEDATION, 20, False)
    look(bed, Concern.SEDATION, 60, True)
    look(bed, Concern.DISSOCIATION, 20, False)
    look(bed, Concern.DISSOCIATION, 90, True)
    look(bed, Concern.RESPIRATORY_DEPRESSION, 110, True)
    bed.vitals(115, "126/80 70 98%")
    if left_min is not None:
        bed.write(E.DISCHARGED, left_min, Discharge("Sam", True))
    return bed


def look(bed: Bedside, concern: Concern, at_min: float, resolved: bool) -> None:
    bed.write(E.SCALE, at_min, ScaleTaken("observation", concern, None, resolved))


def answers(bed: Bedside, facts: RemsFacts = KNOWN) -> dict[str, tuple[str | None, str]]:
    found = rems_answers_of(bed.state, bed.protocol, facts, minute(400))
    return {one.question.name: (one.words, one.missing) for one in found}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("patient_name_dob_sex", "Ada Sample, born 17 May 1984, female"),
        ("first_treatment_flag", "yes"),
        ("enrolled_flag", "yes"),
        ("concomitant_benzodiazepine", "no"),
        ("concomitant_maoi", "no"),
        ("treatment_date", START.isoformat()),
        ("dose_mg", "56 mg"),
        ("lot_number", "LOT-7"),
        ("minutes_first_device_to_end", "125 min"),
        ("minutes_when_ready_without_minimum", "75 min"),
        ("bp_pre", "120/80 mmHg"),
        ("bp_40min", "148/92 mmHg"),
        ("bp_end", "126/80 mmHg"),
        ("vitals_ok_before", "yes"),
        ("vitals_ok_at_end", "yes"),
        ("sedation_onset_resolution", "first seen at minute 20, over at minute 60"),
        ("dissociation_onset_resolution", "first seen at minute 20, over at minute 90"),
        ("respiratory_depression", "no"),
        ("serious_adverse_event", "no"),
    ],
)
def test_a_whole_visit_answers_every_question(name: str, words: str) -> None:
    assert answers(visit())[name] == (words, "")


def test_a_whole_visit_leaves_nothing_missing_and_asks_no_details_of_nothing() -> None:
    found = rems_answers_of(visit().state, filled("esketamine_nasal_trd"), KNOWN, minute(400))
    assert missing_answers(found) == ()
    assert "sae_details" not in {one.question.name for one in found}
    assert len(found) == len(QUESTIONS) - 1


def test_without_anything_known_every_question_is_missing_and_says_what_would_supply_it() -> None:
    bed = Bedside(filled("esketamine_nasal_trd"))
    found = rems_answers_of(bed.state, bed.protocol, NOTHING, minute(0))
    assert [one.words for one in found] == [None] * (len(QUESTIONS) - 1)
    assert all(one.missing for one in found)


@pytest.mark.parametrize(
    ("name", "facts", "missing"),
    [
        ("patient_name_dob_sex", replace(KNOWN, birth_date=None), "date of birth"),
        ("patient_name_dob_sex", replace(KNOWN, sex="unknown"), "sex"),
        ("enrolled_flag", replace(KNOWN, enrolled=None), "Nobody has recorded it"),
        ("lot_number", replace(KNOWN, stated={}), "Nobody has written it yet"),
        ("lot_number", replace(KNOWN, stated={"lot_number": "  "}), "Nobody has written it yet"),
        ("first_treatment_flag", replace(KNOWN, stated={}), "Nobody has written it yet"),
        ("concomitant_opioid", replace(KNOWN, medicines={}), "names no medicine"),
        ("concomitant_opioid", replace(KNOWN, medicines=rems_answers(["somethingnew"])), "nobody recognises"),
    ],
)
def test_what_nobody_knows_is_missing(name: str, facts: RemsFacts, missing: str) -> None:
    words, says = answers(visit(), facts)[name]
    assert words is None
    assert missing in says


@pytest.mark.parametrize(("earlier", "words"), [(1, "no; 1 session here"), (7, "no; 7 sessions here")])
def test_an_earlier_session_here_answers_that_it_is_not_the_first(earlier: int, words: str) -> None:
    said, _ = answers(visit(), replace(KNOWN, earlier_here=earlier))["first_treatment_flag"]
    assert said is not None
    assert words in said


def test_a_medicine_of_a_group_is_a_yes_also_beside_one_nobody_recognises() -> None:
    taken = answers(visit(), replace(KNOWN, medicines=rems_answers(["Lorazepam 1 mg", "somethingnew"])))
    assert taken["concomitant_benzodiazepine"][0] == "yes"
    assert taken["concomitant_opioid"][0] is None


@pytest.mark.parametrize(
    ("bed", "name", "missing"),
    [
        (visit(checked_min=None), "bp_40min", "not done in time"),
        (visit(left_min=None), "minutes_first_device_to_end", "not left yet"),
        (visit(left_min=None), "bp_end", "No pressure before leaving"),
        (visit(left_min=None), "vitals_ok_at_end", "Nothing was measured then"),
    ],
)
def test_a_look_that_was_not_taken_is_missing(bed: Bedside, name: str, missing: str) -> None:
    words, says = answers(bed)[name]
    assert words is None
    assert missing in says


def test_values_beyond_the_signed_limits_are_said_with_the_limit() -> None:
    bed = visit(left_min=None)
    bed.vitals(119, "168/99 70 98%")
    bed.write(E.DISCHARGED, 125, Discharge("Sam", True))
    found = {one.question.name: one for one in rems_answers_of(bed.state, bed.protocol, KNOWN, minute(400))}
    assert found["vitals_ok_at_end"].words == "no"
    assert "168 mmHg is above 155 mmHg" in found["vitals_ok_at_end"].note
    assert found["bp_end"].words == "168/99 mmHg"


def test_a_limit_the_protocol_leaves_open_is_missing_and_nobody_is_told_that_all_was_well() -> None:
    bed = visit()
    opened = tuple(
        replace(one, number=replace(one.number, value=None, why="Nobody set it."))
        for one in bed.protocol.limits_for(Stage.DISCHARGE)
    )
    kept = tuple(one for one in bed.protocol.limits if one.stage is not Stage.DISCHARGE)
    bed.protocol = replace(bed.protocol, limits=(*kept, *opened))
    words, missing = answers(bed)["vitals_ok_at_end"]
    assert words is None
    assert "Nobody set it." in missing


def test_of_two_pressures_that_count_for_the_check_the_nearer_answers() -> None:
    bed = visit()
    bed.vitals(36, "171/99 80 97%")
    assert answers(bed)["bp_40min"][0] == "148/92 mmHg"


def test_a_corrected_reading_answers_with_what_it_says_now() -> None:
    bed = visit()
    wrong = bed.state.readings[1]
    bed.write(E.VITALS, 40, replace(wrong.reading, systolic_mmhg=138.0), corrects=wrong.event_id, recorded_min=41)
    assert answers(bed)["bp_40min"][0] == "138/92 mmHg"


def test_what_was_seen_and_never_over_is_missing_its_end() -> None:
    bed = visit(left_min=None)
    look(bed, Concern.SEDATION, 118, False)
    words, missing = answers(bed)["sedation_onset_resolution"]
    assert words is None
    assert missing == "First seen at minute 20; nobody recorded that it was over."


def test_what_was_looked_for_and_not_there_is_told_so() -> None:
    bed = Bedside(filled("esketamine_nasal_trd")).until_ready()
    look(bed, Concern.SEDATION, 30, True)
    assert answers(bed)["sedation_onset_resolution"][0] == "not seen"


def test_a_side_effect_of_that_name_counts_as_its_beginning() -> None:
    bed = visit(left_min=None)
    began = bed.write(E.SIDE_EFFECT, 10, SideEffect("Sedation", Severity.MILD))
    bed.write(E.SIDE_EFFECT_ENDED, 50, SideEffectEnded(began.id))
    assert answers(bed)["sedation_onset_resolution"][0] == "first seen at minute 10, over at minute 50"


def test_depressed_breathing_is_a_yes_with_its_minutes() -> None:
    bed = visit(left_min=None)
    look(bed, Concern.RESPIRATORY_DEPRESSION, 111, False)
    look(bed, Concern.RESPIRATORY_DEPRESSION, 114, True)
    assert answers(bed)["respiratory_depression"][0] == "yes; first seen at minute 111, over at minute 114"


def test_a_serious_event_asks_for_its_details() -> None:
    serious = replace(KNOWN, stated=dict(KNOWN.stated) | {"serious_adverse_event": "yes"})
    assert answers(visit(), serious)["sae_details"] == (None, "Nobody has written it yet.")
    told = replace(serious, stated=dict(serious.stated) | {"sae_details": "Fainted; lay down; well after 10 min."})
    assert answers(visit(), told)["sae_details"][0] == "Fainted; lay down; well after 10 min."


# ---- whom it concerns ----


@pytest.mark.parametrize(
    ("product", "setting", "in_its_country", "concerned"),
    [
        (("esketamine", "nasal"), "us_outpatient", True, True),
        (("esketamine", "nasal"), "us_outpatient", False, True),
        (("esketamine", "nasal"), "", True, True),
        (("esketamine", "nasal"), "us_inpatient", True, False),
        (("esketamine", "nasal"), "outside_us", True, False),
        (("esketamine", "nasal"), "", False, False),
        (("ketamine", "iv"), "us_outpatient", True, False),
        (("ketamine", "nasal"), "us_outpatient", True, False),
    ],
)
def test_the_programme_covers_its_product_in_outpatients_of_its_country(
    product: tuple[str, str], setting: str, in_its_country: bool, concerned: bool
) -> None:
    assert concerns_programme(*product, setting, in_its_country=in_its_country) is concerned


@pytest.mark.parametrize("name", ["esketamine_nasal_trd", "esketamine_nasal_mdsi"])
def test_the_products_protocols_are_those_of_the_programme(name: str) -> None:
    assert (filled(name).drug, filled(name).route) == PRODUCT


# ---- the clock ----


@pytest.mark.parametrize(
    ("sent", "now", "stands"),
    [
        (None, START + timedelta(hours=3), Clock.DUE),
        (None, START + timedelta(days=7), Clock.DUE),
        (None, START + timedelta(days=7, microseconds=1), Clock.OVERDUE),
        (START + timedelta(days=7), START + timedelta(days=30), Clock.SENT),
        (START + timedelta(days=7, seconds=1), START + timedelta(days=30), Clock.SENT_LATE),
    ],
)
def test_seven_days_from_the_first_device(sent: datetime | None, now: datetime, stands: Clock) -> None:
    assert clock(START, sent, now, is_over=True) is stands


def test_no_clock_runs_before_the_session_is_over_or_without_a_dose() -> None:
    assert clock(START, None, START + timedelta(days=9), is_over=False) is Clock.RUNNING
    assert clock(None, None, START, is_over=True) is Clock.RUNNING


def test_the_seven_days_have_a_source() -> None:
    assert timedelta(days=7) == WITHIN
    assert CLOCK_BASIS.may_gate
    assert "REMS" in CLOCK_BASIS.says


ZONES = some.sampled_from(sorted(available_timezones() - {"localtime"}))
# Local times, also those that a clock shows twice or never: the instant is what counts.
LOCAL = some.datetimes(datetime(2000, 1, 1), datetime(2037, 12, 1))


@given(zone=ZONES, local=LOCAL, second=some.booleans())
def test_no_change_of_clocks_makes_the_time_longer_or_shorter(zone: str, local: datetime, second: bool) -> None:
    treated = local.replace(tzinfo=ZoneInfo(zone), fold=int(second))
    until = due_at(treated.astimezone(UTC))
    assert until - treated.astimezone(UTC) == timedelta(days=7)
    # Counted from the same instant told in any zone, it is the same instant.
    assert due_at(treated.astimezone(UTC).astimezone(ZoneInfo("Pacific/Apia"))).astimezone(UTC) == until


@pytest.mark.parametrize(
    ("zone", "treated", "shown"),
    [
        ("America/New_York", "2026-03-05T10:00", "2026-03-12 11:00"),
        ("America/New_York", "2026-10-29T10:00", "2026-11-05 09:00"),
        ("Europe/Berlin", "2026-03-26T10:00", "2026-04-02 11:00"),
        ("Australia/Lord_Howe", "2026-04-02T10:00", "2026-04-09 09:30"),
        ("America/Phoenix", "2026-03-05T10:00", "2026-03-12 10:00"),
    ],
)
def test_across_a_change_the_wall_clock_moves_and_the_instant_does_not(zone: str, treated: str, shown: str) -> None:
    here = ZoneInfo(zone)
    at = datetime.fromisoformat(treated).replace(tzinfo=here).astimezone(UTC)
    assert f"{due_at(at).astimezone(here):%Y-%m-%d %H:%M}" == shown
