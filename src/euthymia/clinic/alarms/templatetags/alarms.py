"""Alarms for a template that knows a session; those of the whole room are read once for a page."""

from __future__ import annotations

import uuid
from typing import Any

from django import template
from django.utils import timezone

from euthymia.clinic.alarms.presenters import Call, Line, calls_of, lines_of
from euthymia.clinic.alarms.queries import SeatAlarms, room

register = template.Library()
READ = "room_alarms"


@register.simple_tag(takes_context=True)
def alarm_lines(context: Any, session_id: uuid.UUID | str) -> list[Line]:
    """The alarms of this session as they stand now."""
    wanted = str(session_id)
    zone = context["request"].viewer.zone
    return [line for seat in _room(context) if str(seat.session.id) == wanted for line in lines_of(seat, zone)]


@register.simple_tag(takes_context=True)
def alarm_strip(context: Any) -> list[Call]:
    """Every chair that calls."""
    return calls_of(_room(context), context["request"].viewer.zone)


@register.simple_tag
def new_id() -> str:
    """An id for one press, so that the same press twice is one act."""
    return str(uuid.uuid4())


def _room(context: Any) -> list[SeatAlarms]:
    request = context["request"]
    if not hasattr(request, READ):
        setattr(request, READ, room(request.viewer, timezone.now()))
    found: list[SeatAlarms] = getattr(request, READ)
    return found
