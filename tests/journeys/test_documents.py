"""Documents in a real browser: download, add; the REMS form; a paper flowsheet printed and keyed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from benchmarks.demo_server import DemoServer
from benchmarks.screens import faults
from playwright.sync_api import Page, expect
from tests.journeys.bedside import running
from tests.pdf_text import Paper

pytestmark = pytest.mark.journey
SignIn = Callable[[str], Page]


def closed_sessions(page: Page, server: DemoServer) -> list[str]:
    """Addresses of notes of the past, a person at a time until some are found."""
    page.goto(f"{server.address}/people/")
    people = dict.fromkeys(re.findall(r'href="/people/([0-9a-f-]{36})/"', page.content()))
    for person in people:
        page.goto(f"{server.address}/people/{person}/sessions/")
        found = re.findall(r'href="(/sessions/[0-9a-f-]{36}/)note/"', page.content())
        if found:
            return found
    raise AssertionError("no session of the demonstration has a note")


def download(page: Page, server: DemoServer, address: str) -> Paper:
    answer = page.request.get(f"{server.address}{address}")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    return Paper(answer.body())


def test_a_signed_note_is_downloaded_and_added_to(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("nurse")
    session = closed_sessions(page, server)[0]
    page.goto(f"{server.address}{session}note/")
    expect(page.get_by_text("Signed text intact")).to_be_visible()
    assert page.get_by_role("link", name="Note as PDF").get_attribute("href") == f"{session}note.pdf"
    before = download(page, server, f"{session}note.pdf")
    assert len(before.pages) > 0
    assert before.says("The signed text")
    words = "Called the next day: slept well. <b>No</b> headache."
    page.get_by_label("What is to be added").fill(words)
    page.get_by_role("button", name="Sign and add").click()
    expect(page.get_by_text("Addition 1", exact=False).first).to_be_visible()
    expect(page.get_by_text(words)).to_be_visible()
    expect(page.get_by_text("Signed text intact")).to_be_visible()
    after = download(page, server, f"{session}note.pdf")
    assert after.says(words)
    assert faults(page) == []


def test_a_paper_flowsheet_is_printed_and_keyed_in_by_keyboard(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("nurse")
    session = running(page, server)[0]
    page.goto(f"{server.address}{session}key-in/")
    paper = download(page, server, f"{session}flowsheet.pdf")
    assert paper.says("Blood pressure")
    assert paper.says("Shaded: the protocol asks for it then.")
    page.get_by_label("Line 1, time").focus()
    page.keyboard.type("9999")
    page.keyboard.press("Tab")
    page.keyboard.type("133/82 77 97%")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was written yet")
    expect(page.get_by_label("Line 1, vital signs")).to_have_value("133/82 77 97%")
    assert faults(page) == []
    zone = ZoneInfo(page.get_by_text("Times in ").inner_text().removeprefix("Times in "))
    now = f"{datetime.now(zone) - timedelta(minutes=1):%H:%M}"
    page.get_by_label("Line 1, time").fill(now)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server.address}{session}")
    expect(page.get_by_text("1 line of the paper is in the flowsheet.")).to_be_visible()
    expect(page.locator("#sheet").get_by_text("133/82").first).to_be_visible()


def test_the_answers_for_the_rems_form_are_shown_or_said_not_to_be_needed(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("nurse")
    for session in closed_sessions(page, server)[:1]:
        page.goto(f"{server.address}{session}rems/")
        needed = page.get_by_role("heading", name="Answers for the REMS monitoring form")
        expect(needed.or_(page.get_by_text("No form is needed"))).to_be_visible()
        assert faults(page) == []
