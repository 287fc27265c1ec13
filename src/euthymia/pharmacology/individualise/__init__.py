"""From measured levels to one individual's kinetics."""

from euthymia.pharmacology.individualise.point import Level, most_probable

__all__ = ["Level", "most_probable"]
