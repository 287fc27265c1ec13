"""The board on a wall: the same tiles with as much of a name as the wall may show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from euthymia.care.alarms import Alarm
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.alarms.presenters import title_of
from euthymia.clinic.alarms.queries import room
from euthymia.clinic.people.models import Patient
from euthymia.clinic.sessions.board import Tile
from euthymia.clinic.sessions.models import Session

# What stands for a person on the wall. Nobody's name does.
NAMES = {"number": "Record number", "initials": "Initials", "none": "Chair only"}
FIRST = "number"


def names_from(text: str) -> str:
    """The choice in an address; anything else is the first, which tells a stranger least."""
    return text if text in NAMES else FIRST


def wall_alarms(viewer: Viewer, now: datetime) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Session → what calls from it, the high tier and the medium one, in words without a name."""
    found = {}
    for seat in room(viewer, now):
        high = tuple(_words(alarm) for alarm in seat.alarms if alarm.tier.value == "high")
        found[str(seat.session.id)] = high, tuple(_words(alarm) for alarm in seat.alarms if alarm.tier.value != "high")
    return found


def _words(alarm: Alarm) -> str:
    return title_of(alarm) if alarm.on else f"{title_of(alarm)}, over, not closed"


def wall_tiles(
    tiles: Sequence[Tile],
    sessions: Sequence[Session],
    names: str,
    alarms: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]],
) -> list[Tile]:
    """The tiles with no more of a person than the wall may show, and with what calls from each chair."""
    people = {str(session.id): session.patient for session in sessions}
    return [_hidden(tile, people.get(tile.session_id), names, alarms) for tile in tiles]


def _hidden(
    tile: Tile, patient: Patient | None, names: str, alarms: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
) -> Tile:
    if patient is None:
        return tile
    shown = {"number": patient.record_number, "initials": _initials(patient)}.get(names, "")
    high, medium = alarms.get(tile.session_id, (tile.alarms, tile.tells))
    tone = "alarm" if high else tile.tone
    return replace(tile, person=shown, record_number="", alarms=high, tells=medium, tone=tone)


def _initials(patient: Patient) -> str:
    letters = (name[:1].upper() for name in (patient.given_name, patient.family_name) if name)
    return " ".join(f"{letter}." for letter in letters)
