"""What counts as an adequate trial, in words."""

from __future__ import annotations

from dataclasses import dataclass

from euthymia.care.treatment_trial import WEEKS_OPTIONS, Adequacy, Floor, floors_of
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.assessments.adequacy import MIN_WEEKS, adequacy_of, changes_of, version_words
from euthymia.clinic.assessments.models import AdequacyChange
from euthymia.clinic.assessments.questions import day

SHORTEST_DURATION = "shortest duration"
CLASS_WORDS = {
    "ssri": "SSRI",
    "snri": "SNRI",
    "nassa": "NaSSA",
    "ndri": "NDRI",
    "sari": "SARI",
    "maoi": "MAO inhibitor",
    "": "added here",
}


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One change in words."""

    what: str
    because: str
    by: str


@dataclass(frozen=True, slots=True)
class AdequacyPage:
    """The settings as the page shows them."""

    adequacy: Adequacy
    version_words: str
    weeks_says: str
    weeks_options: tuple[float, ...]
    floors: tuple[tuple[Floor, str], ...]
    holes: int
    changes: tuple[ChangeLine, ...]


def adequacy_page(viewer: Viewer) -> AdequacyPage:
    """The settings with where each is from, the holes, and who changed what and why, newest first."""
    adequacy = adequacy_of(viewer)
    floors = floors_of(adequacy)
    lines = tuple(_line(change, viewer) for change in reversed(changes_of(viewer)))
    return AdequacyPage(
        adequacy=adequacy,
        version_words=version_words(adequacy),
        weeks_says=adequacy.says,
        weeks_options=WEEKS_OPTIONS,
        floors=tuple((floor, CLASS_WORDS.get(floor.drug_class, floor.drug_class)) for floor in floors),
        holes=sum(floor.dose_mg_day is None for floor in floors),
        changes=lines,
    )


def _line(change: AdequacyChange, viewer: Viewer) -> ChangeLine:
    name = SHORTEST_DURATION if change.subject == MIN_WEEKS else change.subject
    unit = "weeks" if change.subject == MIN_WEEKS else "mg a day"
    value = "back to what was shipped" if change.value is None else f"{change.value:g} {unit} ({change.source})"
    return ChangeLine(f"{name}: {value}", change.because, f"{change.by}, {day(change.at, viewer.zone)}")
