"""The same effect by the other ways the clinic's protocols know: how much it would take, and how people would differ.

Arithmetic for a conversation, not an order: a dose is ordered only from a signed protocol, with its limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from euthymia.care.protocol import DeviceSteps, Protocol
from euthymia.charts import Axis, Estimate, Figure, Forest, ForestRow, figure
from euthymia.clinic.people.models import Patient
from euthymia.clinic.plans.asked import AskedDose, Whom, asked_of
from euthymia.clinic.plans.curves import FELT, HIGH, LOW, effect_of, highest, model_name
from euthymia.clinic.plans.drafts import PlanDraft
from euthymia.clinic.plans.medicines import as_far_as_covered
from euthymia.clinic.plans.predictions import simulated, whom_of
from euthymia.clinic.plans.protocol_pages import ROUTE_WORDS
from euthymia.errors import BadInput
from euthymia.pharmacology import Band, Equivalence, Exposure, equivalent_doses

PEOPLE = Band(people=200, seed=7)
PERCENT = 100.0
EXACT = 0.005
# What is scaled until it fits, so any amount will do.
SOME_MG = 10.0


@dataclass(frozen=True, slots=True)
class WayLine:
    """One way as a row: dose, share of it that reaches the blood, peaks, and what is felt, each with nine in ten.

    felt: in the session that is planned, for dissociation fades over sessions.
    """

    name: str
    dose: str
    reaches: str
    peak: str
    site: str
    felt: str
    model: str


@dataclass(frozen=True, slots=True)
class EquivalentsPage:
    """The ways side by side, or why there are none.

    left_out: ways that were asked for and refused, with why.   uncounted: ways by which recorded medicines could not
    be counted.   session: which one of this person's is planned.
    """

    figure: Figure | None = None
    ways: tuple[WayLine, ...] = ()
    left_out: tuple[str, ...] = ()
    why_not: str = ""
    uncounted: tuple[str, ...] = ()
    session: int = 1


def equivalents_for(patient: Patient, draft: PlanDraft, others: Iterable[Protocol], now: datetime) -> EquivalentsPage:
    """The planned dose and the doses by the clinic's other routes that reach the same peak where it is felt."""
    planned = asked_of(draft.order)
    ways = tuple(dict.fromkeys(way for one in others if (way := _way(one)) and _key(way) != _key(planned)))
    if not ways:
        return EquivalentsPage(why_not="The clinic's protocols know no other route to compare with.")
    try:
        whom, _ = whom_of(patient, draft.order.weight_kg, now)
        return _page(planned, ways, whom)
    except BadInput as refusal:
        return EquivalentsPage(why_not=f"Nothing to compare: {refusal.message}")


def _key(asked: AskedDose) -> tuple[str, str]:
    return asked.drug, asked.route


def _way(protocol: Protocol) -> AskedDose | None:
    """A protocol's drug, route and pace, with an amount still to be found; None without a pace for a vein."""
    duration_min = (protocol.duration_min.value if protocol.duration_min else None) or 0.0
    match protocol.dose:
        case DeviceSteps(device_mg, _, _) if device_mg.value:
            return AskedDose(protocol.drug, protocol.route, device_mg.value, 0.0, 1)
        case DeviceSteps():
            return None
        case _:
            pass
    if protocol.route == "iv" and not duration_min:
        return None
    return AskedDose(protocol.drug, protocol.route, SOME_MG, duration_min, None)


@lru_cache(maxsize=128)
def _page(planned: AskedDose, ways: tuple[AskedDose, ...], whom: Whom) -> EquivalentsPage:
    found: dict[str, Exposure] = {}
    reached: dict[str, float] = {}
    lines: dict[str, WayLine] = {}
    value, left_out, uncounted = 0.0, [], []
    for way in ways:
        try:
            one, is_counted = _equivalence(planned, way, whom)
            of = whom if is_counted else whom.taking_nothing()
            lines |= {name: _line(name, exposure, one, of) for name, exposure in one.ways.items() if name not in found}
        except BadInput as refusal:
            left_out.append(f"{_name(way)}: {refusal.message}")
            continue
        found |= {name: exposure for name, exposure in one.ways.items() if name not in found}
        reached |= {name: share for name, share in one.reached.items() if name not in reached}
        value = one.value
        uncounted += [] if is_counted else [_name(way)]
    if not found:
        return EquivalentsPage(left_out=tuple(left_out), why_not="No other route reaches the same peak in this person.")
    return EquivalentsPage(
        _figure(found, value), tuple(lines.values()), tuple(left_out), "", tuple(uncounted), whom.earlier + 1
    )


