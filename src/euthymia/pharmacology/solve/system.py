"""The one definition every solver takes: a linear compartment system for many people, what enters it, what is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import SolverFailed
from euthymia.pharmacology.expression import Evaluate

Values = NDArray[np.float64]


class Input(NamedTuple):
    """Drug that enters one compartment.

    amount: mg, (people,).   duration_h: (people,), all 0 for a bolus, all above 0 for a constant rate.
    later_h: (people,), how much later than `start_h` each person has it (0 or more); left out, all at once.
    """

    state: int
    start_h: float
    amount: Values
    duration_h: Values
    later_h: Values | None = None

    @property
    def is_bolus(self) -> bool:
        return not self.duration_h.any()

    @property
    def size(self) -> Values:
        """What enters, (people,): mg at once, or mg/h while it runs."""
        return self.amount if self.is_bolus else self.amount / self.duration_h

    @property
    def starts_h(self) -> Values:
        """When each person's begins, (people,)."""
        first_h = np.full(self.duration_h.shape, self.start_h)
        return first_h if self.later_h is None else first_h + self.later_h

    def some(self, part: slice | NDArray[np.int64]) -> Input:
        """The same input for some of its people."""
        later_h = None if self.later_h is None else self.later_h[part]
        return self._replace(amount=self.amount[part], duration_h=self.duration_h[part], later_h=later_h)


@dataclass(frozen=True, slots=True, eq=False)
class LinearSystem:
    """dx/dt = rates · x + inputs; what is measured = readout · x.

    rates: 1/h, (people, states, states).   readout: (people, outputs, states).   Amounts are mg, so a readout of
    1000 / volume_l gives ng/mL.   Everything is empty before the first input.
    """

    rates: Values
    readout: Values
    inputs: tuple[Input, ...]

    @property
    def people(self) -> int:
        return int(self.rates.shape[0])

    @property
    def states(self) -> int:
        return int(self.rates.shape[1])

    @property
    def pattern(self) -> NDArray[np.bool_]:
        """Which state feeds which in anybody, (states, states): [to, from]."""
        # People are walked along their own axis, wherever it lies in memory.
        return np.asarray(self.rates.transpose(1, 2, 0).any(axis=2))

    def person(self, place: int) -> LinearSystem:
        """The same system for one of its people."""
        return self.some(slice(place, place + 1))

    def some(self, part: slice | NDArray[np.int64]) -> LinearSystem:
        """The same system for some of its people."""
        inputs = tuple(entry.some(part) for entry in self.inputs)
        return LinearSystem(self.rates[part], self.readout[part], inputs)

    def reached(self) -> LinearSystem:
        """The same answers from fewer states: those the inputs reach and some output sees."""
        seen = np.asarray(self.readout.transpose(1, 2, 0).any(axis=(0, 2)))
        kept = reached(self.pattern, [entry.state for entry in self.inputs], seen)
        if kept.size == self.states:
            return self
        places = {int(state): place for place, state in enumerate(kept)}
        inputs = tuple(entry._replace(state=places[entry.state]) for entry in self.inputs if entry.state in places)
        return LinearSystem(self.rates[:, kept][:, :, kept], self.readout[:, :, kept], inputs)

    def with_inputs(self, inputs: tuple[Input, ...]) -> LinearSystem:
        """The same body with other doses."""
        return replace(self, inputs=inputs)

    def with_effect_site(self, output: int, *, share: float, ke0_per_h: float | Values) -> LinearSystem:
        """One more state that follows `share` of an output with delay; it is read as the last output.

        ke0_per_h: how fast it follows, 1/h, one for all or (people,).
        """
        rates, readout = _grown(self.rates, self.readout)
        each_h = np.broadcast_to(ke0_per_h, (self.people,))
        rates[:, -1, :-1] = each_h[:, None] * share * self.readout[:, output, :]
        rates[:, -1, -1] = -each_h
        readout[:, -1, -1] = 1.0
        return LinearSystem(rates, readout, self.inputs)

    def with_area_under(self, output: int) -> LinearSystem:
        """One more state that adds up an output over time; it is read as the last output."""
        rates, readout = _grown(self.rates, self.readout)
        rates[:, -1, :-1] = self.readout[:, output, :]
        readout[:, -1, -1] = 1.0
        return LinearSystem(rates, readout, self.inputs)


