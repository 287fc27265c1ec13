"""`euthymia models`: the card of every shipped kinetic model, and of every effect."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from euthymia.cli.json_input import renamed
from euthymia.cli.lines import width_here, wrapped
from euthymia.errors import BadInput
from euthymia.pharmacology import (
    Card,
    Drug,
    Effect,
    ParameterNote,
    Route,
    load_effect,
    load_model,
    shipped_effects,
    shipped_models,
)

IN_FULL = "`euthymia models {}` gives a card in full."


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON: every card in full.")
@click.option("--id", "only", help="One model, in full.")
@click.option("--drug", type=click.Choice([str(drug) for drug in Drug]), help="Only models of this drug.")
@click.option("--route", type=click.Choice([str(route) for route in Route]), help="Only models of this route.")
@click.option("--effect", help="One effect, such as dissociation, in full.")
def models(as_json: bool, only: str | None, drug: str | None, route: str | None, effect: str | None) -> None:
    """Which models and effects there are, who they were fitted on, and where they fail."""
    if effect is not None:
        if (only, drug, route) != (None, None, None):
            raise BadInput("both_given", "--effect", "Ask for an effect or for models, not for both at once.")
        with renamed({"effect": "--effect"}):
            found = load_effect(effect)
        click.echo(_json(found.as_json()) if as_json else "\n".join(_full_effect(found, width_here())))
        return
    with renamed({"model": "--id"}):
        cards = [load_model(name).card for name in (shipped_models() if only is None else [only])]
    cards = [card for card in cards if drug in (None, *card.drugs) and route in (None, *card.routes)]
    if as_json:
        click.echo(_json([card.as_json() for card in cards]))
    elif not cards:
        click.echo(_none(only, drug, route))
    elif only is not None:
        click.echo("\n".join(_full(cards[0], width_here())))
    else:
        effects = [load_effect(name) for name in shipped_effects()] if (drug, route) == (None, None) else []
        click.echo("\n".join(_listed(cards, effects, width_here())))


def _json(answer: Any) -> str:
    return json.dumps(answer, indent=2, ensure_ascii=False)


def _none(only: str | None, drug: str | None, route: str | None) -> str:
    """That no model is what was asked for, in the words of the question."""
    asked = [f" of {drug}"] if drug else []
    asked += [f" by the route {route}"] if route else []
    asked += [f" with the id {only}"] if only else []
    return f"No model{''.join(asked)}."


def _listed(cards: Sequence[Card], effects: Sequence[Effect], width: int) -> list[str]:
    """Two lines a model or effect: what it is; for what, and how it stood against published numbers."""
    lines = []
    for card in cards:
        whom = "adults" if card.oldest_y is None else "children"
        lines.append(f"{card.id:36}{card.kind}, {card.matrix}, {whom}")
        lines += wrapped(f"    {', '.join(card.drugs)}: {', '.join(card.routes)}. {_stands(card)}", width)
    lines += ["", *wrapped(f"published or assembled, site of the samples, whom. {IN_FULL.format('--id MODEL')}", width)]
    if effects:
        lines += ["", "The effects they drive:", ""]
    for effect in effects:
        lines.append(f"{effect.id:36}{effect.kind}")
        lines += wrapped(f"    {effect.title}. {_stands(effect)}", width)
    return lines + (["", *wrapped(IN_FULL.format("--effect EFFECT"), width)] if effects else [])


def _stands(one: Card | Effect) -> str:
    return f"{len(one.checks_passed)} checks passed, {len(one.known_failures)} known failures"


def _full(card: Card, width: int) -> list[str]:
    said = [card.title, f"{card.id}, {card.kind}, {card.matrix}: {card.matrix_note}", card.citation]
    said += [card.doi] if card.doi else []
    said += [f"Drugs and routes: {', '.join(card.drugs)}; {', '.join(card.routes)}"]
    said += [f"Fitted on: {card.fitted_on}", f"Valid for: {card.valid_for}", ""]
    said += [f"Assumed: {text}" for text in card.assumptions]
    said += [f"Passed: {text}" for text in card.checks_passed] or ["Passed: no check against a published number"]
    said += [f"Known failure: {text}" for text in card.known_failures]
    said += ["", "Typical values at 70 kg and 45 years:"]
    return [line for text in said for line in wrapped(text, width)] + _rows(card.parameters, width)


def _full_effect(effect: Effect, width: int) -> list[str]:
    said = [effect.title, f"{effect.id}, {effect.kind}, driven by: {effect.site}", effect.citation]
    said += [effect.doi] if effect.doi else []
    said += [f"Fitted on: {effect.fitted_on}", ""]
    said += [f"Assumed: {text}" for text in effect.assumptions]
    said += [f"Passed: {text}" for text in effect.checks_passed] or ["Passed: no check against a published number"]
    said += [f"Known failure: {text}" for text in effect.known_failures]
    said += [""] + [f"{each.name} ({each.unit}) = {each.course.text}" for each in effect.outputs]
    if effect.chance is not None:
        said.append(f"chance of {effect.event} in a session = {effect.chance.text}")
    for each in effect.outputs:
        if each.scatter is not None and each.scatter.sd:
            said.append(f"One look at {each.name} scatters by {each.scatter.sd:g} {each.scatter.unit}.")
    said += ["", "Typical values:"]
    return [line for text in said for line in wrapped(text, width)] + _rows(effect.notes(), width)


def _rows(notes: Sequence[ParameterNote], width: int) -> list[str]:
    lines = []
    for note in notes:
        source = f", from {note.spread_provenance}" if note.spread_provenance else ""
        row = f"  {note.name:28}{note.value:>10.4g} {note.unit} ({note.provenance}); spread {note.spread}{source}"
        lines += wrapped(row, width)
    return lines
