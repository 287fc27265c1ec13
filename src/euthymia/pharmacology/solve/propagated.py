"""The exact solution by propagators, on whatever device JAX finds: a graphics card, or this processor.

What one interval does to the amounts is a matrix without a negative entry, so nothing ever cancels and single precision
keeps about six digits; the modes of `closed_form.py`, which are added and taken from one another, would lose them.
Needs the `research` extra. People and numbers are the same as everywhere: only the arithmetic moves.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.solve import closed_form
from euthymia.pharmacology.solve.modes import modes
from euthymia.pharmacology.solve.program import Kind, Program, compiled
from euthymia.pharmacology.solve.system import LinearSystem, Values, checked, slices

# Propagators held at once: 64 million numbers.
_NUMBERS_AT_ONCE = 64_000_000
_MOST_AT_ONCE = 16_384

Precision = Literal["float64", "float32"]


class _Given(NamedTuple):
    """One block of people as the device takes it; people last, everything that is a dose in mg or mg/h.

    rates (modes, people), seen (states, modes, people) and entering (states, modes, people) make the propagators.
    dosed, running: (moments, states, inputs), which inputs act.   carried, own_rate: (own edges, states, people).
    """

    rates: Any
    seen: Any
    entering: Any
    readout: Any
    amounts: Any
    spans_h: Any
    span: Any
    dosed: Any
    running: Any
    own_moment: Any
    carried: Any
    own_rate: Any


def solve(system: LinearSystem, at_h: Values, *, precision: Precision = "float64") -> Values:
    """Every output over time, (people, times, outputs); 0 before the first input. SolverFailed if not finite.

    precision: of the walk over time; the propagators are always made in double precision. float32 keeps 1e-4.
    """
    at_h = np.asarray(at_h, dtype=np.float64)
    system = system.reached()
    program = compiled(system.inputs, at_h)
    out = np.zeros((system.people, at_h.size, system.readout.shape[1]))
    block = max(1, min(_MOST_AT_ONCE, _NUMBERS_AT_ONCE // (2 * max(1, program.spans_h.size) * system.states**2)))
    for part in slices(system.people, block):
        _solve_into(out[part], system.some(part), program.some(part), at_h, precision)
    return checked(out)


def _solve_into(out: Values, system: LinearSystem, program: Program, at_h: Values, precision: Precision) -> None:
    from jax import enable_x64

    looks = program.looks >= 0
    if looks.any():
        given, sound = _given(system, program)
        with enable_x64(True):
            seen = np.asarray(_walk()(given, precision))
        out[:, at_h.size - int(looks.sum()) :] = seen[looks].transpose(2, 0, 1)
        for place in np.flatnonzero(~sound):
            out[place] = closed_form.solve(system.person(int(place)), at_h)[0]


def _given(system: LinearSystem, program: Program) -> tuple[_Given, NDArray[np.bool_]]:
    count, people = system.states, system.people
    body = LinearSystem(system.rates, np.broadcast_to(np.eye(count), (people, count, count)), system.inputs)
    found = modes(body, range(count))
    seen = np.zeros((count, count, people), dtype=found.seen.dtype)
    for term, (state, mode) in enumerate(found.terms):
        seen[state, mode] = found.seen[term]
    states = [entry.state for entry in system.inputs]
    dosed, running = _acting(program, states, count)
    carried, own_rate = _own(system, program, found.rates_per_h, seen, found.entering)
    given = _Given(
        rates=found.rates_per_h,
        seen=seen,
        entering=found.entering,
        readout=system.readout.transpose(1, 2, 0),
        amounts=np.array([each.size for each in system.inputs]),
        spans_h=program.spans_h,
        span=program.span,
        dosed=dosed,
        running=running,
        own_moment=np.array([own.moment for own in program.personal], dtype=np.int64).reshape(-1, people),
        carried=carried,
        own_rate=own_rate,
    )
    return given, found.sound


def _acting(program: Program, states: list[int], count: int) -> tuple[Values, Values]:
    """Inputs given at each moment, and those that run through the interval before it, (moments, states, inputs)."""
    dosed = np.zeros((program.grid_h.size, count, len(states)))
    running = np.zeros_like(dosed)
    for edge in program.edges:
        state = states[edge.entry]
        match edge.kind:
            case Kind.BOLUS:
                dosed[edge.moment, state, edge.entry] += 1.0
            case Kind.START:
                running[edge.moment + 1 :, state, edge.entry] += 1.0
            case Kind.STOP:
                running[edge.moment + 1 :, state, edge.entry] -= 1.0
    return dosed, running


def _own(
    system: LinearSystem, program: Program, rates: NDArray[Any], seen: NDArray[Any], entering: NDArray[Any]
) -> tuple[Values, Values]:
    """What each person's own edge leaves in every state at the next moment, and the rate it switches."""
    carried = np.zeros((len(program.personal), system.states, system.people))
    switched = np.zeros_like(carried)
    for place, own in enumerate(program.personal):
        entry = system.inputs[own.entry]
        if own.kind is Kind.BOLUS:
            weight = np.exp(rates * own.before_h) * entry.amount
        else:
            sign = 1.0 if own.kind is Kind.START else -1.0
            switched[place, entry.state] = sign * entry.amount / entry.duration_h
            weight = closed_form.filled(rates, own.before_h) * switched[place, entry.state]
        carried[place] = np.einsum("skn,kn->sn", seen, entering[entry.state] * weight).real
    return carried, switched


