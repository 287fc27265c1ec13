"""`euthymia fit`: what was observed of one person in; their parameters, and their next session, out."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from euthymia.cli.json_input import as_object, number_or_none, read_object, refuse_unknown
from euthymia.cli.lines import width_here, wrapped
from euthymia.cli.plotting import columns_beside, curve_of, plotted, printable
from euthymia.cli.simulate import band_of, person_of, regimen_of, taking_of
from euthymia.errors import BadInput
from euthymia.pharmacology import Band, default_model
from euthymia.pharmacology.individualise import (
    Assay,
    Average,
    Level,
    Method,
    NextSession,
    NotAdvised,
    Observation,
    Point,
    Posterior,
    Reading,
    ReadingKind,
    Sampling,
    Setting,
    average,
    model_shares,
    not_advised,
    point_estimate,
    posterior,
    predict_next,
    told,
)
from euthymia.pharmacology.individualise.observation import placed

FIELDS = {"model", "models", "person", "doses", "observations", "assay", "next", "band", "method", "seed", "draws"}
FIELDS |= {"sites_may_differ", "taking", "earlier_sessions"}
POINT, FULL = "point", "posterior"
# What a reading's number is called, and whether it has a baseline of the same name.
NUMBERS = {
    ReadingKind.SYSTOLIC: ("mmhg", True),
    ReadingKind.DIASTOLIC: ("mmhg", True),
    ReadingKind.PULSE: ("per_min", True),
    ReadingKind.CADSS6: ("total", False),
    ReadingKind.MOAAS: ("score", False),
}
LEVEL_FIELDS = {"kind", "at_h", "between_h", "ng_per_ml", "below_ng_per_ml", "analyte"}
BAR_CELLS = 25
BAR_SDS = 3.0
NINE_IN_TEN = (0.05, 0.95)
NORMAL_95 = 1.645


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fit, what it says of the next session (None where that was not asked), and rival models where several were."""

    found: Point | Posterior
    next_session: NextSession | NotAdvised | None
    shares: Mapping[str, float]
    together: Average | None

    def as_json(self) -> dict[str, Any]:
        """Plain values in the shape of the shell's contract."""
        found, refusal = self.found, not_advised(self.found)
        answer: dict[str, Any] = {"model": found.model.card.brief(), "method": method_of(found)}
        answer |= {"settled": found.is_settled, "advised": refusal is None, "why": refusal.why if refusal else None}
        if isinstance(found, Posterior):
            answer |= {
                "pareto_k": _number(found.pareto_k),
                "effective_size": _number(found.effective_size),
                "r_hat": _number(found.r_hat),
                "log_evidence": _number(found.log_evidence),
            }
        seen = zip(found.observations, found.off_sd, strict=True)
        answer["observations"] = [{"said": str(one), "off_sd": round(off, 3)} for one, off in seen]
        answer["parameters"] = [row.as_json() for row in told(found)]
        answer["next"] = self.next_session.as_json() if self.next_session else None
        if self.shares:
            shares = {name: round(share, 6) for name, share in self.shares.items()}
            answer["models"] = {"shares": shares, "together": self.together.as_json() if self.together else None}
        return answer


@click.command()
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def fit(file: str, as_json: bool) -> None:
    """What the observations in FILE (or - for standard input) say of one person's kinetics and answers."""
    answer = fitted(read_object(file))
    if as_json:
        click.echo(json.dumps(answer.as_json(), indent=2, ensure_ascii=False))
    else:
        click.echo(printable(for_a_person(answer, width_here()), sys.stdout.encoding))


def fitted(data: Mapping[str, Any]) -> Fitted:
    """The answer for plain values in the shape of the shell's contract. Refuses with the path of what is wrong."""
    refuse_unknown(data, FIELDS)
    several = _found(data)
    may_differ = data.get("sites_may_differ") is True
    shares: dict[str, float] = {}
    found, rivals = several[0], [one for one in several if isinstance(one, Posterior)]
    if len(several) > 1:
        shares = model_shares(rivals, sites_may_differ=may_differ)
        found = max(rivals, key=lambda one: shares[one.model.id])
    if data.get("next") is None:
        return Fitted(found, None, shares, None)
    row = as_object(data["next"], "next")
    refuse_unknown(row, {"doses", "at_h"}, "next")
    doses, band = regimen_of(row.get("doses"), "next.doses"), band_of(data.get("band")) or Band()
    if not isinstance(row.get("at_h"), list):
        raise BadInput("not_a_list", "next.at_h", "Give a list of hours, increasing, on the clock of the doses.")
    coming = predict_next(found, doses, row["at_h"], band=band)
    together = None
    if shares and isinstance(coming, NextSession):
        together = average(rivals, found.regimen + doses, row["at_h"], seed=band.seed, sites_may_differ=may_differ)
    return Fitted(found, coming, shares, together)


