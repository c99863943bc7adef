"""What is said of an engine that sandboxes cannot use, without an engine."""

from __future__ import annotations

import json

import pytest

from snippetrun.config import EngineSource
from snippetrun.engine.base_image import _EXPIRED, _faults
from snippetrun.errors import Problem
from snippetrun.sandbox.sandbox_image import _explained, lacking

STORE = [["driver-type", "io.containerd.snapshotter.v1"]]
PLUGINS = [{"Name": "buildx", "Version": "0.13.1"}, {"Name": "compose", "Version": "2.26.1"}]


def info(store: object = STORE, runc: object = "1.1.15", plugins: object = PLUGINS) -> bytes:
    """What an engine and its command line say."""
    return json.dumps([store, runc, plugins]).encode()


@pytest.mark.parametrize(
    ("answer", "lacks"),
    [
        (info(), []),
        (info(store=[["Backing Filesystem", "extfs"]]), ["the containerd image store"]),
        (info(runc="N/A"), ["a runc that runs"]),
        (info(plugins=[PLUGINS[0], {"Name": "compose", "Err": {}}]), ["compose"]),
        (info(plugins=[]), ["buildx", "compose"]),
        (b"sh: 1: docker: not found\n", ["a docker command that tells of its engine"]),
    ],
)
def test_what_an_engine_lacks_is_named(answer: bytes, lacks: list[str]) -> None:
    assert lacking(answer) == lacks


@pytest.mark.parametrize(
    ("fault", "log", "message"),
    [
        (
            "a step failed",
            "E\n: \nUnable to locate package docker-cli\nE\n: \nPackage 'runc' has no installation candidate\n",
            "a sandbox needs what docker:29 has not got: docker-cli, runc",
        ),
        ("a step failed", "lacks dockerd runc", "a sandbox needs what docker:29 has not got: dockerd, runc"),
        (
            "COPY failed: no source files were specified",
            "Step 3/4 : COPY bin/ct[r] bin/\nStep 4/4 : COPY bin/docker-ini[t] bin/run[c] bin/",
            "a sandbox needs what docker:29 has not got: docker-init, runc",
        ),
        ("a step failed", "No space left on device", "a step failed"),
    ],
)
def test_a_build_that_fails_for_what_is_lacking_says_so_with_its_line(fault: str, log: str, message: str) -> None:
    source = EngineSource(image="docker:29", path="mkdocs.yml", line=3)
    problem = _explained(source, Problem(fault, log))
    assert (problem.message, problem.where) == (message, "mkdocs.yml:3")
    assert problem.hint


def test_of_what_mmdebstrap_says_the_faults_are_kept() -> None:
    log = """I: running apt-get update...
E: Release file for http://mirror/debian/dists/forky/InRelease is expired (invalid since 21d). Updates for ...
E: mmdebstrap failed to run
I: removing tempdir
"""
    assert _faults(log).splitlines() == log.splitlines()[1:3]
    assert _EXPIRED.search(_faults(log))
    assert _faults("I: one\nno such option\n") == "I: one\nno such option"
