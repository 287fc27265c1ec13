"""Tables and virtual trials in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from euthymia.charts import Axis, Estimate, Figure, Forest, ForestRow, figure
from euthymia.clinic.evidence.models import CohortTable, TrialRun

POINTS, SHARES = ("difference", "change"), ("response", "remission")
YES_NO = {True: "yes", False: "no", None: "–"}
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
    """One estimand: what was published, what the virtual trials gave, and whether each lies in the other's interval."""

    what: str
    published: str
    predicted: str
    monte_carlo_error: str
    predicted_in_published: str
    published_in_predicted: str


def trial_rows(run: TrialRun) -> list[TrialRow]:
    """The comparison row by row; empty while the trial runs."""
    return [trial_row(summary) for summary in results_of(run)]


def results_of(run: TrialRun) -> list[dict[str, Any]]:
    return list(run.result["results"]) if run.result else []


def trial_row(summary: dict[str, Any]) -> TrialRow:
    published = summary.get("published")
    return TrialRow(
        what=estimand_words(summary["estimand"]),
        published=interval(published["value"], published["low"], published["high"]) if published else "not published",
        predicted=interval(summary["predicted"], summary["low"], summary["high"]),
        monte_carlo_error=f"{summary['monte_carlo_error']:.2f}",
        predicted_in_published=YES_NO[summary.get("predicted_within")],
        published_in_predicted=YES_NO[summary.get("published_within")],
    )


def interval(value: float, low: float | None, high: float | None) -> str:
    return f"{value:.1f}" if low is None or high is None else f"{value:.1f} [{low:.1f}, {high:.1f}]"


def estimand_words(estimand: str) -> str:
    """An estimand's name for a reader."""
    kind, _, who = estimand.partition(":")
    arms = who.replace("-", " minus ").replace("_", " ")
    shown = {
        "difference": f"{arms}, points",
        "change": f"change after {arms}, points",
        "response": f"response, {arms}, %",
    }
    return shown.get(kind, estimand)


def trial_figures(run: TrialRun) -> list[Figure]:
    """Published beside predicted: the points in one drawing, the shares of people in another."""
    drawn = (("Change in points", "Change", "points", POINTS), ("People who responded", "Response", "%", SHARES))
    found = [(title, Axis(axis, unit), rows_of_kind(run, kinds)) for title, axis, unit, kinds in drawn]
    return [
        figure(
            Forest(
                title=title,
                description=f"Published results with their 95 % intervals, beside the mean and the range of 95 % of "
                f"{run.replicates} virtual trials of the same design.",
                x=axis,
                rows=rows,
                reference=0.0 if axis.unit == "points" else None,
            ),
            source=run.result["design"]["citation"] if run.result else "",
            ident=f"trial-{axis.label.lower()}",
        )
        for title, axis, rows in found
        if rows
    ]


def rows_of_kind(run: TrialRun, kinds: tuple[str, ...]) -> tuple[ForestRow, ...]:
    return tuple(forest_row(one) for one in results_of(run) if one["estimand"].partition(":")[0] in kinds)


def forest_row(summary: dict[str, Any]) -> ForestRow:
    published = summary.get("published")
    return ForestRow(
        estimand_words(summary["estimand"]),
        published=estimate(published["value"], published["low"], published["high"]) if published else None,
        predicted=estimate(summary["predicted"], summary["low"], summary["high"]),
    )


def estimate(value: float, low: float | None, high: float | None) -> Estimate:
    """One decimal: more would claim what a few hundred trials cannot know."""
    if low is None or high is None:
        return Estimate(round(value, 1))
    return Estimate(round(value, 1), round(low, 1), round(high, 1))
