"""From measured levels to one individual's kinetics."""

from euthymia.pharmacology.individualise.observation import Assay, Level, Observation, Reading, ReadingKind
from euthymia.pharmacology.individualise.point import Points, most_probable, most_probable_many

__all__ = [
    "Assay",
    "Level",
    "Observation",
    "Points",
    "Reading",
    "ReadingKind",
    "most_probable",
    "most_probable_many",
]
