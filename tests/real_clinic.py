"""Run as a program: makes a small clinic in EUTHYMIA_DATA whose visits are going on now, and prints where they are."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from importlib import import_module
from typing import Any

from euthymia.cli.clinic import prepare

MINUTE = timedelta(minutes=1)
# The name of a visit, how far it has come, and how many minutes ago the person sat down.
VISITS = [("dosing", "dosing", 20), ("ready", "ready", 8), ("contested", "dosing", 20), ("seated", "seated", 5)]


def make() -> None:
    prepare({})
    from django.utils import timezone

    # Everything the makers date is dated from this moment, before they are imported.
    now = timezone.now().replace(microsecond=0)
    builders = import_module("tests.builders")
    builders.NOW = now  # type: ignore[attr-defined]
    room_module = import_module("tests.session_room")
    from euthymia.clinic.accounts.roles import Role
    from euthymia.clinic.sessions.models import Chair

    room = room_module.Room()
    sessions, names = {}, {}
    for place, (name, step, minutes) in enumerate(VISITS, start=1):
        if place > 1:
            room.chair = Chair.objects.create(clinic=room.clinic, name=f"Chair {place}", position=place)
            room.patient = room_module.treated_patient(room, given_name=f"Bo{place}")
        made = getattr(room, step)(now - minutes * MINUTE)
        sessions[name], names[name] = str(made.id), str(room.patient)
    second = builders.make_viewer(room.clinic, Role.NURSE)
    staff = {"nurse": room.nurse, "second": second, "prescriber": room.prescriber}
    known = {
        "sessions": sessions,
        "patients": names,
        "users": {name: viewer.user_id for name, viewer in staff.items()},
        "names": {name: viewer.name for name, viewer in staff.items()},
    }
    print(json.dumps(known | signed_in_all(known)))


def signed_in_all(known: dict[str, Any]) -> dict[str, Any]:
    return {"staff": {name: signed_in(user_id) for name, user_id in known["users"].items()}}


def signed_in(user_id: int) -> str:
    """The cookie of a sign-in of this user, as the sign-in page would have given it."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from euthymia.clinic.accounts.models import User

    user = User.objects.get(pk=user_id)
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return str(store.session_key)


if __name__ == "__main__":
    if sys.argv[1:2] == ["sign-in"]:
        prepare({})
        told = json.loads(sys.argv[2])
        print(json.dumps(told | signed_in_all(told)))
    else:
        make()
