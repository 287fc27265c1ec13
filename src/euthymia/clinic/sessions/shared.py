"""Work done once for everybody who asks the same in the same moment: many screens look at one room."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Shared(Generic[Made]):
    """One thing per clinic and moment. Whoever asks while it is being made waits for it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._clinics: dict[int, threading.Lock] = defaultdict(threading.Lock)
        self._kept: dict[int, tuple[object, Made]] = {}

    def get(self, clinic_id: int, moment: object, make: Callable[[], Made]) -> Made:
        """What was made for this moment."""
        return self.latest(clinic_id, lambda kept, _: kept == moment, lambda: (moment, make()))

    def latest(
        self, clinic_id: int, is_good: Callable[[object, Made], bool], make: Callable[[], tuple[object, Made]]
    ) -> Made:
        """What was last made, where that is still good by its moment; else what is made now, with its moment. Both are
        asked by one at a time, so who has waited may find it made."""
        with self._guard:
            clinic = self._clinics[clinic_id]
        with clinic:
            kept = self._kept.get(clinic_id)
            if kept is None or not is_good(*kept):
                kept = self._kept[clinic_id] = make()
            return kept[1]

    def forget(self) -> None:
        """Drop what is kept in memory, as a restart does."""
        with self._guard:
            self._kept.clear()
