"""The session room while visits are running: the board, an entry by keyboard, the way home."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from benchmarks.demo_server import DemoServer
from playwright.sync_api import Page, expect
from tests.journeys.bedside import enter_line, press, running, tick

pytestmark = pytest.mark.journey
SignIn = Callable[[str], Page]


def test_the_board_shows_every_chair_and_says_how_fresh_it_is(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("nurse")
    assert len(running(page, server)) >= 3
    expect(page.get_by_text("Last updated").first).to_be_visible()
    expect(page.get_by_text("since the start").first).to_be_visible()


def test_vital_signs_are_entered_by_keyboard_and_slips_are_refused(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("nurse")
    page.goto(f"{server.address}{running(page, server)[0]}")
    entry = page.locator("#entry")
    for typed in ("182/1040", "12/80"):
        enter_line(page, typed)
        expect(entry.get_by_role("alert")).to_be_visible()
        page.keyboard.press("Escape")
    enter_line(page, "127/83 71 98%")
    expect(page.get_by_text("127/83").first).to_be_visible()


def test_who_is_ready_goes_home_with_a_signed_note(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("nurse")
    actions = page.locator("#actions")
    for session in reversed(running(page, server)):
        page.goto(f"{server.address}{session}")
        if (
            actions.get_by_role("button", name="May go home").count()
            and not actions.get_by_text("of observation").count()
        ):
            break
    press(page, "May go home")
    expect(actions).to_contain_text("Not known yet")
    tick(actions.locator('[name="identifier_name"]'))
    tick(actions.locator('[name="identifier_date_of_birth"]'))
    actions.locator('[name="escort_name"]').fill("Alex, a friend")
    for name in ("escort_present", "no_driving_told", "clinician_judges_stable"):
        tick(actions.locator(f'[name="{name}"][value="yes"]'))
    actions.get_by_role("button", name="May go home").click()
    page.wait_for_url(re.compile(r"/note/$"))
    expect(page.get_by_text("Signed text intact")).to_be_visible()
    paper = page.request.get(f"{page.url.removesuffix('/')}.pdf")
    assert (paper.status, paper.headers["content-type"]) == (200, "application/pdf")


def test_a_reading_far_from_the_forecast_is_named_at_once_and_the_page_stays(
    at_work: SignIn, server: DemoServer
) -> None:
    page = at_work("nurse")
    page.goto(f"{server.address}{running(page, server)[0]}")
    forecast = page.locator("#expected")
    expect(forecast.get_by_text("This person so far").first).to_be_visible()
    forecast.get_by_text("What moved, and by how much").click()
    expect(forecast.get_by_text("of the doubt gone").last).to_be_visible()
    enter_line(page, "215/110 76 97%")
    expect(forecast.get_by_text("Not behaving as predicted")).to_be_visible()
    expect(forecast.get_by_text("no advice on a dose")).to_be_visible()
    said = page.locator("#status").get_by_text("Not behaving as predicted")
    expect(said).to_be_visible()
    said.get_by_role("link", name="Predicted and observed").click()
    expect(forecast.get_by_role("heading", name="Predicted and observed")).to_be_in_viewport()
