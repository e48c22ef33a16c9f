"""The browser of the report's tests."""

from __future__ import annotations

from tests.report.conftest import browser_page

__all__ = ["browser_page"]
