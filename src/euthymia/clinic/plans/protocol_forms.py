"""Forms about the life of a protocol. What may be said is decided by care; a form reads it and shows each refusal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField

from euthymia.care.decision import Level
from euthymia.care.protocol import Bound, Measure, Protocol, Provenance, Stage
from euthymia.care.protocol_document import UNIT_OF_MEASURE
from euthymia.clinic.people.forms import ShortNumber
from euthymia.clinic.plans.protocol_edit import SECTIONS, Kind, Place, entry_words, places
from euthymia.clinic.plans.protocol_pages import LEVEL_WORDS, PROVENANCE_WORDS, STAGE_WORDS, measure_words

AT, SOURCE, HOW, REMOVE = "at:", "source:", "how:", "remove:"
ADDED = "added_here"
READ = (Provenance.READ, Provenance.ABSTRACT, Provenance.READ_SECONDARY, Provenance.CODE)


@dataclass(frozen=True, slots=True)
class Row:
    """One place on the page: its field, its source now, and for a cited number where a new one comes from."""

    field: BoundField
    place: Place
    source: BoundField | None
    how: BoundField | None


@dataclass(frozen=True, slots=True)
class Group:
    """What belongs to one entry, and the box that takes it out."""

    title: str
    rows: tuple[Row, ...]
    remove: BoundField | None


@dataclass(frozen=True, slots=True)
class Section:
    """A card of the edit page."""

    title: str
    name: str
    groups: tuple[Group, ...]


class CloneForm(forms.Form):
    """What a clone is called."""

    id = forms.CharField(
        label="Short name", max_length=60, help_text="Small letters, digits and underscores, e.g. iv_our_clinic."
    )
    version = forms.CharField(label="Version", max_length=20, initial="1.0.0")
    title = forms.CharField(label="Title", max_length=200)


class RetireForm(forms.Form):
    """Why a version goes out of use."""

    reason = forms.CharField(
        label="Why it is retired", max_length=300, widget=forms.Textarea(attrs={"rows": 2}), help_text="Shown for good."
    )


class UploadForm(forms.Form):
    """A protocol file."""

    file = forms.FileField(label="Protocol file (.toml or .json)")


class EditForm(forms.Form):
    """Every number, text and limit of a protocol, with what is there now."""

    reason = forms.CharField(
        label="What your own numbers and texts rest on",
        help_text="A guideline, a local policy, or who agreed on them and when. Kept with every number you set.",
        max_length=160,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    new_source = forms.RegexField(
        "^[A-Za-z0-9_-]+$", label="Short name of a new source", max_length=20, required=False, help_text="E.g. G24."
    )
    new_cite = forms.CharField(label="What it is", max_length=300, required=False)
    new_link = forms.CharField(label="Link", max_length=300, required=False)
    limit_measure = forms.ChoiceField(label="New limit on", required=False)
    limit_stage = forms.ChoiceField(label="When", required=False)
    limit_bound = forms.ChoiceField(
        label="Bound", choices=[(Bound.AT_MOST.value, "at most"), (Bound.AT_LEAST.value, "at least")], required=False
    )
    limit_level = forms.ChoiceField(label="What happens beyond it", required=False)
    limit_value = ShortNumber(label="Number", required=False)

    def __init__(self, protocol: Protocol, by: str, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.protocol = protocol
        self.by = by
        self.places = places(protocol)
        for place in self.places:
            self.fields[AT + place.path] = _field(place)
            if place.kind is Kind.CITED:
                self.fields[SOURCE + place.path] = forms.CharField(
                    label="Source of a new number", required=False, max_length=60, widget=_listed()
                )
                self.fields[HOW + place.path] = forms.ChoiceField(
                    label="How it was read",
                    choices=[(one.value, PROVENANCE_WORDS[one]) for one in READ],
                    required=False,
                )
        for entry in dict.fromkeys(place.entry for place in self.places if place.entry):
            self.fields[REMOVE + entry] = forms.BooleanField(label="Take this out", required=False)
        self._choose("limit_measure", [("", "no new limit"), *((one.value, _measure(one)) for one in Measure)])
        self._choose("limit_stage", [(one.value, STAGE_WORDS[one.value]) for one in Stage])
        self._choose("limit_level", [(one.value, LEVEL_WORDS[one]) for one in (Level.HOLD, Level.STOP)])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A new source needs its citation, a new limit its number."""
        typed = super().clean() or self.cleaned_data
        if typed.get("new_source") and not typed.get("new_cite"):
            self.add_error("new_cite", "Say what this source is.")
        if typed.get("limit_measure") and typed.get("limit_value") is None and "limit_value" not in self.errors:
            self.add_error("limit_value", "A new limit needs its number.")
        return typed

    def changes(self) -> dict[str, Any]:
        """path → new value, as `care.protocol_change.edit` reads it; only what differs. Call it on a valid form."""
        typed = self.cleaned_data
        found: dict[str, Any] = {}
        if typed.get("new_source"):
            link = {"link": typed["new_link"]} if typed.get("new_link") else {}
            found[f"sources.{typed['new_source']}"] = {"cite": typed["new_cite"], **link}
        gone = {place.entry for place in self.places if place.entry and typed.get(REMOVE + place.entry)}
        for place in self.places:
            if place.entry not in gone:
                found |= self._change(place, typed)
        found |= dict.fromkeys(gone)
        if typed.get("limit_measure"):
            found |= self._new_limit(typed)
        return found

    def _change(self, place: Place, typed: dict[str, Any]) -> dict[str, Any]:
        value = typed.get(AT + place.path)
        if place.kind is Kind.YES_NO:
            value = value == "yes"
        if place.kind is not Kind.CITED:
            return {} if value == place.value else {place.path: None if value in ("", None) else value}
        names = [name.strip() for name in typed.get(SOURCE + place.path, "").split(",") if name.strip()]
        if names and value is not None:
            return {place.path: {"value": value, "source": names, "provenance": typed[HOW + place.path]}}
        return {} if value == place.value else {place.path: value}

    def _new_limit(self, typed: dict[str, Any]) -> dict[str, Any]:
        measure, stage, level = typed["limit_measure"], typed["limit_stage"], typed["limit_level"]
        base = f"{stage}_{measure}_{level}_here"
        taken = {limit.name for limit in self.protocol.limits}
        name = next(one for one in (base, *(f"{base}_{number}" for number in range(2, 99))) if one not in taken)
        number = {
            "value": typed["limit_value"],
            "unit": UNIT_OF_MEASURE[Measure(measure)],
            "provenance": Provenance.CLINIC.value,
            "filled_by": f"{self.by}: {typed['reason'].strip()}",
            "why": "Added by the clinic.",
        }
        bound = typed["limit_bound"]
        entry = {"measure": measure, "stage": stage, "level": level, "bound": bound, "number": number}
        return {f"limits.{name}": entry}

    def refuse(self, path: str, message: str) -> None:
        """Shows a refusal at the field it is about, else above the form; nothing typed is lost."""
        self.add_error(next((name for name in self._names(path) if name in self.fields), None), message)

    def _names(self, path: str) -> Iterator[str]:
        yield from (path, AT + path)
        if path.endswith(".source"):
            yield SOURCE + path.removesuffix(".source").removesuffix(".number")
        entry = ".".join(path.split(".")[:2])
        yield from (AT + entry, REMOVE + entry)

    def sections(self) -> list[Section]:
        """The fields as the page shows them: by section, by entry."""
        titles = {place.section: SECTIONS[place.section] for place in self.places}
        return [Section(title, name or "what", tuple(self._groups(name))) for name, title in titles.items()]

    def _groups(self, section: str) -> Iterator[Group]:
        here = [place for place in self.places if place.section == section]
        for entry in dict.fromkeys(place.entry for place in here):
            rows = tuple(self._row(place) for place in here if place.entry == entry)
            title = entry_words(entry) if entry else ""
            yield Group(title, rows, self[REMOVE + entry] if entry else None)

    def _row(self, place: Place) -> Row:
        cited = place.kind is Kind.CITED
        source, how = (self[SOURCE + place.path], self[HOW + place.path]) if cited else (None, None)
        return Row(self[AT + place.path], place, source, how)


