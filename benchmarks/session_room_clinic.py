"""The clinic that the load of the session room runs against: chairs with somebody in each, a monitor at each, boards.

Run as its own process with the environment of the server: `python -m benchmarks.session_room_clinic make|read`. It
prints JSON: what the load needs to know, and afterwards everything the monitors' tables hold.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import datetime, timedelta
from typing import Any

BEFORE = timedelta(minutes=20)


def main(arguments: list[str]) -> int:
    """`make` an empty installation into a running room, or `read` every sample it holds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["make", "read"])
    parser.add_argument("--chairs", type=int, default=40)
    parser.add_argument("--boards", type=int, default=20)
    asked = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "euthymia.clinic.settings.django")
    from euthymia.cli.clinic import prepare

    prepare({})
    json.dump(made(asked.chairs, asked.boards) if asked.what == "make" else kept(), sys.stdout)
    return 0


def made(chairs: int, boards: int) -> dict[str, Any]:
    """The secrets of the monitors with their sessions, and a signed-in browser's cookie for each board."""
    from django.db import transaction
    from django.utils import timezone
    from tests import session_room
    from tests.builders import make_viewer

    from euthymia.clinic.accounts.roles import Role
    from euthymia.clinic.accounts.viewer import System
    from euthymia.clinic.monitors.commands import register_device
    from euthymia.clinic.sessions.models import Chair

    now: datetime = timezone.now()
    # The makers of the tests date consent and plan by this.
    session_room.NOW = now
    monitors = []
    with transaction.atomic():
        room = session_room.Room()
        actor = System(room.clinic.pk, "load")
        for place in range(chairs):
            if place:
                room.patient = session_room.treated_patient(room)
                room.chair = Chair.objects.create(clinic=room.clinic, name=f"Chair {place + 1}", position=place + 1)
            session = room.dosing(now - BEFORE)
            device, token = register_device(actor, name=f"Monitor {place + 1}", chair=room.chair, now=now)
            monitors.append({"token": token, "device": str(device.id), "session": str(session.id)})
        cookies = [cookie_of(make_viewer(room.clinic, Role.NURSE).user_id) for _ in range(boards)]
    return {"monitors": monitors, "cookies": cookies}


def cookie_of(user_id: int) -> str:
    """A browser session of this member of staff."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from euthymia.clinic.accounts.models import User

    user, store = User.objects.get(pk=user_id), SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return f"{settings.SESSION_COOKIE_NAME}={store.session_key}"


def kept() -> dict[str, list[list[Any]]]:
    """By monitor, every sample in the tables: its number and its values, doubles and all."""
    from euthymia.clinic.monitors.models import MonitorStream
    from euthymia.clinic.monitors.queries import samples_of

    found: dict[str, list[list[Any]]] = {}
    for stream in MonitorStream.objects.all():
        rows = found.setdefault(str(stream.device_id), [])
        rows += [
            [one.sample.sequence, {name.value: v for name, v in one.sample.values.items()}]
            for one in samples_of(stream)
        ]
    return found


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