def _equivalence(planned: AskedDose, way: AskedDose, whom: Whom) -> tuple[Equivalence, bool]:
    def asked(taking: Sequence[str]) -> Equivalence:
        named, others = f"Planned: {_name(planned)}", {_name(way): way.regimen()}
        return equivalent_doses(planned.regimen(), others, whom.person, band=PEOPLE, named=named, taking=taking)

    return as_far_as_covered(asked, whom.taking)


def _name(asked: AskedDose) -> str:
    return f"{asked.drug} {ROUTE_WORDS.get(asked.route, asked.route)}"


def _dose_words(exposure: Exposure) -> str:
    dose = exposure.regimen.doses[0]
    over = f" over {dose.duration_h * 60:.0f} min" if dose.duration_h else ""
    devices = f" ({dose.devices} {'device' if dose.devices == 1 else 'devices'})" if dose.devices else ""
    return f"{dose.amount_mg:.3g} mg{over}{devices}"


def _line(name: str, exposure: Exposure, equivalence: Equivalence, whom: Whom) -> WayLine:
    site = _span(exposure, "effect_site_peak", PERCENT / equivalence.value, " %")
    if abs(equivalence.reached[name] - 1) > EXACT:
        site += ", devices come whole"
    # Of this session and from the same courses as the page's figures, so that no number stands there twice.
    dose = exposure.regimen.doses[0]
    asked = AskedDose(str(dose.drug), str(dose.route), dose.amount_mg, dose.duration_h * 60, dose.devices)
    course, _ = simulated(asked, whom)
    felt = effect_of(course, FELT)
    return WayLine(
        name=name,
        dose=_dose_words(exposure),
        reaches=_span(exposure, "bioavailability", PERCENT, " %"),
        peak=highest(course.series[0]).words(" ng/mL"),
        site=site,
        felt=highest(felt).words(" %", PERCENT) if felt else "not known",
        model=model_name(exposure.simulation.model),
    )


def _span(exposure: Exposure, name: str, times: float, unit: str) -> str:
    found = exposure.measure(name)
    if found is None:
        return "not known"
    low, high = found.band[LOW] * times, found.band[HIGH] * times
    typical = found.typical * times
    return f"{typical:.0f}{unit}" if high - low < 0.5 else f"{typical:.0f}{unit} ({low:.0f} to {high:.0f})"


def _figure(found: Mapping[str, Exposure], value: float) -> Figure:
    rows = tuple(
        ForestRow(
            f"{name}, {_dose_words(exposure)}",
            published=_estimate(exposure, "bioavailability", PERCENT),
            predicted=_estimate(exposure, "effect_site_peak", PERCENT / value),
        )
        for name, exposure in found.items()
    )
    forest = Forest(
        title="The same peak by another route: how much gets in, and how people differ",
        description="Squares: how much of the dose reaches the blood. Circles: the peak of S-ketamine where "
        "dissociation is felt, 100 being that of the planned dose in the typical person. Lines: nine people in ten.",
        x=Axis("Per cent", "%", low=0.0),
        rows=rows,
        reference=PERCENT,
        published_name="Share of the dose that reaches the blood",
        predicted_name="Peak where it is felt, of the planned dose's",
    )
    models = dict.fromkeys(
        f"{model_name(effect.driven_by)} ({effect.driven_by.kind})"
        for exposure in found.values()
        for effect in exposure.simulation.effects
        if effect.effect == FELT
    )
    return figure(forest, source=f"peaks where it is felt by {'; '.join(models)}", ident="same-peak")


def _estimate(exposure: Exposure, name: str, times: float) -> Estimate | None:
    one = exposure.measure(name)
    return Estimate(one.typical * times, one.band[LOW] * times, one.band[HIGH] * times) if one else None
