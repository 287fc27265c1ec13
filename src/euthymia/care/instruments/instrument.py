"""An instrument is data: items, options, scoring, bands, rules for change, codes and licence, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from euthymia.care.evidence import Basis


class LicenceClass(StrEnum):
    """May the wording be shipped? Embed: yes, with its notice. Conditional and site supplied: the clinic loads it.
    An instrument whose owner forbids electronic forms has no class here, because it cannot be built."""

    EMBED = "embed"
    CONDITIONAL = "conditional"
    SITE_SUPPLIED = "site_supplied"


class Rater(StrEnum):
    PATIENT = "patient"
    CLINICIAN = "clinician"


class Take(StrEnum):
    """How a group of items becomes one number."""

    SUM = "sum"
    HIGHEST = "highest"


class Bound(StrEnum):
    """On which side of a limit a total counts; both include the limit itself."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"


@dataclass(frozen=True, slots=True)
class Option:
    """One answer: its value, its licensed words by language or our own `label`, its LOINC answer code, and the points
    it adds where they are not the value (HAM-D item 16: a 3 is "not assessed" and adds 0)."""

    value: int
    texts: Mapping[str, str]
    loinc: str = ""
    label: str = ""
    points: int | None = None

    def text(self, language: str = "en") -> str:
        """The words in this language, else English, else our own label, else the bare value."""
        return self.texts.get(language) or self.texts.get("en") or self.label or str(self.value)


@dataclass(frozen=True, slots=True)
class Condition:
    """True when the item was given one of these answers."""

    item: str
    values: tuple[int, ...]

    def met(self, given: Mapping[str, int]) -> bool:
        """Whether these answers hold it; a question without an answer does not."""
        return given.get(self.item) in self.values


@dataclass(frozen=True, slots=True)
class Item:
    """One question. `label` is our own short name; `texts` is the licensed wording by language, empty if not ours to
    ship. `scored` is False for a question that adds nothing to the total; `needed` asks for its answer all the same (a
    gate). `reverse`: the highest answer adds least. `ask_when`: asked only when one of these is true; empty is always.
    """

    id: str
    label: str
    texts: Mapping[str, str]
    options: tuple[Option, ...]
    loinc: str = ""
    scored: bool = True
    needed: bool = False
    reverse: bool = False
    ask_when: tuple[Condition, ...] = ()

    def points(self, value: int) -> int:
        """What this answer adds to a total."""
        if self.reverse:
            return max(self.values) + min(self.values) - value
        chosen = next(option for option in self.options if option.value == value)
        return value if chosen.points is None else chosen.points

    def text(self, language: str = "en") -> str:
        """The wording in this language, else English, else our own label."""
        return self.texts.get(language) or self.texts.get("en") or self.label

    @property
    def values(self) -> tuple[int, ...]:
        return tuple(option.value for option in self.options)


@dataclass(frozen=True, slots=True)
class Subscale:
    """A group of items with its own number, in item points. With `in_total` the total is made of such groups."""

    name: str
    items: tuple[str, ...]
    take: Take
    in_total: bool


@dataclass(frozen=True, slots=True)
class Band:
    """Totals from `low` to `high`, both included, and what they are called."""

    name: str
    low: float
    high: float

    @property
    def words(self) -> str:
        return self.name.replace("_", " ")


@dataclass(frozen=True, slots=True)
class BandSet:
    """One published way to name totals. Scales with rival sets carry several; a score stores which was used.
    `variants`: the forms it was published for, empty for all."""

    name: str
    bands: tuple[Band, ...]
    basis: Basis
    variants: tuple[str, ...] = ()

    def band(self, total: float) -> Band:
        return next(band for band in self.bands if band.low <= total <= band.high)


# Whom a cut can be published for.
SEXES = ("female", "male")


@dataclass(frozen=True, slots=True)
class Cut:
    """A total at which a screen counts as positive. `sex`: published for this sex only, and not judged without it.
    `variants`: the forms it was published for, empty for all."""

    name: str
    bound: Bound
    limit: float
    basis: Basis
    note: str = ""
    sex: str = ""
    variants: tuple[str, ...] = ()

    def reached(self, total: float) -> bool:
        return total >= self.limit if self.bound is Bound.AT_LEAST else total <= self.limit


@dataclass(frozen=True, slots=True)
class Flag:
    """An answer that must be seen whatever the total: raised when `item` is at least `at_least`. `when_blank` names
    what is raised when the item is not answered, because a blank safety item is something to resolve."""

    name: str
    item: str
    at_least: int
    basis: Basis
    when_blank: str = ""


@dataclass(frozen=True, slots=True)
class Requirement:
    """So many of these items answered so high. `at_least`: the answer that counts, `exceptions` for single items;
    `count_from` to `count_to` items must count, both included, None is no upper end."""

    items: tuple[str, ...]
    at_least: int
    exceptions: Mapping[str, int]
    count_from: int
    count_to: int | None = None


@dataclass(frozen=True, slots=True)
class Criterion:
    """A pattern of answers with a name (a provisional diagnosis, a reason to look again): met when every requirement
    is. `note` says what it cannot tell."""

    name: str
    requirements: tuple[Requirement, ...]
    basis: Basis
    note: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """A step of a triage, reached by any one of these answers, and what to do first."""

    name: str
    any_of: tuple[Condition, ...]
    says: str
    basis: Basis


