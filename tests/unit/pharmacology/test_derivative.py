"""Derivatives of formulas against differences, for every function and operator a model's file may use."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from euthymia.pharmacology.derivative import Formula, derivative, names, replaced, tree
from euthymia.pharmacology.expression import Expression

FORMULAS = [
    "x",
    "-x * 3 + y",
    "x * y - y / x",
    "(x + y) / (x * x + 1)",
    "x ** 3",
    "x ** 2.5",
    "x ** y",
    "y ** x",
    "exp(-x * y)",
    "log(x + y)",
    "expit(x - y)",
    "logit(x / (x + y))",
    "max(x, 0.3) * min(x, y)",
    "most * x ** steepness / (half ** steepness + x ** steepness)",
    "kr * (1 + most * x / (half + x) - x * y)",
]
KNOWN = {"most": 0.35, "half": 0.15, "steepness": 1.5, "kr": 3.0}


@pytest.mark.parametrize("text", FORMULAS)
@settings(max_examples=25, deadline=None)
@given(x=st.floats(0.35, 3), y=st.floats(0.2, 2))
def test_a_derivative_is_the_limit_of_differences(text: str, x: float, y: float) -> None:
    formula = Expression(text)
    for name, at in (("x", x), ("y", y)):
        values = {**KNOWN, "x": x, "y": y}
        step = 1e-5 * at
        upper, lower = formula({**values, name: at + step}), formula({**values, name: at - step})
        if abs(x - y) < 1e-3:
            return
        assert derivative(formula, name)(values) == pytest.approx((upper - lower) / (2 * step), rel=1e-6, abs=1e-8)


def test_what_does_not_depend_has_the_derivative_zero() -> None:
    assert derivative(Expression("kr * (1 - t)"), "r").text == "0"
    assert derivative(Expression("kr * r"), "r").text == "kr"


def test_the_slope_of_a_power_at_zero_is_a_number() -> None:
    for exponent in (0.5, 1.0, 1.5, 2.0):
        found = derivative(Expression("x ** n"), "x")({"x": np.array([0.0, 1.0]), "n": exponent})
        assert np.isfinite(found).all()
        assert found[1] == pytest.approx(exponent)


def test_the_corner_of_a_maximum_takes_the_second() -> None:
    found = derivative(Expression("max(x, 0)"), "x")
    assert found({"x": np.array([-1.0, 0.0, 2.0])}).tolist() == [0.0, 0.0, 1.0]


def test_names_are_replaced_by_formulas() -> None:
    whole = replaced(tree(Expression("max(a, b) * -a")), {"a": tree(Expression("c + 1"))})
    assert names(whole) == {"b", "c"}
    assert Formula(whole)({"b": 0.0, "c": 2.0}) == -9.0
