"""The session page: the status strip, the actions of the phase, the flowsheet and what stands beside it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import floor
from typing import Any

from euthymia.care.bedside_dose import start_of
from euthymia.care.decision import Allowed, Decision, Level, reasons_of
from euthymia.care.dosing import Room, room_under_caps
from euthymia.care.given_dose import given_mg
from euthymia.care.instruments import load_instrument
from euthymia.care.monitoring import watch
from euthymia.care.protocol import Provenance
from euthymia.care.session import Phase, SessionState
from euthymia.clinic.accounts.roles import PRESCRIBING
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.assessments.decisions import decision_panel
from euthymia.clinic.plans.drafts import order_of, prior_doses
from euthymia.clinic.sessions import forms
from euthymia.clinic.sessions.bedside_grid import limit_words, screen
from euthymia.clinic.sessions.board import DueLine, clock_words, due_lines, numbers
from euthymia.clinic.sessions.expected import expected_of, not_as_predicted
from euthymia.clinic.sessions.flowsheet import ROWS, check_rows
from euthymia.clinic.sessions.gate import (
    IDENTIFIERS,
    GateAnswers,
    answers_of,
    ask_discharge,
    ask_gate,
    ask_start,
    overrides_of,
)
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.queries import free_chairs, session_protocol
from euthymia.clinic.sessions.wording import PHASES, ROUTES, SIDE_EFFECTS, ago

Context = dict[str, Any]
# The levels of sedation from awake down, in the words of the instrument's data.
MOAAS = tuple((option.value, option.label) for option in reversed(load_instrument("moaas").items[0].options))
NAUSEA = tuple(option.value for option in load_instrument("nausea_rating").items[0].options)
CADSS6_ITEMS = tuple((f"cadss6_item_{item.id}", item.label) for item in load_instrument("cadss6").items)


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist with the answer so far: "yes", "no" or ""."""

    name: str
    text: str
    required: bool
    source: str
    answer: str


@dataclass(frozen=True, slots=True)
class Fill:
    """How full one cap is."""

    words: str
    used: float
    most: float
    left: str
    cap: str


def status_context(viewer: Viewer, session: Session, state: SessionState, now: datetime) -> Context:
    """Phase, clock, dose so far, what is due, the latest numbers and what the rules say about them."""
    protocol, order = session_protocol(session), order_of(session.plan)
    word, tone, icon = PHASES[state.phase]
    watched = watch(state, protocol, now)
    lines = due_lines(state, protocol, now, viewer.zone)
    closed = state.phase in (Phase.DISCHARGED, Phase.CANCELLED)
    given = given_mg(state, now) if state.clock_at else 0.0
    return {
        "session": session,
        "phase": word,
        "phase_tone": tone,
        "phase_icon": icon,
        "clock": "" if closed else clock_words(state, now),
        "given": f"{given:.1f}",
        "given_per_kg": f"{given / order.weight_kg:.2f}",
        "order": order,
        "route": ROUTES.get(order.route, order.route),
        "room": _room(viewer, session, now),
        "due": () if closed else lines,
        "numbers": numbers(state, watched, now, stale=any(line.tone == "over" for line in lines)),
        "age": ago(state.last_reading.at, now) if state.last_reading else "",
        "alarms": () if closed else _alarms(watched),
        "strange": "" if closed else not_as_predicted(session, state),
        "closed": closed,
    }


def _alarms(watched: Decision) -> tuple[DueLine, ...]:
    """What broke a limit, loudest first: a stop, then what the prescriber should hear."""
    reasons = [reason for reason in reasons_of(watched) if reason.refuses and reason.rule != "check_overdue"]
    ordered = sorted(reasons, key=lambda reason: reason.level is not Level.STOP)
    return tuple(
        DueLine(reason.says, reason.source, "over" if reason.level is Level.STOP else "soon") for reason in ordered
    )


def _room(viewer: Viewer, session: Session, now: datetime) -> tuple[Fill, ...]:
    """What this dose uses of each upper limit, and what is left."""
    order, protocol = order_of(session.plan), session_protocol(session)
    began = session.dose_started_at or now
    prior = [dose for dose in prior_doses(viewer, session.patient) if dose.at < began]
    return tuple(fill_of(row) for row in room_under_caps(protocol, order, prior, began)[:2])


def fill_of(row: Room) -> Fill:
    """Two decimals at most. What is left is rounded down and what is over up, so that neither looks safer."""
    cap, unit = row.limit.number.value or 0.0, row.limit.number.unit
    hundredths = floor(round(row.left * 100, 6))
    left = f"{hundredths / 100:g} left" if hundredths >= 0 else f"{-hundredths / 100:g} over"
    return Fill(f"{round(row.used, 2):g} of {cap:g} {unit}", row.used, cap, left, f"{cap:g} {unit}")


