"""Medicines that meet ketamine: which name raises which flag, with its source, and that none of them refuses."""

from __future__ import annotations

import pytest

from euthymia.care.decision import Allowed, Level, decide
from euthymia.care.interactions import (
    GROUPS,
    IN_NO_GROUP,
    REMS_FORM,
    Recognition,
    interactions,
    look_up,
    not_recognised,
    rems_answers,
)
from euthymia.care.protocol import Provenance


@pytest.mark.parametrize(
    ("medicine", "groups"),
    [
        ("Lorazepam 1 MG Oral Tablet", {"benzodiazepine"}),
        ("zolpidem", {"sedative"}),
        ("tramadol", {"opioid"}),
        ("lisdexamfetamine", {"stimulant"}),
        ("dextroamphetamine", {"stimulant"}),
        ("methylphenidate", {"stimulant"}),
        ("tranylcypromine", {"maoi"}),
        ("Lamotrigine", {"lamotrigine"}),
        ("rifampicin", {"enzyme_inducer"}),
        ("St John's wort", {"enzyme_inducer"}),
        ("clarithromycin", {"enzyme_inhibitor"}),
        ("grapefruit juice", {"enzyme_inhibitor"}),
        ("clozapine", {"antipsychotic"}),
        ("naltrexone", {"naltrexone"}),
        ("theophylline", {"theophylline"}),
        ("apomorphine", set()),
        ("methylnaltrexone", set()),
        ("sertraline", set()),
        ("remifentanil", {"opioid"}),
        ("oxcarbazepine", set()),
        ("naloxone", set()),
        ("", set()),
    ],
)
def test_a_name_raises_the_flag_of_its_group(medicine: str, groups: set[str]) -> None:
    flags = interactions([medicine])
    assert {flag.rule for flag in flags} == {f"interaction_{group}" for group in groups}
    for flag in flags:
        assert (flag.level, flag.fact, flag.value) == (Level.FLAG, "medication", medicine)
        assert flag.source
        assert flag.says


def test_no_medicines_known_raises_nothing() -> None:
    assert interactions([]) == ()


def test_the_same_medicine_twice_is_one_flag_and_the_order_is_kept() -> None:
    flags = interactions(["naltrexone", "lorazepam", "naltrexone"])
    assert [flag.value for flag in flags] == ["naltrexone", "lorazepam"]


def test_an_interaction_informs_and_never_refuses() -> None:
    assert isinstance(decide(interactions(name for group in GROUPS for name in group.names)), Allowed)


def test_the_size_of_an_effect_is_said_where_one_was_read() -> None:
    (flag,) = interactions(["rifampicin"])
    assert "86 %" in flag.says
    assert "Peltoniemi" in flag.source


def test_what_rests_on_memory_says_so() -> None:
    memory = [group for group in GROUPS if group.basis.provenance is Provenance.MEMORY]
    assert [group.name for group in memory] == ["theophylline"]
    assert "memory" in interactions(["theophylline"])[0].source


@pytest.mark.parametrize(
    ("medicine", "recognition"),
    [
        ("Lorazepam 1 MG Oral Tablet", Recognition.INTERACTS),
        ("Sertraline 50 MG", Recognition.NO_GROUP),
        ("apomorphine", Recognition.NO_GROUP),
        ("METHYLNALTREXONE bromide", Recognition.NO_GROUP),
        ("zorbutin", Recognition.NOT_RECOGNISED),
        ("the blue tablet", Recognition.NOT_RECOGNISED),
    ],
)
def test_a_name_nobody_knows_is_told_apart_from_one_without_a_group(medicine: str, recognition: Recognition) -> None:
    (found,) = look_up([medicine])
    assert (found.medicine, found.recognition) == (medicine, recognition)
    assert bool(found.flags) is (recognition is Recognition.INTERACTS)
    assert not_recognised([medicine]) == ((medicine,) if recognition is Recognition.NOT_RECOGNISED else ())


def test_an_empty_name_is_no_medicine() -> None:
    assert look_up(["", "   "]) == ()


def test_lists_put_together_name_each_medicine_once_as_first_written() -> None:
    found = look_up(["Lorazepam  1 mg", "zorbutin", " lorazepam 1 MG ", "Zorbutin"])
    assert [one.medicine for one in found] == ["Lorazepam  1 mg", "zorbutin"]
    assert [flag.value for flag in interactions(["Naltrexone ", "naltrexone"])] == ["Naltrexone"]


def test_a_combined_product_with_a_look_alike_still_raises_its_flag() -> None:
    assert {flag.rule for flag in interactions(["apomorphine and morphine"])} == {"interaction_opioid"}


def test_no_name_of_no_group_is_in_a_group_and_none_is_empty() -> None:
    assert all(not group.holds(name) for group in GROUPS for name in IN_NO_GROUP)
    assert all(name and name == name.casefold() for name in IN_NO_GROUP)
    assert all(name and name == name.casefold() for group in GROUPS for name in (*group.names, *group.not_names))


def test_the_groups_the_monitoring_form_asks_about() -> None:
    asked = {group.name: group.rems_form for group in GROUPS if group.rems_form}
    assert asked == {
        "benzodiazepine": "benzodiazepine",
        "sedative": "nonbenzo_sedative",
        "opioid": "opioid",
        "stimulant": "psychostimulant",
        "maoi": "maoi",
    }
    assert tuple(asked.values()) == REMS_FORM
    assert all("form" in group.basis.says for group in GROUPS if group.rems_form)


@pytest.mark.parametrize(
    ("medicines", "yes", "is_open"),
    [
        ([], set(), False),
        (["sertraline"], set(), False),
        (["tramadol", "lorazepam"], {"opioid", "benzodiazepine"}, False),
        (["tramadol", "zorbutin"], {"opioid"}, True),
        (["zorbutin"], set(), True),
    ],
)
def test_answers_of_the_monitoring_form(medicines: list[str], yes: set[str], is_open: bool) -> None:
    answers = rems_answers(medicines)
    assert tuple(answers) == REMS_FORM
    assert {name for name, answer in answers.items() if answer is True} == yes
    rest = {answer for name, answer in answers.items() if name not in yes}
    assert rest == {None if is_open else False}
