"""The seal of the access log against five ways of tampering with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from euthymia.clinic.audit.chain import GENESIS, Anchor, Sealed, seal, verify

Row = tuple[Sealed, str, str]


def entry(sequence: int, actor: str = "Nurse Nine") -> Sealed:
    return Sealed(sequence, "2026-03-02T10:00:00.000000+00:00", 1, 9, actor, "nurse", "read", "patient", "p", "p", {})


def chain(length: int, actor: str = "Nurse Nine") -> list[Row]:
    rows: list[Row] = []
    previous = GENESIS
    for sequence in range(1, length + 1):
        one = entry(sequence, actor)
        rows.append((one, previous, seal(one, previous)))
        previous = rows[-1][2]
    return rows


def anchor_of(rows: list[Row]) -> Anchor:
    return Anchor(rows[-1][0].sequence, rows[-1][2])


def test_an_untouched_chain_holds() -> None:
    rows = chain(20)
    assert verify(rows, [anchor_of(rows)]) == []


def edited(rows: list[Row]) -> list[Row]:
    content, previous, sealed = rows[3]
    return [*rows[:3], (replace(content, actor_name="Somebody Else"), previous, sealed), *rows[4:]]


def shortened(rows: list[Row]) -> list[Row]:
    return rows[:-2]


def without_one(rows: list[Row]) -> list[Row]:
    return [*rows[:4], *rows[5:]]


def reordered(rows: list[Row]) -> list[Row]:
    return [*rows[:4], rows[5], rows[4], *rows[6:]]


def sealed_anew(rows: list[Row]) -> list[Row]:
    return chain(len(rows), actor="Somebody Else")


@pytest.mark.parametrize("tamper", [edited, without_one, reordered, shortened, sealed_anew])
def test_tampering_is_found(tamper: object) -> None:
    rows = chain(20)
    assert verify(tamper(rows), [anchor_of(rows)])  # type: ignore[operator]


@pytest.mark.parametrize("tamper", [shortened, sealed_anew])
def test_without_an_outside_anchor_these_two_go_unseen(tamper: object) -> None:
    """Why the anchor exists: this is the hole it closes."""
    assert verify(tamper(chain(20))) == []  # type: ignore[operator]
