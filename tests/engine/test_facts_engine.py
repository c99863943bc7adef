"""What is known of the real engine and of the site's images, and what is set up so that pages say the same."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator

import pytest

from snippetrun import runner
from snippetrun.config import SiteConfig
from snippetrun.model import Ending, Job, Page
from snippetrun.sandbox.interface import Sandbox, TerminalCommand

pytestmark = pytest.mark.engine


def job(site: SiteConfig) -> Job:
    return Job(Page("docs/test.md", ()), "", tuple(image.name for image in site.images), 60.0, 1_000_000)


@pytest.fixture
def sandbox(sandboxes: runner.OpenSandbox, site: SiteConfig) -> Iterator[Sandbox]:
    with sandboxes(job(site)) as started:
        yield started


def said(sandbox: Sandbox, command: str) -> str:
    ran = sandbox.terminal().run(TerminalCommand(command, 1, timeout=60))
    assert ran.status == 0, ran.output
    return ran.output.strip()


def known(sandbox: Sandbox) -> dict[str, str]:
    return {fact.name: fact.value for fact in sandbox.facts()}


def test_what_is_known_is_what_a_page_can_print(sandbox: Sandbox, site: SiteConfig) -> None:
    facts = known(sandbox)
    assert facts["engine id"] == said(sandbox, "docker info --format '{{.ID}}'")
    assert [facts["kernel"], facts["kernel build"]] == [said(sandbox, "uname -r"), said(sandbox, "uname -v")]
    assert facts["/proc/version"] == said(sandbox, "cat /proc/version")
    assert facts["processors"] == said(sandbox, "docker info --format '{{.NCPU}}'")
    assert facts["memory"] == said(sandbox, "docker info --format '{{.MemTotal}}'")
    for image in sandbox.images:
        assert facts[f"{image.name} 1"] == image.digest.removeprefix("sha256:")
    assert facts["image store built"]
    assert {f"{image.name} built" in facts for image in site.images if image.build} == {True}


def test_nothing_of_the_asking_is_seen_on_the_page(sandbox: Sandbox) -> None:
    sandbox.facts()
    listed = said(sandbox, "ps axo args")
    assert "curl" not in listed
    assert "events" not in listed


def test_an_engine_that_the_page_ends_has_nothing_to_say(sandbox: Sandbox) -> None:
    assert sandbox.terminal().run(TerminalCommand("kill 1; sleep 30", 1)).ending is Ending.SHELL_GONE
    assert "engine id" not in known(sandbox)


def test_whoever_takes_the_engines_place_keeps_nobody_waiting(sandbox: Sandbox) -> None:
    hang = "import socket as s, time; a = s.socket(s.AF_UNIX); a.bind('/run/docker.sock'); a.listen(); time.sleep(600)"
    said(sandbox, f'rm /run/docker.sock; (python3 -c "{hang}" &) ; sleep 0.5')
    began = time.monotonic()
    assert "engine id" not in known(sandbox)
    assert time.monotonic() - began < 20


@pytest.mark.slow
def test_a_container_that_has_ended_is_listed_as_ended_also_on_a_slow_disk(sandbox: Sandbox) -> None:
    """The engine tells that a container has ended before it writes that down, and lists it as up until it has."""
    # Little is written, and its errors are not said: a machine whose disk is nearly full should not fail this test.
    busy = "while :; do dd if=/dev/zero of=busy$i bs=1M count=10 conv=fsync; done 2>/dev/null"
    said(sandbox, f"for i in 1 2 3 4; do ({busy}) & done; sleep 2")
    listed = []
    for _ in range(5):
        said(sandbox, "docker run busybox true")
        sandbox.wait_until_listed()
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