@cache
def _walk() -> Any:
    """The walk over the moments as a function the device compiles once per shape; (moments, outputs, people)."""
    import jax
    import jax.numpy as jnp

    def walk(given: _Given, precision: Precision) -> Any:
        # (spans, to, from, people): what is left of one mg, and of one mg/h that runs throughout.
        turned = given.rates * given.spans_h[:, None, None]
        factor = jnp.exp(turned)
        near = jnp.abs(turned) < closed_form.NEAR_ZERO
        series = closed_form.FILLED_SERIES[0]
        for coefficient in closed_form.FILLED_SERIES[1:]:
            series = series * turned + coefficient
        filled = given.spans_h[:, None, None] * jnp.where(near, series, (factor - 1) / jnp.where(near, 1.0, turned))
        made = jnp.einsum("skn,jkn,ukn->usjn", given.seen, given.entering, factor).real
        entered = jnp.einsum("skn,jkn,ukn->usjn", given.seen, given.entering, filled).real
        # Compartments never hold less than nothing: what rounding left below zero is taken away.
        passed, entered = (jnp.maximum(each, 0.0).astype(precision) for each in (made, entered))
        amounts, readout = given.amounts.astype(precision), given.readout.astype(precision)
        carried, own_rate = given.carried.astype(precision), given.own_rate.astype(precision)

        def step(state: Any, moment: Any) -> Any:
            held, own_running = state
            span, dosed, running, at = moment
            flowing = running.astype(precision) @ amounts + own_running
            held = jnp.einsum("sjn,jn->sn", passed[span], held) + jnp.einsum("sjn,jn->sn", entered[span], flowing)
            held = held + dosed.astype(precision) @ amounts
            now = (given.own_moment == at)[:, None, :]
            held = held + jnp.where(now, carried, 0).sum(axis=0)
            own_running = own_running + jnp.where(now, own_rate, 0).sum(axis=0)
            return (held, own_running), jnp.einsum("osn,sn->on", readout, held)

        nothing = jnp.zeros((given.rates.shape[0], given.rates.shape[1]), dtype=precision)
        moments = (given.span, given.dosed, given.running, jnp.arange(given.span.size))
        return jax.lax.scan(step, (nothing, nothing), moments)[1]

    return jax.jit(walk, static_argnames=("precision",))
