"""Output that attacks whoever reads it, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from helpers.attack import attacked, built
from helpers.browser import CHROMIUM, served

from snippetrun.report import Report

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium"),
]


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    """The report of a site whose one page has run, and has been recorded."""
    return attacked(tmp_path, monkeypatch)


@pytest.mark.usefixtures("ran")
def test_nothing_of_it_runs_in_a_browser_nor_in_its_search(browser: Browser) -> None:
    built()
    with served(Path("site")) as address:
        page = browser.new_page()
        page.goto(f"{address}/index.html")
        page.wait_for_selector(".snippetrun")
        page.click(".md-search__input")
        page.keyboard.type("logs")
        page.wait_for_selector(".md-search-result__item")
        assert "owned" in page.inner_text(".md-search-result__list")
        assert page.evaluate("window.owned === undefined")
        assert (
            page.query_selector_all(".snippetrun [onclick], .snippetrun [onerror], .snippetrun a, img[onerror]") == []
        )
