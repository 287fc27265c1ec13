"""What happened to the dose, as marks on the time axis of a chart: start, rate, pause, stop, devices."""

from __future__ import annotations

from datetime import timedelta

from euthymia.care.session import SessionState
from euthymia.care.session_events import DeviceGiven, DoseStarted, EventKind, RateChanged, SessionEvent

MINUTE = timedelta(minutes=1)
PLAIN = {
    EventKind.DOSE_PAUSED: "paused",
    EventKind.DOSE_RESUMED: "goes on",
    EventKind.DOSE_STOPPED: "stopped",
    EventKind.DOSE_COMPLETED: "dose over",
}
# Two marks nearer than this would be written over each other; a dose that is over at once has one mark.
APART_MIN = 1.0


def dose_marks(state: SessionState, shown_min: float) -> tuple[tuple[float, str], ...]:
    """(minutes from the start, words) of everything that changed how the dose goes in, in order; what was struck out or
    had no place is left out. Before the dose: the start it will have."""
    if state.clock_at is None:
        return ((0.0, "dose"),)
    found: list[tuple[float, str]] = []
    for event in state.entries:
        words = _words(event)
        if not words or event.id in state.struck or event.id in state.unplaced:
            continue
        at_min = (event.at - state.clock_at) / MINUTE
        if not 0 <= at_min <= shown_min or (words == "dose" and found):
            continue
        if words == PLAIN[EventKind.DOSE_COMPLETED] and found and at_min - found[-1][0] < APART_MIN:
            continue
        found.append((at_min, words))
    return tuple(found)


def _words(event: SessionEvent) -> str:
    match event.payload:
        case DoseStarted():
            return "dose"
        case DeviceGiven(number=number):
            return f"device {number}"
        case RateChanged(rate):
            return f"{round(rate, 1):g} mg/h"
        case _:
            return PLAIN.get(event.kind, "")
