"""What reading one entry of a bundle gives: values, and what of it was left aside with the reason."""

from __future__ import annotations

from dataclasses import dataclass

from euthymia.interop.fhir.imported import ImportedEntry


@dataclass(frozen=True, slots=True)
class Aside:
    """One thing left aside. what: resource type or element."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The values of one entry; `aside` tells what was left."""

    entries: tuple[ImportedEntry, ...] = ()
    aside: tuple[Aside, ...] = ()


def left_aside(what: str, reason: str) -> Reading:
    """Nothing was taken in."""
    return Reading(aside=(Aside(what, reason),))
