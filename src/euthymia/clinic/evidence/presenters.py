"""Tables and virtual trials in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from euthymia.clinic.evidence.models import CohortTable, TrialRun

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\0")


@dataclass(frozen=True, slots=True)
class CohortSummary:
    """What a reader wants to know before the rows: how many, and how complete."""

    people: int
    people_with_a_dose: int
    scores: int
    people_with_enough_scores: int
    instruments: list[tuple[str, int]]

    @property
    def share_with_enough(self) -> str:
        if not self.people_with_a_dose:
            return "–"
        return f"{self.people_with_enough_scores / self.people_with_a_dose:.0%}"


def cohort_summary(table: CohortTable) -> CohortSummary:
    """Enough scores: one before the first dose and two after it."""
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    for row in table.rows:
        day = row["days_since_first_dose"]
        if day is not None:
            (before if day <= 0 else after)[row["person"]] += 1
    treated = set(before) | set(after)
    return CohortSummary(
        people=table.people,
        people_with_a_dose=len(treated),
        scores=len(table.rows),
        people_with_enough_scores=sum(before[person] >= 1 and after[person] >= 2 for person in treated),
        instruments=Counter(row["instrument"] for row in table.rows).most_common(),
    )


def safe_cells(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose text no spreadsheet runs as a formula."""
    return {
        name: f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
        for name, value in row.items()
    }


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One estimand: what was published, what the virtual trials gave."""

    what: str
    published: str
    predicted: str
    monte_carlo_error: str
    agrees: str


def trial_rows(run: TrialRun) -> list[TrialRow]:
    """The comparison row by row; empty while the trial runs."""
    if not run.result:
        return []
    return [trial_row(summary) for summary in run.result["results"]]


def trial_row(summary: dict[str, Any]) -> TrialRow:
    published = summary.get("published")
    return TrialRow(
        what=summary["estimand"].replace(":", " ").replace("_", " ").replace("-", " minus "),
        published=interval(published["value"], published["low"], published["high"]) if published else "not published",
        predicted=interval(summary["predicted"], summary["low"], summary["high"]),
        monte_carlo_error=f"{summary['monte_carlo_error']:.2f}",
        agrees={True: "yes", False: "no", None: "–"}[summary.get("published_within")],
    )


def interval(value: float, low: float | None, high: float | None) -> str:
    return f"{value:.1f}" if low is None or high is None else f"{value:.1f} [{low:.1f}, {high:.1f}]"


def pictures_of(run: TrialRun) -> list[str]:
    """The drawings of a finished run, as SVG text made by the research room."""
    return [f"<svg{part}" for part in run.picture.split("<svg")[1:]]
