"""Reading what was begun on a link's form and not sent."""

from __future__ import annotations

from collections.abc import Mapping

from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.measures.link_commands import hash_of
from euthymia.clinic.measures.models import CheckIn, Draft, Way
from euthymia.clinic.people.queries import visible_to


def keeps_answers(check_in: CheckIn) -> bool:
    """Whether answers are kept before they are sent: not on a tablet that goes from hand to hand."""
    last = check_in.messages.last()
    return last is None or last.way != Way.HERE


def kept_answers(actor: Actor, check_in: CheckIn, browser: str) -> Mapping[str, int]:
    """What this browser tapped on this form before; empty for every other browser, so that a link that is passed on
    shows nobody's answers."""
    rows = visible_to(actor, Draft).filter(check_in=check_in, browser_hash=hash_of(browser))
    return next((row.answers for row in rows), {}) if browser and keeps_answers(check_in) else {}
