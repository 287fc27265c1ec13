"""A crowd of chains that learn their steps from one another, for posteriors no bell shape describes.

Differential evolution (ter Braak 2006, 10.1007/s11222-006-8769-1) in two halves: each half jumps along differences of
the other, so that all jumps of a half are one solve. Slower than importance sampling; needs no shape.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
LogDensity = Callable[[Values], Values]
_CHAINS = 256
_TURNS = 80
_MOST_ROUNDS = 4
_GROUPS = 16
SETTLED_R_HAT = 1.05
# One jump in ten is as long as a difference itself, which carries a chain from one hill to another.
_LONG_JUMPS = 0.1
_JITTER = 1e-3


@dataclass(frozen=True, slots=True)
class Chains:
    """draws: (draws, names).   r_hat: worst of all names, 1 where settled.   effective_size: of the worst name."""

    draws: Values
    r_hat: float
    effective_size: float


def explored(log_density: LogDensity, start: Values, seed: int) -> Chains:
    """Draws from a density, started from (any, names) points; rounds go on until the chains agree or time is up.

    The first round is thrown away. What does not settle is returned with its r_hat, above `SETTLED_R_HAT`.
    """
    random = np.random.Generator(np.random.Philox(key=np.array([seed, _word()], dtype=np.uint64)))
    now = start[random.integers(0, start.shape[0], _CHAINS)] + _JITTER * random.standard_normal(
        (_CHAINS, start.shape[1])
    )
    height = log_density(now)
    now, height, _ = _round(log_density, now, height, random)
    kept: list[Values] = []
    for _ in range(_MOST_ROUNDS):
        now, height, path = _round(log_density, now, height, random)
        kept.append(path)
        r_hat, size = agreement(np.concatenate(kept))
        if r_hat < SETTLED_R_HAT:
            break
    return Chains(np.concatenate(kept).reshape(-1, start.shape[1]), r_hat, size)


def _round(
    log_density: LogDensity, now: Values, height: Values, random: np.random.Generator
) -> tuple[Values, Values, Values]:
    """Moves every chain `_TURNS` times; also the path, (turns, chains, names)."""
    now, height = now.copy(), height.copy()
    half, size = _CHAINS // 2, now.shape[1]
    path = np.empty((_TURNS, _CHAINS, size))
    for turn in range(_TURNS):
        for own in (slice(0, half), slice(half, _CHAINS)):
            others = now[half:] if own.start == 0 else now[:half]
            one = random.integers(0, half, half)
            another = (one + random.integers(1, half, half)) % half
            reach = np.where(random.random(half) < _LONG_JUMPS, 1.0, 2.38 / np.sqrt(2 * size))[:, None]
            jitter = _JITTER * random.standard_normal((half, size))
            trial = now[own] + reach * (others[one] - others[another]) + jitter
            trial_height = log_density(trial)
            taken = np.log(random.random(half)) < trial_height - height[own]
            now[own] = np.where(taken[:, None], trial, now[own])
            height[own] = np.where(taken, trial_height, height[own])
        path[turn] = now
    return now, height, path


def agreement(path: Values) -> tuple[float, float]:
    """Worst r_hat and effective size over names of a path, (turns, chains, names).

    Groups of chains, each cut in two in time, stand for the long chains of the classic measure, as many short chains
    cannot do alone (nested r_hat, Margossian 2022).
    """
    turns, chains, size = path.shape
    halves = path[: turns // 2 * 2].reshape(2, turns // 2, _GROUPS, chains // _GROUPS, size)
    groups = np.moveaxis(halves, 1, 2).reshape(2 * _GROUPS, -1, size)
    within = groups.var(axis=1, ddof=1).mean(axis=0)
    between = groups.mean(axis=1).var(axis=0, ddof=1)
    total = within + between
    r_hat = np.sqrt(total / np.maximum(within, 1e-300))
    effective = 2 * _GROUPS * total / np.maximum(between, 1e-300)
    return float(r_hat.max()), float(min(effective.min(), turns * chains))


def _word() -> int:
    return int.from_bytes(hashlib.sha256(b"chains").digest()[:8], "little")
