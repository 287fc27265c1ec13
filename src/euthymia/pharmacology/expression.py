"""Arithmetic written in a model's data file: names, numbers, + - * / **, and a few functions. Nothing else runs."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import CodeType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import Broken

Values = NDArray[np.float64]


def expit(x: Values) -> Values:
    """The number between 0 and 1 whose logit is x."""
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def logit(share: Values) -> Values:
    """log(share / (1 - share))."""
    return np.asarray(np.log(share / (1.0 - share)))


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "max": np.maximum,
    "min": np.minimum,
    "exp": np.exp,
    "log": np.log,
    "expit": expit,
    "logit": logit,
}
# Longer than any formula of a model, and short enough to be read at once.
LONGEST = 500
_ALLOWED = (
    ast.Expression,
    ast.BinOp,
    ast.UnaryOp,
    ast.Call,
    ast.Name,
    ast.Load,
    ast.Constant,
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.Div,
    ast.Pow,
    ast.USub,
)


class Expression:
    """One formula, checked when it is read and evaluated on arrays."""

    __slots__ = ("_code", "names", "text")

    def __init__(self, text: str | float) -> None:
        self.text = str(text)
        self.names, self._code = _compiled(self.text)

    def __call__(self, values: Mapping[str, Any]) -> Values:
        """The formula's value; every name must be in `values`."""
        if not self.names <= values.keys():
            missing = self.names - set(values)
            raise Broken(f"'{self.text}' uses names that are not defined: {', '.join(sorted(missing))}")
        return np.asarray(self.on(values, FUNCTIONS), dtype=np.float64)

    def on(self, values: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> Any:
        """The formula on anything that does arithmetic, with functions that fit it."""
        # Only the nodes allowed above can be in the code: it writes nothing, and there are no builtins.
        return eval(self._code, {"__builtins__": {}, **functions}, values)


# Works out a formula from what its names stand for: `Expression.__call__` on arrays, or on something else.
Evaluate = Callable[[Expression, Mapping[str, Any]], Any]


@lru_cache(maxsize=4096)
def _compiled(text: str) -> tuple[frozenset[str], CodeType]:
    """The names a formula uses and its code. A formula is looked at several times while a model file is checked."""
    if len(text) > LONGEST:
        raise Broken(f"a formula is longer than {LONGEST} characters")
    tree = ast.parse(text, mode="eval")
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED):
            raise Broken(f"'{text}' holds something that is not arithmetic: {type(node).__name__}")
        if isinstance(node, ast.Constant):
            if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
                raise Broken(f"'{text}' holds a constant that is not a number.")
            # Whole numbers of any length would take any time: 9 ** 9 ** 9.
            node.value = _float(node.value)
    words = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return frozenset(words - set(FUNCTIONS)), compile(tree, "<model formula>", "eval")


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        raise Broken("a formula holds a number that is too large") from None
