"""Instruments as data, one scorer for all of them."""

from euthymia.care.instruments.instrument import (
    Band,
    BandSet,
    Instrument,
    Item,
    LicenceClass,
    Option,
    Rater,
)
from euthymia.care.instruments.load import instruments, load_instrument
from euthymia.care.instruments.score import BandName, Score, score

__all__ = [
    "Band",
    "BandName",
    "BandSet",
    "Instrument",
    "Item",
    "LicenceClass",
    "Option",
    "Rater",
    "Score",
    "instruments",
    "load_instrument",
    "score",
]
