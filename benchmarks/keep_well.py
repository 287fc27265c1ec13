"""Measuring and keeping well: published targets inside, forecasts beside two peers, and a link's taps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks import keep_well_crossover, keep_well_link, keep_well_people
from benchmarks.keep_well_score import coverage, difference
from euthymia.response import Scale, load_prior
from euthymia.response.calibrate import Use, calibrate, groups_inside, report, starting_point

TARGETS = tuple(f"T{number}" for number in range(1, 11))
SEED, REPORT_SEED = 7, 11
PHQ9 = Scale("phq9", 0, 27)


def measure() -> Iterator[dict[str, Any]]:
    """Rows of the link and the course model; the calibration starts anew from where every search starts."""
    yield from keep_well_link.measure()
    yield from _forecasts()
    yield from _targets()


def _targets() -> Iterator[dict[str, Any]]:
    rows = report(calibrate(starting_point(load_prior()), SEED), REPORT_SEED)
    inside = groups_inside(rows)
    numbers = [row for row in rows if row.target.use is not Use.NO_INTERVAL and row.target.group in TARGETS]
    missed = [row.target.id for row in numbers if not row.inside]
    worst = max(row.monte_carlo / ((row.target.high - row.target.low) / 2) for row in numbers)
    yield {
        "name": "calibration_targets_inside",
        "value": sum(inside[name] for name in TARGETS),
        "unit": "targets",
        "target": len(TARGETS),
        "against": (
            f"published 95 % intervals; all {len(numbers)} numbers of a target must be inside; outside: "
            f"{', '.join(missed) or 'none'}; Monte-Carlo error at most {worst:.0%} of half an interval"
        ),
    }
    yield {"name": "calibration_targets", "value": len(TARGETS), "unit": "targets", "target": len(TARGETS)}


def _forecasts() -> Iterator[dict[str, Any]]:
    """Each row is the worse of the two checks, real people and simulated ones; the other is named beside it."""
    real, simulated = keep_well_crossover.compare(), keep_well_people.compare()
    parts = {
        "ds005917 day 10": real,
        "ds005917 after ketamine": keep_well_crossover.with_only(real, "d"),
        "simulated last score": simulated,
    }
    held = {name: coverage(part.ours) for name, part in parts.items()}
    said = "; ".join(f"{name} {value:.0f} % of {len(parts[name].ours)}" for name, value in held.items())
    whole = [held["ds005917 day 10"], held["simulated last score"]]
    yield {
        "name": "interval_coverage_90_percent",
        "value": round(max(whole, key=lambda value: abs(value - 90)), 1),
        "unit": "%",
        "target": "85 to 95",
        "against": said,
    }
    for name, words in (("carried", "locf"), ("mixed", "mixed_model")):
        gaps = {part: difference(both.ours, getattr(both, name)) for part, both in parts.items()}
        yield {
            "name": f"forecast_logscore_minus_{words}",
            "value": round(max(gaps[part][0] for part in ("ds005917 day 10", "simulated last score")), 3),
            "unit": "nats",
            "target": "below 0",
            "against": "; ".join(f"{part} {gap:+.3f} (SE {error:.3f})" for part, (gap, error) in gaps.items()),
        }
