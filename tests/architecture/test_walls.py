"""Each wall of the house, with a planted violation that the tool must find: a gate that cannot fail is no evidence."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent


@pytest.fixture
def house(tmp_path: Path, repository: Path) -> Path:
    """A copy of the source in which a violation may be planted."""
    copy = tmp_path / "house"
    ignore = shutil.ignore_patterns("__pycache__", "static", "templates", "articles")
    shutil.copytree(repository / "src", copy / "src", ignore=ignore)
    shutil.copy(repository / "pyproject.toml", copy / "pyproject.toml")
    return copy


def plant(house: Path, file: str, text: str) -> None:
    path = house / "src" / "euthymia" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + text)


def run_in(house: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(house / "src"), "PATH": str(BIN), "HOME": str(house)}
    return subprocess.run(command, cwd=house, env=environment, capture_output=True, text=True, check=False)


def linted_imports(house: Path) -> subprocess.CompletedProcess[str]:
    return run_in(house, str(BIN / "lint-imports"), "--no-cache")


def test_the_house_as_it_stands_keeps_its_walls(house: Path) -> None:
    result = linted_imports(house)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("care/planted.py", "import euthymia.pharmacology\n"),
        ("care/planted.py", "import django\n"),
        ("care/planted.py", "import numpy\n"),
        ("pharmacology/planted.py", "import socket\n"),
        ("response/planted.py", "import random\n"),
        ("interop/planted.py", "import sqlite3\n"),
        ("units.py", "import euthymia.care\n"),
        ("clinic/planted.py", "import euthymia.research\n"),
        ("research/planted.py", "import euthymia.clinic\n"),
        ("pharmacology/planted.py", "import euthymia.care\n"),
        ("response/planted.py", "import euthymia.pharmacology\n"),
        ("new_room/__init__.py", ""),
    ],
    ids=lambda value: value.strip().replace("import ", "") if isinstance(value, str) else None,
)
def test_a_forbidden_import_or_an_undeclared_room_is_found(house: Path, file: str, text: str) -> None:
    plant(house, file, text)
    result = linted_imports(house)
    assert result.returncode != 0, "the planted violation went unseen"


@pytest.mark.parametrize(
    "text",
    [
        "import time\n\nmoment = time.time()\n",
        "from datetime import UTC, datetime\n\nmoment = datetime.now(UTC)\n",
        "import os\n\nplace = os.environ\n",
        "import random\n\nchance = random.random()\n",
    ],
    ids=["clock", "now", "environment", "hidden randomness"],
)
@pytest.mark.parametrize("room", ["care", "pharmacology", "response", "interop", "charts"])
def test_a_clock_or_the_world_in_a_pure_room_is_found(house: Path, room: str, text: str) -> None:
    plant(house, f"{room}/planted.py", text)
    result = run_in(house, str(BIN / "ruff"), "check", "--no-cache", f"src/euthymia/{room}/planted.py")
    assert "TID251" in result.stdout, result.stdout


FORGOTTEN = """
from euthymia.care.decision import Allowed, Decision, Refused


def word(decision: Decision) -> str:
    match decision:
        case Allowed():
            return "yes"
        case Refused():
            return "no"
"""
TRUTH_VALUE = """
from euthymia.care.decision import Decision


def may(decision: Decision) -> str:
    if decision:
        return "yes"
    return "no"
"""


@pytest.mark.parametrize("text", [FORGOTTEN, TRUTH_VALUE], ids=["a forgotten CannotTell", "if decision:"])
def test_a_decision_that_is_not_taken_seriously_is_found(house: Path, text: str) -> None:
    plant(house, "care/planted.py", text)
    target = "src/euthymia/care/planted.py"
    configuration = ["--config-file", "pyproject.toml", "--cache-dir", str(house / "mypy")]
    result = run_in(house, str(BIN / "mypy"), *configuration, target)
    assert result.returncode != 0, "the planted violation went unseen"
    assert "planted.py" in result.stdout
