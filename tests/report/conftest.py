"""A real browser for pages: skipped where none is installed, required where CI says so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture
def browser_page() -> Iterator[Page]:
    """A page of the system's browser that records requests and what it complains about."""
    if CHROMIUM is None:
        # CI installs one and asks for it, so that these tests cannot go missing there.
        assert not os.environ.get("CONVSIM_REQUIRE_BROWSER"), "CI needs chromium on PATH"
        pytest.skip("no `chromium` on PATH: install the system's package to test in a browser")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()
