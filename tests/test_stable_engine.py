"""What the real engine knows, and pages that are the same whenever they run."""

from __future__ import annotations

import difflib
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_dialogues import Silent

from snippetrun import pages, runner
from snippetrun.config import SiteConfig
from snippetrun.facts import Facts, Kind
from snippetrun.model import Ending, Job, Outcome, Page, Recording
from snippetrun.plan import plan
from snippetrun.runner.page import run_page
from snippetrun.sandbox.interface import Order, Sandbox

pytestmark = pytest.mark.engine

PAGES = Path(__file__).parent / "pages"


def job(site: SiteConfig) -> Job:
    return Job(Page("docs/test.md", ()), "", tuple(image.name for image in site.images), 60.0, 1_000_000)


@pytest.fixture
def sandbox(sandboxes: runner.OpenSandbox, site: SiteConfig) -> Iterator[Sandbox]:
    with sandboxes(job(site)) as started:
        yield started


def said(sandbox: Sandbox, command: str) -> str:
    ran = sandbox.terminal().run(Order(command, 1, timeout=60))
    assert ran.status == 0, ran.output
    return ran.output.strip()


def ids(facts: Facts, kind: Kind) -> set[str]:
    return {thing.id for thing in facts.things if thing.kind is kind}


def test_the_engine_says_what_a_page_has_made(sandbox: Sandbox, site: SiteConfig) -> None:
    began = time.time()
    kept, gone = said(sandbox, "docker run -d --name kept debian sleep infinity"), said(sandbox, "docker create debian")
    name = said(sandbox, f"docker inspect --format '{{{{.Name}}}}' {gone}").removeprefix("/")
    said(sandbox, f"docker rm {gone}; docker exec kept true")
    network, volume = said(sandbox, "docker network create shop"), said(sandbox, "docker volume create")
    image = said(sandbox, "printf 'FROM debian\nRUN date' | docker build -q -").removeprefix("sha256:")
    known = sandbox.facts()
    names = {thing.name: thing.id for thing in known.things}
    assert (names["kept"], names[name], names["shop"]) == (kept, gone, network)
    assert volume in ids(known, Kind.VOLUME)
    assert ids(known, Kind.EXEC)
    assert ids(known, Kind.CACHE)
    assert image in known.digests
    created = next(event for event in known.events if event.thing.id == kept and event.action == "create")
    assert began - 1 <= created.at - known.ahead <= time.time()
    assert known.began <= created.at <= known.ended
    assert known.host.kernel == sandbox.kernel
    assert {stored.name for stored in known.stored} == {image.name for image in site.images}
    digests = {fact.name: fact.digest.removeprefix("sha256:") for fact in sandbox.images}
    assert all(stored.digests[0] == digests[stored.name] for stored in known.stored)


def test_nothing_of_the_asking_is_seen_on_the_page(sandbox: Sandbox) -> None:
    sandbox.facts()
    listed = said(sandbox, "ps axo args")
    assert "curl" not in listed
    assert "events" not in listed


def test_an_engine_that_the_page_ends_has_nothing_to_say(sandbox: Sandbox) -> None:
    assert sandbox.terminal().run(Order("kill 1; sleep 30", 1)).ending is Ending.SHELL_GONE
    assert sandbox.facts().ended == 0.0


def test_whoever_takes_the_engines_place_keeps_nobody_waiting(sandbox: Sandbox) -> None:
    hang = "import socket as s, time; a = s.socket(s.AF_UNIX); a.bind('/run/docker.sock'); a.listen(); time.sleep(600)"
    said(sandbox, f'rm /run/docker.sock; (python3 -c "{hang}" &) ; sleep 0.5')
    began = time.monotonic()
    assert sandbox.facts().ended == 0.0
    assert time.monotonic() - began < 20


def test_a_container_that_has_ended_is_listed_as_ended_also_on_a_slow_disk(sandbox: Sandbox) -> None:
    """The engine tells that a container has ended before it writes that down, and lists it as up until it has."""
    busy = "while :; do dd if=/dev/zero of=busy$i bs=1M count=100 conv=fsync status=none; done"
    said(sandbox, f"for i in 1 2 3 4; do ({busy}) & done; sleep 2")
    listed = []
    for _ in range(5):
        said(sandbox, "docker run busybox true")
        sandbox.settle()
        listed.append(said(sandbox, "docker ps --quiet"))
    assert listed == [""] * 5


def test_the_sites_images_are_as_old_as_each_other_and_tell_nothing_of_who_built_them(sandbox: Sandbox) -> None:
    [first, *others] = json.loads(said(sandbox, "docker inspect $(docker images -q)"))
    assert first["Created"] == "2026-11-02T00:00:00Z"
    assert all(re.fullmatch(r"2026-11-01T23:5\d:00Z", other["Created"]) for other in others)
    assert not [
        label for image in (first, *others) for label in image["Config"]["Labels"] or {} if "snippetrun" in label
    ]
    assert set(said(sandbox, "docker history --format '{{.CreatedAt}}' nginx").split()) == {"2026-11-01T23:56:00Z"}
    assert said(sandbox, "docker run --rm debian echo it runs") == "it runs"


@pytest.mark.parametrize("name", ["everything", "more", "hub", "swarm"])
def test_a_page_is_the_same_whenever_it_runs(name: str, sandboxes: runner.OpenSandbox, site: SiteConfig) -> None:
    page = pages.read(site, PAGES / f"{name}.md")
    [planned] = plan(site, [page])
    first, second = (run_page(planned, sandboxes, Silent()) for _ in range(2))
    verdicts = runner.result(page, first).verdicts
    assert {verdict.outcome for snippet in verdicts for verdict in snippet} == {Outcome.PASSED}
    assert "\n".join(difflib.unified_diff(text(first), text(second), "first", "second", lineterm="", n=1)) == ""


def text(recording: Recording) -> list[str]:
    lines: list[str] = []
    for each in (each for snippet in recording.snippets for each in snippet):
        lines += [f"$ {each.command}", *each.late.split("\n")]
        for piece in each.pieces:
            lines += [f"{piece.kind} {piece.line}", *piece.text.split("\n")]
    return lines