def _listed() -> forms.TextInput:
    return forms.TextInput(attrs={"list": "sources", "autocomplete": "off"})


def _measure(measure: Measure) -> str:
    return f"{measure_words(measure.value)} ({UNIT_OF_MEASURE[measure]})"


def _field(place: Place) -> forms.Field:
    """The field of a place, with what is there now."""
    label = f"{place.label} ({place.unit})" if place.unit else place.label
    if place.kind in (Kind.CITED, Kind.NUMBER):
        return ShortNumber(label=label, required=False, initial=_plain(place.value))
    if place.kind is Kind.YES_NO:
        choices = [("yes", "yes"), ("no", "no")]
        return forms.ChoiceField(label=label, choices=choices, initial="yes" if place.value else "no")
    if place.kind is Kind.LEVEL:
        levels = [(one.value, LEVEL_WORDS[one]) for one in (Level.HOLD, Level.STOP)]
        return forms.ChoiceField(label="Beyond it", choices=levels, initial=place.value)
    one_line = place.path == "title" or place.path.endswith(".label")
    widget = forms.TextInput() if one_line else forms.Textarea(attrs={"rows": 3})
    return forms.CharField(label=label, required=False, initial=place.value, widget=widget)


def _plain(value: Any) -> Any:
    """40.0 is shown as 40."""
    return int(value) if isinstance(value, float) and value == int(value) else value
