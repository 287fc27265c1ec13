"""Where a command's answer goes: a full disk is told, a reader who left is not; nothing to read from is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

EUTHYMIA = f"{sys.executable} -m euthymia"
FULL = Path("/dev/full")


def shell(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)


def test_closed_standard_input_is_refused() -> None:
    told = shell(f"{EUTHYMIA} simulate - <&-")
    assert told.returncode == 2
    assert json.loads(told.stderr)["error"] == "unreadable"


@pytest.mark.skipif(not FULL.exists(), reason="this machine has no disk that is always full")
@pytest.mark.parametrize("command", ["models --json", "models", "--help", "models --help"])
def test_a_full_disk_is_told_in_one_line(command: str) -> None:
    told = shell(f"{EUTHYMIA} {command} > {FULL}")
    assert told.returncode == 1
    assert json.loads(told.stderr)["error"] == "unwritable"
    assert "No space left" in told.stderr


def test_closed_standard_output_is_nobody_who_reads() -> None:
    told = shell(f"{EUTHYMIA} models >&-")
    assert (told.returncode, told.stderr) == (0, "")


def test_a_reader_who_left_is_no_error() -> None:
    told = shell(f"{EUTHYMIA} models --json | head -1")
    assert (told.stdout, told.stderr) == ("[\n", "")
