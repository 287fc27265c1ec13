"""A refusal as a FHIR R4 OperationOutcome, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from euthymia.errors import BadInput, DocumentError
from euthymia.interop.fhir.document import Document
from euthymia.interop.fhir.resource import LONGEST_NARRATIVE, optional_text, present, root

ERROR_SYSTEM = "urn:euthymia:error"


class Severity(StrEnum):
    """issue-severity."""

    FATAL = "fatal"
    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


class IssueType(StrEnum):
    """issue-type: the codes that are used here."""

    INVALID = "invalid"
    STRUCTURE = "structure"
    REQUIRED = "required"
    VALUE = "value"
    INVARIANT = "invariant"
    LOGIN = "login"
    UNKNOWN = "unknown"
    FORBIDDEN = "forbidden"
    NOT_SUPPORTED = "not-supported"
    DUPLICATE = "duplicate"
    NOT_FOUND = "not-found"
    DELETED = "deleted"
    TOO_LONG = "too-long"
    CODE_INVALID = "code-invalid"
    EXTENSION = "extension"
    TOO_COSTLY = "too-costly"
    BUSINESS_RULE = "business-rule"
    CONFLICT = "conflict"
    EXCEPTION = "exception"
    INFORMATIONAL = "informational"


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing to say about a request. error: this project's stable code. path: FHIRPath where it applies."""

    message: str
    type: IssueType = IssueType.INVALID
    severity: Severity = Severity.ERROR
    error: str = ""
    path: str = ""


# This project's error codes -> FHIR's; every other refusal is `invalid`.
TYPES: Mapping[str, IssueType] = {
    "not_json": IssueType.STRUCTURE,
    "not_utf8": IssueType.STRUCTURE,
    "not_an_object": IssueType.STRUCTURE,
    "wrong_type": IssueType.STRUCTURE,
    "null": IssueType.STRUCTURE,
    "empty": IssueType.STRUCTURE,
    "missing": IssueType.REQUIRED,
    "no_patient": IssueType.REQUIRED,
    "no_name": IssueType.REQUIRED,
    "no_code": IssueType.REQUIRED,
    "no_unit": IssueType.REQUIRED,
    "no_value": IssueType.REQUIRED,
    "no_time": IssueType.REQUIRED,
    "not_in_list": IssueType.CODE_INVALID,
    "unknown_unit": IssueType.CODE_INVALID,
    "bad_code": IssueType.CODE_INVALID,
    "impossible_value": IssueType.VALUE,
    "impossible_date": IssueType.VALUE,
    "not_finite": IssueType.VALUE,
    "changed_meaning": IssueType.EXTENSION,
    "too_large": IssueType.TOO_LONG,
    "too_long": IssueType.TOO_LONG,
    "too_deep": IssueType.TOO_COSTLY,
    "wrong_resource": IssueType.NOT_SUPPORTED,
    "unknown_resource": IssueType.NOT_SUPPORTED,
    "not_supported": IssueType.NOT_SUPPORTED,
    "not_found": IssueType.NOT_FOUND,
    "already_imported": IssueType.DUPLICATE,
    "already_there": IssueType.DUPLICATE,
    "conflict": IssueType.CONFLICT,
    "forbidden": IssueType.FORBIDDEN,
    "login": IssueType.LOGIN,
}

# Only a path that begins at a resource is FHIRPath; any other is told in the diagnostics.
_FHIR_PATH = re.compile(r"[A-Z][A-Za-z]*(\.[a-z][A-Za-z0-9]*(\[\d+\])?)*")


def from_error(error: BadInput) -> Document:
    """The OperationOutcome that tells why input was refused."""
    kind = TYPES.get(error.code, IssueType.INVALID)
    return write((Issue(error.message, kind, Severity.ERROR, error.code, error.path),))


def write(issues: Iterable[Issue]) -> Document:
    """The OperationOutcome; refuses none at all (DocumentError)."""
    written = [_issue(issue) for issue in issues]
    if not written:
        raise DocumentError("empty", "OperationOutcome.issue", "An outcome says at least one thing.")
    return {"resourceType": "OperationOutcome", "issue": written}


def read(document: Mapping[str, object]) -> tuple[Issue, ...]:
    """The issues of an OperationOutcome this project wrote."""
    found = []
    for issue in root(document, "OperationOutcome").each("issue"):
        details = issue.need("details")
        codings, expressions = details.each("coding"), issue.each("expression")
        path = expressions[0].text(longest=LONGEST_NARRATIVE) if expressions else optional_text(issue, "diagnostics")
        found.append(
            Issue(
                message=details.need("text").text(longest=LONGEST_NARRATIVE),
                type=issue.need("code").choice(IssueType),
                severity=issue.need("severity").choice(Severity),
                error=codings[0].need("code").code() if codings else "",
                path=path,
            )
        )
    return tuple(found)


def _issue(issue: Issue) -> Document:
    is_path = bool(_FHIR_PATH.fullmatch(issue.path))
    coding = [{"system": ERROR_SYSTEM, "code": issue.error}] if issue.error else []
    return present(
        severity=issue.severity.value,
        code=issue.type.value,
        details=present(coding=coding, text=issue.message),
        expression=[issue.path] if is_path else [],
        diagnostics="" if is_path else issue.path,
    )
