"""`euthymia models`: the card of every shipped kinetic model."""

from __future__ import annotations

import json

import click

from euthymia.pharmacology import Card, load_model, shipped_models


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON: every card in full.")
@click.option("--id", "only", help="One model, in full.")
def models(as_json: bool, only: str | None) -> None:
    """Which models there are, who they were fitted on, and where they fail."""
    cards = [load_model(name).card for name in ([only] if only else shipped_models())]
    if as_json:
        click.echo(json.dumps([card.as_json() for card in cards], indent=2, ensure_ascii=False))
    elif only:
        click.echo(_full(cards[0]))
    else:
        click.echo("\n".join(_line(card) for card in cards))


def _line(card: Card) -> str:
    return f"{card.id:38}{card.kind:11}{card.matrix:10}{', '.join(card.drugs):24}{', '.join(card.routes)}"


def _full(card: Card) -> str:
    lines = [card.title, f"{card.id}, {card.kind}, {card.matrix}: {card.matrix_note}", card.citation]
    lines += [card.doi] if card.doi else []
    lines += [f"Fitted on: {card.fitted_on}", f"Valid for: {card.valid_for}", ""]
    lines += [f"Assumed: {text}" for text in card.assumptions]
    lines += [f"Passed: {text}" for text in card.checks_passed]
    lines += [f"Known failure: {text}" for text in card.known_failures]
    lines += ["", "Typical values at 70 kg and 45 years:"]
    for note in card.parameters:
        source = f", from {note.spread_provenance}" if note.spread_provenance else ""
        lines.append(
            f"  {note.name:28}{note.value:>10.4g} {note.unit} ({note.provenance}); spread {note.spread}{source}"
        )
    return "\n".join(lines)
