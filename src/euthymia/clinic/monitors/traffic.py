"""Monitors go first: whoever draws a screen for everybody waits a moment while samples are being answered.

A drawing takes as long as keeping forty samples. Begun while a group of them is on its way to its answers it makes all
of them wait; where it lets them pass first, both are done sooner.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# The longest that a drawing lets monitors pass: a small part of the second in which an alarm has to be on a screen.
LETS_PASS_S = 0.05


class Traffic:
    """How many samples are on their way now."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0

    @contextmanager
    def passing(self) -> Iterator[None]:
        """A monitor is being answered while this lasts."""
        with self._changed:
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                if not self._inside:
                    self._changed.notify_all()

    def let_pass(self, longest_s: float = LETS_PASS_S) -> bool:
        """Come back once nobody is on the way, or when that has taken too long; whether it is quiet."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._inside, longest_s)


TRAFFIC = Traffic()
