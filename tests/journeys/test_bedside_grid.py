"""A full set of vital signs by keyboard alone, in the line and in the flowsheet, and several people in a row."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from benchmarks.demo_server import DemoServer
from playwright.sync_api import Page, Response, expect
from tests.journeys.bedside import running

pytestmark = pytest.mark.journey
SignIn = Callable[[str], Page]
# The issue's own number: keys beyond the digits for pressure, pulse, oxygen and breathing.
MOST_KEYS = 12


def is_entry(answer: Response) -> bool:
    """Whether this answers an entry of a person's flowsheet, and not one of the page's own questions."""
    return answer.request.method == "POST" and bool(re.search(r"/(events|group/[0-9a-f-]{36})/$", answer.url))


class Hands:
    """Two hands on a keyboard; `beyond` counts every key that is not a digit."""

    def __init__(self, page: Page) -> None:
        self.page, self.beyond = page, 0

    def press(self, key: str) -> None:
        self.beyond += not key.isdigit()
        self.page.keyboard.press(key)

    def type(self, keys: str) -> None:
        for key in keys:
            self.press("Space" if key == " " else key)

    def record(self) -> None:
        """Enter, and wait until the answer to this entry stands on the page."""
        with self.page.expect_response(is_entry):
            self.press("Enter")
        expect(self.page.locator("form.htmx-request")).to_have_count(0)


def open_visit(page: Page, server: DemoServer, place: int) -> Hands:
    page.goto(f"{server.address}{running(page, server)[place]}")
    page.locator("h1").click()
    return Hands(page)


def test_a_full_set_through_the_line_takes_at_most_twelve_keys_beyond_the_digits(
    at_work: SignIn, server: DemoServer
) -> None:
    page = at_work("nurse")
    hands = open_visit(page, server, 0)
    hands.press("v")
    hands.type("131/83 71 97% 15")
    hands.record()
    sheet = page.locator("#sheet")
    for value in ("131/83", "71", "97", "15"):
        expect(sheet.get_by_text(value, exact=True).first).to_be_visible()
    assert hands.beyond <= MOST_KEYS


def test_a_full_set_through_the_flowsheet_takes_at_most_twelve_keys_beyond_the_digits(
    at_work: SignIn, server: DemoServer
) -> None:
    page = at_work("nurse")
    # Where nobody has written in this minute: a cell that is filled is not written over.
    hands = open_visit(page, server, 2)
    hands.press("g")
    for place, text in enumerate(("129/81", "69", "96", "13")):
        hands.type(text)
        hands.record()
        if place < 3:
            # The next cell of the same look is open already.
            expect(page.locator(".cell-input")).to_be_focused()
    sheet = page.locator("#sheet")
    for value in ("129/81", "69", "96", "13"):
        expect(sheet.get_by_text(value, exact=True).first).to_be_visible()
    column = sheet.locator('td:has([data-event]):has-text("129/81")').last
    instant = column.locator("[data-instant]").last.get_attribute("data-instant")
    assert sheet.locator(f'[data-instant="{instant}"]').count() == 4
    assert hands.beyond <= MOST_KEYS


def test_in_the_flowsheet_arrows_move_escape_reverts_and_a_slip_stays_in_its_cell(
    at_work: SignIn, server: DemoServer
) -> None:
    page = at_work("nurse")
    hands = open_visit(page, server, 1)
    hands.press("g")
    expect(page.locator("td:focus")).to_have_attribute("data-vital", "blood_pressure")
    hands.press("ArrowDown")
    expect(page.locator("td:focus")).to_have_attribute("data-vital", "heart_rate")
    hands.press("ArrowDown")
    hands.press("ArrowUp")
    hands.press("Enter")
    hands.type("88")
    hands.press("Escape")
    expect(page.locator(".cell-input")).to_have_count(0)
    expect(page.locator("td:focus")).to_have_attribute("data-vital", "heart_rate")
    hands.type("7")
    with page.expect_response(is_entry):
        hands.press("Enter")
    expect(page.locator("#cell-said")).to_contain_text("cannot be right")
    expect(page.locator(".cell-input")).to_have_value("7")
    expect(page.locator(".cell-input")).to_be_focused()
    hands.type("4")
    hands.record()
    expect(page.locator("#sheet").get_by_text("74", exact=True).first).to_be_visible()


def test_a_written_cell_leads_to_its_correction_and_is_never_typed_over(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("nurse")
    hands = open_visit(page, server, 1)
    written = page.locator('#sheet td[data-vital="blood_pressure"][data-change]').last
    written.click()
    expect(page.locator(".cell-input")).to_have_count(0)
    hands.press("5")
    expect(page.locator(".cell-input")).to_have_count(0)
    hands.press("Enter")
    page.wait_for_url(re.compile(r"correct="))
    expect(page.get_by_label("Why").first).to_be_visible()


def test_enter_goes_from_one_person_of_the_group_to_the_next(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("nurse")
    ids = [address.split("/")[2] for address in running(page, server)][:2]
    page.goto(f"{server.address}/board/group/?{'&'.join(f's={one}' for one in ids)}")
    page.get_by_role("link", name="Open a round").click()
    page.wait_for_load_state()
    expect(page.get_by_text("to be seen")).to_have_count(2)
    expect(page.locator(f"#line-{ids[0]}")).to_be_focused()
    hands = Hands(page)
    hands.type("12/80")
    hands.record()
    expect(page.locator(f"#group-{ids[0]}").get_by_role("alert")).to_be_visible()
    expect(page.locator(f"#line-{ids[0]}")).to_be_focused()
    hands.type("128/82 70 98% 14")
    hands.record()
    expect(page.locator(f"#line-{ids[1]}")).to_be_focused()
    hands.type("126/80 72 97% 15")
    hands.record()
    expect(page.get_by_text("seen in this round")).to_have_count(2)


def test_a_side_effect_is_one_press_becomes_an_adverse_event_and_is_handed_over(
    at_work: SignIn, server: DemoServer
) -> None:
    page = at_work("nurse")
    page.goto(f"{server.address}{running(page, server)[0]}")
    page.get_by_role("group", name="Vomiting").get_by_role("button", name="severe").click()
    page.get_by_role("button", name="Adverse event from Vomiting").first.click()
    page.wait_for_url(re.compile("/adverse-events/"))
    expect(page.get_by_text("Only a prescriber closes")).to_be_visible()
    page.goto(f"{server.address}/board/handover/")
    line = page.locator("li", has_text="Adverse event: Vomiting").first
    line.get_by_role("checkbox").check()
    page.get_by_label("To", exact=True).select_option(label="Tomas Lindqvist, Prescriber")
    page.get_by_role("button", name="Hand over").click()
    page.wait_for_load_state()
    expect(page.get_by_text("not taken over yet").first).to_be_visible()


def test_the_wall_has_nothing_to_press_and_no_name(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("nurse")
    page.goto(f"{server.address}/board/")
    name = page.locator(".tile__person a").first.inner_text()
    page.goto(f"{server.address}/board/wall/")
    expect(page.locator("button, input, select, a")).to_have_count(0)
    expect(page.get_by_text(name)).to_have_count(0)
    expect(page.locator(".wall__value").first).to_be_visible()
