"""Who is behind a browser's session, remembered for a moment: an open board asks every second, and so do twenty.

Whatever is written in this process about a session, a user, a membership or a clinic ends the memory at once, when it
is written and again when it is committed; what another process writes is seen when the moment is over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import post_delete, post_save

from euthymia.clinic.accounts.models import Clinic, Membership, User
from euthymia.clinic.accounts.viewer import Viewer

# How long somebody whom another process has signed out, or given another role, may still be taken for who they were.
REMEMBERED_FOR_S = 2.0
MOST_REMEMBERED = 4096


class Remembered:
    """Viewers by the key of their session."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._viewers: dict[str, tuple[float, Viewer]] = {}
        self._forgotten = 0

    def viewer(self, session_key: str | None, load: Callable[[], Viewer | None]) -> Viewer | None:
        """Who this is; asked anew after a moment, and each time for whoever is not signed in."""
        if session_key is None:
            return load()
        with self._guard:
            until_s, viewer = self._viewers.get(session_key, (0.0, None))
            forgotten = self._forgotten
        if viewer is not None and monotonic() < until_s:
            return viewer
        loaded = load()
        with self._guard:
            # What was forgotten while it was read may be what was read.
            if loaded is not None and forgotten == self._forgotten:
                if len(self._viewers) >= MOST_REMEMBERED:
                    self._viewers.clear()
                self._viewers[session_key] = (monotonic() + REMEMBERED_FOR_S, loaded)
        return loaded

    def forget(self, session_key: str | None = None) -> None:
        """This session, or everybody."""
        with self._guard:
            self._forgotten += 1
            if session_key is None:
                self._viewers.clear()
            else:
                self._viewers.pop(session_key, None)


REMEMBERED = Remembered()


def _session_written(instance: Session, **_: Any) -> None:
    _forget_now_and_when_committed(instance.session_key)


def _rights_written(**_: Any) -> None:
    _forget_now_and_when_committed(None)


def _forget_now_and_when_committed(session_key: str | None) -> None:
    REMEMBERED.forget(session_key)
    transaction.on_commit(lambda: REMEMBERED.forget(session_key))


def listen() -> None:
    """Hear of every row that says who somebody is."""
    for written in (post_save, post_delete):
        written.connect(_session_written, sender=Session, dispatch_uid="remembered session")
        for model in (User, Membership, Clinic):
            written.connect(_rights_written, sender=model, dispatch_uid=f"remembered {model.__name__}")
