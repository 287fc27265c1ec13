"""A fair lock: writers are served in the order they came.

SQLite's own busy handler retries after growing pauses, which punishes whoever has waited longest. Waiting in line
instead keeps the slowest write close to the typical one. The lock is held from before BEGIN IMMEDIATE until after
COMMIT, so commits and the checkpoints they trigger never run side by side in this process; a lock on a file beside the
database extends that to other processes on the same machine.
"""

from __future__ import annotations

import os
import threading
from collections import deque

try:
    import fcntl
except ImportError:  # Windows has no flock; there the server is the only process that writes.
    fcntl = None  # type: ignore[assignment]

_locks: dict[str, FairLock] = {}
_locks_guard = threading.Lock()


class FairLock:
    """First come, first served, between threads; then between processes. Reentrant for one thread."""

    def __init__(self, path: str) -> None:
        self._guard = threading.Lock()
        self._queue: deque[threading.Event] = deque()
        self._owner: int | None = None
        self._depth = 0
        self._descriptor = open_beside(path) if fcntl and path else None

    def acquire(self) -> None:
        me = threading.get_ident()
        with self._guard:
            if self._owner == me:
                self._depth += 1
                return
            turn = threading.Event()
            self._queue.append(turn)
            if len(self._queue) == 1:
                turn.set()
        turn.wait()
        if self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        with self._guard:
            self._owner, self._depth = me, 1

    def release(self) -> None:
        with self._guard:
            if self._owner != threading.get_ident():
                raise RuntimeError("The writer lock is released by the thread that took it.")
            self._depth -= 1
            if self._depth:
                return
            self._owner = None
            if self._descriptor is not None:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            self._queue.popleft()
            if self._queue:
                self._queue[0].set()


def open_beside(path: str) -> int:
    """The descriptor of the lock file beside a database; kept open for the life of the process."""
    return os.open(f"{path}-writer", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def lock_for(path: str) -> FairLock:
    """The one lock of this database in this process; databases in memory share none."""
    with _locks_guard:
        if path not in _locks:
            in_memory = path == ":memory:" or "mode=memory" in path
            _locks[path] = FairLock("" if in_memory else path)
        return _locks[path]
