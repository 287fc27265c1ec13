"""Who is looking: the one value that queries are scoped by and commands are signed with."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.http import HttpRequest

from euthymia.clinic.accounts.models import Membership
from euthymia.clinic.accounts.roles import Role

CLINIC_CHOICE = "clinic_id"
# What the rows that say who wrote them can hold.
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in member of staff at work in one clinic."""

    user_id: int
    name: str
    role: Role
    clinic_id: int
    clinic_name: str
    clinic_slug: str
    country: str
    time_zone: str

    @property
    def role_label(self) -> str:
        return self.role.label

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class System:
    """The program itself, or a person who is not signed in, acting for one clinic; audited under its own name."""

    clinic_id: int
    name: str
    user_id: None = None
    role: None = None


Actor = Viewer | System


def viewer_of(membership: Membership) -> Viewer:
    """The viewer this membership makes."""
    clinic = membership.clinic
    return Viewer(
        user_id=membership.user_id,
        name=str(membership.user)[:LONGEST_NAME],
        role=Role(membership.role),
        clinic_id=clinic.pk,
        clinic_name=clinic.name,
        clinic_slug=clinic.slug,
        country=clinic.country,
        time_zone=clinic.time_zone,
    )


def viewer_for(request: HttpRequest) -> Viewer | None:
    """The viewer behind a request: the clinic chosen in this browser session, else the first; None when signed out."""
    user = request.user
    if not user.is_authenticated:
        return None
    memberships = list(Membership.objects.filter(user_id=user.pk).select_related("clinic", "user").order_by("pk"))
    if not memberships:
        return None
    chosen = request.session.get(CLINIC_CHOICE)
    return viewer_of(next((one for one in memberships if one.clinic_id == chosen), memberships[0]))
