"""A chair with a monitor, and a clock that moves only when a test says so."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client
from tests.builders import make_viewer
from tests.session_room import Room

from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.monitors.commands import register_device
from euthymia.clinic.monitors.models import MonitorStream

SECOND = timedelta(seconds=1)


class Clock:
    """What the views take for now."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def beat(self, span: timedelta = SECOND) -> datetime:
        self.at += span
        return self.at


class Bed:
    """A chair with a monitor and, unless told otherwise, a person in it whose dose began fifteen minutes ago."""

    def __init__(self, clock: Clock, *, seated: bool = True) -> None:
        self.clock, self.client = clock, Client()
        self.room = Room()
        self.manager = make_viewer(self.room.clinic, Role.MANAGER)
        self.device, self.token = register_device(
            self.manager, name="Monitor A", chair=self.room.chair, now=self.clock.at
        )
        self.session = self.room.dosing(self.clock.at - timedelta(minutes=20)) if seated else None

    def send(self, *rows: dict[str, Any], token: str | None = None) -> Any:
        return self.post("/monitors/samples", {"samples": list(rows)}, token)

    def post(self, address: str, body: Any, token: str | None = None) -> Any:
        header = {"authorization": f"Bearer {token or self.token}"}
        return self.client.post(address, json.dumps(body), content_type="application/json", headers=header)

    @property
    def stream(self) -> MonitorStream:
        return MonitorStream.objects.get(device=self.device)
