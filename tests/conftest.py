"""What tests share: a site in a temporary folder, and the real engine with the images of this repository."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from helpers.browser import CHROMIUM, FLAGS
from helpers.images import site_of_tests

from snippetrun import plan, runner
from snippetrun.config import SiteConfig
from snippetrun.engine import leftovers
from snippetrun.engine.client import HostEngine
from snippetrun.engine.discover import host_engine
from snippetrun.errors import EngineError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest_plugins = ["pytester"]

# A loaded machine is slow, and what it finds is no less true for that.
hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")

# Whoever runs the tests in the background may have it ignored, and what they start would not hear of Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

REPOSITORY = Path(__file__).parent.parent

ONE_RUN = "      runs: 1\n"
"""For a site in which it does not matter what varies from run to run: half the sandboxes."""
MakeSite = Callable[..., Path]
"""(page name -> text, more of mkdocs.yml) -> a folder that holds mkdocs.yml and docs/."""


def sandboxes_of(engine: HostEngine, pid: int) -> list[str]:
    """The sandboxes that a process has on the engine, where others may be at work too."""
    return [
        item.name for item in leftovers.find(engine) if item.kind == "container" and f"process {pid} " in item.detail
    ]


@pytest.fixture
def make_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeSite:
    """Return what writes a site that uses this repository's images, and stand in its folder."""

    def make(pages: Mapping[str, str], options: str = "") -> Path:
        (tmp_path / "docs").mkdir(exist_ok=True)
        shutil.copytree(REPOSITORY / "images", tmp_path / "images")
        images = "{debian: {build: images/debian}, busybox: {build: images/busybox}}"
        (tmp_path / "mkdocs.yml").write_text(
            "site_name: Test\ntheme: {name: material, font: false}\nuse_directory_urls: false\n"
            f"plugins:\n  - search\n  - snippetrun:\n      images: {images}\n{options}"
        )
        for name, text in pages.items():
            (tmp_path / "docs" / name).write_bytes(text.encode())
        return tmp_path

    monkeypatch.chdir(tmp_path)
    return make


@pytest.fixture
def digested(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders of images that have been read for a plan, each time that they were."""
    folders: list[Path] = []

    def digest_of(folder: Path) -> str:
        folders.append(folder)
        return "0" * 64

    monkeypatch.setattr(plan, "digest_of", digest_of)
    return folders


@pytest.fixture(scope="session")
def site() -> SiteConfig:
    """The configuration of this repository's own site, with the images that tests need."""
    return site_of_tests()


@pytest.fixture(scope="session")
def engine() -> Iterator[HostEngine]:
    """The host's real engine; a machine without one cannot run these tests, and says so by failing."""
    try:
        with host_engine(print) as host:
            yield host
    except EngineError as error:
        pytest.fail(f"the tests need a Docker engine: {error}")


@pytest.fixture(scope="session")
def sandboxes(site: SiteConfig, engine: HostEngine) -> Iterator[runner.OpenSandbox]:  # noqa: ARG001 - keeps it up
    """What starts real sandboxes with these images."""
    with runner.live_sandboxes(site, print) as start:
        yield start


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium. Each file has its own: while Playwright runs, its thread can have no other event loop."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()
