"""What the templates of the session room ask about who is looking."""

from django import template

from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.sessions.waiting import pen_name

register = template.Library()


@register.filter(name="pen_name")
def pen_name_of(viewer: Viewer) -> str:
    """Under which name a tablet keeps what this person writes while the server is away."""
    return pen_name(viewer)


@register.filter
def phases_ahead(phases: str, phase: str) -> list[str]:
    """Which of these phases a session in `phase` can come to by what is written without the server."""
    return phases.split(",") if phase in {"ready", "dosing", "paused"} else []
