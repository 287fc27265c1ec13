"""`euthymia reset` throws away what a demonstration made, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from euthymia.cli import clinic
from euthymia.cli.clinic import DEMO_DIRECTORY, DEMO_MARK, refuse_real_folder
from euthymia.cli.main import main
from euthymia.clinic.audit.chain import Anchor
from euthymia.clinic.audit.queries import read_anchors
from euthymia.errors import BadInput


def test_a_real_folder_is_refused_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = tmp_path / "euthymia.sqlite3"
    record.write_text("people")
    monkeypatch.setenv("EUTHYMIA_DATA", str(tmp_path))
    monkeypatch.delenv("EUTHYMIA_DATABASE_URL", raising=False)
    monkeypatch.setattr(clinic, "prepare", lambda environment: pytest.fail("nothing may be made"))
    refused = CliRunner().invoke(main, ["reset"])
    assert refused.exit_code == 2
    assert "not_a_demo" in refused.stderr
    assert record.read_text() == "people"


def test_a_demonstration_and_an_empty_place_may_be_made_anew(tmp_path: Path) -> None:
    refuse_real_folder(tmp_path / "not there")
    refuse_real_folder(tmp_path)
    (tmp_path / "euthymia.sqlite3").write_text("people")
    with pytest.raises(BadInput):
        refuse_real_folder(tmp_path)
    (tmp_path / DEMO_MARK).write_text("invented")
    refuse_real_folder(tmp_path)
    refuse_real_folder(DEMO_DIRECTORY)


def test_anchors_that_are_not_there_or_damaged_prove_nothing(tmp_path: Path) -> None:
    asked = CliRunner().invoke(main, ["audit", "verify", "--anchors", str(tmp_path / "typing-error")])
    assert asked.exit_code == 2
    kept = tmp_path / "anchors"
    kept.write_text(f"3 {'a' * 64}\n")
    assert read_anchors(kept) == (Anchor(3, "a" * 64),)
    for damaged in ("0 \n", "3 abc\n", "three " + "a" * 64):
        kept.write_text(damaged)
        with pytest.raises(BadInput, match="line 1"):
            read_anchors(kept)


def test_a_clinics_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "clinic"
    environment = os.environ | {"EUTHYMIA_DATA": str(folder)}
    environment.pop("EUTHYMIA_DATABASE_URL", None)
    made = subprocess.run(
        [sys.executable, "-c", "from euthymia.cli.clinic import prepare; prepare({})"], env=environment, check=False
    )
    assert made.returncode == 0
    assert folder.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())
