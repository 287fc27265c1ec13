"""Writes the compiled kernel's step for one model: its formulas as plain arithmetic, each worked out once.

A step takes every person of a block through the same work without a branch. What depends on parameters only is worked
out before (`constants`); what holds at the end of a step is kept for the start of the next (`carried`). States that
hear each other are solved by RODAS4; a state whose course is an integral, by exact decay and five looks at its making.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from euthymia.pharmacology.derivative import is_zero, names, replaced
from euthymia.pharmacology.solve.kernel_lines import TINY, Solver, Written, loop, phases
from euthymia.pharmacology.solve.rosenbrock import ADDED, CARRIED, GAMMA, IN_TIME, PEAK_SHARE
from euthymia.pharmacology.turnover import Structure

# Looks within the step, in the order of the table's rows.
LOOKS = (0.21, 0.386, 0.63, 1.0)
_START = -1
_END = 3
# Which look each stage of RODAS4 takes.
# The error of RODAS4 is that of a lower order, far above what is left after the step; that of five looks is nearer to
# the truth, and an error of a plain state stays. So it counts this many times.
PLAIN_WEIGHT = 200.0
_STAGE_LOOK = (_START, 1, 0, 2, _END, _END)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are: names of the terms of every heard concentration, (heard place, mode), and how many modes."""

    heard: tuple[str, ...]
    terms: tuple[tuple[int, int], ...]
    modes: int
    states: tuple[str, ...]


