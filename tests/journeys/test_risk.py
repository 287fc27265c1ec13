"""A sign of suicidal thoughts, from the list of the day to a plan on paper: by keyboard, in the dark, on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from benchmarks.demo_server import DemoServer
from benchmarks.screens import PHONE, faults
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.journey
SignIn = Callable[[str], Page]


def press(page: Page, what: str) -> None:
    """Reach a button or a summary and press Enter on it."""
    page.locator(what).focus()
    page.keyboard.press("Enter")


def test_nobody_is_lost_between_the_screens(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("medical_lead")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="dark")
    page.goto(f"{server.address}/today/")
    risk = re.findall(r'href="(/risk/[0-9a-f-]{36}/)"', page.content())[0]
    page.goto(f"{server.address}{risk}")
    assert faults(page) == []
    press(page, "summary:has-text('Record the answers')")
    for question in ("wish_to_be_dead", "thoughts", "intent"):
        page.locator(f"input[name={question}]:checked").focus()
        page.keyboard.press("ArrowDown")
    press(page, "button:has-text('Keep the answers')")
    expect(page.locator(".chip", has_text="High")).to_be_visible()
    # A high level is not closed before somebody looked at the person.
    expect(page.locator("button:has-text('Close with what was done')")).to_have_count(0)
    page.locator("#says").fill("Spoke with her alone, she agrees to stay with her sister tonight.")
    press(page, "button:has-text('I evaluated the person')")
    expect(page.locator("button:has-text('Close with what was done')")).to_have_count(1)
    assert faults(page) == []
    page.locator("a:has-text('Write one together')").click()
    page.locator("a.button:has-text('Write it together')").click()
    assert faults(page) == []
    page.locator("#id_signs").fill("I stop answering the telephone")
    page.locator("input[name=with_person][value=yes]").check()
    press(page, "button:has-text('Keep this version')")
    expect(page.locator("h2", has_text="version 1")).to_be_visible()
    assert faults(page) == []
    page.locator("a:has-text('own copy')").click()
    expect(page.locator("h1", has_text=re.compile("My safety plan|Mi plan de seguridad"))).to_be_visible()
    assert faults(page) == []
    page.goto(f"{server.address}{risk}")
    page.locator("#action_taken").fill("She stays with her sister; call tomorrow at nine.")
    press(page, "button:has-text('Close with what was done')")
    page.wait_for_url("**/today/")
