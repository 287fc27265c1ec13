"""Settings are read once into one typed value; what cannot be read is refused by name."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from euthymia.clinic.settings import read_settings
from euthymia.clinic.settings.logs import JsonFormatter
from euthymia.errors import BadInput


def test_defaults_are_one_machine_with_sqlite_inside(tmp_path: Path) -> None:
    chosen = read_settings({"EUTHYMIA_DATA": str(tmp_path)})
    assert chosen.database()["ENGINE"] == "euthymia.clinic.settings.sqlite"
    assert not chosen.demo
    assert not chosen.debug


def test_postgresql_is_one_setting(tmp_path: Path) -> None:
    url = "postgresql://ana:se%40cret@db.example:5433/clinic"
    database = read_settings({"EUTHYMIA_DATA": str(tmp_path), "EUTHYMIA_DATABASE_URL": url}).database()
    assert (database["USER"], database["PASSWORD"], database["HOST"]) == ("ana", "se@cret", "db.example")
    assert (database["PORT"], database["NAME"]) == ("5433", "clinic")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EUTHYMIA_DEMO", "perhaps"),
        ("EUTHYMIA_DEBUG", "2"),
        ("EUTHYMIA_PUBLIC_URL", "clinic.example"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read_settings({"EUTHYMIA_DATA": str(tmp_path), name: value})
    assert refusal.value.path == name


def test_an_unknown_database_is_refused(tmp_path: Path) -> None:
    chosen = read_settings({"EUTHYMIA_DATA": str(tmp_path), "EUTHYMIA_DATABASE_URL": "mysql://x/y"})
    with pytest.raises(BadInput, match="mysql"):
        chosen.database()


def test_the_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first = read_settings({"EUTHYMIA_DATA": str(tmp_path)}).secret_key
    assert first == read_settings({"EUTHYMIA_DATA": str(tmp_path)}).secret_key
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0


def test_a_log_line_holds_only_the_fields_that_were_named() -> None:
    record = logging.makeLogRecord({"msg": "request", "route": "people/<uuid>/", "name_of_person": "Ada"})
    line = json.loads(JsonFormatter().format(record))
    assert line["route"] == "people/<uuid>/"
    assert "Ada" not in json.dumps(line)
