"""`euthymia monitors register|simulate`: a monitor's secret, and monitors that do not exist."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from euthymia.errors import BadInput

MOST_AT_ONCE = 300
PATIENCE_S = 10


@click.group()
def monitors() -> None:
    """Bedside monitors: register one, or play some that do not exist."""


@monitors.command()
@click.option("--clinic", "clinic_slug", required=True, help="The clinic's short name, as in its address.")
@click.option("--chair", required=True, help="The name of the chair it stands at.")
@click.option("--name", required=True, help="What it is called.")
def register(clinic_slug: str, chair: str, name: str) -> None:
    """Register a monitor at a chair and print its secret, once."""
    from euthymia.cli.clinic import open_existing

    open_existing()
    from django.utils import timezone

    from euthymia.clinic.accounts.models import Clinic
    from euthymia.clinic.accounts.viewer import System
    from euthymia.clinic.monitors.commands import register_device
    from euthymia.clinic.sessions.models import Chair

    clinic = Clinic.objects.filter(slug=clinic_slug).first()
    if clinic is None:
        known = ", ".join(Clinic.objects.values_list("slug", flat=True))
        raise BadInput("unknown_clinic", "--clinic", f"There is no clinic '{clinic_slug}'. Use one of: {known}.")
    row = Chair.objects.filter(clinic=clinic, name=chair).first()
    if row is None:
        known = ", ".join(Chair.objects.filter(clinic=clinic).values_list("name", flat=True))
        raise BadInput("unknown_chair", "--chair", f"There is no chair '{chair}'. Use one of: {known}.")
    actor = System(clinic.pk, "register a monitor from the shell")
    _, token = register_device(actor, name=name, chair=row, now=timezone.now())
    click.echo(token)


@monitors.command()
@click.option("--address", default="http://localhost:8000", show_default=True, help="Where the clinic is served.")
@click.option(
    "--secrets",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="A file with one monitor's secret a line; each plays one monitor.",
)
@click.option("--seed", default=1, show_default=True, help="The same seed plays the same streams.")
@click.option("--seconds", default=60, show_default=True, help="How long.")
@click.option("--perfect", is_flag=True, help="Nothing goes wrong, and a pressure comes every second.")
def simulate(address: str, secrets: Path, seed: int, seconds: int, perfect: bool) -> None:
    """Send what realistic monitors send, once a second each, and say what became of it."""
    from euthymia.clinic.monitors.simulated import NO_TROUBLES, SimulatedMonitor

    tokens = secrets.read_text().split()
    if not tokens:
        raise BadInput("no_secret", "--secrets", "The file holds no secret. Register a monitor first.")
    troubles = NO_TROUBLES if perfect else None
    lines = [
        Line(address, token, SimulatedMonitor(seed * 1000 + place, troubles=troubles))
        for place, token in enumerate(tokens)
    ]
    for second in ticks(seconds):
        for line in lines:
            line.beat(datetime.now(UTC), second / 60)
    click.echo(json.dumps({"monitors": len(lines), **total(lines)}))


def ticks(seconds: int) -> Iterator[int]:
    """One number a second, on time even when the work between took long."""
    began = time.monotonic()
    for second in range(seconds):
        time.sleep(max(0.0, began + second - time.monotonic()))
        yield second


@dataclass
class Line:
    """One monitor's connection: what is not acknowledged is sent again, under its own number."""

    address: str
    token: str
    monitor: Any
    waiting: list[dict[str, Any]] = field(default_factory=list)
    acknowledged: int = 0
    refused: int = 0
    trouble: str = ""
    connection: http.client.HTTPConnection | None = None

    def beat(self, at: datetime, minute: float) -> None:
        """Send what waits and what is new."""
        self.waiting += self.monitor.beat(at, minute)
        if self.waiting:
            self.send()

    def send(self) -> None:
        batch = self.waiting[:MOST_AT_ONCE]
        try:
            status, answer = self.post({"samples": batch})
        except (OSError, http.client.HTTPException, ValueError) as problem:
            self.trouble, self.connection = type(problem).__name__, None
            return
        if "acknowledged" not in answer:
            self.trouble = f"{status} {answer.get('message', '')}"
            return
        self.trouble = ""
        done = set(answer["acknowledged"]) | {one["sequence"] for one in answer["refused"]}
        self.acknowledged += len(answer["acknowledged"])
        self.refused += len(answer["refused"])
        self.waiting = [row for row in self.waiting if row["sequence"] not in done]

    def post(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.connection is None:
            parts = urlsplit(self.address)
            made = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
            self.connection = made(parts.netloc, timeout=PATIENCE_S)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        self.connection.request("POST", "/monitors/samples", json.dumps(body), headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())


def total(lines: list[Line]) -> dict[str, Any]:
    """What became of everything that was sent, and the last trouble of each line that has one."""
    return {
        "acknowledged": sum(line.acknowledged for line in lines),
        "refused": sum(line.refused for line in lines),
        "waiting": sum(len(line.waiting) for line in lines),
        "troubles": sorted({line.trouble for line in lines if line.trouble}),
    }
