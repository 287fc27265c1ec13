"""Two ways to one answer: the alarms of the clinic, and an oracle that looks through every sample and act at each step.

The oracle stands in `benchmarks/session_room_alarms.py`; here it is tried on a few sessions, and on faults planted into
what it judges, each of which it has to find.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from benchmarks import session_room_alarms as bench

from euthymia.care.alarm_conditions import Heard
from euthymia.care.alarms import Act, ActKind, Mark, Turn

SESSIONS = 12
ASKED_FOR = 5 * SESSIONS


def outcome() -> bench.Outcome:
    found = bench.Outcome()
    for seed in range(SESSIONS):
        bench.run_session(seed, found)
    return found


def test_no_crossing_is_missed_and_no_alarm_is_falsely_silent() -> None:
    found = outcome()
    assert (found.missed, found.falsely_silent) == (0, 0), found.examples[:3]
    assert found.crossings > ASKED_FOR
    assert found.steps > 20 * found.crossings


def late_normals_count(samples: Any, heard: Heard, **more: Any) -> tuple[Mark, ...]:
    return STREAM_MARKS(samples, replace(heard, newest={}, measured_later=lambda *_: False), **more)


def what_the_clock_holds_back_counts(samples: Any, heard: Heard, **more: Any) -> tuple[Mark, ...]:
    return STREAM_MARKS(samples, replace(heard, measured_later=lambda *_: False), **more)


def late_crossings_do_not(samples: Any, heard: Heard, **more: Any) -> tuple[Mark, ...]:
    return tuple(mark for mark in STREAM_MARKS(samples, heard, **more) if not mark.late or mark.turn is Turn.ENDED)


def one_sample_is_not_enough(samples: Any, heard: Heard, **more: Any) -> tuple[Mark, ...]:
    return tuple(mark for mark in STREAM_MARKS(samples, heard, **more) if mark.at.second % 4)


def an_act_answers_everything(marks: Sequence[Mark], acts: Sequence[Act], *rest: Any, **more: Any) -> Any:
    every = frozenset(mark.id for mark in marks)
    return ALARMS(marks, [replace(act, seen=act.seen | every) for act in acts], *rest, **more)


def a_silence_outlives_the_clock(marks: Sequence[Mark], acts: Sequence[Act], *rest: Any, **more: Any) -> Any:
    return ALARMS(marks, [act for act in acts if act.by != "the program"], *rest, **more)


def what_lies_ahead_is_not_shown(marks: Sequence[Mark], acts: Sequence[Act], now: Any, **more: Any) -> Any:
    return ALARMS([mark for mark in marks if mark.recorded_at <= now], acts, now, **more)


def nothing_latches(marks: Sequence[Mark], acts: Sequence[Act], now: Any, **more: Any) -> Any:
    return tuple(alarm for alarm in ALARMS(marks, acts, now, **more) if alarm.on)


def a_silence_hides(marks: Sequence[Mark], acts: Sequence[Act], now: Any, **more: Any) -> Any:
    quiet = any(act.kind is ActKind.SILENCED and act.at <= now <= (act.until or now) for act in acts)
    return () if quiet else ALARMS(marks, acts, now, **more)


STREAM_MARKS, ALARMS = bench.stream_marks, bench.alarms


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("stream_marks", late_normals_count),
        ("stream_marks", what_the_clock_holds_back_counts),
        ("stream_marks", late_crossings_do_not),
        ("stream_marks", one_sample_is_not_enough),
        ("alarms", an_act_answers_everything),
        ("alarms", a_silence_outlives_the_clock),
        ("alarms", what_lies_ahead_is_not_shown),
        ("alarms", nothing_latches),
        ("alarms", a_silence_hides),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_oracle_finds_a_planted_fault(
    monkeypatch: pytest.MonkeyPatch, name: str, fault: Callable[..., Any]
) -> None:
    monkeypatch.setattr(bench, name, fault)
    found = outcome()
    assert found.missed + found.falsely_silent > 0
