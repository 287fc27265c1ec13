"""How a formula of a model's data file changes with one of its names: the derivative, written as a formula again.

Implicit methods need it, and it shows which states act on which. Works on the same small arithmetic that `Expression`
allows; what is certainly 0 or 1 is taken out, so that a name without influence has the derivative `0`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import CodeType
from typing import Any

import numpy as np

from euthymia.errors import Broken
from euthymia.pharmacology.expression import FUNCTIONS, Expression, Values

# A power's base is held above this where the derivative divides by it: the slope of 0 ** 0.5 is not a number.
SMALLEST_BASE = 1e-30


def _above(one: Values, other: Values) -> Values:
    return np.asarray(np.asarray(one) > np.asarray(other), dtype=np.float64)


_KNOWN = {**FUNCTIONS, "above": _above}


class Formula:
    """A formula that was worked out rather than read; evaluated on arrays like an `Expression`."""

    __slots__ = ("_code", "names", "node")

    def __init__(self, node: ast.expr) -> None:
        self.node = node
        self.names = names(node)
        whole = ast.fix_missing_locations(ast.Expression(node))
        self._code: CodeType = compile(whole, "<worked out>", "eval")

    def __call__(self, values: Mapping[str, Any]) -> Values:
        """The formula's value; every name must be in `values`."""
        # Made of the parts of checked expressions only, and there are no builtins.
        found = eval(self._code, {"__builtins__": {}, **_KNOWN}, dict(values))
        return np.asarray(found, dtype=np.float64)

    @property
    def text(self) -> str:
        """The formula written out."""
        return ast.unparse(self.node)


def derivative(formula: Expression | Formula, name: str) -> Formula:
    """The slope of the formula in the direction of `name`.

    `max` and `min` have the slope of whichever is taken; at the corner, that of the second.
    """
    return Formula(slope(tree(formula), name))


def tree(formula: Expression | Formula) -> ast.expr:
    """The formula's parts."""
    return formula.node if isinstance(formula, Formula) else ast.parse(formula.text, mode="eval").body


def names(node: ast.expr) -> frozenset[str]:
    """The names a formula uses, without its functions."""
    return frozenset(each.id for each in ast.walk(node) if isinstance(each, ast.Name)) - set(_KNOWN)


def replaced(node: ast.expr, by: Mapping[str, ast.expr]) -> ast.expr:
    """The formula with some names replaced by formulas; what becomes 0 is taken out."""
    match node:
        case ast.Name(id=name):
            return by.get(name, node)
        case ast.BinOp(left=left, op=op, right=right):
            return _joined(replaced(left, by), op, replaced(right, by))
        case ast.UnaryOp(op=op, operand=operand):
            return ast.UnaryOp(op, replaced(operand, by))
        case ast.Call(func=func, args=args):
            return ast.Call(func, [replaced(each, by) for each in args], [])
        case _:
            return node


def _joined(left: ast.expr, op: ast.operator, right: ast.expr) -> ast.expr:
    match op:
        case ast.Add():
            return plus(left, right)
        case ast.Sub():
            return minus(left, right)
        case ast.Mult():
            return times(left, right)
        case ast.Div():
            return over(left, right)
        case _:
            return ast.BinOp(left, op, right)


def is_zero(node: ast.expr) -> bool:
    """Whether a formula is certainly 0."""
    return isinstance(node, ast.Constant) and node.value == 0


def slope(node: ast.expr, name: str) -> ast.expr:
    """The derivative of a formula's parts."""
    if name not in names(node):
        return _number(0)
    match node:
        case ast.Name():
            return _number(1)
        case ast.UnaryOp(operand=operand):
            return minus(_number(0), slope(operand, name))
        case ast.BinOp(left=left, op=op, right=right):
            return _slope_of_two(left, op, right, name)
        case ast.Call(func=ast.Name(id=function), args=arguments):
            return _slope_of_call(node, function, arguments, name)
        case _:
            raise Broken(f"'{ast.unparse(node)}' has no derivative here")


def _slope_of_two(left: ast.expr, op: ast.operator, right: ast.expr, name: str) -> ast.expr:
    of_left, of_right = slope(left, name), slope(right, name)
    match op:
        case ast.Add():
            return plus(of_left, of_right)
        case ast.Sub():
            return minus(of_left, of_right)
        case ast.Mult():
            return plus(times(of_left, right), times(left, of_right))
        case ast.Div():
            whole = ast.BinOp(left, op, right)
            return over(minus(of_left, times(whole, of_right)), right)
        case ast.Pow():
            return _slope_of_power(left, right, of_left, of_right)
        case _:
            raise Broken(f"{type(op).__name__} has no derivative here")


def _slope_of_power(base: ast.expr, exponent: ast.expr, of_base: ast.expr, of_exponent: ast.expr) -> ast.expr:
    whole = ast.BinOp(base, ast.Pow(), exponent)
    if isinstance(exponent, ast.Constant) and float(str(exponent.value)).is_integer():
        lower = ast.BinOp(base, ast.Pow(), _number(float(str(exponent.value)) - 1))
        return times(times(exponent, lower), of_base)
    held = _call("max", base, _number(SMALLEST_BASE))
    by_base = over(times(times(exponent, whole), of_base), held)
    return plus(by_base, times(times(whole, _call("log", held)), of_exponent))


def _slope_of_call(node: ast.expr, function: str, arguments: list[ast.expr], name: str) -> ast.expr:
    inner = [slope(each, name) for each in arguments]
    match function, arguments:
        case "exp", [_]:
            return times(node, inner[0])
        case "log", [x]:
            return over(inner[0], x)
        case "expit", [_]:
            return times(times(node, minus(_number(1), node)), inner[0])
        case "logit", [x]:
            return over(inner[0], times(x, minus(_number(1), x)))
        case (("max" | "min"), [one, other]):
            first = _call("above", one, other) if function == "max" else _call("above", other, one)
            return plus(times(first, inner[0]), times(minus(_number(1), first), inner[1]))
        case "above", _:
            return _number(0)
        case _:
            raise Broken(f"{function} of {len(arguments)} has no derivative here")


def plus(left: ast.expr, right: ast.expr) -> ast.expr:
    """left + right, without adding 0."""
    if is_zero(left) or is_zero(right):
        return right if is_zero(left) else left
    return ast.BinOp(left, ast.Add(), right)


def minus(left: ast.expr, right: ast.expr) -> ast.expr:
    """left - right, without taking away 0."""
    if is_zero(right):
        return left
    if is_zero(left):
        return ast.UnaryOp(ast.USub(), right)
    return ast.BinOp(left, ast.Sub(), right)


def times(left: ast.expr, right: ast.expr) -> ast.expr:
    """left * right, without multiplying by 0 or 1."""
    if is_zero(left) or is_zero(right):
        return _number(0)
    if _is_one(left) or _is_one(right):
        return right if _is_one(left) else left
    return ast.BinOp(left, ast.Mult(), right)


def over(left: ast.expr, right: ast.expr) -> ast.expr:
    """left / right, without dividing by 1."""
    if is_zero(left) or _is_one(right):
        return left
    return ast.BinOp(left, ast.Div(), right)


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1


def _number(value: float) -> ast.expr:
    return ast.Constant(value)


def _call(function: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(function, ast.Load()), list(arguments), [])
