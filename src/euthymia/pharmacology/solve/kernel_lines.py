"""Lines of a compiled loop over people: formulas as plain arithmetic, every value worked out once.

Used by `turnover_source.py`. The names in the lines are rows of the kernel's scratch `Z` and table `E`, column `b`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from euthymia.errors import Broken
from euthymia.pharmacology.derivative import names, over

# Under a logarithm, and beside a state of nothing.
TINY = "1e-30"
# What is known to be nothing, so that it is left out of sums.
ZERO = "0.0"


@dataclass(slots=True)
class Written:
    """Lines of a loop over people, with every value that was worked out already."""

    constants: dict[str, ast.expr]
    moving: frozenset[str]
    lines: list[str] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)

    def keep(self, value: str) -> str:
        """A name for a value; the same value has the same name."""
        if value not in self.known:
            self.known[value] = f"v{len(self.known)}"
            self.lines.append(f"{self.known[value]} = {value}")
        return self.known[value]

    def constant(self, node: ast.expr) -> str:
        """A value of parameters only: a number, or a row worked out before."""
        if not names(node):
            return repr(float(eval(compile(ast.fix_missing_locations(ast.Expression(node)), "", "eval"))))
        text = ast.unparse(node)
        self.constants.setdefault(text, node)
        return self.keep(f"Z[CONSTANTS + {list(self.constants).index(text)}, b]")

    def value(self, node: ast.expr, at: Mapping[str, str]) -> str:
        """The formula's value, its moving names read from `at`."""
        if not names(node) & self.moving:
            return self.constant(node)
        match node:
            case ast.Name(id=name):
                return at[name]
            case ast.UnaryOp(operand=operand):
                return self.keep(f"-{self.value(operand, at)}")
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return self.keep(f"{self.value(left, at)} * {self.inverse(right, at)}")
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self.power(left, right, at)
            case ast.BinOp(left=left, op=op, right=right):
                sign = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}[type(op)]
                return self.keep(f"{self.value(left, at)} {sign} {self.value(right, at)}")
            case ast.Call(func=ast.Name(id=function), args=arguments):
                return self.call(function, [self.value(each, at) for each in arguments])
            case _:
                raise Broken(f"'{ast.unparse(node)}' cannot be compiled")

    def inverse(self, node: ast.expr, at: Mapping[str, str]) -> str:
        """1 over the formula; a division is slow, so that each is made once."""
        if not names(node) & self.moving:
            return self.constant(over(ast.Constant(1.0), node))
        return self.keep(f"1.0 / {self.value(node, at)}")

    def power(self, base: ast.expr, exponent: ast.expr, at: Mapping[str, str]) -> str:
        """Whole small powers by multiplying; others by exp and log, their base held above 0."""
        if isinstance(exponent, ast.Constant) and exponent.value in (2, 3, 4):
            factor = self.value(base, at)
            return self.keep(" * ".join([factor] * int(str(exponent.value))))
        logarithm = self.keep(f"log_short(max({self.value(base, at)}, {TINY}))")
        return self.keep(f"exp_short({self.value(exponent, at)} * {logarithm})")

    def call(self, function: str, found: list[str]) -> str:
        """A function of values."""
        first, *others = found
        match function:
            case "exp" | "log":
                return self.keep(f"{function}_short({first})")
            case "max" | "min":
                return self.keep(f"{function}({first}, {others[0]})")
            case "expit":
                return self.keep(f"1.0 / (1.0 + exp_short(-{first}))")
            case "logit":
                return self.keep(f"log_short({first} / (1.0 - {first}))")
            case "above":
                return self.keep(f"1.0 if {first} > {others[0]} else 0.0")
            case _:
                raise Broken(f"{function} cannot be compiled")

    def total(self, parts: Iterable[tuple[float, str]], start: str = "") -> str:
        """start + Σ weight · part."""
        written = [start] if start else []
        written += [part if weight == 1.0 else f"{weight!r} * {part}" for weight, part in parts if weight]
        return self.keep(" + ".join(written)) if written else ZERO


class Complex(NamedTuple):
    """What a complex value's two parts are called."""

    real: str
    imaginary: str = ZERO


class ComplexSolver:
    """Solves the small complex matrix of one group: by cofactors up to two states, else by elimination without
    exchanges."""

    def __init__(self, written: Written, matrix: list[list[Complex]]) -> None:
        self.written, self.size = written, len(matrix)
        self.upper = [list(row) for row in matrix]
        self.lower: dict[tuple[int, int], Complex] = {}
        self.pivots: list[Complex] = []
        if self.size <= 2:
            self.pivots.append(self._inverse(self._determinant()))
            return
        for column in range(self.size):
            self.pivots.append(self._inverse(self.upper[column][column]))
            for row in range(column + 1, self.size):
                if self.upper[row][column] == Complex(ZERO):
                    continue
                factor = self._times(self.upper[row][column], self.pivots[column])
                self.lower[row, column] = factor
                for other in range(column + 1, self.size):
                    self.upper[row][other] = self._less(self.upper[row][other], factor, self.upper[column][other])

    def __call__(self, right: Sequence[Complex]) -> list[Complex]:
        """The solution for one right side."""
        found = list(right)
        if self.size <= 2:
            if self.size == 2:
                (a, b), (c, d) = self.upper
                first, second = right
                found = [self._less(self._times(d, first), b, second), self._less(self._times(a, second), c, first)]
            return [self._times(one, self.pivots[0]) for one in found]
        for row in range(self.size):
            for column in range(row):
                if (row, column) in self.lower:
                    found[row] = self._less(found[row], self.lower[row, column], found[column])
        for row in reversed(range(self.size)):
            for column in range(row + 1, self.size):
                found[row] = self._less(found[row], self.upper[row][column], found[column])
            found[row] = self._times(found[row], self.pivots[row])
        return found

    def _determinant(self) -> Complex:
        if self.size == 1:
            return self.upper[0][0]
        (a, b), (c, d) = self.upper
        return self._less(self._times(a, d), b, c)

    def _inverse(self, one: Complex) -> Complex:
        keep = self.written.keep
        over_all = keep(f"1.0 / ({one.real} * {one.real} + {one.imaginary} * {one.imaginary})")
        return Complex(keep(f"{one.real} * {over_all}"), keep(f"-{one.imaginary} * {over_all}"))

    def _times(self, one: Complex, other: Complex) -> Complex:
        return Complex(
            self._sum(ZERO, ("+", one.real, other.real), ("-", one.imaginary, other.imaginary)),
            self._sum(ZERO, ("+", one.real, other.imaginary), ("+", one.imaginary, other.real)),
        )

    def _less(self, start: Complex, one: Complex, other: Complex) -> Complex:
        """start - one · other."""
        return Complex(
            self._sum(start.real, ("-", one.real, other.real), ("+", one.imaginary, other.imaginary)),
            self._sum(start.imaginary, ("-", one.real, other.imaginary), ("-", one.imaginary, other.real)),
        )

    def _sum(self, start: str, *products: tuple[str, str, str]) -> str:
        """start and the products, each with its sign, without those that are nothing."""
        parts = "".join(f" {sign} {one} * {other}" for sign, one, other in products if ZERO not in (one, other))
        if not parts:
            return start
        return self.written.keep(parts.strip(" +") if start == ZERO else start + parts)


def loop(lines: Iterable[str]) -> str:
    """The lines as one loop over the people of a block."""
    return "\n".join(["for b in range(B):", *(f"    {line}" for line in lines)])
