"""`euthymia fit`: what was observed of one person in; their parameters, and their next session, out."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from euthymia.cli.json_input import (
    as_object,
    number_at,
    number_or_none,
    read_object,
    refuse_unknown,
    renamed,
    yes_no_or_none,
)
from euthymia.cli.lines import width_here, wrapped
from euthymia.cli.picture import DRAWN, one_name, require_picture, write_picture
from euthymia.cli.plotting import columns_beside, curve_of, plotted, printable
from euthymia.cli.simulate import band_of, person_of, regimen_of, taking_of
from euthymia.errors import BadInput
from euthymia.pharmacology import Band, Regimen, default_model, load_model
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
    """A fit, what it says of the next session (None where that was not asked), and rival models where several were.

    coming, until_h: the doses of the next session and the last hour asked of it.   band: the people of a prediction.
    """

    found: Point | Posterior
    next_session: NextSession | NotAdvised | None
    shares: Mapping[str, float]
    together: Average | None
    band: Band
    coming: Regimen | None = None
    until_h: float = 0.0

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

    def svg(self, name: str) -> str:
        """One analyte or effect of this person with what was observed, as an SVG file's text; empty: the drug."""
        # Imported here: who asks for numbers alone does not wait for the drawing.
        from euthymia.cli.fit_picture import fit_svg

        return fit_svg(self.found, self.coming, self.band, name=name, until_h=self.until_h)


@click.command()
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.option("--plot", type=click.Path(dir_okay=False), help="Also draw to this file, .svg or .png.")
@click.option("--draw", multiple=True, help="What --plot draws: one analyte or effect. Else the drug.")
def fit(file: str, as_json: bool, plot: str | None, draw: tuple[str, ...]) -> None:
    """What the observations in FILE (or - for standard input) say of one person's kinetics and answers."""
    require_picture(plot)
    drawn = one_name(draw, plot)
    answer = fitted(read_object(file))
    if plot:
        with renamed(DRAWN):
            drawing = answer.svg(drawn)
        write_picture(plot, drawing)
    if as_json:
        click.echo(json.dumps(answer.as_json(), indent=2, ensure_ascii=False))
    else:
        click.echo(printable(for_a_person(answer, width_here()), sys.stdout.encoding))


def fitted(data: Mapping[str, Any]) -> Fitted:
    """The answer for plain values in the shape of the shell's contract. Refuses with the path of what is wrong."""
    refuse_unknown(data, FIELDS)
    may_differ = yes_no_or_none(data, "sites_may_differ") is True
    band = band_of(data.get("band")) or Band()
    several = _found(data)
    shares: dict[str, float] = {}
    found, rivals = several[0], [one for one in several if isinstance(one, Posterior)]
    if len(several) > 1:
        shares = model_shares(rivals, sites_may_differ=may_differ)
        found = max(rivals, key=lambda one: shares[one.model.id])
    if data.get("next") is None:
        return Fitted(found, None, shares, None, band)
    doses, times = _next_of(data["next"])
    given = len(found.regimen.doses)
    # Inside, the doses to come stand behind those given, in one list.
    places = {f"doses[{given + place}]": f"next.doses[{place}]" for place in range(len(doses.doses))}
    together = None
    with renamed({**places, "doses": "next.doses", "at_h": "next.at_h"}):
        coming = predict_next(found, doses, times, band=band)
        if shares and isinstance(coming, NextSession):
            together = average(rivals, found.regimen + doses, times, seed=band.seed, sites_may_differ=may_differ)
    return Fitted(found, coming, shares, together, band, doses, max(map(float, times)))


def _next_of(value: Any) -> tuple[Regimen, list[Any]]:
    """The doses to come and the hours asked of them."""
    row = as_object(value, "next")
    refuse_unknown(row, {"doses", "at_h"}, "next")
    doses = regimen_of(row.get("doses"), "next.doses")
    if not isinstance(row.get("at_h"), list):
        raise BadInput("not_a_list", "next.at_h", "Give a list of hours, increasing, on the clock of the doses.")
    return doses, row["at_h"]


