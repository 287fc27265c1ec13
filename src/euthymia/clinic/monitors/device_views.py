"""Where bedside monitors send what they measure. A monitor proves itself by its secret and never names a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from euthymia.care.vital_stream import StreamSample
from euthymia.clinic.accounts.policies import MONITOR_TOKEN, requires
from euthymia.clinic.monitors.answers import (
    BEFORE_SESSION,
    NO_SESSION,
    REVOKED,
    SEQUENCE_TAKEN,
    Batch,
    RefusedSample,
    Taken,
)
from euthymia.clinic.monitors.commands import take_batch
from euthymia.clinic.monitors.queries import find_device
from euthymia.clinic.monitors.traffic import TRAFFIC
from euthymia.clinic.monitors.wire import answer, read_batch
from euthymia.errors import BadInput
from euthymia.interop.fhir import capability_statement, monitor_observation, operation_outcome
from euthymia.interop.fhir.document import Document, write_document
from euthymia.interop.fhir.operation_outcome import Issue, IssueType, Severity

OK, BAD, UNKNOWN, NOBODY, CONFLICT, REFUSED = 200, 400, 401, 404, 409, 422
BEARER = "Bearer "
DeviceView = Callable[[HttpRequest, UUID, datetime], HttpResponse]


def for_monitors(view: DeviceView) -> Callable[[HttpRequest], HttpResponse]:
    """The view gets the monitor whose secret the request brings; without one the request is answered here."""

    @wraps(view)
    def asking(request: HttpRequest) -> HttpResponse:
        header = request.headers.get("Authorization", "")
        device_id = find_device(header.removeprefix(BEARER)) if header.startswith(BEARER) else None
        if device_id is None:
            return _unknown()
        with TRAFFIC.passing():
            response = view(request, device_id, timezone.now())
        response.every_second = response.status_code == OK  # type: ignore[attr-defined]
        return response

    return asking


def _unknown() -> HttpResponse:
    says = "This monitor is not known here, or was revoked. A manager registers it on the Monitors page."
    response = JsonResponse(BadInput("unknown_monitor", "Authorization", says).as_json(), status=UNKNOWN)
    response["WWW-Authenticate"] = "Bearer"
    return response


@csrf_exempt
@require_POST
@requires(MONITOR_TOKEN)
@for_monitors
def samples(request: HttpRequest, device_id: UUID, now: datetime) -> HttpResponse:
    """A small batch of samples as JSON. What is under `acknowledged` is on disk and need not be sent again."""
    try:
        read, refused = read_batch(request.body, now)
    except BadInput as refusal:
        return JsonResponse(refusal.as_json(), status=BAD)
    taken = take_batch(Batch(device_id, read, refused, now))
    if taken.problem is not None and taken.problem.code == REVOKED:
        return _unknown()
    if taken.problem is not None:
        return JsonResponse(taken.problem.as_json(), status=NOBODY)
    return JsonResponse(answer(taken, now), status=_status(taken))


def _status(taken: Taken) -> int:
    if taken.conflict:
        return CONFLICT
    return REFUSED if taken.refused and not taken.acknowledged else OK


@csrf_exempt
@require_POST
@requires(MONITOR_TOKEN)
@for_monitors
def observation(request: HttpRequest, device_id: UUID, now: datetime) -> HttpResponse:
    """One FHIR Observation; the answer is an OperationOutcome."""
    try:
        sample = monitor_observation.read_observation(request.body, now)
    except BadInput as refusal:
        return _fhir(operation_outcome.from_error(refusal), BAD)
    taken = take_batch(Batch(device_id, [sample], [], now))
    refusal = taken.problem or next((one.refusal for one in taken.refused), None)
    return _fhir(*_outcome(refusal, late=bool(taken.late)))


@csrf_exempt
@require_POST
@requires(MONITOR_TOKEN)
@for_monitors
def observations(request: HttpRequest, device_id: UUID, now: datetime) -> HttpResponse:
    """A batch Bundle of Observations; the answer is a batch-response with one outcome for each."""
    try:
        resources = monitor_observation.read_batch(request.body)
    except BadInput as refusal:
        return _fhir(operation_outcome.from_error(refusal), BAD)
    read: list[StreamSample | BadInput] = []
    for place, resource in enumerate(resources):
        try:
            read.append(monitor_observation.read_observation(resource, now, f"Bundle.entry[{place}].resource"))
        except BadInput as refusal:
            read.append(refusal)
    refused = [RefusedSample(None, one) for one in read if isinstance(one, BadInput)]
    taken = take_batch(Batch(device_id, [one for one in read if isinstance(one, StreamSample)], refused, now))
    if taken.problem is not None:
        return _fhir(*_outcome(taken.problem))
    refusals = {id(one.sample): one.refusal for one in taken.refused if one.sample is not None}
    entries = []
    for one in read:
        refusal = one if isinstance(one, BadInput) else refusals.get(id(one))
        late = isinstance(one, StreamSample) and one.sequence in taken.late
        outcome, status = _outcome(refusal, late=late)
        entries.append({"response": {"status": str(status), "outcome": outcome}})
    return _fhir({"resourceType": "Bundle", "type": "batch-response", "entry": entries})


# What is refused for what it says is 400; these are refused for where it meets us.
STATUS = {REVOKED: UNKNOWN, NO_SESSION: NOBODY, SEQUENCE_TAKEN: CONFLICT, BEFORE_SESSION: REFUSED}


def _outcome(refusal: BadInput | None, *, late: bool = False) -> tuple[Document, int]:
    if refusal is not None:
        return operation_outcome.from_error(refusal), STATUS.get(refusal.code, BAD)
    said = "Kept, but late." if late else "Kept."
    return operation_outcome.write([Issue(said, IssueType.INFORMATIONAL, Severity.INFORMATION)]), OK


def _fhir(document: Any, status: int = OK) -> HttpResponse:
    return HttpResponse(write_document(document), content_type=capability_statement.JSON_FORMAT, status=status)