def sheet_context(viewer: Viewer, session: Session, state: SessionState, now: datetime) -> Context:
    """The flowsheet, the checks and the open side effects."""
    protocol = session_protocol(session)
    return {
        "session": session,
        "grid": screen(state, protocol, now, viewer.zone),
        "checks": check_rows(state, protocol, now, viewer.zone),
        "effects": [(span, ago(span.from_at, now), str(uuid.uuid4())) for span in state.open_side_effects],
        "closed": state.phase in (Phase.DISCHARGED, Phase.CANCELLED),
    }


def expected_context(_: Viewer, session: Session, state: SessionState, now: datetime) -> Context:
    """Predicted beside observed, and this person so far; a part of its own, so that no entry waits for an estimate."""
    return {"session": session, "expected": expected_of(session, state)}


def actions_context(
    viewer: Viewer,
    session: Session,
    state: SessionState,
    now: datetime,
    *,
    typed: Mapping[str, str] | None = None,
    asked: Decision | None = None,
) -> Context:
    """The buttons of this phase with what each of them would answer. typed, asked: a press that was refused."""
    context: Context = {
        "session": session,
        "phase": state.phase.value,
        "order": order_of(session.plan),
        "event_id": str(uuid.uuid4()),
        "second_id": str(uuid.uuid4()),
        "third_id": str(uuid.uuid4()),
        "typed": typed or {},
        "devices_given": len(state.devices),
        "may_accept": viewer.role in PRESCRIBING,
        "identifiers": _identifiers(typed),
        "delivery": start_of(order_of(session.plan)).delivery.value,
    }
    if state.phase is Phase.PLANNED:
        context["chairs"] = free_chairs(viewer)
    if state.phase in (Phase.ARRIVED, Phase.READY):
        context |= _gate_context(viewer, session, state, now, typed, asked)
    if state.phase is Phase.OBSERVING:
        facts = forms.discharge_facts(typed or {})
        decision = ask_discharge(viewer, session, state, facts, at=now) if asked is None else asked
        context |= {"panel": decision_panel(decision, "to go home"), "holds": _holds(decision), "facts": facts}
    return context


def _gate_context(
    viewer: Viewer,
    session: Session,
    state: SessionState,
    now: datetime,
    typed: Mapping[str, str] | None,
    asked: Decision | None,
) -> Context:
    protocol = session_protocol(session)
    answers = forms.gate_answers(typed, protocol) if typed else answers_of(session)
    overrides = overrides_of(session, "gate")
    ready = state.phase is Phase.READY
    if asked is not None:
        decision = asked
    elif ready and not typed:
        decision = ask_start(viewer, session, state, at=now)
    else:
        decision = ask_gate(viewer, session, state, answers, overrides=overrides, at=now)
    return {
        "panel": decision_panel(decision, "to start the dose" if ready else "to pass the gate"),
        "holds": _holds(decision),
        "may_start": ready and isinstance(decision, Allowed),
        "checks": _checks(session, answers),
        "escort_name": answers.escort_name,
        "identifiers": _identifiers({f"identifier_{name}": "on" for name in answers.identifiers}),
    }


def _checks(session: Session, answers: GateAnswers) -> tuple[Check, ...]:
    words = {True: "yes", False: "no", None: ""}
    found = []
    for item in session_protocol(session).checks:
        number = item.number
        text = f"{item.text} ({number.value:g} {number.unit})" if number and number.value is not None else item.text
        source = ", ".join(item.source) if item.provenance is not Provenance.HOUSE else "this clinic"
        found.append(Check(item.name, text, item.required, source, words[answers.checklist.get(item.name)]))
    return tuple(found)


def _identifiers(typed: Mapping[str, str] | None) -> tuple[tuple[str, str, bool], ...]:
    return tuple((name, words, bool((typed or {}).get(f"identifier_{name}"))) for name, words in IDENTIFIERS.items())


def _holds(decision: Decision) -> tuple[tuple[str, str], ...]:
    """(rule, words) of what a prescriber may accept with a reason."""
    found = {reason.rule: reason.says for reason in reasons_of(decision) if reason.level is Level.HOLD}
    return tuple(found.items())


def entry_context(session: Session, state: SessionState, *, typed: Mapping[str, str] | None = None) -> Context:
    """The one-line entry with its limits, the scales and the chips: empty, or as they were typed."""
    limits, names = limit_words(session_protocol(session), state), dict(ROWS)
    return {
        "session": session,
        "typed": typed or {},
        "event_id": (typed or {}).get("event_id") or str(uuid.uuid4()),
        "scale_id": str(uuid.uuid4()),
        "effect_id": str(uuid.uuid4()),
        "limits": [(names[row], words) for row, words in limits.items()],
        "side_effects": SIDE_EFFECTS,
        "severities": ("mild", "moderate", "severe"),
        "since_choices": [("0", "now"), *((str(minutes), f"{minutes} min ago") for minutes in forms.AGO_MIN)],
        "moaas": MOAAS,
        "cadss_items": CADSS6_ITEMS,
        "cadss_values": range(5),
        "nausea_values": NAUSEA,
    }
