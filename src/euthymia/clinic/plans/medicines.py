"""Which of the medicines in a person's record change how much of a dose gets past gut and liver in a prediction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from euthymia.clinic.accounts.viewer import System
from euthymia.clinic.assessments.facts import medications
from euthymia.clinic.people.models import Patient
from euthymia.errors import ModelError
from euthymia.pharmacology import interactions
from euthymia.pharmacology.interactions import interaction_notes, interactions_named

_Answer = TypeVar("_Answer")
# Parts of names, in small letters, by which a record may name what the engine knows under one name.
RECORDED_AS = {
    "rifampicin": ("rifampicin", "rifampin"),
    "st_johns_wort": ("st john", "st. john", "hypericum"),
    "clarithromycin": ("clarithromycin",),
    "grapefruit_juice": ("grapefruit",),
    "ticlopidine": ("ticlopidine",),
    "itraconazole": ("itraconazole",),
}
NOT_COVERED = "interaction_not_covered"


@dataclass(frozen=True, slots=True)
class Taken:
    """What the record says is taken. names: what the engine knows of it.   words: the same as the record has them.
    uncounted: everything else, as the record has it."""

    names: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    uncounted: tuple[str, ...] = ()


def taken_by(patient: Patient) -> Taken:
    """The person's recorded medicines: those that change first pass, and those of which the engine knows nothing.

    Most of the others change nothing; of some nobody measured it here. Which is which is for a clinician to say.
    """
    found: dict[str, str] = {}
    uncounted: list[str] = []
    for recorded in medications(System(patient.clinic_id, "prediction"), patient):
        names = known_in(recorded)
        for name in names:
            found.setdefault(name, recorded)
        if not names:
            uncounted.append(recorded)
    return Taken(tuple(found), tuple(found.values()), tuple(uncounted))


def how_counted(taken: Taken) -> tuple[str, ...]:
    """What is done for each of them, its source, and what it cannot reproduce; as the engine's own notes say it."""
    return interaction_notes(interactions_named(taken.names))


def known_in(recorded: str) -> tuple[str, ...]:
    """The engine's names in one line of a record."""
    words = recorded.casefold()
    shipped = {each.name for each in interactions()}
    return tuple(
        name for name, parts in RECORDED_AS.items() if name in shipped and any(part in words for part in parts)
    )


def as_far_as_covered(answer: Callable[[Sequence[str]], _Answer], taking: Sequence[str]) -> tuple[_Answer, bool]:
    """The answer with these medicines, or without them where the model cannot tell their first pass apart.

    The second value says whether they were counted.
    """
    try:
        return answer(taking), True
    except ModelError as refusal:
        if refusal.code != NOT_COVERED:
            raise
        return answer(()), False
