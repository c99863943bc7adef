"""`doctor` and `clean`, on the real engine."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from conftest import REPOSITORY, MakeSite

from snippetrun.engine import leftovers
from snippetrun.engine.client import ContainerSpec, HostEngine
from snippetrun.engine.labels import SANDBOX, SESSION, labels
from snippetrun.tasks import doctor

pytestmark = pytest.mark.engine

ISOLATION = ("users", "seccomp", "AppArmor", "capabilities", "file systems", "devices", "limits", "network")


def snippetrun(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("snippetrun")), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))


def _busybox(engine: HostEngine) -> str:
    """The image, which has the same content as another of the site's, and so the same id."""
    return next(item.name for item in leftovers.find(engine) if item.name.startswith("snippetrun/busybox:"))


@contextlib.contextmanager
def sandbox_of(engine: HostEngine, session: Mapping[str, str]) -> Iterator[str]:
    """A container that looks like a sandbox; `session` tells whose."""
    marks = {**labels(SANDBOX, page="docs/some.md"), **session}
    container, stream = engine.start(ContainerSpec(_busybox(engine), marks, command=["sleep", "600"]))
    try:
        yield container
    finally:
        stream.close()
        engine.remove(container)


def test_all_is_well_on_a_machine_that_builds_a_site(make_site: MakeSite, engine: HostEngine) -> None:
    make_site({})
    ran = snippetrun("doctor", "--json")
    findings = {finding["name"]: finding for finding in json.loads(ran.stdout)["findings"]}
    assert ran.returncode == 0, ran.stdout
    assert list(findings) == [
        "kernel",
        "engine",
        "cgroups",
        "store",
        "leftovers",
        "pages' engine",
        "sandbox",
        *ISOLATION,
    ]
    assert engine.version in findings["engine"]["message"]
    assert findings["pages' engine"]["message"].endswith(", of Debian trixie")
    assert "first docker command has run after" in findings["sandbox"]["message"]
    assert {name: findings[name]["state"] for name in ("users", "seccomp", "file systems")} == {
        "users": "ok",
        "seccomp": "ok",
        "file systems": "ok",
    }
    assert findings["limits"]["message"].startswith("2 GB of memory")
    assert findings["network"]["message"] == "none"
    assert (findings["cgroups"]["state"] == "warning") is ("version 1" in findings["cgroups"]["message"])


@pytest.mark.parametrize(
    ("user", "said", "states", "fix"),
    [
        (1_879_048_192, "Seccomp:\t2\n", {"users": "ok", "seccomp": "ok", "AppArmor": "ok"}, ""),
        (
            1_879_048_192,
            "Seccomp:\t2\nsnippetrun-sandbox//page (enforce)\n",
            {"users": "ok", "seccomp": "ok", "AppArmor": "ok"},
            "",
        ),
        (
            100_000,
            "Seccomp:\t2\nunconfined\n",
            {"users": "warning", "seccomp": "ok", "AppArmor": "warning"},
            "apparmor_parser --replace",
        ),
        (1_879_048_192, "Seccomp:\t0\n", {"users": "ok", "seccomp": "problem", "AppArmor": "ok"}, "seccomp"),
    ],
)
def test_what_is_weaker_than_it_could_be_is_a_warning_with_a_way_out(
    user: int, said: str, states: dict[str, str], fix: str
) -> None:
    findings = list(doctor._seen_inside(user, said))
    assert {finding.name: finding.state for finding in findings} == states
    assert fix in findings[-1].fix + findings[1].fix


# One test, as it is the only one in which somebody cleans: what a dead run left would be gone for another.
@pytest.mark.slow
def test_what_a_dead_run_left_is_found_and_removed_and_what_a_run_uses_is_left_alone(
    engine: HostEngine,
    sandboxes: object,  # noqa: ARG001 - builds the images
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(REPOSITORY)
    gone = {SESSION: f"{os.uname().nodename} 999999999 x"}
    with sandbox_of(engine, gone) as left_behind, sandbox_of(engine, {}) as in_use:
        said = snippetrun("doctor").stdout
        assert " remains of runs that are gone" in said
        assert "-> snippetrun clean" in said
        cleaned = json.loads(snippetrun("clean", "--json").stdout)
        removed, kept = ({item["name"]: item for item in cleaned[what]} for what in ("removed", "kept"))
        assert removed[left_behind]["kind"] == "container"
        assert kept[in_use]["in_use"]
        assert any(item["kind"] == "volume" and item["size"] > 0 for item in kept.values())
        assert re.search(
            r"^kept: .*\d+ containers? \(.*\d+ volumes? \([\d.]+ [MG]B\)", snippetrun("clean").stderr, re.MULTILINE
        )
        there = [item.name for item in leftovers.find(engine)]
        assert left_behind not in there
        assert in_use in there
