"""Asking the research room, and keeping what it answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from euthymia.clinic.accounts.policies import SEE_EVIDENCE, insist
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.evidence.models import CohortTable, RunState, TrialRun
from euthymia.clinic.evidence.queries import cohort_request
from euthymia.clinic.evidence.research_room import build_table, run_trial
from euthymia.clinic.people.queries import visible_to
from euthymia.errors import BadInput

# The designs a clinic may run; each is a published trial, so that its answer can be held beside what was published.
DESIGNS = {"murrough2013_midazolam": "Single infusion against midazolam, 24 hours (Murrough 2013)"}
MOST_REPLICATES = 1000
# The same trial asked again within this time is a double click, not a second trial.
DOUBLE_CLICK = timedelta(seconds=10)


def build_cohort(viewer: Viewer, now: datetime) -> CohortTable:
    """Build the clinic's table anew. The computation runs outside any transaction; the row is written whole."""
    insist(viewer, SEE_EVIDENCE)
    request = cohort_request(viewer)
    answer = build_table(request)
    with transaction.atomic():
        table = CohortTable.objects.create(
            clinic_id=viewer.clinic_id,
            made_at=now,
            made_by_id=viewer.user_id,
            people=len({row["person"] for row in answer["rows"]}),
            rows=answer["rows"],
            codebook=answer["codebook"],
        )
        detail = {"rows": len(table.rows), "people": table.people}
        record(viewer, Action.EXPORT, "cohort", now=now, subject_id=table.pk, detail=detail)
    return table


def start_trial(viewer: Viewer, *, design: str, replicates: int, seed: int, now: datetime) -> TrialRun:
    """Start a virtual trial; its row says how it ended. Refuses an unknown design and an absurd size."""
    insist(viewer, SEE_EVIDENCE)
    if design not in DESIGNS:
        raise BadInput("unknown_design", "design", "Choose one of the designs listed.")
    if not 2 <= replicates <= MOST_REPLICATES:
        raise BadInput("replicates", "replicates", f"Between 2 and {MOST_REPLICATES} repetitions can be run here.")
    running = visible_to(viewer, TrialRun).filter(design=design, asked_by_id=viewer.user_id, state=RunState.RUNNING)
    twice = running.filter(asked_at__gt=now - DOUBLE_CLICK).first()
    if twice is not None:
        return twice
    with transaction.atomic():
        run = TrialRun.objects.create(
            clinic_id=viewer.clinic_id,
            design=design,
            seed=seed,
            replicates=replicates,
            asked_at=now,
            asked_by_id=viewer.user_id,
        )
        record(viewer, Action.CREATE, "trial_run", now=now, subject_id=run.id)
    run_id = run.id
    transaction.on_commit(
        lambda: run_trial(
            design, replicates=replicates, seed=seed, done=lambda result, problem: end_trial(run_id, result, problem)
        )
    )
    return run


def end_trial(run_id: UUID, result: dict[str, Any] | None, problem: str) -> None:
    """Keep how a trial ended. Called from the thread that waited for it, so the connection is closed afterwards."""
    try:
        with transaction.atomic():
            run = TrialRun.objects.select_for_update().get(id=run_id)
            run.state = RunState.DONE if result else RunState.FAILED
            run.result = result
            run.problem = problem
            run.ended_at = timezone.now()
            run.save()
    finally:
        connection.close()
