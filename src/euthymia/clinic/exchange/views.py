"""The clinic's records as FHIR R4, read only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from importlib.metadata import version
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from euthymia.clinic.accounts.policies import ANYONE, READ_FHIR, requires
from euthymia.clinic.exchange.queries import read_resource, search_resources
from euthymia.clinic.exchange.resources import READERS
from euthymia.clinic.settings import settings
from euthymia.errors import BadInput
from euthymia.interop.fhir import capability_statement, operation_outcome, searchset
from euthymia.interop.fhir.capability_statement import Interaction, SearchKind, SearchParameter, Served, Server
from euthymia.interop.fhir.document import Document, write_document
from euthymia.interop.fhir.operation_outcome import Issue, IssueType

# When what the server can do last changed.
SINCE = datetime(2026, 3, 1, tzinfo=UTC)
PARAMETERS = (SearchParameter("_id", SearchKind.TOKEN), SearchParameter("patient", SearchKind.REFERENCE))
View = Callable[..., HttpResponse]


def answers_fhir(view: View) -> View:
    """Refusals and absences as an OperationOutcome, the way every FHIR client expects them."""

    @wraps(view)
    def answering(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        try:
            return view(request, *arguments, **named)
        except BadInput as refusal:
            return fhir(operation_outcome.from_error(refusal), status=400)
        except Http404:
            issue = Issue("There is no such resource.", IssueType.NOT_FOUND)
            return fhir(operation_outcome.write([issue]), status=404)

    return answering


def fhir(document: Document, status: int = 200) -> HttpResponse:
    return HttpResponse(write_document(document), content_type=capability_statement.JSON_FORMAT, status=status)


@require_safe
@requires(ANYONE)
def metadata(request: HttpRequest) -> HttpResponse:
    """What this server can do; open to everybody, as FHIR asks."""
    interactions = (Interaction.READ, Interaction.SEARCH_TYPE)
    server = Server(
        software="Euthymia",
        version=version("euthymia"),
        description="Ketamine treatment of depression: people, scores, vital signs and doses. Read only.",
        url=base_url(),
        at=SINCE,
        resources=tuple(
            Served(kind, interactions, PARAMETERS[:1] if kind == "Patient" else PARAMETERS) for kind in READERS
        ),
    )
    return fhir(capability_statement.write(server))


@require_safe
@requires(READ_FHIR)
@answers_fhir
def read(request: HttpRequest, kind: str, identity: str) -> HttpResponse:
    viewer = request.viewer  # type: ignore[attr-defined]
    return fhir(read_resource(viewer, kind, identity, base_url=base_url(), now=timezone.now()))


@require_safe
@requires(READ_FHIR)
@answers_fhir
def search(request: HttpRequest, kind: str) -> HttpResponse:
    viewer = request.viewer  # type: ignore[attr-defined]
    wanted = request.GET.dict()
    page, after, total = search_resources(viewer, kind, wanted, base_url=base_url(), now=timezone.now())
    following = f"{base_url()}/{kind}?{urlencode(wanted | {'_offset': str(after)})}" if after else ""
    found = tuple(searchset.Found(one) for one in page)
    self_url = f"{base_url()}/{kind}?{urlencode(wanted)}" if wanted else f"{base_url()}/{kind}"
    return fhir(searchset.write(searchset.Searchset(base_url(), self_url, found, total, following)))


def base_url() -> str:
    return f"{settings().public_url}/fhir"