class Step:
    """The work of one step, written for one structure and layout."""

    def __init__(self, structure: Structure, layout: Layout) -> None:
        self.structure, self.layout = structure, layout
        self.constants: dict[str, ast.expr] = {}
        self.moving = frozenset(layout.states + layout.heard)
        # Rows for what one loop of a step leaves for a later one; known once the step is written.
        self.passed_rows = 0
        # What is kept from the end of one step to the start of the next, by what it says.
        self.carried: dict[str, ast.expr] = {}
        self.inputs = {place: self._input(place) for place in structure.plain}
        self.decays = {place: _negative(structure.jacobian[place][place]) for place in self.inputs}
        for node in [*self.inputs.values(), *self._by_driver(), *self._coupled()]:
            for part in self._of_drivers(node):
                self.carried.setdefault(ast.unparse(part), part)
        for node in self.inputs.values():
            if names(node) & self.moving:
                self.carried.setdefault(ast.unparse(node), node)

    def _input(self, place: int) -> ast.expr:
        """What makes a plain state: its change where there is none of it."""
        name = self.layout.states[place]
        return replaced(self.structure.changes[place], {name: ast.Constant(0)})

    def _by_driver(self) -> list[ast.expr]:
        return [node for group in self._together() for place in group for node in self.structure.by_driver[place]]

    def _coupled(self) -> list[ast.expr]:
        return [self.structure.changes[place] for group in self._together() for place in group]

    def _together(self) -> list[tuple[int, ...]]:
        return [group for group in self.structure.groups if group[0] not in self.structure.plain]

    def _of_drivers(self, node: ast.expr) -> list[ast.expr]:
        """The largest parts of a formula that hear concentrations and no state."""
        used = names(node)
        if not used & set(self.layout.heard):
            return []
        if not used & set(self.layout.states):
            return [] if isinstance(node, ast.Name) else [node]
        return [
            part
            for child in ast.iter_child_nodes(node)
            if isinstance(child, ast.expr)
            for part in self._of_drivers(child)
        ]

    # The loops: `refresh` at the start and after a jump, `table` for one length of step, `step`, `accept`.

    def refresh(self) -> str:
        """Works out what is carried, from the state at hand."""
        written = self._written()
        at = self._heard(written, _START) | self._states(written)
        for row, node in enumerate(self.carried.values()):
            written.lines.append(f"Z[CARRIED + {row}, b] = {written.value(node, at)}")
        return loop(written.lines)

    def table(self) -> str:
        """What is left of every mode and of every plain state's past at each look of a step of length h."""
        lines = []
        for mode in range(self.layout.modes):
            lines += [
                f"E[{4 * mode + row}, b] = exp64(Z[RATES + {mode}, b] * ({look!r} * h))"
                for row, look in enumerate(LOOKS)
            ]
        loops = [loop([line]) for line in lines]
        for place, first in self.decay_rows().items():
            spans = [1.0 - look for look in (0.0, *LOOKS[:3])]
            if self.is_heard(place):
                spans += [*LOOKS[:3], *(look - 1.0 for look in LOOKS[:3])]
            for row, share in enumerate(spans):
                written = self._written()
                decay = written.value(self.decays[place], {})
                written.lines.append(f"E[{first + row}, b] = exp64(-{decay} * ({share!r} * h))")
                loops.append(loop(written.lines))
        return "\n".join(loops)

    def table_rows(self) -> int:
        """Rows of one table."""
        return 4 * self.layout.modes + 10 * len(self.decay_rows())

    def decay_rows(self) -> dict[int, int]:
        """Where a plain state's rows begin: decay from 0 and each look to the end, from 0 to each look, and back."""
        decaying = [place for place in sorted(self.inputs) if not is_zero(self.decays[place])]
        return {place: 4 * self.layout.modes + 10 * row for row, place in enumerate(decaying)}

    def is_heard(self, place: int) -> bool:
        """Whether another group of states hears this one."""
        group = next(group for group in self.structure.groups if place in group)
        rows = enumerate(self.structure.jacobian)
        return any(not is_zero(row[place]) for other, row in rows if other not in group)

    def accept(self) -> str:
        """Makes the end of the step the start of the next."""
        lines = [f"Z[TERMS + {row}, b] *= E[{4 * mode + _END}, b]" for row, (_, mode) in enumerate(self.layout.terms)]
        for place in range(len(self.layout.states)):
            lines.append(f"y{place} = Z[NEXT + {place}, b]")
            lines.append(f"Z[STATES + {place}, b] = y{place}")
            lines.append(f"Z[PEAKS + {place}, b] = max(Z[PEAKS + {place}, b], abs(y{place}))")
        lines += [f"Z[CARRIED + {row}, b] = Z[NEXT_CARRIED + {row}, b]" for row in range(len(self.carried))]
        return loop(lines)

    def sized(self) -> str:
        """Gives plain states that start from nothing a size, from a step that is not taken."""
        lines = []
        for place in sorted(self.inputs):
            lines.append(f"Z[PEAKS + {place}, b] = max(Z[PEAKS + {place}, b], 0.1 * abs(Z[NEXT + {place}, b]))")
        return loop(lines) if lines else "pass"

    def step(self) -> str:
        """One step of length h: the states after it, what is carried on, and the error as a share of each state."""
        written = self._written()
        work = _Work(self, written)
        cuts = []
        parts = [part for node in [*self.inputs.values(), *self._coupled()] for part in self._of_drivers(node)]
        for look in (0, 1, 2, _END):
            for part in parts:
                work.value(part, look, {})
            cuts.append(len(written.lines))
        for group in self.structure.groups:
            if group[0] in self.structure.plain:
                work.integrate(group[0])
            else:
                work.couple(group)
            cuts.append(len(written.lines))
        work.finish()
        loops, self.passed_rows = phases(written.lines, cuts)
        return "\n".join(loop(lines) for lines in loops if lines)

    def _written(self) -> Written:
        return Written(self.constants, self.moving)

    def _heard(self, written: Written, look: int) -> dict[str, str]:
        """Concentrations at a look; rounding may leave a trace below zero where nothing is there."""
        found = {}
        for place, name in enumerate(self.layout.heard):
            parts = [f"Z[LEVELS + {place}, b]"]
            for row, (heard, mode) in enumerate(self.layout.terms):
                if heard == place:
                    term = written.keep(f"Z[TERMS + {row}, b]")
                    parts.append(term if look == _START else f"{term} * E[{4 * mode + look}, b]")
            found[name] = written.keep(f"max({' + '.join(parts)}, 0.0)")
        return found

    def _states(self, written: Written) -> dict[str, str]:
        return {name: written.keep(f"Z[STATES + {place}, b]") for place, name in enumerate(self.layout.states)}


