"""One table of a document with the path that leads to it: reads fields, and refuses with that path."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from euthymia.errors import ProtocolError


class Named(Protocol):
    """An entry of a list is found by its name."""

    @property
    def name(self) -> str: ...


Item = TypeVar("Item", bound=Named)
Choice = TypeVar("Choice", bound=StrEnum)
NAME = re.compile(r"[a-z][a-z0-9_]*")


class Page:
    """A table being read."""

    def __init__(self, value: Any, path: str, known_sources: frozenset[str]) -> None:
        if not isinstance(value, Mapping):
            raise ProtocolError("not_a_table", path, "This must be a table of names and values.")
        self.value = value
        self.path = path
        self.known_sources = known_sources
        self.read: set[str] = set()

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def get(self, name: str) -> Any:
        self.read.add(name)
        return self.value.get(name)

    def refuse(self, code: str, name: str, message: str) -> ProtocolError:
        return ProtocolError(code, self.at(name), message)

    def text(self, name: str, default: str | None = None) -> str:
        value = self.get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not value.strip():
            raise self.refuse("missing" if value is None else "not_text", name, "Words are needed here.")
        return value.strip()

    def name(self, field: str = "name") -> str:
        value = self.text(field)
        if not NAME.fullmatch(value):
            raise self.refuse("bad_name", field, "Use small letters, digits and underscores.")
        return value

    def number(self, name: str, required: bool = True) -> float | None:
        value = self.get(name)
        if value is None and not required:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.refuse("not_a_number", name, "A number is needed here.")
        return float(value)

    def whole(self, name: str, required: bool = True) -> int | None:
        value = self.number(name, required)
        if value is None:
            return None
        if value != int(value) or value < 1:
            raise self.refuse("not_whole", name, "A whole number from 1 is needed here.")
        return int(value)

    def yes_no(self, name: str) -> bool:
        value = self.get(name)
        if not isinstance(value, bool):
            raise self.refuse("not_yes_no", name, "Say true or false.")
        return value

    def choice(self, name: str, kind: type[Choice]) -> Choice:
        value = self.text(name)
        try:
            return kind(value)
        except ValueError as wrong:
            known = ", ".join(item.value for item in kind)
            raise self.refuse("unknown_word", name, f"'{value}' is not one of: {known}.") from wrong

    def words(self, name: str, required: bool = True) -> tuple[str, ...]:
        value = self.get(name)
        if value is None and not required:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.refuse("not_a_list", name, "A list of words is needed here.")
        return tuple(value)

    def sources(self, needed: bool = True) -> tuple[str, ...]:
        names = self.words("source", required=False)
        for name in names:
            if name not in self.known_sources:
                raise self.refuse("unknown_source", "source", f"'{name}' is not listed under sources.")
        if needed and not names:
            raise self.refuse("no_source", "source", "Name the source; a number nobody sourced is a hole.")
        return names

    def page(self, name: str) -> Page:
        value = self.get(name)
        if value is None:
            raise self.refuse("missing", name, "This table is needed.")
        return Page(value, self.at(name), self.known_sources)

    def each(self, name: str, read: Callable[[Page], Item]) -> tuple[Item, ...]:
        rows = self.get(name) or []
        if not isinstance(rows, list):
            raise self.refuse("not_a_list", name, "A list of tables is needed here.")
        items = []
        for place, row in enumerate(rows):
            page = Page(row, f"{self.at(name)}[{place}]", self.known_sources)
            items.append(read(page))
            page.finish()
        self._refuse_twins(name, items)
        return tuple(items)

    def _refuse_twins(self, name: str, items: list[Item]) -> None:
        seen: set[str] = set()
        for place, item in enumerate(items):
            if item.name in seen:
                raise ProtocolError("twice", f"{self.at(name)}[{place}].name", f"'{item.name}' is there twice.")
            seen.add(item.name)

    def finish(self) -> None:
        """Refuses what nobody read: a misspelt field would otherwise be silently ignored."""
        for name in self.value:
            if name not in self.read:
                raise self.refuse("unknown_field", str(name), "This field is not known here.")
