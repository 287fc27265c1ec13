"""The writer lock serves those who wait in the order they came, and lets one thread take it twice."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from euthymia.clinic.settings.sqlite.lock import FairLock

WAIT_S = 10


def test_waiters_are_served_in_order(tmp_path: Path) -> None:
    lock = FairLock(str(tmp_path / "rows"))
    served: list[int] = []
    lock.acquire()
    threads = []
    for number in range(8):
        thread = threading.Thread(target=lambda number=number: (lock.acquire(), served.append(number), lock.release()))
        thread.start()
        threads.append(thread)
        while len(lock._queue) < number + 2:
            thread.join(0.001)
    lock.release()
    for thread in threads:
        thread.join(WAIT_S)
    assert served == list(range(8))


def test_one_thread_may_take_it_twice(tmp_path: Path) -> None:
    lock = FairLock(str(tmp_path / "rows"))
    lock.acquire()
    lock.acquire()
    lock.release()
    lock.release()
    with pytest.raises(RuntimeError):
        lock.release()