def _found(data: Mapping[str, Any]) -> list[Point | Posterior]:
    """The fit of every model asked; several are always whole posteriors, as only those can be weighed."""
    person, regimen = person_of(data.get("person")), regimen_of(data.get("doses"))
    observations, assay = _observations(data.get("observations")), _assay(data.get("assay"))
    names = _models(data, str(regimen.drug), str(regimen.doses[0].route))
    method, sampling = data.get("method", POINT), _sampling(data)
    if method not in (POINT, FULL):
        raise BadInput("unknown_method", "method", f"Use one of: {POINT}, {FULL}.")
    setting = Setting(tuple(taking_of(data.get("taking"))), data.get("earlier_sessions", 0))
    if method == POINT and len(names) == 1:
        return [point_estimate(regimen, person, observations, model=names[0], assay=assay, setting=setting)]
    return [
        posterior(regimen, person, observations, model=name, sampling=sampling, assay=assay, setting=setting)
        for name in names
    ]


def method_of(found: Point | Posterior) -> str:
    """What made the answer: the peak alone, or draws and how they were made."""
    return str(found.method) if isinstance(found, Posterior) else POINT


def _models(data: Mapping[str, Any], drug: str, route: str) -> list[str]:
    """The model named, the several to be weighed, or the usual one of the first dose's route."""
    one, several = data.get("model"), data.get("models")
    if one is not None and several is not None:
        raise BadInput("both_given", "models", "Name one model, or several to weigh against each other, not both.")
    named = [one] if several is None else several
    if not isinstance(named, list) or not named or not all(isinstance(name, str | None) for name in named):
        raise BadInput("not_text", "models" if one is None else "model", "Give ids; `euthymia models` lists them.")
    return [default_model(drug, route).id if name is None else name for name in named]


def _sampling(data: Mapping[str, Any]) -> Sampling:
    given = {name: data[name] for name in ("seed", "draws") if data.get(name) is not None}
    try:
        return Sampling(**given)
    except BadInput as refusal:
        raise BadInput(refusal.code, refusal.path.partition(".")[2], refusal.message) from None


def _assay(value: Any) -> Assay:
    row = as_object(value, "assay") if value is not None else {}
    refuse_unknown(row, {"log_sd", "additive_ng_per_ml"}, "assay")
    return Assay(number_or_none(row, "log_sd", "assay"), number_or_none(row, "additive_ng_per_ml", "assay") or 0.0)


def _observations(value: Any) -> list[Observation]:
    if not isinstance(value, list):
        raise BadInput("not_a_list", "observations", "Give a list of levels and readings.")
    # Each is read with care; a mistaken export of a million must not take a minute to be refused.
    if len(value) > 10_000:
        raise BadInput("too_many", "observations", f"{len(value)} observations are more than a person has.")
    return [_observation(row, f"observations[{place}]") for place, row in enumerate(value)]


def _observation(value: Any, path: str) -> Observation:
    row = as_object(value, path)
    kind = row.get("kind")
    known = ("level", *ReadingKind)
    if kind not in known:
        raise BadInput("unknown_kind", f"{path}.kind", f"'{kind}' is not known. Use one of: {', '.join(known)}.")
    try:
        return _level(row, path) if kind == "level" else _reading(row, ReadingKind(kind), path)
    except BadInput as refusal:
        # A level or reading knows its own fields only; the place in the list is known here.
        raise refusal if refusal.path.startswith(path) else placed(refusal, path) from None


def _level(row: Mapping[str, Any], path: str) -> Level:
    refuse_unknown(row, LEVEL_FIELDS, path)
    analyte = row.get("analyte") or ""
    if not isinstance(analyte, str):
        raise BadInput("not_text", f"{path}.analyte", "Give 'analyte' as text.")
    numbers = [number_or_none(row, name, path) for name in ("at_h", "ng_per_ml", "below_ng_per_ml")]
    return Level(numbers[0], numbers[1], analyte, numbers[2], _between(row, path))


def _reading(row: Mapping[str, Any], kind: ReadingKind, path: str) -> Reading:
    name, has_baseline = NUMBERS[kind]
    names = {"value": name, "baseline": f"baseline_{name}"}
    refuse_unknown(row, {"kind", "at_h", "between_h", name} | ({names["baseline"]} if has_baseline else set()), path)
    value = number_or_none(row, name, path)
    if value is None:
        raise BadInput("missing", f"{path}.{name}", f"'{name}' is missing.")
    baseline = number_or_none(row, names["baseline"], path) if has_baseline else None
    try:
        return Reading(kind, number_or_none(row, "at_h", path), value, baseline, _between(row, path))
    except BadInput as refusal:
        field = refusal.path.partition(".")[2]
        raise BadInput(refusal.code, f"{path}.{names.get(field, field)}", refusal.message) from None


