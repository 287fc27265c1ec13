"""`euthymia reset` throws away what a demonstration made, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from euthymia.cli import clinic
from euthymia.cli.clinic import DEMO_DIRECTORY, DEMO_MARK, refuse_real_folder
from euthymia.cli.main import main
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
