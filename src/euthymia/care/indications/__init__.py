"""Indications as data: what is asked, when it is looked at, what counts as better, and how good the evidence is."""

from euthymia.care.indications.document import parse_pack
from euthymia.care.indications.load import indications, load_indication
from euthymia.care.indications.pack import Endpoint, Grade, Note, Pack, Scale, Since, Window

__all__ = [
    "Endpoint",
    "Grade",
    "Note",
    "Pack",
    "Scale",
    "Since",
    "Window",
    "indications",
    "load_indication",
    "parse_pack",
]
