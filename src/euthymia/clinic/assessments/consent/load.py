"""The consent texts that ship with the clinic: what a person reads before they sign."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from euthymia.care.protocol import Protocol
from euthymia.errors import BadInput

SHIPPED = ("en",)
# Products whose maker keeps a safety programme that people are enrolled in.
ENROLLED_DRUGS = frozenset({"esketamine"})


class AppliesWhen(StrEnum):
    """To which protocols a statement belongs."""

    ALWAYS = "always"
    OFF_LABEL = "off_label"
    REMS = "rems"


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing the person agrees to."""

    name: str
    applies: AppliesWhen
    heading: str
    says: str


@dataclass(frozen=True, slots=True)
class ConsentText:
    """Everything one person reads for one protocol. `version` is what a signature is bound to."""

    version: str
    language: str
    statements: tuple[Statement, ...]


@cache
def shipped_text(language: str = "en") -> ConsentText:
    """The whole shipped text, English where a language is not there yet."""
    name = language if language in SHIPPED else "en"
    file = resources.files("euthymia.clinic.assessments.consent") / f"{name}.toml"
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    return ConsentText(
        document["version"], document["language"], tuple(_statement(row) for row in document["statement"])
    )


def consent_text(protocol: Protocol, language: str = "en") -> ConsentText:
    """What a person reads before they agree to this protocol."""
    return text_for(off_label=protocol.off_label, rems=protocol.drug in ENROLLED_DRUGS, language=language)


def text_for(*, off_label: bool, rems: bool, language: str = "en") -> ConsentText:
    """The text for one kind of protocol; the off-label and enrolment wording only where they apply."""
    whole = shipped_text(language)
    shown = (
        {AppliesWhen.ALWAYS}
        | ({AppliesWhen.OFF_LABEL} if off_label else set())
        | ({AppliesWhen.REMS} if rems else set())
    )
    return ConsentText(whole.version, whole.language, tuple(one for one in whole.statements if one.applies in shown))


def _statement(row: dict[str, Any]) -> Statement:
    try:
        return Statement(row["name"], AppliesWhen(row["when"]), row["heading"], row["says"])
    except (KeyError, ValueError) as problem:
        raise BadInput("consent_text", str(row.get("name", "")), f"This statement cannot be read: {problem}.") from None
