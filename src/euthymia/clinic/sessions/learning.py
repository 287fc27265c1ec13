"""What a person's sessions taught about this person: what was given and what was seen, and what follows from both.

The page of a session asks for this person so far, the page of a plan for this person before the next dose. The answer
is a prediction. Nothing in the house takes a dose from it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from euthymia.care.given_dose import GivenPiece, given_pieces
from euthymia.care.session import SessionState
from euthymia.care.session_events import Concern
from euthymia.clinic.people.models import Patient
from euthymia.clinic.plans.drafts import order_of
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.queries import state_of
from euthymia.errors import BadInput, Broken
from euthymia.pharmacology import Band, Dose, Individual, Person, Reading, Regimen, Simulation, simulate
from euthymia.pharmacology.defaults import choice_for
from euthymia.pharmacology.exposure import own_model
from euthymia.pharmacology.individualise import (
    Point,
    Reason,
    Setting,
    Told,
    not_advised,
    point_estimate,
    told,
)
from euthymia.pharmacology.individualise.prior import BASELINE

LONGEST = timedelta(hours=12)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
# What is seen, as the engine calls it.
SYSTOLIC, DIASTOLIC, PULSE, CADSS6, MOAAS = "systolic", "diastolic", "pulse", "cadss6", "moaas"
# Read as a rise over the reading before the dose: which number of a line of vital signs it is.
VITAL_SIGNS = {SYSTOLIC: "systolic_mmhg", DIASTOLIC: "diastolic_mmhg", PULSE: "heart_rate_per_min"}
# Rated: what the form must look at. No other form of the same concern is read.
RATED = {CADSS6: Concern.DISSOCIATION, MOAAS: Concern.SEDATION}
# Of the newest sessions only: a fit grows with every one, and a page waits for it.
MOST_EARLIER = 2
# Of a feed one look of a kind in so many minutes: a second apart they are no two looks, and would outvote all others.
APART_MIN = 5.0
# Nobody types more looks of a kind into so many minutes, one every half minute: more of them are a feed.
MOST_BY_HAND = 10
# Of a kind and of one session; a fit grows with every look, and a page waits for it.
MOST_COUNTED = 60
BETWEEN_DEVICES_H = 5 / 60


@dataclass(frozen=True, slots=True)
class Look:
    """One number that was seen: minutes from this session's dose, what, how much, and of a vital sign the one before.

    counted: whether the estimate of this person rests on it too; see `marked`.
    """

    kind: str
    at_min: float
    value: float
    before: float | None = None
    late: bool = False
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Sitting:
    """One session: when its dose began, what was given (hours from then) and what was seen."""

    began_at: datetime
    doses: tuple[Dose, ...]
    looks: tuple[Look, ...]


@dataclass(frozen=True, slots=True)
class Taught:
    """What the sittings said of a person.

    individual: None where nothing may be said of this person, then `why_not` says why.   contradicts: whether that is
    because one look lies far from the curve of all others.   told: the parameters, moved or not.   off: (look, how far
    it lies from this person's most probable curve, in spreads of one look), of the last sitting.   starts: by vital
    sign, how far this person's own at the start of the last sitting lies from the one that was read.   kinds: how many
    looks of each kind there were.   aside: the pulse for which no pulse was learned from.
    """

    sessions: int
    looks: int
    individual: Individual | None = None
    why_not: str = ""
    contradicts: bool = False
    told: tuple[Told, ...] = ()
    off: tuple[tuple[Look, float], ...] = ()
    starts: Mapping[str, float] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)
    aside: Look | None = None


def sitting_of(session: Session, state: SessionState) -> Sitting | None:
    """What was given and what of the looks counts in one session; None before its dose."""
    if state.clock_at is None:
        return None
    order = order_of(session.plan)
    doses = doses_of(pieces_of(session, state), order.drug, order.route)
    return Sitting(state.clock_at, doses, tuple(look for look in looks_of(state) if look.counted))


def pieces_of(session: Session, state: SessionState) -> tuple[GivenPiece, ...]:
    """What has gone in and, while it runs, will go in as it runs now; before the dose, the order."""
    if state.clock_at is not None:
        pieces = given_pieces(state, (state.dose_ended_at or state.clock_at + LONGEST))
        return tuple(piece for piece in pieces if piece.amount_mg > 0)
    order = order_of(session.plan)
    if order.devices:
        each = order.dose_mg / order.devices
        return tuple(GivenPiece(number * BETWEEN_DEVICES_H, 0.0, each) for number in range(order.devices))
    return (GivenPiece(0.0, (order.duration_min or 0.0) * MINUTE / HOUR, order.dose_mg),)


def doses_of(pieces: Iterable[GivenPiece], drug: str, route: str) -> tuple[Dose, ...]:
    """The same as doses of the engine."""
    return tuple(
        Dose(
            drug=drug,
            route=route,
            amount_mg=piece.amount_mg,
            start_h=piece.start_h,
            duration_h=piece.duration_h if route == "iv" else 0.0,
        )
        for piece in pieces
    )


def looks_of(state: SessionState) -> tuple[Look, ...]:
    """Every blood pressure, pulse, CADSS-6 total and MOAA/S level after the start of the dose, in the order of time,
    marked. A vital sign that was not read before the dose is left out."""
    if state.clock_at is None:
        return ()
    clock_at, before = state.clock_at, state.baseline.reading if state.baseline else None
    seen = (
        Look(kind, (row.at - clock_at) / MINUTE, value, start, row.event_id in state.late)
        for kind, name in VITAL_SIGNS.items()
        if (start := getattr(before, name, None)) is not None
        for row in state.readings
        if (value := getattr(row.reading, name)) is not None and row.at > clock_at
    )
    rated = (
        Look(row.scale.instrument, (row.at - clock_at) / MINUTE, row.scale.total, None, row.event_id in state.late)
        for row in state.scales
        if RATED.get(row.scale.instrument) is row.scale.concern and row.scale.total is not None and row.at > clock_at
    )
    return marked(sorted((*seen, *rated), key=lambda look: (look.at_min, look.kind)))


def compared_looks(looks: Sequence[Look]) -> tuple[Look, ...]:
    """Those held against the prediction: what counts for the estimate, the newest of each kind, and of a feed also the
    lowest and the highest of a minute."""
    minutes: dict[tuple[str, int], list[Look]] = {}
    for look in looks:
        minutes.setdefault((look.kind, int(look.at_min)), []).append(look)
    kept = {look for look in looks if look.counted} | set({look.kind: look for look in looks}.values())
    for seen in minutes.values():
        kept |= {min(seen, key=lambda look: look.value), max(seen, key=lambda look: look.value)}
    return tuple(sorted(kept, key=lambda look: (look.at_min, look.kind)))


def earlier_sittings(patient: Patient, before: datetime, drug: str, *, most: int = MOST_EARLIER) -> list[Sitting]:
    """This person's newest sessions with this drug that began before, oldest first."""
    rows = patient.sessions.filter(dose_started_at__lt=before, plan__order__drug=drug)
    rows = rows.select_related("plan__protocol_version").order_by("-dose_started_at")[:most]
    found = (sitting_of(row, state_of(row)) for row in rows.prefetch_related("events"))
    return sorted((one for one in found if one is not None and one.doses), key=lambda one: one.began_at)


def marked(looks: Sequence[Look]) -> tuple[Look, ...]:
    """The same looks, in the order of time, with those marked that the estimate leaves out.

    What somebody typed counts, however soon after another: the newest of each kind where there are very many. Of a
    feed only the first look of every few minutes does.
    """
    minutes = Counter(_few_minutes(look) for look in looks)
    begun: set[tuple[str, int]] = set()
    kept: Counter[str] = Counter()
    found: list[Look] = []
    for look in looks:
        place = _few_minutes(look)
        counted = minutes[place] <= MOST_BY_HAND or place not in begun
        begun.add(place)
        found.append(replace(look, counted=counted))
    for index in range(len(found) - 1, -1, -1):
        look = found[index]
        kept[look.kind] += look.counted
        if kept[look.kind] > MOST_COUNTED:
            found[index] = replace(look, counted=False)
    return tuple(found)


def _few_minutes(look: Look) -> tuple[str, int]:
    return look.kind, int(look.at_min // APART_MIN)


# Asked again with every refresh of an open page; the same readings have the same answer.
@lru_cache(maxsize=256)
def learned_from(sittings: tuple[Sitting, ...], person: Person, earlier: int, taking: tuple[str, ...]) -> Taught:
    """What these sessions say of this person.

    earlier: how many sessions came before the first of them.   A fit that fails is a `why_not`, never an error.
    """
    kinds = Counter(look.kind for one in sittings for look in one.looks)
    nothing = Taught(len(sittings), kinds.total(), kinds=kinds)
    if not kinds:
        return replace(nothing, why_not="Nothing was read yet from which this person could be told apart.")
    try:
        point = _fitted(sittings, person, earlier, taking)
    except BadInput as refusal:
        return replace(nothing, why_not=f"This person could not be estimated: {refusal.message}")
    except (Broken, np.linalg.LinAlgError):
        return replace(nothing, why_not="This person could not be estimated: no curve of the model fits the readings.")
    refusal_of = not_advised(point)
    contradicts = refusal_of is not None and refusal_of.reason is Reason.CONTRADICTED
    worst = _worst(sittings, point)
    if contradicts and worst.kind == PULSE:
        # A pulse moves for many reasons and how it scatters has no source: it stops no one from learning of the others.
        calm = tuple(_without(one, PULSE) for one in sittings)
        return replace(learned_from(calm, person, earlier, taking), aside=worst)
    last, rows = sittings[-1].looks, told(point)
    probable = {row.name: round(row.most_probable, 1) for row in rows}
    return replace(
        nothing,
        individual=None if refusal_of else point.individual(),
        why_not="The prior is still doing the talking." if refusal_of else "",
        contradicts=contradicts,
        told=rows,
        # To a tenth, so that what is drawn is what is said.
        starts={kind: probable.get(_start_name(sittings, kind), 0.0) for kind in VITAL_SIGNS},
        off=tuple(zip(last, point.off_sd[-len(last) :], strict=True)) if last else (),
    )


def _worst(sittings: Sequence[Sitting], point: Point) -> Look:
    """The look that lies furthest from the curve of this person."""
    looks = [look for one in sittings for look in one.looks]
    return max(zip(looks, point.off_sd, strict=True), key=lambda pair: abs(pair[1]))[0]


def _without(sitting: Sitting, kind: str) -> Sitting:
    return replace(sitting, looks=tuple(look for look in sitting.looks if look.kind != kind))


def own_course(
    taught: Taught, regimen: Regimen, at_h: NDArray[np.float64], *, setting: Setting, band: Band
) -> tuple[Taught, Simulation | None]:
    """These doses in the person so learned, at these hours; None where nothing may be said of this person, and then
    `why_not` says why: also where no model covers the doses in this person.

    setting: the sessions before the doses and the medicines taken with them.
    """
    if taught.individual is None:
        return taught, None
    try:
        own = simulate(
            regimen,
            taught.individual,
            at_h,
            model=own_model(taught.individual, regimen),
            band=band,
            earlier_sessions=setting.earlier_sessions,
            taking=setting.taking,
        )
    except BadInput as refusal:
        return replace(taught, individual=None, why_not=refusal.message), None
    return taught, own


def _start_name(sittings: Sequence[Sitting], kind: str) -> str:
    """What the engine calls this vital sign before the last sitting, empty where none was read: equal ones share a
    name."""
    starts = list(dict.fromkeys(look.before for one in sittings for look in one.looks if look.kind == kind))
    own = next((look.before for look in sittings[-1].looks if look.kind == kind), None)
    place = starts.index(own) if own is not None else -1
    return "" if place < 0 else f"{BASELINE}{kind}" + (f".{place + 1}" if place else "")


def _fitted(sittings: Sequence[Sitting], person: Person, earlier: int, taking: tuple[str, ...]) -> Point:
    began_at = sittings[0].began_at
    doses: list[Dose] = []
    seen: list[Reading] = []
    for one in sittings:
        from_h = (one.began_at - began_at) / HOUR
        doses += [replace(dose, start_h=from_h + dose.start_h) for dose in one.doses]
        seen += [Reading(look.kind, from_h + look.at_min / 60, look.value, look.before) for look in one.looks]
    regimen = Regimen(tuple(doses))
    return point_estimate(regimen, person, seen, model=choice_for(regimen).shown, setting=Setting(taking, earlier))
