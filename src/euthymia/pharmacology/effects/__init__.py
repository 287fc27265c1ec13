"""What ketamine does while it is there. Each effect is one cited file; each says which sampling site drives it."""

from euthymia.pharmacology.effects.effect import Effect, EffectOutput, EffectParameter, Looked, Scatter, Site
from euthymia.pharmacology.effects.load import effect_from, load_effect, shipped_effects

__all__ = [
    "Effect",
    "EffectOutput",
    "EffectParameter",
    "Looked",
    "Scatter",
    "Site",
    "effect_from",
    "load_effect",
    "shipped_effects",
]
