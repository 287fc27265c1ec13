"""What a nurse's hands do on the session page."""

from __future__ import annotations

from benchmarks.demo_server import DemoServer
from playwright.sync_api import Locator, Page, expect

BUSY = ".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added"


def running(page: Page, server: DemoServer) -> list[str]:
    """The addresses of the sessions on the board's chairs, in the order of the room."""
    page.goto(f"{server.address}/board/")
    return [one.get_attribute("href") or "" for one in page.locator(".tile__person a").all()]


def press(page: Page, name: str) -> None:
    """Press a button among the actions, and wait until its answer stands on the page."""
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.locator("#actions").get_by_role("button", name=name).click()
    settle(page)


def enter_line(page: Page, line: str) -> None:
    """One line of vital signs by keyboard alone: v, the digits, Enter."""
    page.locator("h1").click()
    page.keyboard.press("v")
    page.keyboard.type(line)
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.press("Enter")
    settle(page)


def tick(box: Locator) -> None:
    """Choose a box or a radio as the keyboard does: where it lies when a live part moves is no matter, and in a part
    that was drawn anew in this very moment is ticked again."""
    for _ in range(3):
        if not box.is_checked():
            box.focus()
            box.press("Space")
        if box.is_checked():
            return
    expect(box).to_be_checked()


def settle(page: Page) -> None:
    """The answer has arrived and stands where it belongs."""
    page.wait_for_load_state()
    expect(page.locator(BUSY)).to_have_count(0)


def draw_dose(page: Page) -> None:
    """The ordered dose from the first lot that fits it, as its label says: mL, or devices."""
    drawn = page.locator("#drawn")
    lot = drawn.locator('input[name="lot"]').first
    words = lot.locator("xpath=..").inner_text()
    amount = words.rsplit("the order is", 1)[1].split()[0]
    tick(lot)
    drawn.locator('[name="volume_ml"], [name="devices"]').first.fill(amount)
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        drawn.get_by_role("button", name="Enter as drawn").click()
    settle(page)
