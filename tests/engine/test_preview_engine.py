"""A live preview, of a real `mkdocs serve`: what its pages show while others run, fail, or cannot be read."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
from conftest import ONE_RUN, MakeSite, sandboxes_of
from helpers.mkdocs_build import MKDOCS
from helpers.waiting import runs, wait_for

from snippetrun.engine.client import HostEngine

pytestmark = pytest.mark.engine

TWO_RUNS = "      runs: 2\n"
SLEEP = f"sleep {200_000 + os.getpid()}"  # nobody else's
SLOW = f"# Slow\n\n```console\n$ docker run --rm busybox {SLEEP}\n```\n"


def page(command: str, written: str = "", attributes: str = "") -> str:
    return f"# A\n\n```console{attributes}\n$ docker run --rm busybox {command}\n{written}```\n"


@dataclass
class Preview:
    """A site that is served."""

    address: str
    running: subprocess.Popen[bytes]
    log: Path

    def shows(self, name: str) -> str:
        """The text of a page as it is served now; empty if there is none."""
        try:
            with urllib.request.urlopen(f"http://{self.address}/{name}.html", timeout=20) as answer:
                return unescape(re.sub("<[^>]+>", "", answer.read().decode()))
        except urllib.error.HTTPError:
            return ""

    def wait(self, name: str, *words: str) -> str:
        """Wait until a page shows these words; return its text."""
        wait_for(lambda: all(word in self.shows(name) for word in words), why=lambda: self.said + self.shows(name))
        return self.shows(name)

    @property
    def said(self) -> str:
        return self.log.read_text()


@pytest.fixture
def serve(make_site: MakeSite, engine: HostEngine) -> Iterator[Callable[..., Preview]]:
    started: list[Preview] = []

    def start(pages: dict[str, str], options: str = ONE_RUN) -> Preview:
        root = make_site(pages, "      recordings: recordings\n" + options)
        with socket.create_server(("127.0.0.1", 0)) as free:
            address = f"127.0.0.1:{free.getsockname()[1]}"
        log = root / "said"
        with log.open("w") as output:
            command = [str(MKDOCS), "serve", "--dev-addr", address]
            environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
            running = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
        started.append(preview := Preview(address, running, log))
        wait_for(lambda: "Serving on" in preview.said, why=lambda: preview.said)
        return preview

    yield start
    for preview in started:
        preview.running.send_signal(signal.SIGINT)
        assert preview.running.wait(40) == 0, preview.said
        assert "Traceback" not in preview.said
        assert sandboxes_of(engine, preview.running.pid) == []


@pytest.mark.slow
def test_a_page_that_runs_says_so_and_others_answer_meanwhile(serve: Callable[..., Preview]) -> None:
    preview = serve({"slow.md": SLOW, "a.md": page("echo first")})
    shown = preview.wait("a", "\nfirst")
    assert "Running now" not in shown
    wait_for(lambda: runs(SLEEP), why=lambda: preview.said)
    assert "Running now" in preview.shows("slow")
    assert "Stale: it has not been recorded yet" in preview.shows("slow")
    Path("docs/slow.md").write_text(page("echo done at last"))
    shown = preview.wait("slow", "\ndone at last")
    assert "Running now" not in shown
    assert not runs(SLEEP)


def test_what_was_recorded_is_shown_until_it_has_run_again(serve: Callable[..., Preview]) -> None:
    preview = serve({"a.md": page("echo first")})
    preview.wait("a", "\nfirst")
    wait_for(Path("recordings/a.md.json").exists, why=lambda: preview.said)
    Path("docs/a.md").write_text(page("echo first") + SLOW)
    shown = preview.wait("a", "Running now")
    assert "\nfirst" in shown
    assert "Stale: it has changed since it was recorded" in shown


@pytest.mark.slow
def test_a_failure_is_explained_in_its_page_and_runs_again_when_that_is_saved(serve: Callable[..., Preview]) -> None:
    preview = serve({"a.md": page("echo one two", "one three\n"), "b.md": page("echo other")})
    preview.wait(
        "a",
        "Failed: the output is not what line 5 says\n"
        "expected: one three\n"
        "              ^^^^^\n"
        "came out: one two\n"
        "              ^^^\n"
        "If what came out is right: snippetrun update docs/a.md",
    )
    preview.wait("b", "\nother")
    wait_for(lambda: "2 pages (" not in preview.said and "2 pages, " in preview.said, why=lambda: preview.said)
    Path("docs/b.md").write_text(page("echo another"))
    preview.wait("b", "\nanother")
    assert "Failed: " in preview.shows("a")
    assert preview.said.count("docs/a.md FAILED") == 1
    Path("docs/a.md").write_text(page("echo one two", "one two\n"))
    wait_for(lambda: "Failed: " not in preview.shows("a") and "Running" not in preview.shows("a"))
    wait_for(lambda: "2 pages (1 run, 1 replayed), 2 snippets" in preview.said, why=lambda: preview.said)


@pytest.mark.slow
def test_what_is_edited_runs_on_from_there_and_the_page_is_confirmed(serve: Callable[..., Preview]) -> None:
    above = page("sh -c 'echo made at $(date +%N)'") + "\n```console\n$ docker run --name kept busybox true\n```\n"
    last = "\n```console\n$ docker inspect --format '{{{{.Name}}}} {0}' kept\n```\n"
    preview = serve({"a.md": above + last.format(1), "b.md": "# B\n\nSee [A](a.md).\n"}, TWO_RUNS)
    recording = Path("recordings/a.md.json")
    wait_for(lambda: recording.exists() and '"runs": 2' in recording.read_text(), why=lambda: preview.said)
    for number in (2, 3):
        Path("docs/a.md").write_text(f"Words {number}.\n\n{above}{last.format(number)}")
        preview.wait("a", f"/kept {number}", f"Words {number}.")
        wait_for(lambda: "Being confirmed" not in preview.shows("a"), why=lambda: preview.said)
        assert f"/kept {number}" in preview.shows("a")
    assert preview.said.count("docs/a.md has run on from where it was edited") == 2
    wait_for(lambda: "/kept 3" in recording.read_text() and '"runs": 2' in recording.read_text())


def test_a_page_is_shown_before_the_rest_of_the_site_and_that_follows(serve: Callable[..., Preview]) -> None:
    preview = serve({"a.md": "# A\n\nOne.\n", "b.md": "# B\n"})
    Path("docs/a.md").write_text("# Another title\n\nTwo.\n")
    assert "Another title" in preview.wait("a", "Two.")
    wait_for(lambda: "Another title" in preview.shows("b"), why=lambda: preview.said)
    Path("docs/c.md").write_text("# C\n")
    preview.wait("c", "C")
    Path("docs/c.md").unlink()
    wait_for(lambda: "Another title" in preview.shows("a") and not Path("docs/c.md").exists())


@pytest.mark.slow
def test_a_mistake_is_shown_in_its_page_and_stops_nothing(serve: Callable[..., Preview]) -> None:
    mistake = page("echo one", attributes=" {timout=3}")
    preview = serve({"a.md": mistake, "b.md": page("echo two"), "c.md": page("echo x", attributes=" {timeout=9h}")})
    preview.wait(
        "a",
        "docs/a.md:3:13: timout: there is no such attribute\n"
        "        3 | ```console {timout=3}\n"
        "          |             ^^^^^^^^\n"
        "    Did you mean timeout?",
    )
    preview.wait("b", "\ntwo")
    assert "docs/c.md:3: timeout: 32400 s, and the site allows" in preview.shows("c")
    Path("docs/a.md").write_text(page("echo one"))
    shown = preview.wait("a", "\none")
    assert "no such attribute" not in shown


@pytest.mark.slow
def test_pages_run_again_when_their_image_or_their_recording_changes(serve: Callable[..., Preview]) -> None:
    preview = serve({"a.md": page("cat /made"), "b.md": page("echo two")}, TWO_RUNS)
    preview.wait("a", "No such file")
    preview.wait("b", "\ntwo")
    with Path("images/busybox/Dockerfile").open("a") as dockerfile:
        dockerfile.write("\nRUN echo by the image > /made\n")
    preview.wait("a", "\nby the image")
    recording = Path("recordings/b.md.json")
    wait_for(lambda: '"runs": 2' in recording.read_text(), why=lambda: preview.said)
    builds = preview.said.count("Building documentation")
    recording.unlink()
    wait_for(lambda: preview.said.count("Building documentation") > builds, why=lambda: preview.said)
    wait_for(recording.exists, why=lambda: preview.said)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_preview_that_is_killed_leaves_nothing(make_site: MakeSite, engine: HostEngine, number: int) -> None:
    root = make_site({"slow.md": SLOW})
    running = subprocess.Popen([MKDOCS, "serve", "-q", "--dev-addr", "127.0.0.1:0"], cwd=root)
    wait_for(lambda: runs(SLEEP))
    running.send_signal(number)
    running.wait(40)
    wait_for(lambda: not runs(SLEEP) and not sandboxes_of(engine, running.pid))
