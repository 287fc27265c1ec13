"""The first running Euthymia in numbers: set-up, pages, JSON, accessibility, routes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.demo_server import DemoServer, Visitor

ROOT = Path(__file__).resolve().parent.parent
REPEATS = 25


def measure() -> list[dict[str, Any]]:
    """Every row of `one_patient` but the engine's."""
    return [*set_up(), *served(), *routes()]


def row(name: str, value: float, unit: str, target: float, digits: int = 1) -> dict[str, Any]:
    return {"name": name, "value": round(value, digits), "unit": unit, "target": target}


def set_up() -> list[dict[str, Any]]:
    """A fresh clone to the first served page with a warm package cache, then the second start of the same clone."""
    with tempfile.TemporaryDirectory() as place:
        clone = Path(place) / "euthymia"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        command = [shutil.which("python3") or sys.executable, "run.py"]
        folder = Path(place) / "served"

        def seconds_to_first_page() -> float:
            started = time.monotonic()
            with DemoServer(folder, command=command, checkout=clone) as server:
                server.visitor().get("/")
                return time.monotonic() - started

        cold, warm = seconds_to_first_page(), seconds_to_first_page()
    return [row("cold_setup_s", cold, "s", 180), row("warm_start_s", warm, "s", 20)]


def served() -> list[dict[str, Any]]:
    """p95 over every page and every JSON answer a prescriber opens on the demonstration data, warm, one process."""
    with tempfile.TemporaryDirectory() as place, DemoServer(Path(place)) as server:
        visitor = server.visitor("medical_lead")
        pages, documents = addresses(visitor)
        page_ms = timed(lambda path: visitor.get(path), pages)
        json_ms = timed(lambda path: visitor.get(path, accept="application/json"), documents)
        violations = axe_violations(server)
    return [
        row("page_p95_ms", float(np.percentile(page_ms, 95)), "ms", 150),
        row("json_p95_ms", float(np.percentile(json_ms, 95)), "ms", 50),
        row("axe_violations", violations, "count", 0, 0),
    ]


def addresses(visitor: Visitor) -> tuple[list[str], list[str]]:
    """The pages and the JSON addresses that are timed, with real people and a real running session in them."""
    _, people = visitor.get("/people/")
    ids = list(dict.fromkeys(re.findall(r'href="/people/([0-9a-f-]{36})/"', people)))[:3]
    _, board = visitor.get("/board/")
    running = list(dict.fromkeys(re.findall(r'href="(/sessions/[0-9a-f-]{36}/)"', board)))[:2]
    about = ["", "record/", "assess/", "plan/", "sessions/", "check-ins/", "therapy/"]
    pages = ["/", "/learn/", "/today/", "/board/", "/people/", "/intake/", "/protocols/", "/evidence/", *running]
    pages += [f"/people/{one}/{page}" for one in ids for page in about]
    documents = ["/health/", "/fhir/metadata", *(f"/fhir/Patient/{one}" for one in ids)]
    documents += [f"/fhir/Observation?patient={one}" for one in ids]
    return pages, documents


def timed(ask: Callable[[str], Any], paths: list[str]) -> list[float]:
    """Milliseconds of every answer, interleaved over the addresses after one round to warm up."""
    for path in paths:
        ask(path)
    spent = []
    for _ in range(REPEATS):
        for path in paths:
            started = time.perf_counter()
            ask(path)
            spent.append((time.perf_counter() - started) * 1000)
    return spent


def axe_violations(server: DemoServer) -> int:
    """Accessibility violations over every screen, light and dark, tablet and phone."""
    from benchmarks.screens import browser, walk

    with browser() as opened:
        return sum(len(found) for _, found in walk(server, opened))


def routes() -> list[dict[str, Any]]:
    """Routes that declare no policy."""
    code = (
        "import django; django.setup()\n"
        "from tests.architecture.test_routes import ROUTES\n"
        "from euthymia.clinic.accounts.policies import policy_of\n"
        "print(sum(policy_of(route.callback) is None for _, route in ROUTES))"
    )
    with tempfile.TemporaryDirectory() as place:
        environment = {
            "PATH": "",
            "EUTHYMIA_DATA": place,
            "DJANGO_SETTINGS_MODULE": "euthymia.clinic.settings.django",
            "PYTHONPATH": str(ROOT),
        }
        answer = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
    return [row("routes_without_policy", int(answer.stdout), "count", 0, 0)]