@dataclass(frozen=True, slots=True)
class MissingRule:
    """Answers that may be filled in with the mean of the others: at most `at_most` of them, and only where somebody
    chose this rule by name. An item whose blank must be resolved is never filled in."""

    name: str
    at_most: int
    basis: Basis


@dataclass(frozen=True, slots=True)
class ResponseRule:
    """Response: a fall of at least `fall_pct` percent of the baseline, with an end total at most `end_at_most`."""

    name: str
    fall_pct: float
    basis: Basis
    end_at_most: float | None = None


@dataclass(frozen=True, slots=True)
class RemissionRule:
    """Remission: a total of at most `at_most`."""

    name: str
    at_most: float
    basis: Basis


@dataclass(frozen=True, slots=True)
class ChangeRule:
    """A change of at least this many points means something (`meaningful`) or is more than chance (`reliable`)."""

    name: str
    points: float
    basis: Basis


@dataclass(frozen=True, slots=True)
class Variant:
    """One published form of the same scale: another recall window, another range of answers, or without some items.
    `recall_h` None: right now. `options`, `lowest`, `highest` and `without` say what differs from the usual form.
    """

    name: str
    recall_h: float | None
    basis: Basis
    note: str = ""
    options: tuple[Option, ...] = ()
    without: tuple[str, ...] = ()
    lowest: float | None = None
    highest: float | None = None


@dataclass(frozen=True, slots=True)
class Licence:
    """What its owner allows, and the notice to show wherever the wording is shown."""

    kind: LicenceClass
    basis: Basis
    notice: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Instrument:
    """One questionnaire or scale with everything needed to ask, score, judge and exchange it.

    factor: points are multiplied by this to give the total (WHO-5 reports four times its points).
    alternatives: groups of items of which only one is answered.
    has_total: False where the answers give a level, subscales or only a record.
    levels: from the most urgent; `no_level` is what it is called when every answer is there and none is reached.
    """

    id: str
    version: str
    title: str
    purpose: str
    rater: Rater
    higher_is_worse: bool
    instruction: Mapping[str, str]
    items: tuple[Item, ...]
    alternatives: tuple[tuple[str, ...], ...]
    subscales: tuple[Subscale, ...]
    factor: float
    lowest: float
    highest: float
    scoring: Basis
    missing_rule: str
    band_sets: tuple[BandSet, ...]
    cuts: tuple[Cut, ...]
    flags: tuple[Flag, ...]
    responses: tuple[ResponseRule, ...]
    remissions: tuple[RemissionRule, ...]
    meaningful: tuple[ChangeRule, ...]
    reliable: tuple[ChangeRule, ...]
    variants: tuple[Variant, ...]
    loinc_panel: str
    loinc_total: str
    licence: Licence
    limitation: str = ""
    has_total: bool = True
    criteria: tuple[Criterion, ...] = ()
    levels: tuple[Level, ...] = ()
    no_level: str = ""
    missing_rules: tuple[MissingRule, ...] = ()
    loinc_level: str = ""
    loinc_levels: Mapping[str, str] = field(default_factory=dict)

    def in_form(self, variant: str | None = None) -> Instrument:
        """This instrument as the named form has it (None: the usual form, the first). KeyError where there is none."""
        found = next((form for form in self.variants if variant in (None, form.name)), None)
        if found is None:
            raise KeyError(variant)
        differs = found.options or found.without or (found.lowest, found.highest) != (None, None)
        if len(self.variants) == 1 and not differs:
            return self
        kept = (item for item in self.items if item.id not in found.without)
        return replace(
            self,
            items=tuple(replace(item, options=found.options) if found.options else item for item in kept),
            lowest=self.lowest if found.lowest is None else found.lowest,
            highest=self.highest if found.highest is None else found.highest,
            band_sets=tuple(bands for bands in self.band_sets if not bands.variants or found.name in bands.variants),
            cuts=tuple(cut for cut in self.cuts if not cut.variants or found.name in cut.variants),
            variants=(found,),
        )

    @property
    def scored_items(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.scored)

    @property
    def needed_items(self) -> tuple[Item, ...]:
        """Questions without whose answer the form is not complete, where they are asked."""
        return tuple(item for item in self.items if item.scored or item.needed)

    @property
    def recall_days(self) -> float | None:
        """How far back the usual form asks; None where it asks about right now."""
        hours = self.variants[0].recall_h
        return None if hours is None else hours / 24

    @property
    def can_be_shown(self) -> bool:
        """Whether the wording of every question is shipped."""
        return all(item.texts for item in self.items)

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages in which every question and answer can be shown, English first."""
        found = set.intersection(*(set(item.texts) for item in self.items))
        return tuple(sorted(found, key=lambda language: (language != "en", language)))

    def item(self, item_id: str) -> Item:
        """The item with this id (KeyError where there is none)."""
        return next((item for item in self.items if item.id == item_id), None) or _no_item(item_id)


def _no_item(item_id: str) -> Item:
    raise KeyError(item_id)
