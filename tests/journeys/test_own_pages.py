"""A person opens their own pages with a code, writes in the journal, and takes their record along."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

from benchmarks.demo_server import DemoServer
from benchmarks.screens import PHONE, faults
from playwright.sync_api import Page, expect

PATIENCE_S = 15


def contact_of_somebody(page: Page, server: DemoServer) -> tuple[str, str, str]:
    """(their page, e-mail address, birth date) of somebody in treatment."""
    page.goto(f"{server.address}/people/?phase=maintenance")
    link = page.locator('a[href^="/people/"]').filter(has_text=re.compile(r"\w")).all()
    address = next(
        href
        for href in (one.get_attribute("href") or "" for one in link)
        if re.fullmatch(r"/people/[0-9a-f-]{36}/", href)
    )
    page.goto(f"{server.address}{address}contact/")
    email = page.locator("#id_email").input_value()
    page.goto(f"{server.address}{address}")
    born = re.search(r"born (\d{1,2} \w+ \d{4})", page.locator("body").inner_text())
    assert born is not None
    return f"{server.address}{address}", email, time.strftime("%Y-%m-%d", time.strptime(born[1], "%d %B %Y"))


def code_mailed(server: DemoServer, before: int) -> str:
    """The code the server printed after `before` characters."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        found = re.findall(r"(?:Your code|Tu código): (\d{6})\.", server.printed[before:])
        if found:
            return str(found[-1])
        time.sleep(0.1)
    raise AssertionError("no code was mailed")


def test_a_person_opens_their_pages_and_closes_them(at_work, chromium, server) -> None:  # type: ignore[no-untyped-def]
    staff = at_work("coordinator")
    record, email, born = contact_of_somebody(staff, server)
    context = chromium.new_context(viewport=PHONE, accept_downloads=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{server.address}/my/")
    before = len(server.printed)
    page.get_by_label(re.compile("e-mail")).fill(email)
    page.get_by_label(re.compile("date of birth")).fill(born)
    page.get_by_role("button", name="Send me a code").click()
    assert faults(page) == []
    page.get_by_label(re.compile("six digits")).fill("1 2 3")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("does not work")
    page.get_by_label(re.compile("six digits")).fill(code_mailed(server, before))
    page.keyboard.press("Enter")
    page.wait_for_url("**/my/course/")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert faults(page) == []
    with page.expect_download() as taken:
        page.locator('a[href="/my/export/"]').click()
    told = json.loads(Path(taken.value.path()).read_text())
    assert any(entry["resource"]["resourceType"] == "Patient" for entry in told["record"]["entry"])
    page.goto(f"{server.address}/my/journal/")
    page.locator("#text").fill("A quieter week.")
    page.locator('form:has(#text) button[type="submit"]').click()
    expect(page.get_by_text("A quieter week.")).to_be_visible()
    assert faults(page) == []
    staff.goto(record)
    expect(staff.get_by_text("A quieter week.")).to_have_count(0)
    page.locator('form[action$="/share/"] button').click()
    staff.goto(record)
    expect(staff.get_by_text("A quieter week.")).to_be_visible()
    page.locator('form[action="/my/leave/"] button').click()
    page.goto(f"{server.address}/my/course/")
    page.wait_for_url("**/my/")
    context.close()
