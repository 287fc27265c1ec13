"""Pictures of the public pages, drawn by the engine and kept for the life of the process."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from euthymia.charts import SPANISH, Axis, Band, Chart, Figure, Mark, MarkKind, Scale, Series, figure
from euthymia.pharmacology import Band as People
from euthymia.pharmacology import Card, Dose, EffectSeries, Person, Regimen, Simulation, simulate
from euthymia.pharmacology import Series as Analyte
from euthymia.response import DoseAt, load_prior
from euthymia.response.model import severity
from euthymia.response.population import draw_persons

DATA = Path(__file__).parent / "pictures.toml"
FALLBACK_LANGUAGE = "en"
HOURS = 2.0
POINTS = 41


@cache
def pictures(name: str, language: str) -> tuple[Figure, ...]:
    """The drawings an article names, in its language; none when nobody drew them yet."""
    draw = {
        "two-hours": two_hours,
        "hours-versus-weeks": hours_versus_weeks,
        "keeping-it-up": keeping_it_up,
    }.get(name)
    return draw(language if language in {"en", "es"} else FALLBACK_LANGUAGE) if draw else ()


@cache
def data() -> Mapping[str, Any]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


@cache
def two_hours_by_route() -> tuple[Simulation, ...]:
    """The usual dose of each route in a middle person, with people around them."""
    asked = data()["two_hours"]
    person = Person(asked["age_y"], "unspecified", asked["weight_kg"])
    around = People(people=asked["people"], seed=asked["seed"])
    at_h = np.linspace(0.0, HOURS, POINTS)
    doses = (
        Dose(
            row["drug"],
            row["route"],
            row["amount_mg"],
            0.0,
            duration_h=row["duration_min"] / 60,
            devices=row.get("devices"),
        )
        for row in asked["dose"]
    )
    return tuple(simulate(Regimen.given(dose), person, at_h, band=around) for dose in doses)


def two_hours(language: str) -> tuple[Figure, ...]:
    """What is felt and what is in the blood, each route beside the others."""
    asked = data()["two_hours"]
    words, found = asked[language], two_hours_by_route()
    names = [row[language] for row in asked["dose"]]
    felt = [effect_of(one) for one in found]
    plasma = [one.series[0] for one in found]
    drawings = (
        ("felt", Axis(words["felt_axis"], "%", low=0.0, high=100.0), felt, 100.0, [one.driven_by for one in felt]),
        ("plasma", Axis(words["plasma_axis"], "ng/mL", low=0.0), plasma, 1.0, [one.model for one in found]),
    )
    return tuple(
        figure(
            Chart(
                title=words[f"{kind}_title"],
                description=words[kind],
                x=Axis(words["x_axis"], "min", scale=Scale.MINUTES),
                y=axis,
                series=lines(names, courses, times=times, band_name=words["band"]),
                marks=(Mark(float(asked["dose"][0]["duration_min"]), words["drip_ends"], MarkKind.EVENT),),
            ),
            source=model_words(cards, words) + (f"; {words['effect']}" if kind == "felt" else ""),
            ident=f"two-hours-{kind}",
            words=SPANISH if language == "es" else None,
        )
        for kind, axis, courses, times, cards in drawings
    )


def effect_of(simulation: Simulation) -> EffectSeries:
    return next(effect for effect in simulation.effects if effect.effect == "dissociation")


def lines(
    names: list[str], courses: list[EffectSeries] | list[Analyte], *, times: float, band_name: str
) -> tuple[Series, ...]:
    """The middle person of each route; only the first carries its band, three on top of each other hide the lines."""
    minutes = (np.linspace(0.0, HOURS, POINTS) * 60).tolist()
    series = []
    for place, (name, course) in enumerate(zip(names, courses, strict=True)):
        low, middle, high = (course.band[level] * times for level in (0.05, 0.5, 0.95))
        bands = (Band(low.tolist(), high.tolist(), band_name),) if place == 0 else ()
        series.append(Series(name, minutes, middle.tolist(), bands))
    return tuple(series)


def model_words(cards: list[Card], words: Mapping[str, str]) -> str:
    """Which models answered, and which of them are assembled."""
    named = dict.fromkeys(f"{card.id} ({words[card.kind.value]})" for card in cards)
    return f"{words['models']} {'; '.join(named)}"


def hours_versus_weeks(language: str) -> tuple[Figure, ...]:
    """How soon people are better: one infusion beside daily tablets, as published."""
    asked = data()["hours_versus_weeks"]
    words = asked[language]
    drawing = Chart(
        title=words["title"],
        description=words["description"],
        x=Axis(words["x_axis"], low=0.0, high=42.0),
        y=Axis(words["y_axis"], low=0.0, high=100.0),
        series=tuple(Series(row[language], row["days"], row["per_100"]) for row in asked["line"]),
    )
    source = "; ".join(row["source"] for row in asked["line"])
    return (figure(drawing, source=source, ident="hours", words=SPANISH if language == "es" else None),)


def keeping_it_up(language: str) -> tuple[Figure, ...]:
    """The middle person of the course model: a series of doses, and then boosters or none."""
    asked = data()["keeping_it_up"]
    words, prior = asked[language], load_prior()
    people = draw_persons(prior, asked["people"], np.random.default_rng(asked["seed"]))
    days = np.arange(0.0, asked["days"] + 1.0, 0.5)
    series = [DoseAt(float(day)) for day in asked["series_days"]]
    courses = {
        words["none"]: series,
        words["boosters"]: series + [DoseAt(float(day)) for day in asked["booster_days"]],
    }
    drawn = tuple(
        Series(name, days / 7, np.median(100 * severity(people, doses, days, prior) / people.baseline[:, None], axis=0))
        for name, doses in courses.items()
    )
    marks = tuple(Mark(day / 7, "", MarkKind.DOSE) for day in (*asked["series_days"], *asked["booster_days"]))
    chart = Chart(
        title=words["title"],
        description=words["description"],
        x=Axis(words["x_axis"], words["weeks"]),
        y=Axis(words["y_axis"], "%", low=0.0, high=100.0),
        series=drawn,
        marks=marks,
    )
    source = f"{words['source']} ({prior.card.id})"
    return (figure(chart, source=source, ident="keeping-it-up", words=SPANISH if language == "es" else None),)
