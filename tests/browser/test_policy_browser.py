"""This site under the Content-Security-Policy that the documentation computes for it: no browser complains."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import REPOSITORY
from helpers.browser import CHROMIUM, served
from helpers.generators import site_by

from snippetrun.extract.fences import read_outline
from snippetrun.extract.lines import normalised

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium"),
    pytest.mark.slow,
]

PAGES = (
    "index",
    "images",
    "port-mapping",
    "getting-started",
    "nginx-exercise",
    "reference/engines",
    "reference/benchmarks",
    "reference/verification",
    "404",
)
CLICKED = ("label[for^=__palette]", ".tabbed-labels label", ".md-code__button", "summary", ".sr-fold")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return site_by("mkdocs", tmp_path_factory)


@pytest.fixture(scope="module")
def policy(site: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the script of the documentation prints for the site."""
    text = (REPOSITORY / "docs/reference/generators.md").read_text()
    [script] = [f for f in read_outline(normalised(text)).fences if 'title="policy.py"' in f.info]
    file = tmp_path_factory.mktemp("script") / "policy.py"
    file.write_text("\n".join(script.lines) + "\n")
    return subprocess.run([sys.executable, file, site], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def address(site: Path, policy: str) -> Iterator[str]:
    with served(site, policy) as served_at:
        yield served_at


def test_nothing_on_any_page_breaks_the_policy_of_the_documentation(address: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    clicked = set()
    for name in PAGES:
        page.goto(f"{address}/{name}.html")
        page.keyboard.press("/")
        page.keyboard.type("docker run")
        page.locator(".md-search-result__item").first.wait_for(state="visible")
        page.keyboard.press("Escape")
        for what in CLICKED:
            seen = page.locator(f"{what}:visible")
            if seen.count():
                seen.last.click()
                clicked.add(what)
    assert clicked == set(CLICKED)
    with page.expect_console_message(lambda message: "Content Security Policy" in message.text):
        page.evaluate("document.body.setAttribute('style', 'color: red')")  # what breaks it is told
    assert len(complaints) == 1, complaints
