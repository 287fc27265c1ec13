"""What studies saw during and after a dose, and what to have at hand: it informs and decides nothing."""

from __future__ import annotations

from dataclasses import dataclass

from euthymia.care.evidence import Basis, basis_of, sources_of
from euthymia.care.tables.load import read_table


@dataclass(frozen=True, slots=True)
class Expected:
    """One thing that was seen, from `low` to `high` in `unit`; both the same where one number was published."""

    drug: str
    route: str
    what: str
    low: float
    high: float
    unit: str
    basis: Basis


@dataclass(frozen=True, slots=True)
class AtHand:
    """Classes of medicine, or things, against one trouble. Never a dose."""

    against: str
    classes: tuple[str, ...]
    basis: Basis


_TABLE = read_table("session_expected")
_SOURCES = sources_of(_TABLE)
EXPECTED: tuple[Expected, ...] = tuple(
    Expected(
        row["drug"], row["route"], row["what"], row["low"], row["high"], row["unit"], basis_of(row, _SOURCES)
    )
    for row in _TABLE["expected"]
)  # fmt: skip
AT_HAND: tuple[AtHand, ...] = tuple(
    AtHand(row["against"], tuple(row["classes"]), basis_of(row, _SOURCES)) for row in _TABLE["at_hand"]
)


def expected_in(drug: str, route: str) -> tuple[Expected, ...]:
    """What was seen with this drug by this route; empty where nothing was read, which is not the same as nothing."""
    return tuple(row for row in EXPECTED if (row.drug, row.route) == (drug, route))
