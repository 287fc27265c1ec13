"""Medicines that meet ketamine or esketamine: flags with the size of the effect where one was read, and the source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from euthymia.care.decision import Level, Reason
from euthymia.care.evidence import Basis, basis_of, sources_of
from euthymia.care.tables.load import read_table


@dataclass(frozen=True, slots=True)
class InteractionGroup:
    """Medicines that do the same thing here. `names` are parts of ingredient names in small letters, `not_names` other
    medicines that only sound alike."""

    name: str
    title: str
    says: str
    names: tuple[str, ...]
    not_names: tuple[str, ...]
    basis: Basis

    def holds(self, medication: str) -> bool:
        words = medication.casefold()
        for other in self.not_names:
            words = words.replace(other, "")
        return any(name in words for name in self.names)


_TABLE = read_table("interactions")
GROUPS: tuple[InteractionGroup, ...] = tuple(
    InteractionGroup(
        name=row["name"],
        title=row["title"],
        says=row["says"],
        names=tuple(row["names"]),
        not_names=tuple(row.get("not_names", ())),
        basis=basis_of(row, sources_of(_TABLE)),
    )
    for row in _TABLE["group"]
)


def interactions(medications: Iterable[str]) -> tuple[Reason, ...]:
    """A flag for every medicine of this list that is in a group, in the order of the list. A medicine nobody knows
    raises nothing: this list is not complete, and a pharmacist's check stays needed."""
    return tuple(
        Reason(
            rule=f"interaction_{group.name}",
            level=Level.FLAG,
            fact="medication",
            value=medication.strip(),
            source=group.basis.says,
            says=f"{group.title}: {group.says}",
        )
        for medication in dict.fromkeys(medications)
        for group in GROUPS
        if group.holds(medication)
    )
