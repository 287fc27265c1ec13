"""Whom to call in a crisis, by country: data with the date of the page that said so. Lines known from memory are left
out, because a wrong number is worse than the advice to call the emergency number one knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from euthymia.care.evidence import Basis, basis_of, sources_of
from euthymia.care.protocol import Source
from euthymia.care.tables.load import read_table


@dataclass(frozen=True, slots=True)
class CrisisLine:
    """One number. `contact` as people write it, `href` as a telephone dials it, `verified` the date of its source."""

    name: str
    contact: str
    href: str
    note: str
    verified: date
    basis: Basis


@dataclass(frozen=True, slots=True)
class CrisisHelp:
    """The lines of one country. Without lines the advice is: the emergency number you know, or the nearest emergency
    department. `countries`: (code, name) of every country there are lines for."""

    code: str
    country: str
    lines: tuple[CrisisLine, ...]
    countries: tuple[tuple[str, str], ...]

    @property
    def verified(self) -> date | None:
        """The oldest date among the lines: the whole list is only as fresh as its oldest number."""
        return min((line.verified for line in self.lines), default=None)

    def stale_lines(self, today: date, trusted_days: int | None) -> tuple[CrisisLine, ...]:
        """The lines whose date is older than the clinic trusts. Without a number of days nobody can tell: all of them
        are to be checked again. A date in the future was never a check."""
        if trusted_days is None:
            return self.lines
        return tuple(line for line in self.lines if not 0 <= (today - line.verified).days <= trusted_days)


_TABLE = read_table("crisis_lines")
_SOURCES = sources_of(_TABLE)

COUNTRIES: tuple[tuple[str, str], ...] = tuple((code, row["name"]) for code, row in _TABLE["countries"].items())


def crisis_lines(country: str) -> CrisisHelp:
    """The lines of a country (ISO 3166 code, any case; UK is read as GB). An unknown country has none."""
    code = {"UK": "GB"}.get(country.strip().upper(), country.strip().upper())
    row = _TABLE["countries"].get(code)
    if row is None and code in _TABLE["eu_members"]:
        row = _TABLE["countries"]["EU"]
    if row is None:
        return CrisisHelp(code, "", (), COUNTRIES)
    return CrisisHelp(code, row["name"], tuple(_line(line, _SOURCES) for line in row["line"]), COUNTRIES)


def _line(row: Mapping[str, Any], sources: Mapping[str, Source]) -> CrisisLine:
    return CrisisLine(row["name"], row["contact"], row["href"], row["note"], row["verified"], basis_of(row, sources))
