"""The note that writes itself says what the flowsheet adds up to, and nothing else."""

from __future__ import annotations

from tests.spec.care.bedside import Bedside, minute

from euthymia.care.note import note_facts, note_sentences
from euthymia.care.session import Phase
from euthymia.care.session_events import (
    Because,
    Concern,
    Discharge,
    EventKind,
    Remark,
    ScaleTaken,
    Severity,
    SideEffect,
    SideEffectEnded,
)
from euthymia.care.vitals import parse_vitals

E = EventKind


def told(bed: Bedside, at_min: float = 200) -> tuple[str, ...]:
    return note_sentences(note_facts(bed.state, bed.protocol, minute(at_min)))


def test_the_note_of_an_ordinary_visit() -> None:
    bed = Bedside().infusing()
    bed.vitals(10, "150/95 97%")
    nausea = bed.write(E.SIDE_EFFECT, 12, SideEffect("nausea", Severity.MILD, "ice"))
    bed.write(E.DOSE_PAUSED, 20, Because("nausea"))
    bed.write(E.DOSE_RESUMED, 25)
    bed.write(E.SIDE_EFFECT_ENDED, 32, SideEffectEnded(nausea.id))
    bed.vitals(40, "160/99 96%")
    bed.write(E.DOSE_COMPLETED, 45)
    bed.write(E.SCALE, 60, ScaleTaken("cadss6", Concern.DISSOCIATION, 6, False))
    bed.write(E.SCALE, 90, ScaleTaken("cadss6", Concern.DISSOCIATION, 0, True))
    bed.write(E.REMARK, 91, Remark("asked for water"))
    bed.write(E.VITALS, 92, parse_vitals("125/82 98%"), recorded_min=115)
    bed.write(E.DISCHARGED, 120, Discharge("Sam", True))
    assert told(bed) == (
        "Protocol iv_racemic_05 version 1.0.0.",
        "35.0 mg of ketamine (iv) given of 35 mg prepared.",
        "The dose was completed at minute 45.",
        "It was paused for 5 minutes in all.",
        "Before the dose blood pressure: 120/80 mmHg.",
        "Highest blood pressure at minute 40: 160/99 mmHg.",
        "Last blood pressure at minute 92: 125/82 mmHg.",
        "Lowest oxygen saturation: 96 %.",
        "Dissociation: CADSS-6 from 0 at minute 90 to 6 at minute 60, 2 looks; judged resolved at minute 90.",
        "Nausea, mild at minute 12, over after 20 minutes; ice.",
        "Checks not done in time: during 20, during 30, after 60, leaving.",
        "Remark: asked for water",
        "Entries made late: 1; corrected or struck out: 0.",
        "Left at minute 120 with Sam; told not to drive.",
    )


def test_the_note_of_a_stopped_dose_says_what_went_in_and_why_it_stopped() -> None:
    bed = Bedside().infusing()
    bed.write(E.SIDE_EFFECT, 18, SideEffect("chest pain", Severity.SEVERE))
    bed.write(E.DOSE_STOPPED, 20, Because("chest pain"))
    sentences = told(bed)
    assert "17.5 mg of ketamine (iv) given of 35 mg prepared." in sentences
    assert "The dose was stopped (chest pain) at minute 20." in sentences
    assert "Chest pain, severe at minute 18, not ended." in sentences


def test_a_struck_reading_is_not_in_the_note_but_is_counted() -> None:
    bed = Bedside().infusing()
    wrong = bed.vitals(10, "250/150")
    bed.write(E.STRUCK_OUT, 11, Because("wrong arm"), corrects=wrong.id)
    sentences = told(bed, 12)
    assert not any("250" in sentence for sentence in sentences)
    assert "Entries made late: 0; corrected or struck out: 1." in sentences


def test_the_note_of_a_cancelled_visit() -> None:
    bed = Bedside().until_ready()
    bed.write(E.CANCELLED, 5, Because("fever"))
    assert told(bed) == ("Protocol iv_racemic_05 version 1.0.0.", "Cancelled before the dose: fever.")


def test_the_note_before_anything_happened() -> None:
    bed = Bedside()
    facts = note_facts(bed.state, bed.protocol, minute(0))
    assert (facts.phase, facts.given_mg, facts.baseline, facts.peak) == (Phase.PLANNED, 0, None, None)
    assert note_sentences(facts) == ("Protocol iv_racemic_05 version 1.0.0.", "No dose was started.")


def test_a_scale_before_the_dose_is_told_without_a_minute() -> None:
    bed = Bedside().until_ready()
    bed.write(E.SCALE, -6, ScaleTaken("moaas", Concern.SEDATION))
    bed.write(E.SIDE_EFFECT, -5, SideEffect("headache", Severity.MILD))
    sentences = told(bed)
    assert "Sedation: MOAA/S, 1 look." in sentences
    assert "Headache, mild, not ended." in sentences


def test_many_looks_with_one_scale_are_one_sentence_and_two_scales_are_two() -> None:
    bed = Bedside().completed()
    for at_min, total in ((50, 4), (60, 3), (70, 3), (80, 5)):
        bed.write(E.SCALE, at_min, ScaleTaken("moaas", Concern.SEDATION, total, total == 5))
    for at_min in (55, 65):
        bed.write(E.SCALE, at_min, ScaleTaken("cadss6", Concern.DISSOCIATION, 2, False))
    bed.write(E.SCALE, 66, ScaleTaken("clinical", Concern.SEDATION, None, False))
    assert told(bed)[-4:-1] == (
        "Sedation: MOAA/S from 3 at minute 60 to 5 at minute 80, 4 looks; judged resolved at minute 80.",
        "Dissociation: CADSS-6 2, 2 looks; judged not resolved at minute 65.",
        "Sedation: clinical, 1 look; judged not resolved at minute 66.",
    )


def test_a_discharge_without_a_word_on_driving_says_so() -> None:
    bed = Bedside().completed()
    bed.write(E.DISCHARGED, 120, Discharge("Sam", False))
    assert told(bed)[-1] == "Left at minute 120 with Sam; not recorded as told about driving."
