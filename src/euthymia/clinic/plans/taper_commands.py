"""Taking a step of a taper, and stopping it. Steps are only added."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from euthymia.care.decision import Allowed
from euthymia.care.taper import LONGEST_ENTRY_DAYS, may_lengthen
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


@transaction.atomic
def take_step(viewer: Viewer, plan: Plan, interval_days: int, now: datetime) -> TaperStep:
    """Doses are this many days apart from now on. The same step taken at once again is one.

    Refuses (BadInput) a plan that ended, an interval nobody means, and whatever the rules of a taper do not allow.
    """
    plan = _held(viewer, plan)
    if not 1 <= interval_days <= LONGEST_ENTRY_DAYS:
        raise BadInput("out_of_range", "interval_days", f"Give 1 to {LONGEST_ENTRY_DAYS} days.")
    known = known_today(viewer, plan, now)
    last = known.step
    if last is not None and last.interval_days == interval_days and now - last.set_at < DOUBLE_CLICK:
        return last
    decision = may_lengthen(protocol_of(plan.protocol_version), interval_days, known.facts_for(interval_days))
    if not isinstance(decision, Allowed):
        raise BadInput("not_allowed", "interval_days", refusal_words(decision))
    return _written(viewer, plan, now, interval_days=interval_days, decision=decision_as_json(decision))


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
    return _written(viewer, plan, now, interval_days=None, because=because.strip()[:300])


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
