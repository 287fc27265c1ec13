"""What a body does to ketamine and what ketamine does to it, minute by minute.

Describe who (`Person`) and what (`Regimen` of `Dose`s), then `simulate`. Every answer carries its model's card.
"""

from euthymia.pharmacology.card import Card, Kind, Matrix, ParameterNote
from euthymia.pharmacology.compare import Comparison, compare
from euthymia.pharmacology.compounds.load import load_model, model_from, shipped_models
from euthymia.pharmacology.defaults import default_model
from euthymia.pharmacology.individualise import Level, most_probable
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.person import Ancestry, Individual, Person, Sex
from euthymia.pharmacology.population import Band
from euthymia.pharmacology.regimen import Dose, Drug, RateStep, Regimen, Route, infusion
from euthymia.pharmacology.simulate import simulate
from euthymia.pharmacology.simulation import EffectSeries, Seen, Series, Simulation, Summary, observed_within_band

__all__ = [
    "Ancestry",
    "Band",
    "Card",
    "Comparison",
    "Dose",
    "Drug",
    "EffectSeries",
    "Individual",
    "Kind",
    "Level",
    "Matrix",
    "Model",
    "ParameterNote",
    "Person",
    "RateStep",
    "Regimen",
    "Route",
    "Seen",
    "Series",
    "Sex",
    "Simulation",
    "Summary",
    "compare",
    "default_model",
    "infusion",
    "load_model",
    "model_from",
    "most_probable",
    "observed_within_band",
    "shipped_models",
    "simulate",
]
