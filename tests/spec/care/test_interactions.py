"""Medicines that meet ketamine: which name raises which flag, with its source, and that none of them refuses."""

from __future__ import annotations

import pytest

from euthymia.care.decision import Allowed, Level, decide
from euthymia.care.interactions import GROUPS, interactions
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
