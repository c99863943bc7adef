"""`doctor` and `clean`, on the real engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import REPOSITORY

from snippetrun.engine import leftovers
from snippetrun.engine.host import ContainerSpec, HostEngine
from snippetrun.engine.labels import SANDBOX, SESSION, labels

pytestmark = pytest.mark.engine


def snippetrun(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("snippetrun")), "-f", str(REPOSITORY / "mkdocs.yml"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))


def _busybox(engine: HostEngine) -> str:
    """The image, which has the same content as another of the site's, and so the same id."""
    return next(item.name for item in leftovers.find(engine) if item.name.startswith("snippetrun/busybox:"))


@pytest.fixture
def left_behind(engine: HostEngine, sandboxes: object) -> Iterator[str]:  # noqa: ARG001 - builds the images
    """A container that looks like the sandbox of a process that is gone."""
    image = _busybox(engine)
    marks = labels(SANDBOX, page="docs/gone.md") | {SESSION: f"{os.uname().nodename} 999999999 x"}
    container, stream = engine.start(ContainerSpec(image, marks, command=["sleep", "600"]))
    yield container
    stream.close()
    engine.remove(container)


def test_all_is_well_on_a_machine_that_builds_the_site(engine: HostEngine) -> None:
    ran = snippetrun("doctor", "--json")
    findings = {finding["name"]: finding for finding in json.loads(ran.stdout)["findings"]}
    assert ran.returncode == 0, ran.stdout
    assert set(findings) == {"kernel", "engine", "cgroups", "store", "leftovers", "sandbox"}
    assert engine.version in findings["engine"]["message"]
    assert "first docker command has run after" in findings["sandbox"]["message"]


def test_what_a_dead_run_left_is_found_named_and_removed(engine: HostEngine, left_behind: str) -> None:
    said = snippetrun("doctor").stdout
    assert " sandboxes of runs that are gone" in said
    assert "-> snippetrun clean" in said
    cleaned = json.loads(snippetrun("clean", "--json").stdout)
    assert ("container", left_behind) in [(item["kind"], item["name"]) for item in cleaned["removed"]]
    assert left_behind not in [item.name for item in leftovers.find(engine)]
    assert any(item["kind"] == "volume" for item in cleaned["kept"])


def test_what_a_run_still_uses_is_left_alone(engine: HostEngine, sandboxes: object) -> None:  # noqa: ARG001
    image = _busybox(engine)
    container, stream = engine.start(ContainerSpec(image, labels(SANDBOX, page="x"), command=["sleep", "600"]))
    try:
        cleaned = json.loads(snippetrun("clean", "--json").stdout)
        assert container not in [item["name"] for item in cleaned["removed"]]
        assert container in [item["name"] for item in cleaned["kept"] if item["in_use"]]
    finally:
        stream.close()
        engine.remove(container)
