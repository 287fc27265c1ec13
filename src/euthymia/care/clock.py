"""How far two clocks may disagree before an instant counts as the future."""

from __future__ import annotations

from datetime import datetime, timedelta

# A tablet's clock and the server's clock are never quite the same.
CLOCK_SKEW = timedelta(seconds=60)


def is_ahead(at: datetime, now: datetime) -> bool:
    """Whether this instant lies in the future by more than clocks disagree."""
    return at > now + CLOCK_SKEW
