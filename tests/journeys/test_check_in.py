"""A person answers through the link of a message: on a phone, with breaks, without a network, without scripts."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from benchmarks.demo_server import DemoServer
from benchmarks.keep_well_link import first_paint, link_of_somebody, taps_to_thanks
from benchmarks.screens import PHONE, TABLET, faults
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.journey
SignIn = Callable[[str], Page]
SEND = "[data-check-in] button[type=submit]"


@pytest.fixture
def link(chromium: Browser, server: DemoServer) -> str:
    return link_of_somebody(chromium, server)


def in_english(server: DemoServer, link: str, instrument: str = "phq9") -> str:
    """(the person's page of check-ins) after their language and the questionnaire are set as the test needs them."""
    token = hashlib.sha256(link.strip("/").split("/")[-1].encode()).hexdigest()
    (database,) = (server.folder / "data").glob("*.sqlite3")
    with closing(sqlite3.connect(database, timeout=15)) as rows, rows:
        (patient,) = rows.execute("SELECT patient_id FROM measures_checkin WHERE token_hash = ?", (token,)).fetchone()
        rows.execute("UPDATE people_patient SET language = 'en' WHERE id = ?", (patient,))
        rows.execute("UPDATE measures_checkin SET instrument = ? WHERE token_hash = ?", (instrument, token))
    digits = re.fullmatch(r"(.{8})(.{4})(.{4})(.{4})(.{12})", patient)
    assert digits is not None
    return f"{server.address}/people/{'-'.join(digits.groups())}/check-ins/"


def tap(page: Page, number: int, choice: int) -> None:
    page.locator(".question").nth(number - 1).locator("label").nth(choice).tap()


def test_a_form_is_left_taken_up_again_and_sent_once(
    at_work: SignIn, chromium: Browser, server: DemoServer, link: str
) -> None:
    check_ins = in_english(server, link)
    context = chromium.new_context(viewport=PHONE, has_touch=True)  # type: ignore[arg-type]
    phone = context.new_page()
    phone.goto(link)
    expect(phone.locator("[data-keeping]")).to_be_hidden()
    for number in (1, 2, 4):
        tap(phone, number, 1)
    strip = phone.locator("[data-keeping]")
    expect(strip).to_contain_text("3 of 9 answered")
    expect(strip).to_contain_text("Kept, not sent yet.")
    phone.close()
    phone = context.new_page()
    phone.goto(link)
    expect(phone.locator(".resume")).to_contain_text("3 of 9 answered.")
    expect(phone.locator("input:checked")).to_have_count(3)
    for scheme in ("light", "dark"):
        phone.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert faults(phone) == []
    elsewhere = chromium.new_context(viewport=TABLET).new_page()  # type: ignore[arg-type]
    elsewhere.goto(link)
    expect(elsewhere.locator("input:checked")).to_have_count(0)
    elsewhere.context.close()
    staff = at_work("coordinator")
    staff.goto(check_ins)
    expect(staff.get_by_text("begun, not sent")).to_have_count(1)
    for number in range(1, 10):
        tap(phone, number, 0)
    phone.locator(SEND).tap()
    expect(phone.get_by_role("heading", name="Thank you")).to_be_visible()
    phone.go_back()
    expect(phone.locator("form")).to_have_count(0)
    phone.goto(link)
    expect(phone.locator("form")).to_have_count(0)
    staff.goto(check_ins)
    expect(staff.get_by_text("begun, not sent")).to_have_count(0)
    context.close()


def test_without_a_network_the_page_says_so_keeps_what_was_tapped_and_never_says_sent(
    chromium: Browser, server: DemoServer, link: str
) -> None:
    in_english(server, link)
    context = chromium.new_context(viewport=PHONE, has_touch=True)  # type: ignore[arg-type]
    phone = context.new_page()
    phone.goto(link)
    tap(phone, 1, 1)
    strip = phone.locator("[data-keeping]")
    expect(strip).to_contain_text("1 of 9 answered")
    context.set_offline(True)
    for number in range(2, 10):
        tap(phone, number, 0)
    expect(strip).to_contain_text("Not kept yet: the clinic cannot be reached.")
    phone.locator(SEND).tap()
    expect(strip).to_contain_text("Not sent")
    expect(phone).to_have_url(link)
    expect(phone.locator("input:checked")).to_have_count(9)
    context.set_offline(False)
    expect(strip).to_contain_text("9 of 9 answered")
    expect(strip).to_contain_text("Kept, not sent yet.")
    phone.locator(SEND).tap()
    expect(phone.get_by_role("heading", name="Thank you")).to_be_visible()
    context.close()


def test_a_long_form_has_pages_by_touch_and_by_keyboard_and_one_thing_to_send(
    chromium: Browser, server: DemoServer, link: str
) -> None:
    in_english(server, link, "pcl5")
    context = chromium.new_context(viewport=PHONE, has_touch=True)  # type: ignore[arg-type]
    phone = context.new_page()
    phone.goto(link)
    seen = phone.locator(".question:visible")
    expect(phone.locator(".form-page")).to_have_text("Page 1 of 2")
    expect(seen).to_have_count(10)
    expect(phone.locator(SEND)).to_be_hidden()
    assert faults(phone) == []
    for number in range(1, 11):
        tap(phone, number, 0)
    phone.get_by_role("button", name="Next").tap()
    expect(phone.locator(".form-page")).to_have_text("Page 2 of 2")
    expect(phone.locator(".form-page")).to_be_focused()
    expect(phone.locator("[data-keeping]")).to_contain_text("10 of 20 answered")
    phone.reload()
    expect(phone.locator(".form-page")).to_have_text("Page 2 of 2")
    phone.get_by_role("button", name="Back").press("Enter")
    expect(phone.locator(".form-page")).to_have_text("Page 1 of 2")
    # Enter in an answer goes on to the next page, and sends nothing.
    phone.locator(".question input:checked").first.press("Enter")
    expect(phone.locator(".form-page")).to_have_text("Page 2 of 2")
    for number in range(11, 20):
        tap(phone, number, 1)
    phone.locator(SEND).tap()
    expect(phone.locator(".error-summary")).to_be_visible()
    expect(phone.locator(".form-page")).to_have_text("Page 2 of 2")
    phone.locator(".error-summary a").tap()
    tap(phone, 20, 1)
    phone.locator(SEND).tap()
    expect(phone.get_by_role("heading", name="Thank you")).to_be_visible()
    context.close()


def test_without_scripts_the_form_is_one_page_that_is_sent(chromium: Browser, server: DemoServer, link: str) -> None:
    in_english(server, link)
    context = chromium.new_context(viewport=PHONE, has_touch=True, java_script_enabled=False)  # type: ignore[arg-type]
    phone = context.new_page()
    phone.goto(link)
    expect(phone.locator("[data-keeping]")).to_be_hidden()
    for number in range(1, 10):
        tap(phone, number, 0)
    phone.locator(SEND).tap()
    expect(phone.get_by_role("heading", name="Thank you")).to_be_visible()
    context.close()


def test_the_first_look_is_light_and_thanks_is_eleven_taps_away(
    chromium: Browser, server: DemoServer, link: str
) -> None:
    in_english(server, link)
    kilobytes, parts = first_paint(chromium, link)
    assert kilobytes < 100, parts
    assert taps_to_thanks(chromium, link) == 11
