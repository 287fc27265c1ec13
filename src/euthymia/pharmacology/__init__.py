"""What a body does to ketamine and what ketamine does to it, minute by minute.

Describe who (`Person`) and what (`Regimen` of `Dose`s), then `simulate`. Every answer carries its model's card.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from euthymia.pharmacology.card import Card, Kind, Matrix, ParameterNote
from euthymia.pharmacology.compounds.load import load_model, model_from, shipped_models
from euthymia.pharmacology.defaults import default_model
from euthymia.pharmacology.effects import Effect, load_effect, shipped_effects
from euthymia.pharmacology.interactions import Interaction, interactions
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.named_array import NamedArray
from euthymia.pharmacology.person import Ancestry, Individual, Person, Sex
from euthymia.pharmacology.population import Band
from euthymia.pharmacology.regimen import Dose, Drug, RateStep, Regimen, Route, base_mg, infusion
from euthymia.pharmacology.simulate import simulate
from euthymia.pharmacology.simulation import (
    EffectSeries,
    Incidence,
    Seen,
    Series,
    Simulation,
    Summary,
    observed_within_band,
)

if TYPE_CHECKING:
    from euthymia.pharmacology.comparison import Comparison, compare
    from euthymia.pharmacology.drawing import drawn_together
    from euthymia.pharmacology.equivalence import Equivalence, Target, equivalent_doses, side_by_side
    from euthymia.pharmacology.exposure import Exposure, Measure
    from euthymia.pharmacology.individualise import (
        Assay,
        Average,
        Level,
        NextSession,
        NotAdvised,
        Posterior,
        Reading,
        Sampling,
        average,
        most_probable,
        most_probable_many,
        posterior,
        predict_next,
    )
    from euthymia.pharmacology.virtual_people import PopulationSummary, VirtualPeople, summarise

# Imported when first asked for, so that a simulation does not wait for the learning of a person.
_LATER = {
    "Comparison": "comparison",
    "compare": "comparison",
    "Equivalence": "equivalence",
    "drawn_together": "drawing",
    "Exposure": "exposure",
    "Measure": "exposure",
    "Target": "equivalence",
    "equivalent_doses": "equivalence",
    "side_by_side": "equivalence",
    "Assay": "individualise",
    "Average": "individualise",
    "NextSession": "individualise",
    "NotAdvised": "individualise",
    "Posterior": "individualise",
    "Reading": "individualise",
    "Sampling": "individualise",
    "PopulationSummary": "virtual_people",
    "VirtualPeople": "virtual_people",
    "summarise": "virtual_people",
    "average": "individualise",
    "most_probable_many": "individualise",
    "posterior": "individualise",
    "predict_next": "individualise",
    "Level": "individualise",
    "most_probable": "individualise",
}

__all__ = [
    "Ancestry",
    "Assay",
    "Average",
    "Band",
    "Card",
    "Comparison",
    "Dose",
    "Drug",
    "Effect",
    "EffectSeries",
    "Equivalence",
    "Exposure",
    "Incidence",
    "Individual",
    "Interaction",
    "Kind",
    "Level",
    "Matrix",
    "Measure",
    "Model",
    "NamedArray",
    "NextSession",
    "NotAdvised",
    "ParameterNote",
    "Person",
    "PopulationSummary",
    "Posterior",
    "RateStep",
    "Reading",
    "Regimen",
    "Route",
    "Sampling",
    "Seen",
    "Series",
    "Sex",
    "Simulation",
    "Summary",
    "Target",
    "VirtualPeople",
    "average",
    "base_mg",
    "compare",
    "default_model",
    "drawn_together",
    "equivalent_doses",
    "infusion",
    "interactions",
    "load_effect",
    "load_model",
    "model_from",
    "most_probable",
    "most_probable_many",
    "observed_within_band",
    "posterior",
    "predict_next",
    "shipped_effects",
    "shipped_models",
    "side_by_side",
    "simulate",
    "summarise",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