class PartInput(NamedTuple):
    """Drug that enters one compartment, with everybody's amount and duration as an array or as a symbol."""

    state: int
    start_h: float
    amount: Any
    duration_h: Any


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """A system before its people are put together: only what is not nothing, as arrays (people,) or (), or as symbols
    that stand for them.

    rates: (to, from) → 1/h.   readout: (output, state) → 1/L, times 1000.
    """

    states: int
    outputs: int
    rates: Mapping[tuple[int, int], Any]
    readout: Mapping[tuple[int, int], Any]
    inputs: tuple[PartInput, ...]

    def with_effect_site(self, output: int, *, ke0_per_h: Any) -> Parts:
        """One more state that follows an output with delay; it is read as the last output. `LinearSystem` has the same
        for people at hand."""
        site = self.states
        following = {
            (site, state): ke0_per_h * weight for (read, state), weight in self.readout.items() if read == output
        }
        rates = {**self.rates, **following, (site, site): 0.0 - ke0_per_h}
        readout = {**self.readout, (self.outputs, site): 1.0}
        return Parts(site + 1, self.outputs + 1, rates, readout, self.inputs)

    def system(self, people: int) -> LinearSystem:
        """Put together for so many people, who are arrays."""
        # People lie side by side in memory, which is how the solvers walk them.
        rates = np.zeros((self.states, self.states, people))
        for link, rate in self.rates.items():
            rates[link] = rate
        readout = np.zeros((self.outputs, self.states, people))
        for read, weight in self.readout.items():
            readout[read] = weight
        inputs = tuple(
            Input(each.state, each.start_h, *(_each(value, people) for value in (each.amount, each.duration_h)))
            for each in self.inputs
        )
        return LinearSystem(rates.transpose(2, 0, 1), readout.transpose(2, 0, 1), inputs)


# A model's parts from what is given of its people by name, formulas worked out as the second argument does.
Make = Callable[[Mapping[str, Any], Evaluate], Parts]


def _each(value: Any, people: int) -> Values:
    return np.asarray(np.broadcast_to(np.asarray(value, dtype=np.float64), (people,)))


def closure(linked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Who is reached from whom over any number of links, or none: [to, from]."""
    through = linked | np.eye(linked.shape[0], dtype=np.bool_)
    for _ in range(linked.shape[0].bit_length()):
        through = through @ through
    return np.asarray(through)


def reached(linked: NDArray[np.bool_], sources: Sequence[int], seen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The states that drug entering `sources` reaches and that show in one of those `seen`; all of them, if none does.

    linked: [to, from].
    """
    through = closure(linked)
    kept = np.flatnonzero(through[:, list(sources)].any(axis=1) & through[seen].any(axis=0))
    return kept if kept.size else np.arange(linked.shape[0])


def slices(people: int, at_once: int) -> Iterator[slice]:
    """People in runs of `at_once`, the last one shorter."""
    return (slice(first, min(first + at_once, people)) for first in range(0, people, at_once))


def total_area(system: LinearSystem) -> Values:
    """The area under each output to the end of time, (people, outputs). Every compartment must empty in the end."""
    entered = np.zeros((system.people, system.states, 1))
    for entry in system.inputs:
        entered[:, entry.state, 0] += entry.amount
    try:
        area = -system.readout @ np.linalg.solve(system.rates, entered)
    except np.linalg.LinAlgError as error:
        raise SolverFailed("A compartment of this model never empties, so its area has no end.") from error
    return checked(area[:, :, 0])


def checked(values: Values) -> Values:
    """The values, if they are all numbers; a solver never hands out a not-a-number."""
    if not np.isfinite(values).all():
        raise SolverFailed("The solution is not finite.")
    return values


def _grown(rates: Values, readout: Values) -> tuple[Values, Values]:
    people, outputs, states = readout.shape
    # People side by side in memory, as `Model.system` leaves them.
    larger = np.zeros((states + 1, states + 1, people)).transpose(2, 0, 1)
    larger[:, :states, :states] = rates
    longer = np.zeros((outputs + 1, states + 1, people)).transpose(2, 0, 1)
    longer[:, :outputs, :states] = readout
    return larger, longer
