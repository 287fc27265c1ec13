"""Reads the tables shipped with this room."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any


def read_table(name: str) -> dict[str, Any]:
    """One shipped table as plain values."""
    return tomllib.loads(files("euthymia.care.tables").joinpath(f"{name}.toml").read_text(encoding="utf-8"))
