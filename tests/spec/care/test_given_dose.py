"""What has gone in so far, counted from the bedside's own events."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.spec.care.bedside import Bedside, filled, minute

from euthymia.care.given_dose import GivenPiece, given_mg, given_pieces
from euthymia.care.session_events import Because, Delivery, DeviceGiven, DoseStarted, EventKind, RateChanged

E = EventKind


def mg(bed: Bedside, at_min: float) -> float:
    return given_mg(bed.state, minute(at_min))


@pytest.mark.parametrize(("at_min", "given"), [(-1, 0), (0, 0), (1, 0.875), (20, 17.5), (40, 35), (41, 35), (600, 35)])
def test_an_infusion_counts_by_rate_and_time_and_ends_with_the_syringe(at_min: float, given: float) -> None:
    assert mg(Bedside().infusing(), at_min) == pytest.approx(given)


def test_before_the_dose_nothing_is_given() -> None:
    bed = Bedside().until_ready()
    assert given_pieces(bed.state, minute(30)) == ()
    assert given_pieces(Bedside().infusing().state, minute(0) - timedelta(microseconds=1)) == ()


def test_a_pause_gives_nothing_and_a_changed_rate_counts_from_its_minute() -> None:
    bed = Bedside().infusing()
    bed.write(E.DOSE_PAUSED, 10, Because("dizzy"))
    bed.write(E.DOSE_RESUMED, 20)
    bed.write(E.RATE_CHANGED, 30, RateChanged(26.25))
    assert mg(bed, 15) == pytest.approx(8.75)
    assert mg(bed, 30) == pytest.approx(17.5)
    assert mg(bed, 40) == pytest.approx(17.5 + 4.375)
    assert mg(bed, 400) == pytest.approx(35)
    pieces = given_pieces(bed.state, minute(40))
    assert [round(piece.start_h * 60, 6) for piece in pieces] == [0, 20, 30]
    assert [round(piece.duration_h * 60, 6) for piece in pieces] == [10, 10, 10]
    assert [round(piece.amount_mg, 6) for piece in pieces] == [8.75, 8.75, 4.375]


def test_the_last_piece_ends_when_the_syringe_is_empty() -> None:
    piece = given_pieces(Bedside().infusing().state, minute(400))[0]
    assert (piece.start_h, piece.amount_mg) == (0, 35)
    assert piece.duration_h == pytest.approx(40 / 60)


def test_a_completed_infusion_is_exactly_what_was_prepared() -> None:
    bed = Bedside().infusing()
    bed.write(E.DOSE_COMPLETED, 38)
    assert mg(bed, 37.9) == pytest.approx(52.5 * 37.9 / 60)
    assert mg(bed, 38) == pytest.approx(35)
    assert mg(bed, 90) == pytest.approx(35)


def test_a_stopped_infusion_stays_where_it_was_stopped() -> None:
    bed = Bedside().infusing()
    bed.write(E.DOSE_STOPPED, 20, Because("pressure"))
    assert mg(bed, 20) == mg(bed, 90) == pytest.approx(17.5)


def test_a_completed_infusion_that_never_ran_counts_at_once() -> None:
    bed = Bedside().infusing()
    bed.write(E.RATE_CHANGED, 0, RateChanged(0.0))
    bed.write(E.DOSE_COMPLETED, 10)
    assert given_pieces(bed.state, minute(9)) == ()
    assert given_pieces(bed.state, minute(10)) == (GivenPiece(0.0, 0.0, 35.0),)


def test_devices_count_one_by_one_from_their_minute() -> None:
    bed = Bedside(filled("esketamine_nasal_trd")).until_ready()
    bed.write(E.DOSE_STARTED, 0, DoseStarted(Delivery.DEVICES, 56))
    bed.write(E.DEVICE_GIVEN, 0, DeviceGiven(28, 1))
    bed.write(E.DEVICE_GIVEN, 5, DeviceGiven(28, 2))
    assert [mg(bed, at_min) for at_min in (0, 4.9, 5, 60)] == [28, 28, 56, 56]
    pieces = given_pieces(bed.state, minute(60))
    assert [(round(piece.start_h * 60, 6), piece.duration_h, piece.amount_mg) for piece in pieces] == [
        (0, 0.0, 28),
        (5, 0.0, 28),
    ]


def test_an_injection_is_all_at_once() -> None:
    bed = Bedside(filled("im_racemic")).until_ready()
    bed.write(E.DOSE_STARTED, 0, DoseStarted(Delivery.INJECTION, 35))
    assert given_pieces(bed.state, minute(0)) == (GivenPiece(0.0, 0.0, 35),)
    assert mg(bed, 90) == 35
