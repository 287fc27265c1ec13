"""The ledger's panel for a template that knows a session."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils import timezone

from euthymia.clinic.medication.panel import drawn_panel

register = template.Library()


@register.simple_tag(takes_context=True)
def drawn_of(context: Any, session: Any) -> dict[str, Any]:
    """The panel of this session: as a press left it, else as it is now."""
    given = context.get("drawn_panel")
    if given is not None:
        panel: dict[str, Any] = given
        return panel
    return drawn_panel(context["request"].viewer, session, timezone.now())
