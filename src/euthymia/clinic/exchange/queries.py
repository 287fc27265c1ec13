"""Finding FHIR resources for a viewer; each look is written to the access log."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from uuid import UUID

from django.http import Http404

from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.exchange.resources import PART, READERS, Reader, Scope
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import find_or_404, visible_to
from euthymia.errors import BadInput
from euthymia.interop.fhir.document import Document

PAGE_SIZE, LARGEST_PAGE = 50, 500
LONGEST_NUMBER = 9


def read_resource(viewer: Viewer, kind: str, identity: str, *, base_url: str, now: datetime) -> Document:
    """One resource by its id; another clinic's looks exactly like one that does not exist."""
    scope = Scope(viewer, base_url, identity=identity)
    found = next((one for one in (made() for made in reader_of(kind)(scope)) if one["id"] == identity), None)
    if found is None:
        raise Http404
    record(
        viewer,
        Action.READ,
        f"fhir_{kind}",
        now=now,
        patient_id=patient_of(found),
        subject_id=identity.partition(PART)[0],
    )
    return found


def search_resources(
    viewer: Viewer, kind: str, wanted: dict[str, str], *, base_url: str, now: datetime
) -> tuple[list[Document], int, int]:
    """(one page, where the next begins or 0, how many there are) of a search by patient; refuses other parameters."""
    reader = reader_of(kind)
    known = {"_id", "_count", "_offset"} | (set() if kind == "Patient" else {"patient"})
    for name in wanted:
        if name not in known:
            says = f"'{name}' cannot be searched by here. Use one of: {', '.join(sorted(known))}."
            raise BadInput("unknown_parameter", name, says)
    patient_id = named_patient(viewer, kind, wanted)
    count = min(whole(wanted, "_count", PAGE_SIZE), LARGEST_PAGE)
    offset = whole(wanted, "_offset", 0)
    identity = wanted.get("_id", "") if kind != "Patient" else ""
    matches = list(reader(Scope(viewer, base_url, patient_id, identity)))
    if identity:
        matches = [made for made in matches if made()["id"] == identity]
    page = [made() for made in islice(matches, offset, offset + count)]
    detail = {"count": len(page)}
    record(viewer, Action.LIST, f"fhir_{kind}", now=now, patient_id=patient_id, detail=detail)
    after = offset + len(page)
    return page, after if after < len(matches) else 0, len(matches)


def named_patient(viewer: Viewer, kind: str, wanted: dict[str, str]) -> UUID | None:
    """The person a search names. Everything but Patient must name one: a whole clinic is what exports are for."""
    text = wanted.get("_id" if kind == "Patient" else "patient", "").removeprefix("Patient/")
    if not text:
        if kind == "Patient":
            return None
        raise BadInput("missing_parameter", "patient", "Name the person: ?patient=<id>.")
    if not is_uuid(text):
        raise BadInput("not_an_id", "patient", f"'{text}' is not the id of a person.")
    if kind == "Patient":
        found = visible_to(viewer, Patient).filter(id=text).first()
        return found.id if found else UUID(int=0)
    found_id: UUID = find_or_404(viewer, Patient, id=text).id
    return found_id


def reader_of(kind: str) -> Reader:
    """How resources of this type are read; 404 for a type that is not served."""
    if kind not in READERS:
        raise Http404
    return READERS[kind]


def patient_of(resource: Document) -> UUID | None:
    """Whose resource this is."""
    if resource["resourceType"] == "Patient":
        return UUID(str(resource["id"]))
    subject = resource.get("subject")
    reference = subject.get("reference", "") if isinstance(subject, dict) else ""
    text = str(reference).removeprefix("Patient/")
    return UUID(text) if is_uuid(text) else None


def whole(wanted: dict[str, str], name: str, otherwise: int) -> int:
    text = wanted.get(name, str(otherwise))
    if not (text.isdecimal() and len(text) <= LONGEST_NUMBER):
        raise BadInput("not_a_number", name, f"{name} is a whole number, 0 or more.")
    return int(text)


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
