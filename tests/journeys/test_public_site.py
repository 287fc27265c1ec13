"""Somebody who is not sure: reads, checks privately, asks to learn more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from benchmarks.demo_server import DemoServer
from playwright.sync_api import Page, expect
from tests.journeys.bedside import tick

pytestmark = pytest.mark.journey


def test_reading_leads_from_article_to_article(page: Page, server: DemoServer) -> None:
    page.goto(server.address)
    page.get_by_role("link", name="What depression is").click()
    expect(page.get_by_role("heading", name="Where this comes from")).to_be_visible()
    expect(page.get_by_text("not yet reviewed by a clinician").or_(page.get_by_text("reviewed on"))).to_be_visible()
    for _ in range(3):
        page.get_by_role("link", name="Next:").click()
    expect(page.locator("figure svg").first).to_be_visible()
    expect(page.get_by_text("988").first).to_be_visible()


def test_a_private_check_puts_help_before_the_score(page: Page, server: DemoServer) -> None:
    page.goto(f"{server.address}/self-check/phq9/")
    tick(page.locator('input[name="answer-9"][value="1"]'))
    page.get_by_role("button", name="Show me what this means").click()
    # Even an unfinished form leads to help first.
    expect(page.locator("main .crisis").first).to_be_visible()
    expect(page.get_by_text("questions are not answered yet")).to_be_visible()
    for number in range(1, 9):
        tick(page.locator(f'input[name="answer-{number}"][value="1"]'))
    page.get_by_role("button", name="Show me what this means").click()
    expect(page.get_by_role("heading", name="PHQ-9: 9 of 27")).to_be_visible()
    text = page.locator("main").inner_text()
    assert text.index("988") < text.index("9 of 27")
    assert page.context.cookies() == [] or all("session" not in cookie["name"] for cookie in page.context.cookies())


def test_an_enquiry_lands_in_the_intake_list(page: Page, server: DemoServer, at_work: Callable[[str], Page]) -> None:
    page.goto(f"{server.address}/ready/")
    page.get_by_label("Your name").fill("Juno Vale")
    page.get_by_role("button", name="Send to the clinic").click()
    expect(page.get_by_text("There is a problem")).to_be_visible()
    page.locator('[name="email"]').fill("juno@people.example")
    tick(page.locator('[name="consent"]'))
    page.get_by_role("button", name="Send to the clinic").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    at_work("coordinator")
    page.goto(f"{server.address}/intake/")
    expect(page.get_by_role("heading", name="Juno Vale")).to_be_visible()


def test_the_site_speaks_spanish(page: Page, server: DemoServer) -> None:
    page.goto(server.address)
    page.get_by_role("button", name="Español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    page.goto(f"{server.address}/learn/")
    assert "depresión" in page.locator("main").inner_text()
