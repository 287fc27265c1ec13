"""One place in a FHIR document and its path, read strictly: a value of the right type, or a refusal that says where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from euthymia.errors import DocumentError

Choice = TypeVar("Choice", bound=StrEnum)

# A line of a record; longer text is narrative and belongs in a note.
MAX_TEXT = 300
_CODE = re.compile(r"\S+( \S+)*")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Element:
    """A JSON value and where it stands, e.g. `Bundle.entry[3].resource.code`."""

    value: object
    path: str

    def refuse(self, code: str, message: str) -> DocumentError:
        """The error to raise about this element."""
        return DocumentError(code, self.path, message)

    def members(self) -> Mapping[str, object]:
        """The members of a JSON object; refuses anything else."""
        if not isinstance(self.value, dict):
            raise self.refuse("wrong_type", f"An object is expected here, not {_kind(self.value)}.")
        return self.value

    def get(self, name: str) -> Element | None:
        """The member `name`, or None where it is absent. FHIR has no null."""
        members = self.members()
        if name not in members:
            return None
        found = Element(members[name], f"{self.path}.{name}")
        if found.value is None:
            raise found.refuse("null", "FHIR has no null: leave the element out.")
        return found

    def need(self, name: str) -> Element:
        """The member `name`; refuses its absence."""
        found = self.get(name)
        if found is None:
            raise DocumentError("missing", f"{self.path}.{name}", "This element is required.")
        return found

    def each(self, name: str) -> tuple[Element, ...]:
        """The members of the list `name`, none where it is absent; refuses an empty list and null."""
        found = self.get(name)
        if found is None:
            return ()
        if not isinstance(found.value, list):
            raise found.refuse("wrong_type", f"A list is expected here, not {_kind(found.value)}.")
        if not found.value:
            raise found.refuse("empty", "FHIR has no empty list: leave the element out.")
        return tuple(found.items())

    def items(self) -> Iterator[Element]:
        """The places of a list that was checked to be one."""
        assert isinstance(self.value, list)
        for position, inner in enumerate(self.value):
            yield Element(inner, f"{self.path}[{position}]")

    def text(self, *, longest: int = MAX_TEXT) -> str:
        """Printable text with something in it, trimmed; refuses what is longer than `longest`."""
        if not isinstance(self.value, str):
            raise self.refuse("wrong_type", f"Text is expected here, not {_kind(self.value)}.")
        trimmed = self.value.strip()
        if not trimmed:
            raise self.refuse("empty", "FHIR has no empty text: leave the element out.")
        if len(trimmed) > longest:
            raise self.refuse("too_long", f"At most {longest} characters are taken here; this has {len(trimmed)}.")
        if _UNPRINTABLE.search(trimmed):
            raise self.refuse("unprintable", "This text holds a control character.")
        return trimmed

    def code(self) -> str:
        """A FHIR code: no space at its ends, single spaces inside."""
        found = self.text()
        if not _CODE.fullmatch(found) or found != self.value:
            raise self.refuse("bad_code", "A code has no spaces at its ends and single spaces inside.")
        return found

    def choice(self, kind: type[Choice]) -> Choice:
        """A code that is one of a closed list (a required binding of FHIR)."""
        found = self.code()
        try:
            return kind(found)
        except ValueError:
            known = ", ".join(kind)
            raise self.refuse("not_in_list", f"'{found[:60]}' is not one of: {known}.") from None

    def flag(self) -> bool:
        """true or false, nothing that merely looks like it."""
        if not isinstance(self.value, bool):
            raise self.refuse("wrong_type", f"true or false is expected here, not {_kind(self.value)}.")
        return self.value

    def decimal(self) -> Decimal:
        """A finite number with the digits it was written with."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | Decimal):
            raise self.refuse("wrong_type", f"A number is expected here, not {_kind(self.value)}.")
        number = Decimal(self.value)
        if not number.is_finite():
            raise self.refuse("not_finite", "A number must be finite.")
        return number

    def whole(self) -> int:
        """A whole number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self.refuse("wrong_type", f"A whole number is expected here, not {_kind(self.value)}.")
        return self.value


def _kind(value: object) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | Decimal():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return "null"
