"""The chance of slipping before the next dose that a person accepts: what they said, or what is assumed until then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.followup.models import AcceptedRisk
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import visible_to
from euthymia.errors import BadInput

# No source says what people accept. Until they are asked, the middle of what they are offered.
ASSUMED_CHANCE = 0.2
OFFERED = {0.05: "1 in 20", 0.1: "1 in 10", 0.2: "1 in 5", 0.33: "1 in 3", 0.5: "1 in 2"}


@dataclass(frozen=True, slots=True)
class RiskChoice:
    """The chance that holds; `said_at` None while nobody has asked."""

    chance: float
    said_at: datetime | None = None

    @property
    def words(self) -> str:
        """The chance as it was offered."""
        return OFFERED.get(self.chance, f"{self.chance:.0%}")


def accepted_risk_of(actor: Actor, patient: Patient) -> RiskChoice:
    """What this person said last, else what is assumed."""
    row = visible_to(actor, AcceptedRisk).filter(patient=patient).last()
    return RiskChoice(ASSUMED_CHANCE) if row is None else RiskChoice(row.chance, row.said_at)


def checked_risk(chance: float) -> float:
    """The chance if it is one of those offered; refuses any other."""
    if chance not in OFFERED:
        raise BadInput("accepted_risk", "accepted_risk", f"Choose one of these: {', '.join(OFFERED.values())}.")
    return chance
