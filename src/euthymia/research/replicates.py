"""Many replicates of one design, in shards that survive an interruption, and what they say together.

A shard is a file named by the hash of design, code, seed and range, written whole or not at all. A run that was cut
short takes up the shards it finds; the order in which they are merged does not matter.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from euthymia.errors import BadInput
from euthymia.research.design import Design, PublishedResult
from euthymia.research.estimate import Estimated
from euthymia.research.screening import rules_hash
from euthymia.research.trial import Outcome, run
from euthymia.response import load_prior

SCHEMA = "euthymia-trial-result/1"
SHARD_REPLICATES = 25
MOST_REPLICATES = 1_000_000
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Summary:
    """One estimand over all replicates.

    predicted: mean of the replicates' estimates, with its Monte Carlo standard error.   low, high: the middle 95 % of
    estimates that trials of this size would report.   excludes_zero: share of replicates whose own 95 % interval
    leaves out zero (the power, for a difference).
    """

    estimand: str
    predicted: float
    monte_carlo_error: float
    low: float
    high: float
    excludes_zero: float
    published: PublishedResult | None

    @property
    def published_within(self) -> bool | None:
        """Does the published value lie where 95 % of such trials would; None when nothing was published."""
        return None if self.published is None else self.low <= self.published.value <= self.high

    @property
    def predicted_within(self) -> bool | None:
        """Does the prediction lie in the published interval; None when none was published."""
        if self.published is None or self.published.low is None or self.published.high is None:
            return None
        return self.published.low <= self.predicted <= self.published.high


@dataclass(frozen=True, slots=True)
class Result:
    """Everything a run of many replicates says, and what it takes to repeat it."""

    design_id: str
    design_hash: str
    title: str
    citation: str
    prior: str
    code_version: str
    seed: int
    replicates: int
    summaries: tuple[Summary, ...]
    candidates_per_trial: float
    screened_out_per_trial: Mapping[str, float]
    mean_dose_mg: Mapping[str, float]


def run_many(
    design: Design,
    seed: int,
    *,
    replicates: int = 200,
    directory: Path | None = None,
    progress: Progress | None = None,
) -> Result:
    """`replicates` trials of one design; with `directory`, resumable and with the result written to it.

    progress is told (done, total) after each shard.
    """
    if not 2 <= replicates <= MOST_REPLICATES:
        raise BadInput("replicates", "replicates", f"Ask for 2 to {MOST_REPLICATES} replicates.")
    if seed < 0:
        raise BadInput("seed", "seed", "A seed is a whole number, 0 or more.")
    outcomes: list[Outcome] = []
    for first in range(0, replicates, SHARD_REPLICATES):
        last = min(first + SHARD_REPLICATES, replicates)
        outcomes += _shard(design, seed, first, last, directory)
        if progress is not None:
            progress(last, replicates)
    result = merge(design, seed, outcomes)
    if directory is not None:
        write_whole(result_path(design, directory), json.dumps(as_plain(result), indent=2))
    return result


def replicate_seed(seed: int, replicate: int) -> int:
    """The seed of one replicate; depends on nothing but these two numbers."""
    return int(np.random.SeedSequence([seed, replicate]).generate_state(1, np.uint64)[0])


def code_version(design: Design) -> str:
    """Package version, and a hash of the prior and of care's rules; a shard made under others is not reused."""
    try:
        package = version("euthymia")
    except PackageNotFoundError:
        package = "unpackaged"
    return f"{package}+{_content_hash(design.hash, rules_hash(design), repr(load_prior()))}"


@cache
def _content_hash(*contents: str) -> str:
    return hashlib.sha256("|".join(contents).encode()).hexdigest()[:12]


def shard_name(design: Design, seed: int, first: int, last: int) -> str:
    """The name of the shard holding replicates first … last − 1."""
    words = f"{design.hash}|{code_version(design)}|{seed}|{first}|{last}"
    return hashlib.sha256(words.encode()).hexdigest()[:24]


def _shard(design: Design, seed: int, first: int, last: int, directory: Path | None) -> list[Outcome]:
    path = None if directory is None else directory / "shards" / f"{shard_name(design, seed, first, last)}.json"
    if path is not None and path.is_file():
        found = _read_shard(path)
        if found is not None:
            return found
    outcomes = [run(design, replicate_seed(seed, replicate)) for replicate in range(first, last)]
    if path is not None:
        write_whole(path, json.dumps([_outcome_as_plain(outcome) for outcome in outcomes]))
    return outcomes


