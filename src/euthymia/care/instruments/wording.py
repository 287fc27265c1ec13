"""Puts a clinic's licensed wording on an instrument whose words are not ours to ship."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from euthymia.care.instruments.instrument import Instrument, Item
from euthymia.errors import InstrumentError


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one instrument in one language, as their owner gave them.

    items: item → question.   options: item → answer value → words.   notice: the owner's, shown wherever the words are.
    """

    language: str
    items: Mapping[str, str]
    options: Mapping[str, Mapping[int, str]]
    notice: str
    instruction: str = ""


def with_wording(instrument: Instrument, wording: Wording) -> Instrument:
    """The instrument in its owner's words; what it asks, scores and exchanges stays the same.

    Refuses (InstrumentError) a wording with a question or an answer too many or too few, one without its owner's
    notice, and a language whose exact words are shipped already.
    """
    if instrument.can_be_shown and wording.language in instrument.languages:
        says = f"{instrument.title} is shipped in these exact words: {', '.join(instrument.languages)}."
        raise InstrumentError("already_shipped", "language", says)
    if not wording.notice.strip():
        raise InstrumentError("no_notice", "notice", "Give the notice of the owner; it is shown with the words.")
    known = [item.id for item in instrument.items]
    for path, names in (("items", wording.items), ("options", wording.options)):
        for name in names:
            if name not in known:
                says = f"{instrument.title} has no such item: {', '.join(known)}."
                raise InstrumentError("unknown_item", f"{path}.{name}", says)
    return replace(
        instrument,
        items=tuple(_worded(item, wording) for item in instrument.items),
        instruction=_added(instrument.instruction, wording.language, wording.instruction),
        licence=replace(instrument.licence, notice=wording.notice.strip()),
    )


def _worded(item: Item, wording: Wording) -> Item:
    text = wording.items.get(item.id, "").strip()
    if not text:
        raise InstrumentError("wording_incomplete", f"items.{item.id}", "The words of this question are not there.")
    answers = wording.options.get(item.id, {})
    for value in answers:
        if value not in item.values:
            raise InstrumentError("unknown_answer", f"options.{item.id}.{value}", "This is no answer here.")
    options = []
    for option in item.options:
        words = answers.get(option.value, "").strip()
        if not words:
            path = f"options.{item.id}.{option.value}"
            raise InstrumentError("wording_incomplete", path, "The words of this answer are not there.")
        options.append(replace(option, texts=_added(option.texts, wording.language, words)))
    return replace(item, texts=_added(item.texts, wording.language, text), options=tuple(options))


def _added(texts: Mapping[str, str], language: str, text: str) -> Mapping[str, str]:
    return MappingProxyType({**texts, language: text})
