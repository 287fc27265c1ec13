"""From everybody's course to one person's: by keyboard, in the dark, on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from benchmarks.demo_server import DemoServer
from benchmarks.screens import PHONE, TABLET, faults
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.journey
SignIn = Callable[[str], Page]


def judged(page: Page) -> None:
    """Both sizes, both themes."""
    for size in (TABLET, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            assert faults(page) == [], f"{theme} {size}"


def test_from_the_panels_to_the_person(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("medical_lead")
    page.goto(f"{server.address}/evidence/")
    page.locator("button:has-text('Build')").first.click()
    page.wait_for_url("**/evidence/cohort/")
    expect(page.locator("h2", has_text="Everybody's course on")).to_be_visible()
    judged(page)
    page.locator("#panel-weeks").select_option("26")
    page.locator("button:has-text('Show')").press("Enter")
    page.wait_for_url(re.compile(r"weeks=26"))
    first = page.locator("a.panel").first
    name = (first.locator(".panel__who").text_content() or "").partition("·")[2].strip()
    first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/**")
    expect(page.locator("h1", has_text=name)).to_be_visible()
    expect(page.locator("h2", has_text="How soon relief came")).to_be_visible()
    expect(page.locator(".heat-total th")).to_contain_text("Total")
    judged(page)


def test_a_researcher_sees_the_same_panels_and_nobodys_name(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("medical_lead")
    page.goto(f"{server.address}/evidence/")
    page.locator("button:has-text('Build')").first.click()
    page.wait_for_url("**/evidence/cohort/")
    names = [name.partition("·")[2].strip() for name in page.locator(".panel__who").all_text_contents()]
    assert names
    page.context.clear_cookies()
    page = at_work("researcher")
    page.goto(f"{server.address}/evidence/cohort/")
    expect(page.locator(".panel")).to_have_count(len(names))
    expect(page.locator("a.panel")).to_have_count(0)
    assert not any(name in page.content() for name in names)