def _read_shard(path: Path) -> list[Outcome] | None:
    """The outcomes of a shard, or None when the file is not a whole shard (it is then computed again)."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [_outcome_from(row) for row in rows]
    except (ValueError, KeyError, TypeError):
        return None


def _outcome_as_plain(outcome: Outcome) -> dict[str, Any]:
    return {
        "design_hash": outcome.design_hash,
        "seed": outcome.seed,
        "estimates": [asdict(estimate) for estimate in outcome.estimates],
        "candidates": outcome.candidates,
        "screened_out": dict(outcome.screened_out),
        "mean_dose_mg": dict(outcome.mean_dose_mg),
    }


def _outcome_from(row: Mapping[str, Any]) -> Outcome:
    return Outcome(
        design_hash=row["design_hash"],
        seed=row["seed"],
        estimates=tuple(Estimated(**estimate) for estimate in row["estimates"]),
        candidates=row["candidates"],
        screened_out=MappingProxyType(row["screened_out"]),
        mean_dose_mg=MappingProxyType(row["mean_dose_mg"]),
    )


def merge(design: Design, seed: int, outcomes: Iterable[Outcome]) -> Result:
    """What the outcomes say together; any order of them gives the same result."""
    ordered = sorted(outcomes, key=lambda outcome: outcome.seed)
    total = len(ordered)
    screened: Counter[str] = Counter()
    for outcome in ordered:
        screened.update(outcome.screened_out)
    arms = ordered[0].mean_dose_mg
    return Result(
        design_id=design.id,
        design_hash=design.hash,
        title=design.title,
        citation=design.citation,
        prior=load_prior().card.id,
        code_version=code_version(design),
        seed=seed,
        replicates=total,
        summaries=tuple(_summaries(design, ordered)),
        candidates_per_trial=sum(outcome.candidates for outcome in ordered) / total,
        screened_out_per_trial=MappingProxyType({name: count / total for name, count in sorted(screened.items())}),
        mean_dose_mg=MappingProxyType({arm: float(np.mean([o.mean_dose_mg[arm] for o in ordered])) for arm in arms}),
    )


def _summaries(design: Design, ordered: list[Outcome]) -> Iterable[Summary]:
    published = {row.estimand: row for row in design.published}
    for index, first in enumerate(ordered[0].estimates):
        rows = [outcome.estimates[index] for outcome in ordered]
        values = np.array([row.value for row in rows])
        low, high = np.quantile(values, (0.025, 0.975))
        yield Summary(
            estimand=first.estimand,
            predicted=float(values.mean()),
            monte_carlo_error=float(values.std(ddof=1) / np.sqrt(len(rows))),
            low=float(low),
            high=float(high),
            excludes_zero=float(np.mean([row.low > 0 or row.high < 0 for row in rows])),
            published=published.get(first.estimand),
        )


def result_path(design: Design, directory: Path) -> Path:
    """Where the result of a design lies in a directory."""
    return directory / f"{design.id}-{design.hash}.json"


def as_plain(result: Result) -> dict[str, Any]:
    """The result as JSON carries it."""
    return {
        "schema": SCHEMA,
        "design": {
            "id": result.design_id,
            "hash": result.design_hash,
            "title": result.title,
            "citation": result.citation,
        },
        "prior": result.prior,
        "code_version": result.code_version,
        "seed": result.seed,
        "replicates": result.replicates,
        "results": [
            {
                **{name: value for name, value in asdict(row).items() if name != "published"},
                "published": None if row.published is None else asdict(row.published),
                "published_within": row.published_within,
                "predicted_within": row.predicted_within,
            }
            for row in result.summaries
        ],
        "candidates_per_trial": result.candidates_per_trial,
        "screened_out_per_trial": dict(result.screened_out_per_trial),
        "mean_dose_mg": dict(result.mean_dose_mg),
    }


def read_result(design: Design, directory: Path) -> Result:
    """The result stored for this design; refuses when there is none or it is not one."""
    path = result_path(design, directory)
    if not path.is_file():
        raise BadInput("no_result", "--out", f"No result of this design in {directory}. Run it: euthymia trial run.")
    try:
        return _result_from(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput("not_a_result", str(path), "This file is not a whole result; run the trial again.") from error


def _result_from(data: Mapping[str, Any]) -> Result:
    summaries = []
    for row in data["results"]:
        values = {name: row[name] for name in row if name not in {"published_within", "predicted_within", "published"}}
        published = None if row["published"] is None else PublishedResult(**row["published"])
        summaries.append(Summary(**values, published=published))
    return Result(
        design_id=data["design"]["id"],
        design_hash=data["design"]["hash"],
        title=data["design"]["title"],
        citation=data["design"]["citation"],
        prior=data["prior"],
        code_version=data["code_version"],
        seed=data["seed"],
        replicates=data["replicates"],
        summaries=tuple(summaries),
        candidates_per_trial=data["candidates_per_trial"],
        screened_out_per_trial=MappingProxyType(data["screened_out_per_trial"]),
        mean_dose_mg=MappingProxyType(data["mean_dose_mg"]),
    )


def write_whole(path: Path, text: str) -> None:
    """Writes a file whole or not at all; what stood there before stays until the new one is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
