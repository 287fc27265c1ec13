"""The clinic's own data as a table, and virtual trials beside what was published."""

from __future__ import annotations

import csv
import io
import secrets
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from euthymia.clinic.accounts.policies import SEE_EVIDENCE, requires
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.evidence import commands, presenters, queries, small_multiples
from euthymia.clinic.evidence.forms import TrialForm
from euthymia.clinic.evidence.models import TrialRun
from euthymia.clinic.people.queries import find_or_404

SHOWN_ROWS = 100
REFUSED_FORM = 422


@requires(SEE_EVIDENCE)
def evidence(request: HttpRequest) -> HttpResponse:
    """Both ways to ask what works: this clinic's own data, and a virtual trial."""
    return evidence_page(request, TrialForm())


def evidence_page(request: HttpRequest, form: TrialForm, *, status: int = 200) -> HttpResponse:
    """The page with an empty form, or with what was typed and why it was refused."""
    viewer = request.viewer  # type: ignore[attr-defined]
    context = {"table": queries.latest_table(viewer), "runs": queries.runs_of(viewer), "form": form}
    return render(request, "evidence/evidence.html", context, status=status)


@require_http_methods(["GET", "POST"])
@requires(SEE_EVIDENCE)
def cohort(request: HttpRequest) -> HttpResponse:
    """The last table built; POST builds it anew."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    if request.method == "POST":
        commands.build_cohort(viewer, now)
        return redirect("cohort")
    table, asked = queries.latest_table(viewer), small_multiples.Asked.of(request.GET)
    found = small_multiples.panel_page(table, asked, request.GET.get("page")) if table else None
    people = queries.people_behind(viewer, found.pseudonyms, table.made_at) if table and found else {}
    panels = small_multiples.panel_views(found, people) if found else []
    listed = {"rows": len(table.rows) if table else 0, "panels": len(panels), "named": sum(bool(p.url) for p in panels)}
    record(viewer, Action.LIST, "cohort", now=now, detail=listed)
    context = {
        "table": table,
        "shown": table.rows[:SHOWN_ROWS] if table else [],
        "summary": presenters.cohort_summary(table) if table else None,
        "found": found,
        "panels": panels,
        "order": small_multiples.ORDER_WORDS,
        "spans": small_multiples.SPANS_WEEKS,
    }
    return render(request, "evidence/cohort.html", context)


@requires(SEE_EVIDENCE)
def cohort_csv(request: HttpRequest) -> HttpResponse:
    """The last table as CSV, header first; an empty cell is what the codebook says it means."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    table = queries.latest_table(viewer)
    if table is None:
        raise Http404
    record(viewer, Action.EXPORT, "cohort", now=now, subject_id=table.pk, detail={"rows": len(table.rows)})
    text = io.StringIO()
    writer = csv.DictWriter(text, [column["name"] for column in table.codebook])
    writer.writeheader()
    writer.writerows(presenters.safe_cells(row) for row in table.rows)
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="cohort-{table.made_at:%Y-%m-%d}.csv"'
    return response


@require_POST
@requires(SEE_EVIDENCE)
def trial_start(request: HttpRequest) -> HttpResponse:
    """Start a virtual trial; a number that cannot be meant brings the form back with the reason beside it."""
    form = TrialForm(request.POST)
    if not form.is_valid():
        return evidence_page(request, form, status=REFUSED_FORM)
    asked = form.cleaned_data
    seed = secrets.randbelow(10**6) if asked["seed"] is None else asked["seed"]
    viewer = request.viewer  # type: ignore[attr-defined]
    run = commands.start_trial(
        viewer, design=asked["design"], replicates=asked["replicates"], seed=seed, now=timezone.now()
    )
    return redirect("trial", run.id)


@requires(SEE_EVIDENCE)
def trial(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """One virtual trial: running, or predicted beside published."""
    run = find_or_404(request.viewer, TrialRun, id=run_id)  # type: ignore[attr-defined]
    context = {
        "run": run,
        "title": commands.DESIGNS.get(run.design, run.design),
        "rows": presenters.trial_rows(run),
        "figures": presenters.trial_figures(run),
    }
    return render(request, "evidence/trial.html", context)
