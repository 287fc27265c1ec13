"""The first two weeks after the first dose as the model sees them: kept with the forecast, drawn on the home page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from euthymia.response import Posterior, forecast

WINDOW_DAYS = 14
# Close together while relief begins, then daily: enough for a smooth line, few enough to keep with every forecast.
CURVE_HOURS = (0, 1, 2, 4, 8, 12, 18, 24, 36, 48, 72)
CURVE_DAYS = (*(hours / 24 for hours in CURVE_HOURS), *(float(day) for day in range(4, WINDOW_DAYS + 1)))


def onset_curve_values(posterior: Posterior, zero: datetime) -> dict[str, Any] | None:
    """Quantiles of the score a rating would have given after the first dose, in points; None before a dose.

    zero: the instant of the course's day 0. `from` is the instant of the dose the days are counted from.
    """
    doses = posterior.course.doses
    if not doses:
        return None
    first = doses[0].at_day
    seen = forecast(posterior, [first + day for day in CURVE_DAYS])
    return {
        "from": (zero + timedelta(days=first)).isoformat(),
        "days": [round(day, 4) for day in CURVE_DAYS],
        "quantiles": {f"{level:g}": [round(float(v), 2) for v in row] for level, row in seen.quantiles.items()},
    }
