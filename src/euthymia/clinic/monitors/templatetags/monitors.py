"""The live strip for a template that knows a session; all strips of a page are read at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import template
from django.utils import timezone

from euthymia.clinic.monitors.presenters import Strip, strip_of
from euthymia.clinic.monitors.queries import current

register = template.Library()
READ = "monitor_strips"


@register.simple_tag(takes_context=True)
def monitor_strip(context: Any, session_id: UUID | str) -> Strip:
    """The strip of this session as it reads now."""
    request = context["request"]
    if not hasattr(request, READ):
        setattr(request, READ, current(request.viewer))
    wanted = UUID(str(session_id))
    return strip_of(wanted, getattr(request, READ).get(wanted), timezone.now())
