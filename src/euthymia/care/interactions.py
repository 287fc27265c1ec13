"""Medicines that meet ketamine or esketamine: flags with the size of the effect where one was read, and the source.

A medicine can be in a group, known and in none, or not recognised. The last two are never mixed: silence about a
medicine nobody knows would read like safety.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from euthymia.care.decision import Level, Reason
from euthymia.care.evidence import Basis, basis_of, sources_of
from euthymia.care.tables.load import read_table


class Recognition(StrEnum):
    """What the list knows of a medicine. `no_group` is no statement of safety, `not_recognised` is no statement."""

    INTERACTS = "interacts"
    NO_GROUP = "no_group"
    NOT_RECOGNISED = "not_recognised"


@dataclass(frozen=True, slots=True)
class InteractionGroup:
    """Medicines that do the same thing here. `names` are parts of ingredient names in small letters, `not_names` other
    medicines that only sound alike. `rems_form`: the question of the nasal product's monitoring form it answers."""

    name: str
    title: str
    says: str
    names: tuple[str, ...]
    not_names: tuple[str, ...]
    basis: Basis
    rems_form: str = ""

    def holds(self, medication: str) -> bool:
        words = medication.casefold()
        for other in self.not_names:
            words = words.replace(other, " ")
        return any(name in words for name in self.names)


@dataclass(frozen=True, slots=True)
class FoundMedicine:
    """One medicine as it was written, what the list knows of it, and the flags of its groups."""

    medicine: str
    recognition: Recognition
    flags: tuple[Reason, ...] = ()


_TABLE = read_table("interactions")
GROUPS: tuple[InteractionGroup, ...] = tuple(
    InteractionGroup(
        name=row["name"],
        title=row["title"],
        says=row["says"],
        names=tuple(row["names"]),
        not_names=tuple(row.get("not_names", ())),
        basis=basis_of(row, sources_of(_TABLE)),
        rems_form=row.get("rems_form", ""),
    )
    for row in _TABLE["group"]
)
REMS_FORM: tuple[str, ...] = tuple(dict.fromkeys(group.rems_form for group in GROUPS if group.rems_form))
# Known ingredients of no group: every name that only sounds like a group's, and the list's own.
IN_NO_GROUP: frozenset[str] = frozenset(_TABLE["no_group"]["names"]) | {
    other for group in GROUPS for other in group.not_names
}


def look_up(medications: Iterable[str]) -> tuple[FoundMedicine, ...]:
    """What the list knows of each medicine, once per name (case and spaces aside), in the order of the list. An empty
    name is no medicine."""
    written: dict[str, str] = {}
    for medication in medications:
        written.setdefault(" ".join(medication.casefold().split()), medication.strip())
    return tuple(_found(medicine) for words, medicine in written.items() if words)


def interactions(medications: Iterable[str]) -> tuple[Reason, ...]:
    """A flag for every medicine of this list that is in a group, in the order of the list. What raises nothing is not
    thereby safe: `look_up` says which medicines were not recognised."""
    return tuple(flag for found in look_up(medications) for flag in found.flags)


def not_recognised(medications: Iterable[str]) -> tuple[str, ...]:
    """The medicines nobody here knows: a pharmacist's check is needed."""
    return tuple(one.medicine for one in look_up(medications) if one.recognition is Recognition.NOT_RECOGNISED)


def rems_answers(medications: Iterable[str]) -> Mapping[str, bool | None]:
    """Question of the monitoring form → whether such a medicine is taken; None where an unrecognised one leaves it
    open."""
    found = look_up(medications)
    taken = {group.rems_form for group in GROUPS for one in found if group.holds(one.medicine)}
    is_open = any(one.recognition is Recognition.NOT_RECOGNISED for one in found)
    return {question: True if question in taken else (None if is_open else False) for question in REMS_FORM}


def _found(medicine: str) -> FoundMedicine:
    flags = tuple(_flag(group, medicine) for group in GROUPS if group.holds(medicine))
    if flags:
        return FoundMedicine(medicine, Recognition.INTERACTS, flags)
    is_known = any(name in medicine.casefold() for name in IN_NO_GROUP)
    return FoundMedicine(medicine, Recognition.NO_GROUP if is_known else Recognition.NOT_RECOGNISED)


def _flag(group: InteractionGroup, medicine: str) -> Reason:
    return Reason(
        rule=f"interaction_{group.name}",
        level=Level.FLAG,
        fact="medication",
        value=medicine,
        source=group.basis.says,
        says=f"{group.title}: {group.says}",
    )
