"""The ledger in a browser: receive, draw, give, waste before a witness, count blind, and a discrepancy to its end."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

import pytest
from benchmarks.demo_server import DemoServer
from playwright.sync_api import Locator, Page, expect
from tests.journeys.bedside import press, settle, tick
from tests.passkey import Passkey

pytestmark = pytest.mark.journey
SignIn = Callable[[str], Page]


def receive(page: Page, server: DemoServer, number: str) -> None:
    page.goto(f"{server.address}/medication/")
    page.get_by_role("link", name="Receive", exact=True).click()
    page.get_by_label("Drug", exact=True).select_option("ketamine")
    page.get_by_label("Lot number", exact=True).fill(number)
    page.get_by_label("Expiry").fill("2099-05")
    tick(page.locator('[name="form"][value="volume"]'))
    page.get_by_label("How many came").fill("4")
    page.get_by_label("Strength (vials)").fill("50")
    page.get_by_role("button", name="Put in the vault").click()
    expect(page.get_by_role("alert")).to_contain_text("Write the amount")
    page.get_by_label("In each vial").fill("10")
    page.get_by_role("button", name="Put in the vault").click()
    expect(page.get_by_text(f"Lot {number} is in the vault: 40 mL (2000 mg) there now.")).to_be_visible()


def seat_somebody(page: Page, server: DemoServer) -> None:
    """Somebody with a plan who is not in a chair yet, in the last chair of the room."""
    page.goto(f"{server.address}/people/")
    for person in dict.fromkeys(re.findall(r'href="(/people/[0-9a-f-]{36}/)"', page.content())):
        page.goto(f"{server.address}{person}sessions/")
        if not page.locator('form[action$="/sessions/new/"]').count():
            continue
        chair = page.locator('[name="chair"] option').last.get_attribute("value") or ""
        page.locator('[name="chair"]').select_option(chair)
        page.locator('form[action$="/sessions/new/"] button').click()
        if re.search(r"/sessions/[0-9a-f-]{36}/$", page.url):
            press(page, "has arrived")
            return
    raise AssertionError("nobody of the demonstration can be seated")


def leave(page: Page) -> None:
    """The chair is free again for whoever comes next."""
    page.get_by_text("Cancel this session").click()
    page.locator('#actions form:has([value="cancel"]) [name="reason"]').fill("The person would rather come tomorrow.")
    press(page, "Cancel the session")


def sign(form: Locator, button: str) -> None:
    """The witness chosen, and in the demonstration the user name that stands in brackets."""
    choice = form.locator('select[name="witness"]')
    choice.select_option(index=1)
    words = choice.locator("option").nth(1).inner_text()
    form.locator('[name="witness_password"]').fill(words.rsplit("(", 1)[1].rstrip(")"))
    form.get_by_role("button", name=button).click()


def test_what_is_received_is_drawn_and_the_rest_wasted_before_a_witness(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("nurse")
    receive(page, server, "J-1")
    seat_somebody(page, server)
    drawn = page.locator("#drawn")
    drawn.get_by_text("Draw the dose").click()
    devices = drawn.locator('[name="devices"]').count() > 0
    tick(drawn.locator('input[name="lot"]').first)
    if not devices:
        drawn.locator('[data-draw] [name="volume_ml"]').fill("0.1")
        expect(drawn.locator("output")).to_have_text("= 5 mg")
    drawn.locator('[data-draw] [name="volume_ml"], [data-draw] [name="devices"]').fill("1" if devices else "0.1")
    press(page, "Enter as drawn")
    expect(drawn.locator(".drawn__lot")).to_have_count(1)
    expect(waste_form(drawn)).to_have_count(1)
    fill_waste(waste_form(drawn), devices=devices)
    waste_form(drawn).locator('select[name="witness"]').select_option(index=1)
    waste_form(drawn).locator('[name="witness_password"]').fill("a guess")
    press(page, "Enter as wasted")
    expect(drawn.get_by_role("alert")).to_contain_text("user name")
    fill_waste(waste_form(drawn), devices=devices)
    sign(waste_form(drawn), "Enter as wasted")
    settle(page)
    expect(drawn.locator(".drawn__lot").last).to_contain_text("Wasted")
    leave(page)
    page.goto(f"{server.address}/medication/ledger/?kind=wasted")
    expect(page.get_by_text("seen by").first).to_be_visible()


def waste_form(drawn: Locator) -> Locator:
    return drawn.locator("details", has_text="Waste, with a witness")


def fill_waste(form: Locator, *, devices: bool) -> None:
    if form.get_attribute("open") is None:
        form.locator("summary").click()
    tick(form.locator('[name="lot"]').last)
    form.locator('[name="volume_ml"], [name="devices"]').fill("1" if devices else "0.1")
    if form.locator('[name="of"]').count():
        tick(form.locator('[name="of"][value="vial"]'))


def holds_passkey(page: Page, server: DemoServer, username: str) -> None:
    """Somebody of the demonstration has registered a passkey, and it is held to this tablet."""
    theirs = Passkey("localhost")
    (database,) = (server.folder / "data").glob("*.sqlite3")
    with closing(sqlite3.connect(database, timeout=15)) as rows, rows:
        (user_id,) = rows.execute("SELECT id FROM accounts_user WHERE username = ?", [username]).fetchone()
        values = [json.dumps(theirs.kept), datetime.now(UTC).isoformat(sep=" "), user_id]
        rows.execute(
            "INSERT INTO mfa_authenticator (type, data, created_at, user_id) VALUES ('webauthn', ?, ?, ?)", values
        )
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    asked = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    made = tools.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {**asked, "isUserVerified": True, "automaticPresenceSimulation": True}},
    )
    tools.send("WebAuthn.addCredential", {**made, "credential": theirs.for_chromium()})


def test_a_witness_signs_with_a_passkey(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("nurse")
    receive(page, server, "J-3")
    holds_passkey(page, server, "tomas.lindqvist")
    page.get_by_role("row", name="J-3").get_by_role("link", name="Remove").click()
    tick(page.locator("#remove-kind"))
    page.locator("#remove-volume_ml").fill("1")
    page.get_by_label("Why").fill("The vial broke.")
    witness = page.get_by_label("Witness", exact=True)
    signs = page.get_by_role("button", name="The witness signs with a passkey")
    witness.select_option(index=1)
    signs.click()
    expect(page.get_by_text("has no passkey here and signs with their password")).to_be_visible()
    others = witness.locator("option", has_text="tomas.lindqvist")
    witness.select_option(others.get_attribute("value") or "")
    signs.click()
    expect(page.get_by_text("left the vault")).to_be_visible()


def test_a_blind_count_and_a_discrepancy_to_its_end(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("nurse")
    receive(page, server, "J-2")
    page.get_by_role("link", name="Count the vault").click()
    page.get_by_role("link", name=re.compile("lot J-2")).click()
    expect(page.locator("main")).not_to_contain_text("40 mL")
    page.get_by_label("Full vials").fill("3")
    page.get_by_label("In opened vials").fill("9.5")
    page.get_by_role("button", name="Enter the count").click()
    expect(page.get_by_text("25 mg less was counted than expected")).to_be_visible()
    page = at_work("manager")
    page.goto(f"{server.address}/medication/discrepancies/")
    page.get_by_role("link", name="Resolve lot J-2").click()
    tick(page.locator('[name="outcome"][value="found_again"]'))
    page.get_by_label("What you found out").fill("A vial stood behind the shelf.")
    sign(page.locator("main form"), "Resolve")
    expect(page.get_by_text("A vial stood behind the shelf.")).to_be_visible()
