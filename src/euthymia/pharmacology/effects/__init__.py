"""What ketamine does while it is there. Each effect takes concentrations; each says which sampling site it needs."""

from euthymia.pharmacology.effects.blood_pressure import PressureRise, pressure_rise
from euthymia.pharmacology.effects.dissociation import Dissociation, dissociation

__all__ = ["Dissociation", "PressureRise", "dissociation", "pressure_rise"]
