"""From what was measured of one person to their own kinetics and answers.

check → prior → point (the most probable) → posterior → predict, and average over rival models.
"""

from euthymia.pharmacology.individualise.average import Average, average, model_shares
from euthymia.pharmacology.individualise.moved import Moved, NotAdvised, Reason
from euthymia.pharmacology.individualise.observation import Assay, Level, Observation, Reading, ReadingKind
from euthymia.pharmacology.individualise.point import Points, most_probable, most_probable_many
from euthymia.pharmacology.individualise.posterior import Method, Posterior, Sampling, posterior
from euthymia.pharmacology.individualise.predict import NextSession, predict_next

__all__ = [
    "Assay",
    "Average",
    "Level",
    "Method",
    "Moved",
    "NextSession",
    "NotAdvised",
    "Observation",
    "Points",
    "Posterior",
    "Reading",
    "ReadingKind",
    "Reason",
    "Sampling",
    "average",
    "model_shares",
    "most_probable",
    "most_probable_many",
    "posterior",
    "predict_next",
]
