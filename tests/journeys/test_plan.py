"""A plan for somebody who was treated before: what was learned, and the same peak by another route."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from benchmarks.demo_server import DemoServer
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.journey
SignIn = Callable[[str], Page]


def treated_before(page: Page, server: DemoServer) -> str:
    """The plan page of somebody in maintenance, with a weight of today typed in its address."""
    page.goto(f"{server.address}/people/?phase=maintenance")
    row = page.get_by_role("row").filter(has_text="Maintenance").first
    address = row.get_by_role("link").first.get_attribute("href") or ""
    person = re.findall(r"/people/([0-9a-f-]{36})/", address)[0]
    page.goto(f"{server.address}/people/{person}/plan/")
    protocol = page.locator('#choices [name="protocol"]').input_value()
    return f"{server.address}/people/{person}/plan/?protocol={protocol}&weight=70&weight_confirmed=on&mg_per_kg=0.5"


def test_a_plan_opens_with_what_was_learned_and_brings_the_other_routes(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("prescriber")
    page.goto(treated_before(page, server))
    preview = page.locator("#preview")
    expect(preview.get_by_text("From earlier sessions")).to_be_visible()
    expect(preview.get_by_text(re.compile("The prior is still doing the talking")).first).to_be_visible()
    ways = page.locator("#equivalents")
    expect(ways.get_by_text("not an order")).to_be_visible()
    expect(ways.get_by_role("row").filter(has_text="Planned")).to_be_visible()
    card = preview.get_by_text(re.compile("^About the model ")).first
    card.focus()
    page.keyboard.press("Enter")
    expect(preview.get_by_text("Known failures").first).to_be_visible()


@pytest.mark.parametrize("width", [1366, 820, 390])
def test_side_by_side_plots_stand_level_and_the_table_of_equal_doses_fits(
    at_work: SignIn, server: DemoServer, width: int
) -> None:
    page = at_work("prescriber")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(treated_before(page, server))
    table = page.locator(".same-peak")
    expect(table).to_be_visible()
    assert table.evaluate("table => table.parentElement.scrollWidth - table.parentElement.clientWidth") <= 0
    routes = page.locator(".routes > .route")
    feet = routes.evaluate_all(
        """routes => routes.map(route => [
            Math.round(route.getBoundingClientRect().top),
            [...route.querySelectorAll(".figure__narrow svg")]
                .map(svg => Math.round(svg.getBoundingClientRect().bottom)),
        ])"""
    )
    rows: dict[int, list[list[int]]] = {}
    for top, bottoms in feet:
        rows.setdefault(top, []).append(bottoms)
    assert (len(rows) < len(feet)) is (width > 600), "side by side where there is room"
    for row in rows.values():
        assert all(bottoms == row[0] for bottoms in row)
