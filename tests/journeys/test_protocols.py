"""A protocol from clone to plan, in a real browser: cloned, edited, compared, read through, signed, and planned by."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from benchmarks.demo_server import DemoServer
from benchmarks.screens import PHONE, TABLET, faults
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.journey
SignIn = Callable[[str], Page]


def judged(page: Page, name: str) -> None:
    """Axe finds nothing and nothing scrolls sideways, in the light on a tablet and in the dark on a phone."""
    for scheme, size in (("light", TABLET), ("dark", PHONE)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert faults(page) == [], f"{name} {scheme}"
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(TABLET)  # type: ignore[arg-type]


def test_a_protocol_from_clone_to_plan(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("medical_lead")
    page.goto(f"{server.address}/protocols/")
    judged(page, "list")
    page.get_by_role("link", name="Clone Racemic ketamine by vein").click()
    page.get_by_label("Short name").fill("iv_slow")
    page.get_by_label("Title").fill("Racemic ketamine by vein, slowly")
    judged(page, "clone")
    page.get_by_role("button", name="Make the draft").click()

    expect(page).to_have_url(re.compile("/protocols/iv_slow/1.0.0/edit/$"))
    cap = page.locator('[name="at:limits.dose_per_kg_cap"]')
    cap.fill("1.5")
    page.locator('[name="at:duration_min"]').fill("60")
    page.get_by_label("What your own numbers and texts rest on").fill("Agreed at the medicines meeting of March")
    page.get_by_role("button", name="Make the new version").click()
    problem = page.get_by_role("alert").filter(has_text="There is a problem")
    expect(problem).to_contain_text("1.5 mg/kg is looser than 1 mg/kg")
    expect(page.locator('[name="at:duration_min"]')).to_have_value("60")
    judged(page, "edit-refused")
    problem.get_by_role("link").first.focus()
    page.keyboard.press("Enter")
    expect(cap).to_be_focused()
    cap.fill("0.8")
    page.keyboard.press("Enter")

    expect(page.get_by_text("is made. Compare it, then sign it.")).to_be_visible()
    page.get_by_role("link", name="Compare", exact=True).click()
    page.get_by_label("From").select_option("iv_slow 1.0.0")
    page.get_by_label("To").select_option("iv_slow 1.0.0-2")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("1 tighter")).to_be_visible()
    judged(page, "compare")

    page.goto(f"{server.address}/protocols/iv_slow/1.0.0-2/")
    page.get_by_role("link", name="Read through and sign").click()
    expect(page.get_by_role("heading", name=re.compile("What changed since"))).to_be_visible()
    judged(page, "sign")
    page.get_by_label("Your full name").fill("Somebody Else")
    page.get_by_role("button", name="Sign this version").click()
    said = page.get_by_role("alert").filter(has_text="There is a problem").inner_text()
    page.get_by_label("Your full name").fill(said.split("known here: ")[1].split(".")[0].strip())
    page.get_by_role("button", name="Sign this version").click()
    expect(page.get_by_text("is signed. Plans can be made from it.")).to_be_visible()

    page.goto(f"{server.address}/people/")
    person = re.findall(r'href="/people/([0-9a-f-]{36})/"', page.content())[0]
    page.goto(f"{server.address}/people/{person}/plan/")
    page.get_by_role("link", name="Racemic ketamine by vein, slowly").click()
    page.get_by_label("Weight today").fill("70")
    expect(page.locator("#preview")).to_contain_text("35 mg")
