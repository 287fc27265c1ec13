"""A bedside monitor that does not exist, and what goes wrong with those that do.

Artefacts, sensors that fall off, cuts in the line that are caught up afterwards, and a clock that drifts. The same seed
gives the same stream. Knows no database.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]
Rise = Callable[[float], float]
PRESSURES = ("systolic_mmhg", "diastolic_mmhg", "mean_mmhg")
# How strongly each second hangs on the one before: heart rate wanders over half a minute, saturation more slowly.
WANDER = {"heart_rate_per_min": (0.97, 0.7), "spo2_pct": (0.98, 0.08), "respiratory_rate_per_min": (0.95, 0.3)}
# Of a rise in systolic pressure, how much the other numbers share.
DIASTOLIC_SHARE, PULSE_SHARE = 0.53, 0.25


@dataclass(frozen=True, slots=True)
class Resting:
    """The numbers of somebody at rest."""

    systolic_mmhg: float = 122.0
    diastolic_mmhg: float = 76.0
    heart_rate_per_min: float = 72.0
    spo2_pct: float = 97.5
    respiratory_rate_per_min: float = 14.0


@dataclass(frozen=True, slots=True)
class Troubles:
    """How often things go wrong, each as a chance for every second, and how the clock runs."""

    artefact: float = 1 / 240
    sensor_off: float = 1 / 1500
    cut: float = 1 / 900
    drift_ppm: float = 40.0
    cuff_every_s: int = 150


NO_TROUBLES = Troubles(artefact=0.0, sensor_off=0.0, cut=0.0, drift_ppm=0.0, cuff_every_s=1)


def no_rise(_minute: float) -> float:
    """Nothing was given."""
    return 0.0


class SimulatedMonitor:
    """One monitor. `beat` once a second gives what it sends: nothing while its line is cut, all of it afterwards."""

    def __init__(
        self, seed: int, resting: Resting | None = None, rise: Rise = no_rise, troubles: Troubles | None = None
    ) -> None:
        self.chance = random.Random(seed)
        self.resting, self.rise = resting or Resting(), rise
        self.troubles = troubles or Troubles()
        self.wandered = dict.fromkeys(WANDER, 0.0)
        self.left_s = {"artefact": 0, "sensor_off": 0, "cut": 0}
        self.cuff_s = self.chance.randrange(max(1, self.troubles.cuff_every_s))
        self.began_at: datetime | None = None
        self.held: list[Row] = []

    def beat(self, at: datetime, minute: float = 0.0) -> list[Row]:
        """The samples sent at this second, oldest first. minute: since the dose began."""
        self.began_at = self.began_at or at
        self._next_troubles()
        self.held.append(self._row(at, minute))
        if self.left_s["cut"]:
            return []
        sent, self.held = self.held, []
        return sent

    def _next_troubles(self) -> None:
        lengths = {"artefact": (2, 9), "sensor_off": (8, 25), "cut": (6, 20)}
        for name, (shortest, longest) in lengths.items():
            if self.left_s[name]:
                self.left_s[name] -= 1
            elif self.chance.random() < getattr(self.troubles, name):
                self.left_s[name] = self.chance.randint(shortest, longest)

    def _row(self, at: datetime, minute: float) -> Row:
        began = self.began_at or at
        drift = timedelta(seconds=(at - began).total_seconds() * self.troubles.drift_ppm / 1e6)
        row: Row = {"sequence": int(at.timestamp() * 1000), "at": (at + drift).isoformat(timespec="milliseconds")}
        rise = max(0.0, self.rise(minute))
        for name, (keeps, moves) in WANDER.items():
            self.wandered[name] = keeps * self.wandered[name] + self.chance.gauss(0, moves)
        rest, wandered = self.resting, self.wandered
        pulse = rest.heart_rate_per_min + rise * PULSE_SHARE + wandered["heart_rate_per_min"]
        row["heart_rate_per_min"] = round(self._bounded(pulse, 240))
        row["spo2_pct"] = round(min(100.0, rest.spo2_pct + wandered["spo2_pct"]))
        breaths = rest.respiratory_rate_per_min + wandered["respiratory_rate_per_min"]
        row["respiratory_rate_per_min"] = round(self._bounded(breaths, 60))
        self._cuff(row, rise)
        quality = self._quality(row)
        return row | ({"quality": quality} if quality else {})

    def _cuff(self, row: Row, rise: float) -> None:
        """A cuff measures now and then; in between the monitor sends no pressure."""
        self.cuff_s += 1
        if self.cuff_s < self.troubles.cuff_every_s:
            return
        self.cuff_s = 0
        systolic = self.resting.systolic_mmhg + rise + self.chance.gauss(0, 3)
        diastolic = min(self.resting.diastolic_mmhg + rise * DIASTOLIC_SHARE + self.chance.gauss(0, 2), systolic - 15)
        row |= {"systolic_mmhg": round(systolic), "diastolic_mmhg": round(diastolic)}
        row["mean_mmhg"] = round(diastolic + (systolic - diastolic) / 3)

    def _quality(self, row: Row) -> dict[str, str]:
        """What the monitor says of its own numbers; a moving arm spoils saturation, and the cuff if it is measuring."""
        quality: dict[str, str] = {}
        if self.left_s["sensor_off"]:
            quality["spo2_pct"] = "sensor_off"
            row["spo2_pct"] = None
        elif self.left_s["artefact"]:
            quality["spo2_pct"] = "artefact"
            row["spo2_pct"] = self.chance.randint(60, 99)
            quality |= {name: "artefact" for name in PRESSURES if name in row}
        return quality

    @staticmethod
    def _bounded(value: float, highest: float) -> float:
        # What wanders stays where a living body can be.
        return max(4.0, min(value, highest))
