"""Who appears in the demonstration. Every name is invented; any likeness is chance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from euthymia.clinic.accounts.roles import Role


@dataclass(frozen=True, slots=True)
class StaffMember:
    given: str
    family: str
    role: Role

    @property
    def username(self) -> str:
        return f"{self.given}.{self.family}".lower()


@dataclass(frozen=True, slots=True)
class InventedClinic:
    name: str
    slug: str
    country: str
    time_zone: str
    chairs: tuple[str, ...]
    staff: tuple[StaffMember, ...]
    share: float


@dataclass(frozen=True, slots=True)
class InventedPerson:
    given: str
    family: str
    sex: str
    birth_date: date
    height_cm: float
    weight_kg: float
    email: str


HARBOUR = InventedClinic(
    name="Harbour Mood Clinic",
    slug="harbour",
    country="US",
    time_zone="America/New_York",
    chairs=("Chair 1", "Chair 2", "Chair 3", "Chair 4", "Chair 5"),
    staff=(
        StaffMember("Miriam", "Oakes", Role.MEDICAL_LEAD),
        StaffMember("Tomas", "Lindqvist", Role.PRESCRIBER),
        StaffMember("Grace", "Adeyemi", Role.NURSE),
        StaffMember("Owen", "Pritchard", Role.NURSE),
        StaffMember("Leila", "Haddad", Role.THERAPIST),
        StaffMember("Jonah", "Feld", Role.COORDINATOR),
        StaffMember("Ines", "Carvalho", Role.PHARMACIST),
        StaffMember("Ruth", "Sandoval", Role.MANAGER),
        StaffMember("Kenji", "Mori", Role.RESEARCHER),
    ),
    share=0.75,
)
RIVERSIDE = InventedClinic(
    name="Riverside Centre",
    slug="riverside",
    country="GB",
    time_zone="Europe/London",
    chairs=("Room A", "Room B", "Room C"),
    staff=(
        StaffMember("Fiona", "MacLeish", Role.MEDICAL_LEAD),
        StaffMember("Arjun", "Nair", Role.NURSE),
        StaffMember("Beth", "Calloway", Role.COORDINATOR),
    ),
    share=0.25,
)
CLINICS = (HARBOUR, RIVERSIDE)

_WOMEN = (
    "Ana Beatriz Carol Dolores Edith Farah Greta Hanna Irene Jutta Katya Lucia Mona Nadia Olive Petra Rosa Sonia "
    "Tessa Vera"
)
_MEN = "Adam Boris Carlos David Emil Felix Goran Hugo Ivan Jorge Karl Leo Marco Noel Otto Paul Rafi Stefan Theo Victor"
_FAMILIES = (
    "Abbott Baranov Castellan Dupree Eriksen Farrow Galvan Hollis Ibarra Jansen Keller Lombard Maddox Novak Okafor "
    "Penrose Quist Ravel Sorensen Tanaka Ulrich Valdez Whitlock Yilmaz Zeller Ashby Brandt Corrigan Delgado Everly"
)


def invented_people(number: int, rng: np.random.Generator, today: date) -> list[InventedPerson]:
    """`number` different people, adults of 19 to 74, two thirds of them women as in the published clinic cohorts."""
    families = _FAMILIES.split()
    people: list[InventedPerson] = []
    taken: set[tuple[str, str]] = set()
    while len(people) < number:
        woman = rng.random() < 2 / 3
        given = str(rng.choice((_WOMEN if woman else _MEN).split()))
        family = str(rng.choice(families))
        if (given, family) in taken:
            continue
        taken.add((given, family))
        age_days = int(rng.triangular(19, 42, 75) * 365.25)
        height = rng.normal(164 if woman else 177, 7)
        people.append(
            InventedPerson(
                given=given,
                family=family,
                sex="female" if woman else "male",
                birth_date=today - timedelta(days=age_days),
                height_cm=round(float(height), 0),
                weight_kg=round(float(np.clip(rng.normal(26, 4), 19, 34) * (height / 100) ** 2), 1),
                email=f"{given}.{family}@people.example".lower(),
            )
        )
    return people