def _found(data: Mapping[str, Any]) -> list[Point | Posterior]:
    """The fit of every model asked; several are always whole posteriors, as only those can be weighed."""
    person, regimen = person_of(data.get("person")), regimen_of(data.get("doses"))
    observations, assay = _observations(data.get("observations")), _assay(data.get("assay"))
    names = _models(data, str(regimen.drug), str(regimen.doses[0].route))
    method, sampling = data.get("method", POINT), _sampling(data)
    if method not in (POINT, FULL):
        raise BadInput("unknown_method", "method", f"Use one of: {POINT}, {FULL}.")
    setting = Setting(tuple(taking_of(data.get("taking"))), data.get("earlier_sessions", 0))
    found: list[Point | Posterior] = []
    for path, name in names.items():
        with renamed({"model": path, "residual_log_sd": "assay.log_sd"}):
            if method == POINT and len(names) == 1:
                found.append(point_estimate(regimen, person, observations, model=name, assay=assay, setting=setting))
            else:
                found.append(
                    posterior(
                        regimen, person, observations, model=name, sampling=sampling, assay=assay, setting=setting
                    )
                )
    return found


def method_of(found: Point | Posterior) -> str:
    """What made the answer: the peak alone, or draws and how they were made."""
    return str(found.method) if isinstance(found, Posterior) else POINT


def _models(data: Mapping[str, Any], drug: str, route: str) -> dict[str, str]:
    """The model named, the several to be weighed, or the usual one of the first dose's route, each by its path."""
    one, several = data.get("model"), data.get("models")
    if one is not None and several is not None:
        raise BadInput("both_given", "models", "Name one model, or several to weigh against each other, not both.")
    if several is not None and (not isinstance(several, list) or not several):
        raise BadInput("not_a_list", "models", "Give a list of ids; `euthymia models` lists them.")
    named = {"model": one} if several is None else {f"models[{place}]": name for place, name in enumerate(several)}
    found = {}
    for path, name in named.items():
        if not isinstance(name, str | None):
            raise BadInput("not_text", path, "Give the id of a model as text; `euthymia models` lists them.")
        # All are looked up before the first is fitted, which takes a while.
        with renamed({"model": path}):
            found[path] = (default_model(drug, route) if name is None else load_model(name)).id
    return found


def _sampling(data: Mapping[str, Any]) -> Sampling:
    given = {name: data[name] for name in ("seed", "draws") if data.get(name) is not None}
    with renamed({f"sampling.{name}": name for name in given}):
        return Sampling(**given)


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
    return _level(row, path) if kind == "level" else _reading(row, ReadingKind(kind), path)


def _level(row: Mapping[str, Any], path: str) -> Level:
    refuse_unknown(row, LEVEL_FIELDS, path)
    analyte = "" if row.get("analyte") is None else row["analyte"]
    if not isinstance(analyte, str):
        raise BadInput("not_text", f"{path}.analyte", "Give 'analyte' as text.")
    at_h, level, limit = (_if_given(row, name, path) for name in ("at_h", "ng_per_ml", "below_ng_per_ml"))
    # A level knows its own fields only; the place in the list is known here. The same for a reading.
    with renamed({"level": path}):
        return Level(at_h, level, analyte, limit, _between(row, path))


def _reading(row: Mapping[str, Any], kind: ReadingKind, path: str) -> Reading:
    name, has_baseline = NUMBERS[kind]
    names = {"value": name, "baseline": f"baseline_{name}"}
    refuse_unknown(row, {"kind", "at_h", "between_h", name} | ({names["baseline"]} if has_baseline else set()), path)
    value = number_at(row, name, path)
    baseline = _if_given(row, names["baseline"], path) if has_baseline else None
    places = {f"reading.{inside}": f"{path}.{outside}" for inside, outside in names.items()}
    with renamed({**places, "reading": path}):
        return Reading(kind, _if_given(row, "at_h", path), value, baseline, _between(row, path))


def _if_given(row: Mapping[str, Any], name: str, path: str) -> float | None:
    """A number, or None where it is absent or null; whether it may be is for the level or reading to say."""
    return None if row.get(name) is None else number_at(row, name, path)


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
        drawn = plotted(curves, width=width)
        if drawn and name in (one.series[0].analyte, "dissociation", "systolic_rise"):
            lines += ["", name.replace("_", " "), *drawn]
    return lines


def _number(value: float | None) -> float | None:
    return round(value, 6) if value is not None and math.isfinite(value) else None
