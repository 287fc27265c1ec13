"""Climbs to the most probable effects of many people at once: damped Gauss-Newton, one solve a turn for all.

Sensitivities are differences between neighbours solved in the same batch. People who have arrived leave the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.individualise.problem import Problem

Values = NDArray[np.float64]
Rows = NDArray[np.int64]
# In prior standard deviations: of a difference, and of a step that no longer matters.
_NUDGE = 2e-5
_DONE = 1e-4
_BEND_NUDGE = 4e-3
_MOST_TURNS = 200
_LONGEST_STEP = 3.0
# Steps shorter than this are looked ahead of, by at most this many of their last change.
_NEAR = 0.5
_MOST_AHEAD = 3.0
# A rise smaller than rounding of the sum is no rise and no fall.
_ROUNDING = 1e-10


@dataclass(frozen=True, slots=True)
class Peak:
    """Where everybody's climb ended.

    standard: (people, names).   scaled: (people, columns), predictions there.   log_posterior: (people,).
    curvature: (people, names, names), of minus its log, as Gauss and Newton see it: never negative.   arrived:
    (people,), who found their peak; the others stand at the best place they saw.
    """

    standard: Values
    scaled: Values
    log_posterior: Values
    curvature: Values
    arrived: NDArray[np.bool_]


@dataclass(slots=True)
class _State:
    """Where everybody stands, the last accepted slopes there, and where they came from by which step.

    came: how far from the place before.   step: the plain step that was due there.   rose: whether the last trial did.
    """

    standard: Values
    scaled: Values
    trial: Values
    log_posterior: Values
    gradient: Values
    curvature: Values
    damping: Values
    came: Values
    step: Values
    rose: NDArray[np.bool_]


def climbed(problem: Problem, *, done: float = _DONE) -> Peak:
    """The peak of every person's posterior, started at the typical person.

    done: the step, in prior standard deviations, below which a person has arrived.
    """
    people, size = len(problem.sheet.target), problem.size
    state = _State(
        standard=np.zeros((people, size)),
        scaled=np.zeros((people, problem.sheet.at_h.size)),
        trial=np.zeros((people, size)),
        log_posterior=np.full(people, -np.inf),
        gradient=np.zeros((people, size)),
        curvature=np.tile(np.eye(size), (people, 1, 1)),
        damping=np.full(people, 1e-3),
        came=np.zeros((people, size)),
        step=np.zeros((people, size)),
        rose=np.zeros(people, dtype=np.bool_),
    )
    active = np.arange(people)
    for _ in range(_MOST_TURNS):
        _look(problem, state, active)
        steps = _steps(state, active)
        active = active[np.abs(steps).max(axis=1, initial=0.0) >= done]
        if not active.size:
            break
    arrived = np.ones(people, dtype=np.bool_)
    arrived[active] = False
    return Peak(state.standard, state.scaled, state.log_posterior, state.curvature, arrived)


def _look(problem: Problem, state: _State, active: Rows) -> None:
    """Judges the trials of the active people; those that rise are kept, with their slopes."""
    trial = state.trial[active]
    count, size = trial.shape
    around = np.repeat(trial[:, None, :], 1 + size, axis=1)
    around[:, 1:, :] += _NUDGE * np.eye(size)
    whose = np.repeat(active, 1 + size)
    scaled = problem.scaled(around.reshape(-1, size), whose).reshape(count, 1 + size, -1)
    score = problem.sheet.score(scaled[:, 0], active)
    log_posterior = score.log_chance - 0.5 * np.sum(trial * trial, axis=1)
    before = state.log_posterior[active]
    better = log_posterior >= before - _ROUNDING * (1 + np.abs(np.where(np.isinf(before), 0.0, before)))
    slopes = (scaled[:, 1:] - scaled[:, :1]) / _NUDGE
    kept = active[better]
    state.scaled[kept] = scaled[better, 0]
    state.came[kept], state.rose[active] = trial[better] - state.standard[kept], better
    state.standard[kept], state.log_posterior[kept] = trial[better], log_posterior[better]
    state.gradient[kept] = (np.einsum("pnc,pc->pn", slopes, score.slope) - trial)[better]
    weighted = slopes * score.weight[:, None, :]
    state.curvature[kept] = (weighted @ np.swapaxes(slopes, 1, 2) + np.eye(size))[better]
    state.damping[active] = np.where(better, state.damping[active] / 10, np.maximum(state.damping[active], 1e-3) * 8)


def _steps(state: _State, active: Rows) -> Values:
    """The next trial of the active people; returns their steps, (people, names)."""
    curvature = state.curvature[active]
    damped = curvature + state.damping[active, None, None] * _diagonals(curvature)
    steps: Values = np.linalg.solve(damped, state.gradient[active][:, :, None])[:, :, 0].astype(np.float64)
    trial = _quickened(state, active, steps)
    longest = np.abs(trial).max(axis=1, initial=0.0)[:, None]
    state.trial[active] = state.standard[active] + trial * np.minimum(1.0, _LONGEST_STEP / np.maximum(longest, 1e-300))
    state.step[active] = steps
    return np.asarray(steps)


def _quickened(state: _State, active: Rows, steps: Values) -> Values:
    """Steps that use how the last one turned out (Anderson 1965): where each step is a fixed share of the one before,
    as Gauss and Newton's become near the peak, this jumps to where they would end."""
    came, turned = state.came[active], steps - state.step[active]
    share = np.sum(turned * steps, axis=1) / np.maximum(np.sum(turned * turned, axis=1), 1e-300)
    near = state.rose[active] & state.step[active].any(axis=1) & (np.abs(steps).max(axis=1, initial=0.0) < _NEAR)
    share = np.where(near, np.clip(share, -_MOST_AHEAD, 0.5), 0.0)
    return np.asarray(steps - share[:, None] * (came + turned))


