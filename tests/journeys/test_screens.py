"""Every screen, light and dark, tablet and phone: no accessibility violation, no sideways scrolling."""

from __future__ import annotations

import pytest
from benchmarks.demo_server import DemoServer
from benchmarks.screens import walk
from playwright.sync_api import Browser

pytestmark = pytest.mark.journey


def test_every_screen_is_accessible_in_both_themes_and_sizes(server: DemoServer, chromium: Browser) -> None:
    assert {name: found for name, found in walk(server, chromium) if found} == {}
