"""Codes and wording of PHQ-9 and GAD-7 as published.

Origin: PHQ-9 items and answers as in the HL7 US Core questionnaire example phq-9-example (CC0) and the NLM form for
LOINC 44249-1; GAD-7 items as in the HL7 Personal Health Record Format guide. Read 2026-11-24.
"""

from __future__ import annotations

from euthymia.care.instruments import load_instrument

PHQ9 = ["44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8", "69722-7"]
GAD7 = ["69725-0", "68509-9", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7"]
ANSWERS = ["LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9"]
DIFFICULTY = ["LA6572-7", "LA6573-5", "LA6575-0", "LA6574-3"]
WORDS = ["Not at all", "Several days", "More than half the days", "Nearly every day"]


def test_phq9_items_answers_panel_and_total() -> None:
    phq9 = load_instrument("phq9")
    assert [item.loinc for item in phq9.items] == PHQ9
    assert all([option.loinc for option in item.options] == ANSWERS for item in phq9.scored_items)
    assert [option.loinc for option in phq9.item("difficulty").options] == DIFFICULTY
    assert (phq9.loinc_panel, phq9.loinc_total) == ("44249-1", "44261-6")


def test_gad7_items_answers_panel_and_total() -> None:
    gad7 = load_instrument("gad7")
    assert [item.loinc for item in gad7.items] == GAD7
    assert all([option.loinc for option in item.options] == ANSWERS for item in gad7.items)
    assert (gad7.loinc_panel, gad7.loinc_total) == ("69737-5", "70274-6")


def test_phq2_is_the_first_two_items_of_phq9() -> None:
    phq2, phq9 = load_instrument("phq2"), load_instrument("phq9")
    assert phq2.items == phq9.items[:2]
    assert phq2.instruction == phq9.instruction
    assert (phq2.loinc_panel, phq2.loinc_total) == ("55757-9", "55758-7")


def test_the_four_answers_carry_the_published_words_without_the_widespread_misprint() -> None:
    for name in ("phq9", "phq2", "gad7"):
        assert [option.text("en") for option in load_instrument(name).items[0].options] == WORDS
