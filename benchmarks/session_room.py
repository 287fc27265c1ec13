"""The session room measured: monitors that beat, boards that look on, alarms on the wire; PostgreSQL, two processes.

`EUTHYMIA_LOAD_S=1800 python3 run.py bench session_room` is the documented run; without it each load lasts a minute. The
rows of the alarms and of the ledger come from their own modules.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from benchmarks.session_room_load import Load, Outcome, run, share

SECONDS, CHAIRS, BOARDS = 60, 40, 20
POSTGRESQL_S, POSTGRESQL_PER_CHAIR_S = 30, 10.0


def measure() -> Iterator[dict[str, Any]]:
    """Every row of the loads."""
    seconds = int(os.environ.get("EUTHYMIA_LOAD_S", SECONDS))
    yield from streaming_rows(run(Load(seconds=seconds, chairs=CHAIRS, boards=BOARDS)), seconds)
    yield from postgresql_rows(
        run(Load(seconds=POSTGRESQL_S, chairs=CHAIRS, boards=0, per_second=POSTGRESQL_PER_CHAIR_S, postgresql=True))
    )


def streaming_rows(found: Outcome, seconds: int) -> list[dict[str, Any]]:
    """SQLite, one process. What was asked and what went wrong stands beside every number."""
    asked = f"{CHAIRS} chairs, a sample a second each for {seconds} s, {BOARDS} boards open; SQLite, one process"
    wrong = f"{sum(found.errors.values())} errors" + (f" ({dict(found.errors)})" if found.errors else "")
    missed = found.alarms_expected - len(found.alarm_ms)
    alarms = f"{len(found.alarm_ms)} crossings seen by {BOARDS} boards, {missed} not seen; from the sample's own time"
    return [
        row("chairs_streaming_1hz", found.chairs_without_error, "chairs", 40, f"{asked}; {wrong}"),
        row("vitals_ack_p95_ms", round(share(found.ack_ms, 0.95), 1), "ms", 50, asked),
        row("vitals_ack_p99_ms", round(share(found.ack_ms, 0.99), 1), "ms", 250, asked),
        row(
            "vitals_lost_or_doubled",
            found.lost + found.doubled + found.altered,
            "samples",
            0,
            f"{found.sent} samples sent, each held against the tables afterwards",
        ),
        row("alarm_on_screen_p99_ms", round(share(found.alarm_ms, 0.99), 1), "ms", 1000, f"{asked}; {alarms}"),
    ]


def postgresql_rows(found: Outcome) -> list[dict[str, Any]]:
    """PostgreSQL, two server processes, one sample a request."""
    asked = f"{CHAIRS} monitors, {POSTGRESQL_PER_CHAIR_S:g} requests a second each for {POSTGRESQL_S} s"
    said = f"{asked}; {sum(found.errors.values())} errors, {found.lost} lost, {found.doubled} doubled"
    per_s = found.acknowledged / found.seconds if found.seconds else 0.0
    return [
        row("postgres_writes_per_s", round(per_s, 1), "/s", 400, said),
        row("postgres_ack_p99_ms", round(share(found.ack_ms, 0.99), 1), "ms", 250, said),
    ]


def row(name: str, value: float, unit: str, target: float, against: str) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "target": target, "against": against}
