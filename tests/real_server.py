"""A real server in a process of its own over a small clinic on disk, which a test can kill, starve and start again."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from benchmarks.demo_server import free_port

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 120
TOKEN = "f" * 32


@dataclass(frozen=True)
class Answer:
    status: int
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class RealServer:
    """Made once per folder by `furnish`; `known` holds ids of sessions and the sign-in of each member of staff."""

    folder: Path
    port: int = field(default_factory=free_port)
    known: dict[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("EUTHYMIA_", "DJANGO_"))}
        paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        mine = {"EUTHYMIA_DATA": str(self.folder / "data"), "EUTHYMIA_SECRET_KEY": "a key for tests only"}
        return kept | mine | {"PYTHONPATH": paths, "PYTHONUNBUFFERED": "1"}

    def furnish(self) -> RealServer:
        """The clinic on disk: three chairs, three visits at different points, a second nurse and a prescriber."""
        command = [sys.executable, "-m", "tests.real_clinic"]
        made = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        if made.returncode:
            raise RuntimeError(f"The clinic could not be made:\n{made.stderr[-4000:]}")
        self.known = json.loads(made.stdout.splitlines()[-1])
        return self

    def sign_in_again(self) -> None:
        """New sign-ins for everybody, after one was ended."""
        command = [sys.executable, "-m", "tests.real_clinic", "sign-in", json.dumps(self.known)]
        made = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=True)
        self.known = json.loads(made.stdout.splitlines()[-1])

    def start(self) -> RealServer:
        with (self.folder / "printed").open("ab") as output:
            command = [sys.executable, "-m", "euthymia", "serve", "--port", str(self.port)]
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=output, stderr=output, start_new_session=True
            )
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                if self.ask("GET", "/health/").status == 200:
                    return self
            except OSError:
                time.sleep(0.05)
            if self.process.poll() is not None:
                break
        raise RuntimeError(f"Nothing was served:\n{(self.folder / 'printed').read_text()[-4000:]}")

    def kill(self) -> None:
        """As a power cut does to a process: no farewell, nothing flushed."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)

    def __enter__(self) -> RealServer:
        return self.furnish().start()

    def __exit__(self, *problem: object) -> None:
        if self.process.poll() is None:
            self.kill()

    def processes(self) -> list[int]:
        """The server's processes, the one that answers included."""
        group = str(self.process.pid)
        listed = subprocess.run(["ps", "-o", "pid=", "-g", group], capture_output=True, text=True, check=True)
        return [int(line) for line in listed.stdout.split()]

    def limit_file_size(self, size_bytes: int) -> None:
        """No file of the server may grow beyond this; `resource.RLIM_INFINITY` gives the room back."""
        for process in self.processes():
            resource.prlimit(process, resource.RLIMIT_FSIZE, (size_bytes, resource.RLIM_INFINITY))

    def event_ids(self) -> list[str]:
        """The id of every line of every session, as the file on disk has it."""
        with contextlib.closing(sqlite3.connect(self.folder / "data" / "euthymia.sqlite3")) as file:
            return [str(UUID(row[0])) for row in file.execute("SELECT id FROM session_room_sessioneventrow")]

    def audit(self) -> str:
        """What the shell finds wrong with the access log; nothing when it is whole."""
        command = [sys.executable, "-m", "euthymia", "audit", "verify"]
        told = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        return told.stderr if told.returncode else ""

    def ask(
        self,
        method: str,
        path: str,
        fields: dict[str, str] | None = None,
        *,
        who: str = "",
        body: Any = None,
        port: int | None = None,
    ) -> Answer:
        """One request on a connection of its own, signed in as one of `known["staff"]`; OSError when it broke off."""
        cookies = {"csrftoken": TOKEN} | ({"sessionid": self.known["staff"][who]} if who else {})
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "X-CSRFToken": TOKEN,
            "Accept": "application/json",
            "Content-Type": "application/json" if body is not None else "application/x-www-form-urlencoded",
        }
        sent = json.dumps(body) if body is not None else urlencode(fields or {})
        connection = http.client.HTTPConnection("localhost", port or self.port, timeout=60)
        try:
            connection.request(method, path, sent if method == "POST" else None, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode())
        except http.client.HTTPException as broken:
            raise ConnectionError(f"No whole answer: {broken!r}") from broken
        finally:
            connection.close()
