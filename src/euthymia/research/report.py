"""A result for a reader: published beside predicted, as a table of text and as a drawing."""

from __future__ import annotations

from euthymia.charts import Axis, Estimate, Forest, ForestRow, draw
from euthymia.research.replicates import Result, Summary


def table(result: Result) -> str:
    """The comparison as text, one estimand a line, with what was screened out beneath."""
    lines = [
        result.title,
        f"{result.replicates} virtual trials, seed {result.seed}, prior {result.prior}, design {result.design_hash}",
        "",
        f"{'':34}{'published':>26}{'predicted':>26}{'MC error':>10}  agree",
    ]
    lines += [_line(row) for row in result.summaries]
    lines += ["", f"Candidates asked per trial: {result.candidates_per_trial:.1f}"]
    lines += [f"  kept out by {name}: {count:.1f}" for name, count in result.screened_out_per_trial.items()]
    lines += [f"Mean ordered dose, {arm}: {dose_mg:.1f} mg" for arm, dose_mg in result.mean_dose_mg.items()]
    lines += ["", "predicted: mean of the virtual trials and the range of 95 % of them.", result.citation]
    return "\n".join(lines)


def _line(row: Summary) -> str:
    published = "not published"
    if row.published is not None:
        published = f"{row.published.value:.1f}"
        if row.published.low is not None:
            published += f" [{row.published.low:.1f}, {row.published.high:.1f}]"
    predicted = f"{row.predicted:.1f} [{row.low:.1f}, {row.high:.1f}]"
    return f"{words(row.estimand):34}{published:>26}{predicted:>26}{row.monte_carlo_error:10.2f}  {_agreement(row)}"


def _agreement(row: Summary) -> str:
    match row.published_within, row.predicted_within:
        case None, _:
            return "-"
        case True, True | None:
            return "yes"
        case False, False | None:
            return "no"
        case _:
            return "partly"


def words(estimand: str) -> str:
    """An estimand's name for a reader."""
    kind, _, who = estimand.partition(":")
    arms = who.replace("-", " minus ").replace("_", " ")
    return {
        "difference": f"{arms}, points",
        "change": f"change after {arms}, points",
        "response": f"response to {arms}, %",
    }.get(kind, estimand)


def drawing(result: Result, kind: str) -> str | None:
    """Published beside predicted as SVG text for one kind of estimand (points or percent); None when there is none.

    kind: "points" (differences and changes) or "percent" (response).
    """
    wanted = {"points": ("difference", "change"), "percent": ("response",)}[kind]
    rows = tuple(_row(row) for row in result.summaries if row.estimand.partition(":")[0] in wanted)
    if not rows:
        return None
    unit = "points" if kind == "points" else "%"
    forest = Forest(
        title=result.title,
        description=f"Published results with 95 % intervals beside the mean and the 95 % range of {result.replicates} "
        f"virtual trials of the same design.",
        x=Axis("Change" if kind == "points" else "Response", unit),
        rows=rows,
        reference=0.0 if kind == "points" else None,
    )
    return draw(forest, standalone=True)


def _row(row: Summary) -> ForestRow:
    printed = row.published
    return ForestRow(
        words(row.estimand),
        published=None if printed is None else _rounded(printed.value, printed.low, printed.high),
        predicted=_rounded(row.predicted, row.low, row.high),
    )


def _rounded(value: float, low: float | None, high: float | None) -> Estimate:
    """One decimal: more would claim what a few hundred trials cannot know, and would not fit beside the drawing."""
    if low is None or high is None:
        return Estimate(round(value, 1))
    return Estimate(round(value, 1), round(low, 1), round(high, 1))
