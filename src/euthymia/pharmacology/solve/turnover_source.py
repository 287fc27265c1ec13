"""Writes the compiled kernel's step for one model: its formulas as plain arithmetic, each worked out once.

A step takes every person of a block through the same work without a branch. What depends on parameters only is worked
out before (`constants`); what holds at the end of a step is kept for the start of the next (`carried`). A state whose
course is an integral is solved by exact decay and looks at its making; states that hear each other in
`coupled_source.py`. Both look at the same places of the step.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from euthymia.pharmacology.derivative import is_zero, names, replaced
from euthymia.pharmacology.solve.collocation import ALL_LOOKS, END, ERROR, INTEGRAL, LOOKS, START, UNTIL, WITHIN
from euthymia.pharmacology.solve.coupled_source import Solved, couple
from euthymia.pharmacology.solve.kernel_lines import TINY, Written, loop
from euthymia.pharmacology.solve.rosenbrock import PEAK_SHARE
from euthymia.pharmacology.turnover import Structure

# The error of a state that is an integral stays, where others forget theirs. So it counts this many times.
PLAIN_WEIGHT = 20.0


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
        # What is kept from the end of one step to the start of the next, by what it says.
        self.carried: dict[str, ast.expr] = {}
        self.inputs = {place: self._input(place) for place in structure.plain}
        self.decays = {place: _negative(structure.jacobian[place][place]) for place in self.inputs}
        for node in [*self.inputs.values(), *self._coupled()]:
            for part in self._of_drivers(node):
                self.carried.setdefault(ast.unparse(part), part)
        for node in self.inputs.values():
            if names(node) & self.moving:
                self.carried.setdefault(ast.unparse(node), node)

    def _input(self, place: int) -> ast.expr:
        """What makes a plain state: its change where there is none of it."""
        name = self.layout.states[place]
        return replaced(self.structure.changes[place], {name: ast.Constant(0)})

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

    # The loops: `refresh` at the start and after a jump, `table` for one length of step, `step`, `accept`, `hear`.

    def refresh(self) -> str:
        """Works out what is carried, from the state at hand."""
        written = self._written()
        at = self._heard(written, START) | self._states(written)
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
        lines = [f"Z[TERMS + {row}, b] *= E[{4 * mode + END}, b]" for row, (_, mode) in enumerate(self.layout.terms)]
        for place in range(len(self.layout.states)):
            lines.append(f"y{place} = Z[NEXT + {place}, b]")
            lines.append(f"Z[STATES + {place}, b] = y{place}")
            lines.append(f"Z[PEAKS + {place}, b] = max(Z[PEAKS + {place}, b], abs(y{place}))")
        lines += [f"Z[CARRIED + {row}, b] = Z[NEXT_CARRIED + {row}, b]" for row in range(len(self.carried))]
        return loop(lines)

    def hear(self) -> str:
        """The concentrations now."""
        written = self._written()
        heard = self._heard(written, START).values()
        return loop([*written.lines, *(f"Z[HEARD + {place}, b] = {one}" for place, one in enumerate(heard))])

    def sized(self) -> str:
        """Gives states that start from nothing a size, from a step that is not taken."""
        places = range(len(self.layout.states))
        sizes = [f"max(Z[PEAKS + {place}, b], 0.1 * abs(Z[NEXT + {place}, b]))" for place in places]
        return loop(f"Z[PEAKS + {place}, b] = {size}" for place, size in zip(places, sizes, strict=True))

    def step(self) -> str:
        """One step of length h: the states after it, what is carried on, and the error as a share of each state."""
        written = self._written()
        work = Work(self, written)
        for group in self.structure.groups:
            if group[0] in self.structure.plain:
                work.integrate(group[0])
            else:
                couple(work, group)
        work.finish()
        return loop(written.lines)

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
                    parts.append(term if look == START else f"{term} * E[{4 * mode + look}, b]")
            found[name] = written.keep(f"max({' + '.join(parts)}, 0.0)")
        return found

    def _states(self, written: Written) -> dict[str, str]:
        return {name: written.keep(f"Z[STATES + {place}, b]") for place, name in enumerate(self.layout.states)}


class Work:
    """One step while it is being written: what is known of every state at its start, and of those solved so far."""

    def __init__(self, step: Step, written: Written) -> None:
        self.step, self.written = step, written
        self.structure, self.states = step.structure, step.layout.states
        self.start = step._states(written)
        self.heard: dict[int, dict[str, str]] = {}
        self.solved: dict[str, Solved] = {}
        # Carried values stand in for their formulas at the start of the step.
        self.rows = {text: f"Z[CARRIED + {row}, b]" for row, text in enumerate(step.carried)}

    def at(self, look: int) -> dict[str, str]:
        """Concentrations at a look."""
        if look not in self.heard:
            self.heard[look] = self.step._heard(self.written, look)
        return self.heard[look]

    def value(self, node: ast.expr, look: int, states: Mapping[str, str]) -> str:
        """A formula at a look, with these states."""
        if look == START:
            node, at = self._carried(node), {**states, **self._carried_values()}
            if names(node) & set(self.step.layout.heard):
                at |= self.at(START)
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
        """States a formula hears that were solved before, at a look."""
        return {
            name: self.start[name] if look == START else self.solved[name].looks[look]
            for name in names(node) & set(self.solved)
        }

    def integrate(self, place: int) -> None:
        """A plain state: its past decays, and what made it decays from when it was made."""
        name, made, keep = self.states[place], self.step.inputs[place], self.written.keep
        first, start = self.step.decay_rows().get(place), self.start[name]
        makings = [self.value(made, look, self.upstream(made, look)) for look in (START, *ALL_LOOKS)]
        left = [f"E[{first + row}, b] * " if first is not None else "" for row in range(4)] + [""]
        parts = [keep(f"{decay}{making}") if decay else making for decay, making in zip(left, makings, strict=True)]
        since = keep(f"h * {self.written.total(zip(INTEGRAL, parts, strict=True))}")
        error = self.written.total((PLAIN_WEIGHT * weight, part) for weight, part in zip(ERROR, parts, strict=True))
        looks = [self._until(look, parts, start, first) for look in WITHIN] if self.step.is_heard(place) else []
        self.solved[name] = Solved([*looks, keep(f"{left[0]}{start} + {since}")], keep(f"abs(h * {error})"))

    def _until(self, look: int, parts: list[str], start: str, first: int | None) -> str:
        """A plain state at a look: what is left of its start, and what was made until then."""
        made = self.written.total(zip(UNTIL[look], parts, strict=True))
        if first is None:
            return self.written.keep(f"{start} + h * {made}")
        # The parts have decayed to the end of the step.
        left, back = f"E[{first + 4 + look}, b]", f"E[{first + 7 + look}, b]"
        return self.written.keep(f"{left} * {start} + h * {back} * {made}")

    def finish(self) -> None:
        """Writes down the end of the step."""
        ends = {name: solved.looks[-1] for name, solved in self.solved.items()}
        for place, name in enumerate(self.states):
            self.written.lines.append(f"Z[NEXT + {place}, b] = {ends[name]}")
        for row, node in enumerate(self.step.carried.values()):
            self.written.lines.append(f"Z[NEXT_CARRIED + {row}, b] = {self.value(node, END, ends)}")
        keep, shares = self.written.keep, []
        for place, name in enumerate(self.states):
            largest = f"max(max(abs({self.start[name]}), abs({ends[name]})), {PEAK_SHARE!r} * Z[PEAKS + {place}, b])"
            shares.append((self.solved[name].error, keep(f"({largest} + {TINY}){self.solved[name].per}")))
        worst = "0.0"
        for (one, its), (other, others) in zip(shares[::2], [*shares[1::2], ("0.0", "1.0")], strict=False):
            # Two shares for one division.
            larger = keep(f"max({one} * {others}, {other} * {its}) / ({its} * {others})")
            worst = larger if worst == "0.0" else f"max({worst}, {larger})"
        self.written.lines.append(f"Z[ERROR, b] = {worst}")


def _negative(node: ast.expr) -> ast.expr:
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return operand
        case _:
            return node if is_zero(node) else ast.UnaryOp(ast.USub(), node)
