"""Reads the data files shipped with this room: its tables, and for their own loaders what stands in other packages."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any


def read_table(name: str) -> dict[str, Any]:
    """One shipped table as plain values."""
    return tomllib.loads(text_in("euthymia.care.tables", name))


def shipped_in(package: str) -> tuple[str, ...]:
    """Names of the TOML files shipped in this package, without their ending, in alphabetical order."""
    names = (entry.name for entry in files(package).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def text_in(package: str, name: str) -> str:
    """The text of one of them."""
    return files(package).joinpath(f"{name}.toml").read_text(encoding="utf-8")
