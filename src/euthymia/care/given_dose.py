"""What has gone in so far, piece by piece, from rates and pauses, devices, or one injection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from euthymia.care.session import SessionState
from euthymia.care.session_events import Delivery

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class GivenPiece:
    """Part of the given dose; hours count from the start of the dose. duration_h 0 is all at once."""

    start_h: float
    duration_h: float
    amount_mg: float


def given_pieces(state: SessionState, now: datetime) -> tuple[GivenPiece, ...]:
    """The pieces given up to `now`, in order. A running infusion counts by rate and time, never beyond the amount
    prepared; a completed one sums to exactly that amount."""
    if state.clock_at is None or now < state.clock_at:
        return ()
    match state.delivery:
        case Delivery.DEVICES:
            rows = (device for device in state.devices if device.at <= now)
            return tuple(GivenPiece((row.at - state.clock_at) / HOUR, 0.0, row.amount_mg) for row in rows)
        case Delivery.INJECTION:
            return (GivenPiece(0.0, 0.0, state.planned_mg or 0.0),)
        case _:
            return _infused(state, state.clock_at, now)


def given_mg(state: SessionState, now: datetime) -> float:
    """All of it together, in mg."""
    return sum(piece.amount_mg for piece in given_pieces(state, now))


def _infused(state: SessionState, clock_at: datetime, now: datetime) -> tuple[GivenPiece, ...]:
    prepared_mg = state.planned_mg or 0.0
    pieces: list[GivenPiece] = []
    left_mg = prepared_mg
    for leg in state.legs:
        until_at = min(now, leg.until_at or now)
        hours = (until_at - leg.from_at) / HOUR
        if hours <= 0 or leg.rate_mg_per_h <= 0 or left_mg <= 0:
            continue
        # The syringe is empty when what was prepared is in, whatever the clock says.
        amount_mg = min(leg.rate_mg_per_h * hours, left_mg)
        pieces.append(GivenPiece((leg.from_at - clock_at) / HOUR, amount_mg / leg.rate_mg_per_h, amount_mg))
        left_mg -= amount_mg
    done = state.completed and state.dose_ended_at is not None and state.dose_ended_at <= now
    if not done:
        return tuple(pieces)
    counted_mg = sum(piece.amount_mg for piece in pieces)
    if counted_mg <= 0:
        return (GivenPiece(0.0, 0.0, prepared_mg),)
    scale = prepared_mg / counted_mg
    return tuple(GivenPiece(piece.start_h, piece.duration_h, piece.amount_mg * scale) for piece in pieces)
