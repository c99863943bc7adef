"""An engine of our own, where the machine has none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import docker.context
import pytest
from helpers.waiting import wait_for

from snippetrun.engine import discover, embedded
from snippetrun.engine.client import ContainerSpec
from snippetrun.engine.discover import host_engine
from snippetrun.errors import EngineError

pytestmark = pytest.mark.engine
needs_dockerd = pytest.mark.skipif(bool(embedded.why_not()), reason=embedded.why_not() or "-")

# Where dockerd and containerd write whatever they are told.
_FOLDERS = ("/etc/docker", "/opt/containerd", "/run/containerd", "/run/docker", "/var/lib/docker")
NOTHING = "unix:///nowhere/docker.sock"


@pytest.fixture
def nobody_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine on which no engine answers, with a cache folder of its own."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONTEXT", "default")
    monkeypatch.setattr(discover, "DEFAULT", NOTHING)
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(tmp_path))
    return tmp_path


def traces(run: Path) -> dict[str, list[str]]:
    """What an engine has outside of its cache; other tests have engines too, whose folders below /run differ."""
    processes = subprocess.run(["ps", "axo", "args"], capture_output=True, text=True, check=True).stdout.splitlines()
    return {
        "mounts": [line for line in Path("/proc/self/mounts").read_text().splitlines() if run.name in line],
        "cgroups": [str(path) for path in Path("/sys/fs/cgroup").rglob(f"*{run.name}*")],
        "runs": [str(path) for path in Path("/run").glob(f"*{run.name}*")],
        "engines": [line for line in processes if line.startswith("dockerd") and run.name in line],
    }


def machine() -> dict[str, object]:
    """What an engine could change on this machine for all."""
    return {
        "folders": [folder for folder in _FOLDERS if Path(folder).exists()],
        "interfaces": sorted(os.listdir("/sys/class/net")),  # noqa: PTH208
        "forwarding": Path("/proc/sys/net/ipv4/ip_forward").read_text(),
    }


@needs_dockerd
def test_it_starts_serves_and_stops_without_a_trace(nobody_answers: Path) -> None:
    before = machine()
    with tarfile.open(nobody_answers / "empty.tar", "w"):
        pass
    with host_engine() as engine:
        assert engine.info()["ServerVersion"] == engine.version
        run = Path(engine.base_url.removeprefix("unix://")).parent
        engine.import_rootfs(str(nobody_answers / "empty.tar"), tag="empty:latest", labels={})
        with pytest.raises(EngineError, match="nothing-there"):  # as far as its control groups
            engine.start(ContainerSpec("empty:latest", {}, command=["/nothing-there"]))
        assert run.parent == Path("/run")
        during = traces(run)
    assert not [kind for kind, found in during.items() if kind != "mounts" and not found], during
    assert traces(run) == {kind: [] for kind in during}
    assert machine() == before
    assert (nobody_answers / "engine").is_dir()


@needs_dockerd
def test_two_users_share_it_and_the_last_one_stops_it(nobody_answers: Path) -> None:  # noqa: ARG001
    with host_engine() as first:
        with host_engine() as second:
            assert second.base_url == first.base_url
        assert first.info()
    with pytest.raises(EngineError):
        first.info()


@needs_dockerd
def test_it_stops_when_its_user_is_killed(nobody_answers: Path) -> None:  # noqa: ARG001
    code = (
        "import time\nfrom snippetrun.engine import discover\n"
        f"discover.DEFAULT = {NOTHING!r}\n"
        "with discover.host_engine() as engine:\n    print(engine.base_url, flush=True)\n    time.sleep(600)\n"
    )
    user = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert user.stdout
    run = Path(user.stdout.readline().strip().removeprefix("unix://")).parent
    assert run.is_dir()
    user.kill()
    user.communicate()
    wait_for(lambda: not run.exists(), 20)


def test_an_engine_that_somebody_named_is_never_replaced(nobody_answers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", NOTHING)
    with pytest.raises(EngineError, match=r"(?s)no Docker engine answers at .*DOCKER_HOST says so"), host_engine():
        pass
    assert not (nobody_answers / "engine").exists()


@needs_dockerd
def test_a_context_that_has_outlived_its_engine_is_replaced_and_named(
    nobody_answers: Path,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.delenv("DOCKER_CONTEXT")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    (tmp_path / "config.json").write_text('{"currentContext": "old"}')  # without it, the SDK would use the user's
    docker.context.ContextAPI.create_context("old", host=NOTHING)
    lines: list[str] = []
    with host_engine(lines.append) as engine:
        assert engine.base_url.startswith("unix:///run/snippetrun-")
    assert [line.partition("which ")[2] for line in lines] == [
        "the docker context 'old' names: starting one of our own"
    ]

    monkeypatch.setenv("DOCKER_CONTEXT", "old")
    with pytest.raises(EngineError, match=r"(?s)no Docker engine answers at .*context 'old' says so"), host_engine():
        pass


def test_without_dockerd_the_command_that_installs_it_is_named(
    nobody_answers: Path,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(EngineError, match="apt-get install docker.io"), host_engine():
        pass


def test_the_current_docker_context_is_followed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONTEXT", "no-such-context")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with pytest.raises(EngineError, match="no docker context 'no-such-context'"):
        discover.endpoint()
