"""A network cable between a browser and a real server, which a test can cut: before, during and after a request."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from enum import Enum

CHUNK_BYTES = 65536


class Way(Enum):
    """What the cable does with what is sent through it."""

    WHOLE = "whole"
    # Nobody listens: a connection is refused or reset at once.
    CUT = "cut"
    # Everything is swallowed and nobody answers, as in a dead corner of the radio network.
    SILENT = "silent"
    # The request arrives in part; then the cable is cut.
    HALF_REQUEST = "half request"
    # The request arrives and is worked on; its answer is lost.
    ANSWER_LOST = "answer lost"


@dataclass
class Cable:
    """Used with `with Cable(port) as cable`; `cable.way` says what happens from now on, also to open connections."""

    target_port: int
    port: int = 0
    # Only requests whose first bytes hold this text are disturbed by HALF_REQUEST and ANSWER_LOST.
    only: bytes = b""
    _way: Way = Way.WHOLE
    _open: list[socket.socket] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def way(self) -> Way:
        return self._way

    @way.setter
    def way(self, way: Way) -> None:
        self._way = way
        if way is Way.CUT:
            self._drop_all()

    def __enter__(self) -> Cable:
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *problem: object) -> None:
        self.listener.close()
        self._drop_all()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if self._way is Way.CUT:
                _close(near)
                continue
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(("127.0.0.1", self.target_port))
        except OSError:
            _close(near)
            return
        self._open += [near, far]
        threading.Thread(target=self._back, args=(far, near), daemon=True).start()
        self._forth(near, far)

    def _forth(self, near: socket.socket, far: socket.socket) -> None:
        while data := _read(near):
            if self._way is Way.SILENT:
                continue
            disturbed = self.only in data
            if self._way is Way.HALF_REQUEST and disturbed:
                with contextlib.suppress(OSError):
                    far.sendall(data[: len(data) // 2])
                break
            if not _send(far, data):
                break
            if self._way is Way.ANSWER_LOST and disturbed:
                # The server works on it to the end: its answer is read here, and nobody else gets it.
                self._open.remove(near)
                _close(near)
                return
        _close(near)
        _close(far)

    def _back(self, far: socket.socket, near: socket.socket) -> None:
        while data := _read(far):
            if self._way is Way.SILENT:
                continue
            if not _send(near, data):
                # Keep reading, so that the server is not told that nobody listens.
                continue
        _close(near)
        _close(far)

    def _drop_all(self) -> None:
        while self._open:
            _close(self._open.pop())


def _read(end: socket.socket) -> bytes:
    try:
        return end.recv(CHUNK_BYTES)
    except OSError:
        return b""


def _send(end: socket.socket, data: bytes) -> bool:
    try:
        end.sendall(data)
    except OSError:
        return False
    return True


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        end.close()
