"""Taking a step of a taper, deciding by name against what holds it, and stopping it. Steps are only added."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from euthymia.care.decision import Allowed
from euthymia.care.override import Override, with_overrides
from euthymia.care.taper import HOLDS, LONGEST_ENTRY_DAYS, may_decide, may_lengthen
from euthymia.clinic.accounts.policies import PRESCRIBE, insist
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.assessments.decisions import decision_as_json
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import find_or_404, visible_to
from euthymia.clinic.plans.commands import DOUBLE_CLICK, SHORTEST_REASON, refusal_words
from euthymia.clinic.plans.models import Plan, PlanState, TaperStep
from euthymia.clinic.plans.queries import protocol_of
from euthymia.clinic.plans.tapers import known_today, steps_of
from euthymia.errors import BadInput

# As wide as the column.
LONGEST_REASON = 300


@transaction.atomic
def take_step(viewer: Viewer, plan: Plan, interval_days: int, now: datetime) -> TaperStep:
    """Doses are this many days apart from now on. The same step taken at once again is one.

    Refuses (BadInput) a plan that ended, an interval nobody means, and whatever the rules of a taper do not allow.
    """
    plan = _held(viewer, plan)
    _meant(interval_days)
    known = known_today(viewer, plan, now)
    last = known.step
    if last is not None and last.interval_days == interval_days and now - last.set_at < DOUBLE_CLICK:
        return last
    decision = may_lengthen(protocol_of(plan.protocol_version), interval_days, known.facts_for(interval_days))
    if not isinstance(decision, Allowed):
        raise BadInput("not_allowed", "interval_days", refusal_words(decision))
    return _written(viewer, plan, now, interval_days=interval_days, decision=decision_as_json(decision))


@transaction.atomic
def decide_step(viewer: Viewer, plan: Plan, interval_days: int, because: str, now: datetime) -> TaperStep:
    """A taper that is held goes on, or a step back is taken, by the prescriber's own decision and for this reason.

    The holds are accepted until the next answer. The same decision sent at once again is one.
    Refuses (BadInput) where no taper is under way, no reason is given, or a score is needed first.
    """
    plan, words = _held(viewer, plan), because.strip()[:LONGEST_REASON]
    _meant(interval_days)
    if len(words) < SHORTEST_REASON:
        says = f"Say why you decide so, in at least {SHORTEST_REASON} letters."
        raise BadInput("override_needs_reason", "because", says)
    known = known_today(viewer, plan, now)
    last = known.step
    if last is None:
        raise BadInput("no_taper", "plan", "No taper is under way.")
    if (last.interval_days, last.because) == (interval_days, words) and now - last.set_at < DOUBLE_CLICK:
        return last
    asked = may_decide(protocol_of(plan.protocol_version), interval_days, known.facts_for(interval_days))
    decision = with_overrides(asked, [Override(rule, viewer.name, words) for rule in sorted(HOLDS)])
    if not isinstance(decision, Allowed):
        raise BadInput("not_allowed", "interval_days", refusal_words(decision))
    kept = {"because": words, "decision": decision_as_json(decision)}
    return _written(viewer, plan, now, interval_days=interval_days, **kept)


@transaction.atomic
def stop_taper(viewer: Viewer, plan: Plan, because: str, now: datetime) -> TaperStep | None:
    """The taper stops; the next dose is due by the protocol and the forecast again. None where none was under way."""
    plan = _held(viewer, plan)
    if len(because.strip()) < SHORTEST_REASON:
        says = f"Say why the taper stops, in at least {SHORTEST_REASON} letters."
        raise BadInput("missing_reason", "because", says)
    last = next(iter(reversed(steps_of(plan))), None)
    if last is None or last.interval_days is None:
        return None
    return _written(viewer, plan, now, interval_days=None, because=because.strip()[:LONGEST_REASON])


def _meant(interval_days: int) -> None:
    if not 1 <= interval_days <= LONGEST_ENTRY_DAYS:
        raise BadInput("out_of_range", "interval_days", f"Give 1 to {LONGEST_ENTRY_DAYS} days.")


def _held(viewer: Viewer, plan: Plan) -> Plan:
    """The plan as it is now, held until the step is written."""
    insist(viewer, PRESCRIBE)
    visible_to(viewer, Patient).select_for_update(no_key=True).get(pk=plan.patient_id)
    plan = find_or_404(viewer, Plan, pk=plan.pk)
    if plan.state != PlanState.ACTIVE:
        raise BadInput("plan_ended", "plan", "This plan has ended.")
    return plan


def _written(viewer: Viewer, plan: Plan, now: datetime, **fields: object) -> TaperStep:
    about = {"clinic_id": viewer.clinic_id, "set_at": now, "set_by_id": viewer.user_id, "set_name": viewer.name}
    step = TaperStep.objects.create(plan=plan, **about, **fields)
    record(viewer, Action.CREATE, "taper_step", now=now, patient_id=plan.patient_id, subject_id=step.pk)
    return step
