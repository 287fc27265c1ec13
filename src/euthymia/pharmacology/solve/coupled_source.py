"""Writes the part of a compiled step that solves states which hear each other: Radau's collocation.

Newton's method with the Jacobian of the step's start finds the course: a first solution as if the states stayed where
they are, and, unless their changes are linear in them, a second that knows better. Right sides are changes without what
the Jacobian makes of the way from the start, so that each solution is whole and not a correction of the one before.
What the second changes, and how much smaller that is than the first, say how far it still is from the truth. Solved to
the end the method is of order 7; after two solutions it is of about order 4, with a small error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from euthymia.pharmacology.derivative import is_zero, names
from euthymia.pharmacology.solve.collocation import (
    ALL_LOOKS,
    COURSE_OF_PAIRS,
    END,
    ERROR,
    ERROR_OF_PAIRS,
    PAIRS_OF_SLOPES,
    START,
    TURNS,
)
from euthymia.pharmacology.solve.kernel_lines import TINY, ZERO, Complex, ComplexSolver

if TYPE_CHECKING:
    from euthymia.pharmacology.solve.turnover_source import Work

# How far Newton's method is from the truth is a guess from two steps. So it counts this many times.
_NEWTON_WEIGHT = 10.0


@dataclass(frozen=True, slots=True)
class Solved:
    """A state over the step.

    looks: what it is at each look; only at the last, the end, where no others hear it.   error: the size of the end's
    error, still to be divided by `per`, which is written as a factor (` * v7`) or nothing.
    """

    looks: list[str]
    error: str
    per: str = ""


def couple(work: Work, group: tuple[int, ...]) -> None:
    """Writes the lines that solve the states at these places."""
    _Group(work, group).solve()


class _Group:
    """States that hear each other. What is said of several is in the order of their places."""

    def __init__(self, work: Work, group: tuple[int, ...]) -> None:
        self.work, self.written, self.group = work, work.written, group
        self.changes = [work.structure.changes[place] for place in group]
        self.names = [work.states[place] for place in group]
        self.start = {name: work.start[name] for name in self.names}
        jacobian = [[work.structure.jacobian[place][other] for other in group] for place in group]
        # Whose change is linear in the states of the group, by the same numbers at any time.
        self.straight = [not any(names(node) & work.step.moving for node in row) for row in jacobian]
        self.jacobian = [
            ["" if is_zero(node) else work.value(node, START, work.start) for node in row] for row in jacobian
        ]

    def solve(self) -> None:
        solvers = [ComplexSolver(self.written, self._matrix(*turn)) for turn in TURNS]
        first = self._pairs(solvers, self._right_sides(None))
        found = first
        if not all(self.straight):
            found = self._pairs(solvers, self._right_sides([self._ways(numbers) for numbers in first]))
        errors = self._errors(solvers[0], found)
        for place, name, before, numbers, error in zip(self.group, self.names, first, found, errors, strict=True):
            looks = ALL_LOOKS if self.work.step.is_heard(place) else (END,)
            courses = [self.written.keep(f"{self.start[name]} + {self._way(numbers, look)}") for look in looks]
            self.work.solved[name] = Solved(courses, *self._counted(error, before, numbers))

    def _matrix(self, real: float, imaginary: float) -> list[list[Complex]]:
        """One pair's number per hour less the Jacobian."""
        keep, matrix = self.written.keep, []
        for row, slopes in enumerate(self.jacobian):
            matrix.append([Complex(keep(f"-{slope}")) if slope else Complex(ZERO) for slope in slopes])
            less = f" - {slopes[row]}" if slopes[row] else ""
            matrix[row][row] = Complex(keep(f"{real!r} * per_h{less}"), keep(f"{imaginary!r} * per_h"))
        return matrix

    def _right_sides(self, ways: list[list[str]] | None) -> list[list[str]]:
        """Of each state, at each look: its change there, less what the Jacobian makes of the way from the start."""
        return [[self._right_side(row, look, ways) for look in ALL_LOOKS] for row in range(len(self.group))]

    def _right_side(self, row: int, look: int, ways: list[list[str]] | None) -> str:
        change, keep = self.changes[row], self.written.keep
        at, less = self.work.upstream(change, look) | self.start, ""
        if ways is not None and not self.straight[row]:
            for name, way, slope in zip(self.names, ways, self.jacobian[row], strict=True):
                at[name] = keep(f"{self.start[name]} + {way[look]}")
                less += f" - {slope} * {way[look]}" if slope else ""
        value = self.work.value(change, look, at)
        return keep(value + less) if less else value

    def _pairs(self, solvers: list[ComplexSolver], slopes: list[list[str]]) -> list[list[str]]:
        """Of each state, the four numbers its way from the start is made of."""
        found: list[list[str]] = [[] for _ in self.group]
        for pair, solver in enumerate(solvers):
            real, imaginary = PAIRS_OF_SLOPES[2 * pair : 2 * pair + 2]
            right = [Complex(self._weighted(real, row), self._weighted(imaginary, row)) for row in slopes]
            for numbers, solved in zip(found, solver(right), strict=True):
                numbers += solved
        return found

    def _weighted(self, weights: tuple[float, ...], parts: list[str]) -> str:
        if len(set(parts)) == 1:
            return self.written.keep(f"{sum(weights)!r} * {parts[0]}")
        return self.written.total(zip(weights, parts, strict=True))

    def _ways(self, numbers: list[str]) -> list[str]:
        return [self._way(numbers, look) for look in ALL_LOOKS]

    def _way(self, numbers: list[str], look: int) -> str:
        """How far a state has come from the start of the step at a look."""
        return self.written.total(zip(COURSE_OF_PAIRS[look], numbers, strict=True))

    def _errors(self, solver: ComplexSolver, found: list[list[str]]) -> list[str]:
        """How far the slope at the start is off the course's, over the step; a fast state forgets of it what it forgets
        in the step."""
        right = []
        for change, numbers in zip(self.changes, found, strict=True):
            slope = self.work.value(change, START, self.work.upstream(change, START) | self.start)
            off = self.written.total(zip(ERROR_OF_PAIRS, numbers, strict=True), f"{ERROR[0]!r} * h * {slope}")
            right.append(Complex(off))
        real, imaginary = TURNS[0]
        return [f"per_h * ({real!r} * {one.real} - {imaginary!r} * {one.imaginary})" for one in solver(right)]

    def _counted(self, error: str, before: list[str], numbers: list[str]) -> tuple[str, str]:
        """The larger of the step's error and of Newton's, and what both are still to be divided by."""
        keep = self.written.keep
        if numbers is before:
            return keep(f"abs({error})"), ""
        way = self._way(before, END)
        last = keep(f"abs({self._way(numbers, END)} - {way})")
        whole = keep(f"abs({way}) + {last} + {TINY}")
        return keep(f"max(abs({error}) * {whole}, {_NEWTON_WEIGHT!r} * {last} * {last})"), f" * {whole}"