class _Work:
    """One step while it is being written: what is known of every state at its start and end."""

    def __init__(self, step: Step, written: Written) -> None:
        self.step, self.written = step, written
        self.structure, self.states = step.structure, step.layout.states
        self.start = step._states(written)
        self.heard: dict[int, dict[str, str]] = {}
        self.end: dict[str, str] = {}
        self.start_change: dict[str, str] = {}
        self.end_change: dict[str, str] = {}
        self.errors: dict[str, str] = {}
        # States that others hear, at the looks between the ends of the step.
        self.middle: dict[str, list[str]] = {}
        # Carried values stand in for their formulas at the start of the step.
        self.rows = {text: f"Z[CARRIED + {row}, b]" for row, text in enumerate(step.carried)}

    def at(self, look: int) -> dict[str, str]:
        """Concentrations at a look."""
        if look not in self.heard:
            self.heard[look] = self.step._heard(self.written, look)
        return self.heard[look]

    def value(self, node: ast.expr, look: int, states: Mapping[str, str]) -> str:
        """A formula at a look, with these states."""
        if look == _START:
            node, at = self._carried(node), {**states, **self._carried_values()}
            if names(node) & set(self.step.layout.heard):
                at |= self.at(_START)
            written = Written(
                self.written.constants, self.written.moving | set(at), self.written.lines, self.written.known
            )
            return written.value(node, at)
        return self.written.value(node, {**states, **self.at(look)})

    def _carried(self, node: ast.expr) -> ast.expr:
        text = ast.unparse(node)
        if text in self.rows:
            return ast.Name(f"carried {list(self.rows).index(text)}", ast.Load())
        match node:
            case ast.BinOp(left=left, op=op, right=right):
                return ast.BinOp(self._carried(left), op, self._carried(right))
            case ast.UnaryOp(op=op, operand=operand):
                return ast.UnaryOp(op, self._carried(operand))
            case ast.Call(func=func, args=args):
                return ast.Call(func, [self._carried(each) for each in args], [])
            case _:
                return node

    def _carried_values(self) -> dict[str, str]:
        return {f"carried {row}": place for row, place in enumerate(self.rows.values())}

    def upstream(self, node: ast.expr, look: int) -> dict[str, str]:
        """States a formula hears that were solved before, at a look: on the cubic through both ends."""
        found = {}
        for name in names(node) & set(self.end):
            if look == _START:
                found[name] = self.start[name]
            elif look == _END:
                found[name] = self.end[name]
            else:
                found[name] = self.middle[name][look]
        return found

    def integrate(self, place: int) -> None:
        """A plain state: its past decays, and what made it decays from when it was made."""
        name, made, keep = self.states[place], self.step.inputs[place], self.written.keep
        first = self.step.decay_rows().get(place)
        looks = [self.value(made, look, self.upstream(made, look)) for look in (_START, 0, 1, 2, _END)]
        left = [f"E[{first + row}, b] * " if first is not None else "" for row in range(4)] + [""]
        parts = [keep(f"{decay}{look}") if decay else look for decay, look in zip(left, looks, strict=True)]
        sums = self.written.total(zip(FIVE_LOOKS, parts, strict=True))
        made_since = keep(f"h * {sums}")
        self.end[name] = keep(f"{left[0]}{self.start[name]} + {made_since}")
        self.errors[name] = keep(f"h * ({self.written.total(zip(LOOKS_ERROR, parts, strict=True))})")
        if self.step.is_heard(place):
            self._offer(name, place, looks, parts)

    def _offer(self, name: str, place: int, looks: list[str], parts: list[str]) -> None:
        """Makes a plain state readable at the looks: what is left of its start, and what was made until then."""
        keep, first, start = self.written.keep, self.step.decay_rows().get(place), self.start[name]
        decay = self.written.value(self.step.decays[place], {})
        self.start_change[name] = keep(f"{looks[0]} - {decay} * {start}")
        self.end_change[name] = keep(f"{looks[4]} - {decay} * {self.end[name]}")
        self.middle[name] = []
        for row, weights in enumerate(UNTIL_LOOKS):
            made = self.written.total(zip(weights, parts, strict=True))
            if first is None:
                self.middle[name].append(keep(f"{start} + h * {made}"))
            else:
                back = f"E[{first + 7 + row}, b]"
                self.middle[name].append(keep(f"E[{first + 4 + row}, b] * {start} + h * {back} * {made}"))

    def couple(self, group: tuple[int, ...]) -> None:
        """States that hear each other, by RODAS4 with their own Jacobian."""
        keep, own = self.written.keep, [self.states[place] for place in group]
        inverse = self._inverse(group)
        in_time = [self._in_time(place) for place in group]
        stages: list[list[str]] = []
        reached: dict[str, str] = {}
        for stage, look in enumerate(_STAGE_LOOK):
            reached = {
                name: self.written.total(
                    [(weight, done[row]) for weight, done in zip(ADDED[stage], stages, strict=True)], self.start[name]
                )
                for row, name in enumerate(own)
            }
            right = []
            for row, place in enumerate(group):
                change = self.structure.changes[place]
                found = self.value(change, look, self.upstream(change, look) | reached)
                if stage == 0:
                    self.start_change[self.states[place]] = found
                carried = [(weight, done[row]) for weight, done in zip(CARRIED[stage], stages, strict=True)]
                parts = [found]
                if IN_TIME[stage] and in_time[row] != "0.0":
                    parts.append(f"{IN_TIME[stage]!r} * {in_time[row]}")
                if carried:
                    parts.append(f"{self.written.total(carried)} * per_h")
                right.append(keep(" + ".join(parts)))
            stages.append(inverse(right))
        for row, name in enumerate(own):
            self.end[name] = keep(f"{reached[name]} + {stages[5][row]}")
            self.errors[name] = stages[5][row]
        for place, name in zip(group, own, strict=True):
            if self.step.is_heard(place):
                change = self.structure.changes[place]
                self.end_change[name] = self.value(change, _END, self.upstream(change, _END) | self.end)
                self.middle[name] = [self._on_cubic(name, at) for at in LOOKS[:3]]

    def _on_cubic(self, name: str, at: float) -> str:
        """A state between its ends, on the cubic through both ends and their slopes."""
        left, ends = 1.0 - at, (self.start[name], self.end[name])
        slopes = (self.start_change[name], self.end_change[name])
        return self.written.keep(
            f"{left * left * (1 + 2 * at)!r} * {ends[0]} + {at * at * (3 - 2 * at)!r} * {ends[1]}"
            f" + h * ({at * left * left!r} * {slopes[0]} - {at * at * left!r} * {slopes[1]})"
        )

    def _in_time(self, place: int) -> str:
        """h times the slope in time of a state's change, from concentrations and from states solved before."""
        parts = []
        heard = self.step.layout.heard
        for name, node in zip(self.structure.drivers, self.structure.by_driver[place], strict=True):
            if not is_zero(node):
                parts.append(f"{self.value(node, _START, self.start)} * {self._slope(heard.index(name))}")
        for name, node in zip(self.states, self.structure.jacobian[place], strict=True):
            if name in self.end and not is_zero(node):
                parts.append(f"{self.value(node, _START, self.start)} * {self.start_change[name]}")
        return self.written.keep(f"h * ({' + '.join(parts)})") if parts else "0.0"

    def _slope(self, heard: int) -> str:
        terms = [
            f"{self.written.keep(f'Z[TERMS + {row}, b]')} * {self.written.keep(f'Z[RATES + {mode}, b]')}"
            for row, (place, mode) in enumerate(self.step.layout.terms)
            if place == heard
        ]
        return self.written.keep(" + ".join(terms)) if terms else "0.0"

    def _inverse(self, group: tuple[int, ...]) -> Solver:
        matrix = []
        for place in group:
            row = []
            for other in group:
                node = self.structure.jacobian[place][other]
                found = "0.0" if is_zero(node) else self.value(_negative(node), _START, self.start)
                row.append(self.written.keep(f"{1 / GAMMA!r} * per_h + {found}") if place == other else found)
            matrix.append(row)
        return Solver(self.written, matrix)

    def finish(self) -> None:
        """Writes down the end of the step."""
        for place, name in enumerate(self.states):
            self.written.lines.append(f"Z[NEXT + {place}, b] = {self.end[name]}")
        for row, node in enumerate(self.step.carried.values()):
            self.written.lines.append(f"Z[NEXT_CARRIED + {row}, b] = {self.value(node, _END, self.end)}")
        keep, shares = self.written.keep, []
        for place, name in enumerate(self.states):
            size = f"max(max(abs({self.start[name]}), abs({self.end[name]})), {PEAK_SHARE!r} * Z[PEAKS + {place}, b])"
            shares.append((keep(f"abs({self.errors[name]})"), keep(f"{size} + {TINY}")))
        worst = "0.0"
        for (one, its), (other, others) in zip(shares[::2], [*shares[1::2], ("0.0", "1.0")], strict=False):
            # Two shares for one division.
            larger = keep(f"max({one} * {others}, {other} * {its}) / ({its} * {others})")
            worst = larger if worst == "0.0" else f"max({worst}, {larger})"
        self.written.lines.append(f"Z[ERROR, b] = {worst}")


def _weights(looks: Sequence[float], until: float = 1.0) -> list[float]:
    """Weights of the looks that integrate every polynomial up to their number exactly from 0 until there."""
    powers = np.vander(np.array(looks), len(looks), increasing=True).T
    orders = np.arange(1.0, len(looks) + 1.0)
    return [float(one) for one in np.linalg.solve(powers, until**orders / orders)]


FIVE_LOOKS = _weights((0.0, *LOOKS))
UNTIL_LOOKS = [_weights((0.0, *LOOKS), look) for look in LOOKS[:3]]
# Five looks less the same integral without the look at 0.386.
_FOUR = _weights((0.0, 0.21, 0.63, 1.0))
LOOKS_ERROR = [
    PLAIN_WEIGHT * (five - four) for five, four in zip(FIVE_LOOKS, [*_FOUR[:2], 0.0, *_FOUR[2:]], strict=True)
]


def _negative(node: ast.expr) -> ast.expr:
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return operand
        case _:
            return node if is_zero(node) else ast.UnaryOp(ast.USub(), node)
