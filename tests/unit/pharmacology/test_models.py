"""Model files: each has a card that says enough, and a formula can only be arithmetic."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from euthymia.errors import Broken
from euthymia.pharmacology import Kind, Person, load_model, shipped_models
from euthymia.pharmacology.compounds.load import read_data
from euthymia.pharmacology.expression import Expression


@pytest.mark.parametrize("name", shipped_models())
def test_every_card_says_where_it_is_from_and_where_it_fails(name: str) -> None:
    card = load_model(name).card
    assert card.id == name
    assert card.citation
    assert card.fitted_on
    assert card.valid_for
    assert card.matrix_note
    assert card.known_failures
    assert card.youngest_y == 18 or (card.oldest_y is not None and card.oldest_y < 18)
    assert (card.kind is Kind.ASSEMBLED) == name.startswith("assembled_")
    assert card.kind is Kind.PUBLISHED or card.assumptions


@pytest.mark.parametrize("name", shipped_models())
def test_every_parameter_says_where_it_and_its_spread_are_from(name: str) -> None:
    for note in load_model(name).card.parameters:
        assert note.provenance
        assert "memory" not in note.provenance
        assert (note.spread == "none") == (note.spread_provenance == "")
        assert np.isfinite(note.value)


@pytest.mark.parametrize("name", ["kamp_2020", "clements_1981", "noppers_2011", "domino_1984"])
def test_a_stand_in_spread_is_named_on_the_card(name: str) -> None:
    card = load_model(name).card
    assert any("stand-in" in assumption for assumption in card.assumptions)
    assert {note.spread_provenance for note in card.parameters} == {"", "stand-in from fanta_otto_2021"}


@pytest.mark.parametrize("name", shipped_models())
def test_nothing_is_made_on_the_way(name: str) -> None:
    """A flow never delivers more than left, unless heavier molecules explain it."""
    model = load_model(name)
    values = model.values(Person(age_y=45, sex="male", weight_kg=70), {})
    for flow in model.flows:
        assert float(flow.rate_per_h(values)) > 0
        assert 0 < float(flow.fraction(values)) <= 1


@pytest.mark.parametrize("name", ["dissociation", "blood_pressure"])
def test_every_effect_says_what_is_published_and_what_is_ours(name: str) -> None:
    data = read_data("effects", name)
    assert data["kind"] == "assembled"
    assert data["citation"]
    assert data["doi"]
    assert any("The band holds" in words for words in data["assumptions"])


def test_a_formula_is_arithmetic_on_arrays() -> None:
    found = Expression("-a * max(b - 60, 0) / 2 ** 2 + exp(0)")({"a": np.array([1.0, 2.0]), "b": 70})
    assert found.tolist() == [-1.5, -4.0]
    assert float(Expression("expit(logit(0.3))")({})) == pytest.approx(0.3)
    assert Expression(0.5).text == "0.5"


@pytest.mark.parametrize(
    "text",
    ["__import__('os')", "a.b", "[1]", "a if b else c", "lambda: 1", "'x'", "True", "a and b", "(a := 1)"],
)
def test_a_formula_cannot_do_anything_else(text: str) -> None:
    with pytest.raises(Broken):
        Expression(text)


def test_a_formula_needs_its_names() -> None:
    with pytest.raises(Broken, match="not defined: b"):
        Expression("a + b")({"a": 1})


def test_only_drawing_needs_the_charts_and_nothing_needs_scipy() -> None:
    """The shell answers at once because heavy things wait until they are asked for."""
    told = "import sys, euthymia.pharmacology; print([n for n in ('scipy', 'euthymia.charts') if n in sys.modules])"
    result = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
