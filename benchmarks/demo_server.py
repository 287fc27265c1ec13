"""A real server with the demonstration clinic, in a process and a folder of its own; for benchmarks and journeys."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

PATIENCE_S = 300


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class DemoServer:
    """Started with `with DemoServer(folder) as server`; what it prints is kept in `folder/printed`."""

    folder: Path
    people: int = 60
    port: int = field(default_factory=free_port)
    command: list[str] = field(default_factory=lambda: [sys.executable, "-m", "euthymia"])
    checkout: Path | None = None

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def printed(self) -> str:
        """Everything the server wrote, e-mails to patients included."""
        return (self.folder / "printed").read_text(errors="replace")

    def __enter__(self) -> DemoServer:
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("EUTHYMIA_", "DJANGO_"))}
        environment = {**kept, "EUTHYMIA_DATA": str(self.folder / "data"), "PYTHONUNBUFFERED": "1"}
        command = [*self.command, "demo", "--no-open", "--port", str(self.port), "--people", str(self.people)]
        with (self.folder / "printed").open("ab") as output:
            self.process = subprocess.Popen(
                command, cwd=self.checkout, env=environment, stdout=output, stderr=output, start_new_session=True
            )
        self.wait_until_served()
        return self

    def __exit__(self, *problem: object) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)

    @contextmanager
    def held(self) -> Iterator[None]:
        """The server says nothing while this lasts, as a machine that hangs; its connections stay open."""
        os.killpg(self.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self.process.pid, signal.SIGCONT)

    def wait_until_served(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError(f"The server ended by itself:\n{self.printed[-4000:]}")
            try:
                with urllib.request.urlopen(f"{self.address}/health/", timeout=2) as answer:
                    if json.load(answer)["status"] == "ok":
                        return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"Nothing was served within {PATIENCE_S} s:\n{self.printed[-4000:]}")

    def visitor(self, role: str = "") -> Visitor:
        """Somebody with a cookie jar, signed in with one click when a role is named."""
        visitor = Visitor(self.address)
        if role:
            visitor.enter(role)
        return visitor


class Visitor:
    """A browser without a screen: keeps cookies, follows redirects, sends the form token."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.jar = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def get(self, path: str, accept: str = "text/html") -> tuple[int, str]:
        request = urllib.request.Request(f"{self.address}{path}", headers={"Accept": accept})
        with self.opener.open(request, timeout=60) as answer:
            return answer.status, answer.read().decode()

    def post(self, path: str, fields: dict[str, str], page: str) -> tuple[int, str]:
        """Send a form found on `page`."""
        _, text = self.get(page)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)
        sent = urlencode(fields | {"csrfmiddlewaretoken": token.group(1) if token else ""}).encode()
        request = urllib.request.Request(f"{self.address}{path}", data=sent, headers={"Referer": self.address})
        with self.opener.open(request, timeout=60) as answer:
            return answer.status, answer.read().decode()

    def enter(self, role: str) -> None:
        """One click on the demonstration page, by the role's code."""
        _, page = self.get("/demo/")
        link = re.search(rf'action="(/demo/enter/\d+/)"[^>]*data-role="{role}"', page)
        if link is None:
            raise RuntimeError(f"Nobody on the demonstration page works as {role}.")
        self.post(link.group(1), {}, "/demo/")
