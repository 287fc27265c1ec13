"""What the doors of a fit refuse before anything is read: arguments of another kind, the likeliest slip in Python."""

from __future__ import annotations

from collections.abc import Mapping

from euthymia.errors import BadInput
from euthymia.pharmacology.individualise.fit import Fit
from euthymia.pharmacology.individualise.observation import Assay, Setting
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.person import Person
from euthymia.pharmacology.regimen import Regimen

# Argument → what it must be, the code of the refusal, and what to do.
_KINDS: Mapping[str, tuple[type | tuple[type, ...], str, str]] = {
    "regimen": (Regimen, "not_a_regimen", "Give what was given as a Regimen, such as Regimen.given(Dose(...))."),
    "doses": (Regimen, "not_a_regimen", "Give the doses as a Regimen, such as Regimen.given(Dose(...))."),
    "person": (Person, "not_a_person", "Give a Person, such as Person(age_y=40, sex='female', weight_kg=65)."),
    "model": ((str, Model), "not_a_model", "Give the id of a shipped model, or a Model of your own."),
    "assay": (Assay, "not_an_assay", "Give an Assay, such as Assay(log_sd=0.25)."),
    "setting": (Setting, "not_a_setting", "Give a Setting, such as Setting(earlier_sessions=3)."),
    "found": (Fit, "not_a_fit", "Give what `posterior` or `point_estimate` answered; an Individual alone is no fit."),
}


def check_kind(name: str, value: object, path: str = "") -> None:
    """Refuses (BadInput) a value that is not what the argument of this name must be. path: left out, the name."""
    kind, code, advice = _KINDS[name]
    if not isinstance(value, kind):
        raise BadInput(code, path or name, advice)
