"""From what was measured of one person to their own kinetics and answers.

check → prior → point (the most probable) → posterior → predict, and average over rival models.
"""

from euthymia.pharmacology.individualise.average import Average, average, model_shares
from euthymia.pharmacology.individualise.moved import Moved, NotAdvised, Reason
from euthymia.pharmacology.individualise.observation import Assay, Level, Observation, Reading, ReadingKind, Setting
from euthymia.pharmacology.individualise.point import (
    Point,
    Points,
    most_probable,
    most_probable_many,
    point_estimate,
)
from euthymia.pharmacology.individualise.posterior import Method, Posterior, Sampling, posterior
from euthymia.pharmacology.individualise.predict import NextSession, not_advised, predict_next
from euthymia.pharmacology.individualise.told import Told, told

__all__ = [
    "Assay",
    "Average",
    "Level",
    "Method",
    "Moved",
    "NextSession",
    "NotAdvised",
    "Observation",
    "Point",
    "Points",
    "Posterior",
    "Reading",
    "ReadingKind",
    "Reason",
    "Sampling",
    "Setting",
    "Told",
    "average",
    "model_shares",
    "most_probable",
    "most_probable_many",
    "not_advised",
    "point_estimate",
    "posterior",
    "predict_next",
    "told",
]