def _diagonals(matrices: Values) -> Values:
    return np.asarray(matrices * np.eye(matrices.shape[1]))


def exact(problem: Problem, standard: Values) -> tuple[Values, Values]:
    """First derivatives, (people, names), and second, (people, names, names), of minus the log posterior.

    Central differences over two distances, joined so that the error falls with the fourth power of them (Richardson);
    the prior's part is known exactly. One batch for everybody.
    """
    people, size = standard.shape
    offsets, pairs = _cross(size)
    around = standard[:, None, :] + _BEND_NUDGE * np.concatenate([offsets, 2 * offsets])[None, :, :]
    rows = around.reshape(-1, size)
    whose = np.repeat(np.arange(people), 2 * offsets.shape[0])
    # The chance alone: the prior's curvature is 1.
    cost = -(problem.log_posterior(rows, whose) + 0.5 * np.sum(rows * rows, axis=1))
    near, far = np.swapaxes(cost.reshape(people, 2, -1), 0, 1)
    slope, bend = _differences(near, pairs, _BEND_NUDGE, size)
    slope_far, bend_far = _differences(far, pairs, 2 * _BEND_NUDGE, size)
    return (4 * slope - slope_far) / 3 + standard, (4 * bend - bend_far) / 3 + np.eye(size)


def _differences(cost: Values, pairs: Sequence[tuple[int, int, int]], nudge: float, size: int) -> tuple[Values, Values]:
    up, down = cost[:, 1 : 2 * size + 1 : 2], cost[:, 2 : 2 * size + 2 : 2]
    bend = np.zeros((len(cost), size, size))
    places = np.arange(size)
    bend[:, places, places] = (up - 2 * cost[:, :1] + down) / nudge**2
    for start, one, other in pairs:
        corners = cost[:, start] - cost[:, start + 1] - cost[:, start + 2] + cost[:, start + 3]
        bend[:, one, other] = bend[:, other, one] = corners / (4 * nudge**2)
    return (up - down) / (2 * nudge), bend


@cache
def _cross(size: int) -> tuple[Values, list[tuple[int, int, int]]]:
    """Offsets of the middle, of both sides along each axis, and of the four corners of each pair of axes."""
    unit = np.eye(size)
    offsets = [np.zeros(size)]
    for place in range(size):
        offsets += [unit[place], -unit[place]]
    pairs = []
    for one, other in combinations(range(size), 2):
        pairs.append((len(offsets), one, other))
        offsets += [sign * unit[one] + turn * unit[other] for sign in (1, -1) for turn in (1, -1)]
    return np.stack(offsets), pairs
