"""Medicines taken alongside, acting where ketamine is lost on its first pass: in the gut wall and in the liver.

Two multipliers of intrinsic clearance per medicine (interactions.toml). They act on a model's own gut and liver where
it has them; a clearance without a liver is taken through the well-stirred relation, CL = Q · CLint / (Q + CLint), with
the liver flow of perez_ruixo_2021. So the same medicine is large for a swallowed dose and small for one into a vein.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from euthymia.errors import BadInput, ModelError
from euthymia.pharmacology.card import Kind
from euthymia.pharmacology.compounds.load import read_data
from euthymia.pharmacology.expression import Expression
from euthymia.pharmacology.model import FirstPass, Model, Parameter
from euthymia.pharmacology.person import Person
from euthymia.pharmacology.regimen import Regimen

# The person whose ratios are worked out; everybody's are taken to be the same.
_TYPICAL = Person(age_y=45, sex="unspecified", weight_kg=70)
_MOST_OF_A_DOSE = 0.99


@dataclass(frozen=True, slots=True)
class Interaction:
    """One medicine: how it multiplies the intrinsic clearance of the gut wall and of the liver, and where from."""

    name: str
    words: str
    gut: float
    hepatic: float
    provenance: str
    solved_from: str
    citation: str
    known_failures: tuple[str, ...]


def interactions() -> tuple[Interaction, ...]:
    """Every medicine that `taking` may name."""
    rows = read_data("", "interactions")["medicine"]
    return tuple(Interaction(**{**row, "known_failures": tuple(row["known_failures"])}) for row in rows)


def interactions_named(taking: Sequence[str]) -> tuple[Interaction, ...]:
    """The medicines of these names, each once; refuses (BadInput, path `taking[0]`) one that is not known."""
    if isinstance(taking, str):
        raise BadInput("not_a_list", "taking", f"Give a list of medicines, such as ['{taking}'].")
    if not taking:
        return ()
    known = {each.name: each for each in interactions()}
    for place, name in enumerate(taking):
        if not isinstance(name, str) or name not in known:
            message = f"'{name}' is not known. Known: {', '.join(known)}."
            raise BadInput("unknown_interaction", f"taking[{place}]", message)
    return tuple(known[name] for name in dict.fromkeys(taking))


def interacting(model: Model, regimen: Regimen, taking: Sequence[Interaction]) -> Model:
    """The model of somebody taking these, assembled and said to be; of several, the multipliers are multiplied.

    Refuses (ModelError, path `taking`) a route whose first pass the model does not tell apart.
    """
    if not taking:
        return model
    where = model.first_pass
    untold = [route for route in regimen.routes if where is None or route not in where.routes]
    if where is None or untold:
        message = f"{model.id} does not tell the first pass of a dose apart"
        message += f" by the route {untold[0]}" if untold else ""
        raise ModelError("interaction_not_covered", "taking", f"{message}, so {taking[0].name} has nothing to act on.")
    changed = _changed(model, where, taking)
    names = " and ".join(each.name.replace("_", " ") for each in taking)
    card = replace(
        model.card,
        kind=Kind.ASSEMBLED,
        citation=f"{model.card.citation.rstrip('.')}; first pass changed for {names}, which was assembled",
    )
    return replace(model, card=card, parameters=tuple(changed.get(row.name, row) for row in model.parameters))


def interaction_notes(taking: Sequence[Interaction]) -> tuple[str, ...]:
    """What was done for each medicine and how far it can be trusted, to stand beside the answer."""
    found = []
    for each in taking:
        said = (
            f"Taking {each.words}: intrinsic clearance of the gut wall x {each.gut:g}, of the liver x {each.hepatic:g};"
            f" {each.provenance}: {each.solved_from} ({each.citation})."
        )
        found += [said, *(f"Taking {each.words}: {words}" for words in each.known_failures)]
    if len(taking) > 1:
        found.append("Several medicines at once: their multipliers are multiplied, which nobody measured.")
    return tuple(found)


def _changed(model: Model, where: FirstPass, taking: Sequence[Interaction]) -> dict[str, Parameter]:
    """The parameters an interaction changes, by name."""
    gut, hepatic = 1.0, 1.0
    for each in taking:
        gut, hepatic = gut * each.gut, hepatic * each.hepatic
    rows = {row.name: row for row in model.parameters}
    changed: dict[str, Parameter] = {}
    if where.gut:
        changed[where.gut] = _gut(rows[where.gut], gut)
    for name in where.liver:
        changed[name] = _times(rows[name], hepatic)
    if where.clearance:
        cleared = _cleared(model, where.clearance)
        changed[where.clearance] = _times(rows[where.clearance], _clearance_ratio(cleared, hepatic))
        for name in where.shares.values():
            changed[name] = _times(rows[name], _share_ratio(cleared, gut, hepatic), most=_MOST_OF_A_DOSE)
    return changed


def _gut(row: Parameter, multiplier: float) -> Parameter:
    """The share escaping a gut wall whose intrinsic clearance is multiplied: 1 / (1 + CLint / Q)."""
    text = row.typical.text
    return replace(row, typical=Expression(f"1 / (1 + {multiplier!r} * (1 - ({text})) / ({text}))"))


def _times(row: Parameter, ratio: float, *, most: float | None = None) -> Parameter:
    text = f"({row.typical.text}) * {ratio!r}"
    return replace(row, typical=Expression(text if most is None else f"min({text}, {most!r})"))


def _cleared(model: Model, name: str) -> float:
    """The share of the liver's flow that is cleared in passing; refuses one that is no share."""
    share = float(model.values(_TYPICAL, {})[name]) / float(read_data("", "interactions")["liver_flow"]["value"])
    if not 0 < share < 1:
        message = f"{model.id} clears more than flows through a liver, so no interaction can act there."
        raise ModelError("interaction_not_covered", "taking", message)
    return share


def _clearance_ratio(cleared: float, hepatic: float) -> float:
    """New clearance over old, where the liver clears this share and its intrinsic clearance is multiplied."""
    return hepatic / (1 - cleared + hepatic * cleared)


def _share_ratio(cleared: float, gut: float, hepatic: float) -> float:
    """New over old share of a swallowed dose that gets past gut wall and liver."""
    escapes = float(read_data("", "interactions")["gut_share"]["value"])
    past_gut = 1 / (escapes + gut * (1 - escapes))
    past_liver = (1 - cleared * _clearance_ratio(cleared, hepatic)) / (1 - cleared)
    return past_gut * past_liver
