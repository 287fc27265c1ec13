"""What is done to symbols, taken down as steps on rows, comes to what the same formula comes to on arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from euthymia.pharmacology.expression import FUNCTIONS, Expression
from euthymia.pharmacology.solve.tape import Op, Symbol, Tape, Writer, functions

NAMES = ("a", "b", "c")
GIVEN = np.array([[0.3, 1.7, 2.0], [1.1, 0.4, 1.0], [0.6, 0.6, 3.0]])


def formulas() -> st.SearchStrategy[str]:
    """Arithmetic on positive names that stays finite."""
    leaves = st.sampled_from([*NAMES, "1", "0", "2.5", "-1"])
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda parts: f"({' '.join(parts)})"),
            inner.map(lambda part: f"(-{part})"),
            inner.map(lambda part: f"exp(-max(min({part}, 3), -3))"),
            inner.map(lambda part: f"log(1 + max({part}, 0))"),
            inner.map(lambda part: f"1 / (2 + expit({part}))"),
            inner.map(lambda part: f"(1 + max({part}, 0)) ** 0.75"),
            inner.map(lambda part: f"logit(expit(max(min({part}, 4), -4)))"),
        ),
        max_leaves=12,
    )


def played(tape: Tape, incoming: np.ndarray) -> np.ndarray:
    """The tape in NumPy: every row after its last step. Rows hold nothing that can be used before they are written."""
    rows = np.full((tape.rows, incoming.shape[1]), np.nan)
    rows[tape.first : tape.first + len(incoming)] = incoming
    arithmetic = {
        Op.COPY: lambda a, b: a,
        Op.ADD: lambda a, b: a + b,
        Op.SUBTRACT: lambda a, b: a - b,
        Op.MULTIPLY: lambda a, b: a * b,
        Op.DIVIDE: lambda a, b: a / b,
        Op.LARGER: np.maximum,
        Op.SMALLER: np.minimum,
        Op.EXP: lambda a, b: np.exp(a),
        Op.LOG: lambda a, b: np.log(a),
        Op.POWER: lambda a, b: a**b,
    }
    for op, into, one, other in tape.steps.tolist():
        rows[into] = tape.numbers[one] if op == Op.CONSTANT else arithmetic[Op(op)](rows[one], rows[other])
    return rows


@given(texts=st.lists(formulas(), min_size=1, max_size=4))
def test_formulas_on_symbols_come_to_what_they_come_to_on_arrays(texts: list[str]) -> None:
    writer = Writer()
    known = functions(writer)
    symbols: dict[str, Symbol] = {name: writer.comes_in() for name in NAMES}
    results = {row: writer.symbol(Expression(text).on(symbols, known)) for row, text in enumerate(texts)}
    rows = played(writer.tape(results, len(texts)), GIVEN)
    values = dict(zip(NAMES, GIVEN, strict=True))
    for row, text in enumerate(texts):
        expected = np.broadcast_to(Expression(text)(values), (3,))
        assert rows[row] == pytest.approx(expected, rel=1e-12, abs=1e-12), text


def test_nothing_is_worked_out_twice_or_for_nobody() -> None:
    writer = Writer()
    a, b = writer.comes_in(), writer.comes_in()
    _ = a / b
    tape = writer.tape({0: a * b + a * b, 1: a * b}, 2)
    assert [Op(op) for op in tape.steps[:, 0]] == [Op.MULTIPLY, Op.ADD]


def test_a_row_is_used_again_once_nobody_reads_it() -> None:
    writer = Writer()
    a = writer.comes_in()
    total = a
    for _ in range(50):
        total = (total + 1.5) * a
    assert writer.tape({0: total}, 1).rows <= 6


def test_numbers_alone_without_a_value_are_left_to_the_kernel() -> None:
    writer = Writer()
    lost = writer.number(1.0) / 0.0
    assert lost.number is None
    assert [Op(op) for op in writer.tape({0: lost}, 1).steps[:, 0]] == [Op.CONSTANT, Op.CONSTANT, Op.DIVIDE]


def test_every_function_of_a_formula_is_one_of_symbols() -> None:
    assert functions(Writer()).keys() == FUNCTIONS.keys()


def test_what_a_logarithm_is_taken_of_is_noted() -> None:
    writer = Writer()
    a = writer.comes_in()
    functions(writer)["logit"](a)
    functions(writer)["log"](2.0)
    assert [each.number for each in writer.logged] == [None]