def _between(row: Mapping[str, Any], path: str) -> tuple[float, float] | None:
    pair = row.get("between_h")
    if pair is None:
        return None
    if not isinstance(pair, list) or len(pair) != 2:
        raise BadInput("not_an_interval", f"{path}.between_h", "Give two hours, the earlier first.")
    return pair[0], pair[1]


def for_a_person(answer: Fitted, width: int) -> list[str]:
    """The parameters from prior to posterior, drawn and in numbers, and the next session."""
    found = answer.found
    card = found.model.card
    lines = wrapped(f"{card.title} ({card.id}, {card.kind}, {card.matrix})", width)
    lines += wrapped(f"Learned from: {'; '.join(map(str, found.observations))}", width)
    lines += [*wrapped(_how(found), width), ""]
    rows = told(found)
    name_width = max(len(row.name) for row in rows)
    lines.append(f"{'':{name_width}}  -{BAR_SDS:g} SD{'typical':^{BAR_CELLS - 10}}+{BAR_SDS:g} SD")
    lines += [f"{row.name:{name_width}}  {_bar(found, place)}" for place, row in enumerate(rows)]
    lines += ["", *wrapped("░ nine in ten people   ━ this person, nine in ten chances   ● most probable", width), ""]
    cells = {
        "typical": [f"{row.typical:.3g}" for row in rows],
        "this person": [f"{row.most_probable:.3g}" for row in rows],
        "90 %": [f"{row.low:.3g} to {row.high:.3g}" for row in rows],
        "narrower": [f"{max(0.0, row.moved.narrowing):.0%}" for row in rows],
        "learned": ["yes" if row.moved.informed else "no" for row in rows],
    }
    lines += columns_beside([row.name for row in rows], cells, width)
    lines += wrapped("Units: " + "; ".join(f"{row.name} {row.unit}" for row in rows), width)
    return [*lines, *_rivals(answer, width), *_coming(answer, width)]


def _how(found: Point | Posterior) -> str:
    if not isinstance(found, Posterior):
        return "The most probable parameters, with exact curvature for what is left unknown."
    worth = f"{found.weights.size} draws worth {found.effective_size:.0f}"
    if found.method is Method.CHAINS:
        return f"Chains: {worth}, r-hat {found.r_hat:.3f}; importance sampling had k {found.pareto_k:.2f}."
    return f"Importance sampling: {worth}, Pareto k {found.pareto_k:.2f} (trusted up to 0.7)."


def _bar(found: Point | Posterior, place: int) -> str:
    """Where nine in ten people lie and where this person does, from -3 to +3 prior SDs."""
    prior_sd = float(found.prior.sd[place])

    def cell(value: float) -> int:
        share = (value / prior_sd + BAR_SDS) / (2 * BAR_SDS)
        return min(BAR_CELLS - 1, max(0, int(share * BAR_CELLS)))

    low, high = found.interval(found.prior.names[place], NINE_IN_TEN)
    reach = prior_sd * NORMAL_95
    cells = [" "] * BAR_CELLS
    for sign, first, last in (("░", -reach, reach), ("━", low, high)):
        for spot in range(cell(first), cell(last) + 1):
            cells[spot] = sign
    cells[cell(float(found.peak[place]))] = "●"
    return f"|{''.join(cells)}|"


def _rivals(answer: Fitted, width: int) -> Sequence[str]:
    if not answer.shares:
        return []
    shares = ", ".join(f"{name} {share:.0%}" for name, share in answer.shares.items())
    return ["", *wrapped(f"How far each model foresaw this: {shares}. Above is the one that did best.", width)]


def _coming(answer: Fitted, width: int) -> Sequence[str]:
    refusal = not_advised(answer.found)
    if refusal is not None:
        return ["", *wrapped(f"Nothing is advised. {refusal.why}", width)]
    coming = answer.next_session
    if not isinstance(coming, NextSession):
        return []
    one, other = coming.this_person, coming.anybody
    lines = ["", f"The next session: the band of {one.series[0].analyte} is {max(0.0, coming.narrower):.0%} narrower."]
    for named, anybody in zip((one.series[0], *one.effects), (other.series[0], *other.effects), strict=True):
        curves = [curve_of(named, one.at_h, "this person"), curve_of(anybody, one.at_h, "anybody like them")]
        name = getattr(named, "analyte", None) or getattr(named, "effect", "")
        if name in (one.series[0].analyte, "dissociation", "systolic_rise"):
            lines += ["", name.replace("_", " "), *plotted(curves, width=width)]
    return lines


def _number(value: float | None) -> float | None:
    return round(value, 6) if value is not None and math.isfinite(value) else None
