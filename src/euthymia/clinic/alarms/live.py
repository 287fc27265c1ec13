"""How an alarm reaches an open screen: a bell that rings after the commit, and a stream that waits for it.

Every stream holds a thread of the server, so their number is bounded and each ends by itself; the page opens the next
one. Whoever finds no place asks every second instead. A stream says something at least every second, so that a page
knows within seconds when nobody speaks to it any more.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Protocol as Shape

# Of the server's 64 threads; the rest answers everything else.
MOST_WATCHERS = 40
# A stream of a page that was closed unseen holds its thread no longer than this.
WATCH_FOR_S = 20.0
BEAT_S = 1.0
# A clock that is only being slewed loses far less than this between two looks.
SET_BACK_S = 1.0


class Bell:
    """Rings for a clinic. Whoever waits is woken; whoever comes too late sees that the count has moved on."""

    def __init__(self) -> None:
        self._rung = threading.Condition()
        self._counts: dict[int, int] = defaultdict(int)

    def ring(self, clinic_id: int) -> None:
        """Something about this clinic's alarms may look different now."""
        with self._rung:
            self._counts[clinic_id] += 1
            self._rung.notify_all()

    def count(self, clinic_id: int) -> int:
        """How often it has rung."""
        with self._rung:
            return self._counts[clinic_id]

    def wait(self, clinic_id: int, count: int, timeout_s: float) -> int:
        """The count once it differs from `count`, or after the timeout."""
        with self._rung:
            self._rung.wait_for(lambda: self._counts[clinic_id] != count, timeout_s)
            return self._counts[clinic_id]


BELL = Bell()


class Places:
    """So many watchers at once and no more."""

    def __init__(self, most: int) -> None:
        self._free = threading.BoundedSemaphore(most)

    def take(self) -> bool:
        """Whether there was a place."""
        return self._free.acquire(blocking=False)

    def leave(self) -> None:
        """Give the place back."""
        self._free.release()


PLACES = Places(MOST_WATCHERS)


class Steady:
    """Watches the clock on the wall beside one that only goes forward."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._last: tuple[float, float] | None = None

    def set_back(self, wall_s: float, forward_s: float) -> bool:
        """Whether the wall clock has lost more than the tolerance since the last look."""
        with self._guard:
            last, self._last = self._last, (wall_s, forward_s)
        return last is not None and (wall_s - last[0]) - (forward_s - last[1]) < -SET_BACK_S


class Picture(Shape):
    """What a screen shows of the alarms; `version` differs when it looks different."""

    @property
    def version(self) -> str: ...

    @property
    def event(self) -> str: ...


def stream(
    clinic_id: int, look: Callable[[int], Picture], clock: Callable[[], float], *, tick_s: float = BEAT_S
) -> Iterator[str]:
    """Server-sent events until the time is over: the picture when it differs, else a beat.

    look: the picture, given the bell's count.   clock: seconds that only go forward.   tick_s: how often somebody
    else's writing is looked for; a bell in this process rings at once.
    """
    until, shown, spoke_at = clock() + WATCH_FOR_S, "", clock() - BEAT_S
    count = BELL.count(clinic_id)
    while clock() < until:
        picture = look(count)
        if picture.version != shown:
            shown, spoke_at = picture.version, clock()
            yield f"event: alarms\nid: {picture.version}\ndata: {picture.event}\n\n"
        elif clock() - spoke_at >= BEAT_S - tick_s / 2:
            spoke_at = clock()
            yield "event: beat\ndata: -\n\n"
        count = BELL.wait(clinic_id, count, tick_s)
