"""Engines that cannot run a page's sandbox, real ones: they are refused, with the reason and the way out."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from snippetrun.engine import discover
from snippetrun.engine.discover import host_engine
from snippetrun.errors import EngineError, UnfitEngineError
from snippetrun.support import patience

# Each has all namespaces of its own that it might leave a trace in, and the folders that dockerd writes whatever it is
# told. It ends with the process that is first in its namespace of processes, which therefore waits for it.
OWN = """
set -eu
run=$1
mkdir "$run/etc"
mount -t tmpfs tmpfs "$run/etc"
mkdir "$run/etc/new" "$run/etc/work"
mount -t overlay -o "lowerdir=/etc,upperdir=$run/etc/new,workdir=$run/etc/work" overlay /etc
mount -t tmpfs tmpfs /opt
mount -t tmpfs -o mode=755 tmpfs /run
ip link set lo up
echo "engine:x:61234:61234::$run/home:/bin/sh" >>/etc/passwd
echo engine:x:61234: >>/etc/group
echo engine:600000:65536 | tee /etc/subuid >/etc/subgid
mkdir "$run/home" "$run/data"
"""
ENGINE = (
    "dockerd --host unix://$run/docker.sock --data-root $run/data --bridge none --iptables=false --ip-forward=false"
)
REMAPPED = f"{OWN}{ENGINE} --exec-root $run/exec --pidfile $run/pid --userns-remap engine"
# Without a network of its own, Debian 13's dockerd panics when it is asked for its version.
ROOTLESS = f"""{OWN}
mkdir -p /dev/net
mount -t tmpfs tmpfs /dev/net
mknod -m 666 /dev/net/tun c 10 200
chown -R 61234:61234 "$run/home" "$run/data" "$run"
setpriv --reuid 61234 --regid 61234 --clear-groups env -i PATH="$PATH" HOME="$run/home" XDG_RUNTIME_DIR="$run/home" \
  rootlesskit --state-dir="$run/home/kit" --net=slirp4netns --disable-host-loopback --copy-up=/etc --copy-up=/run \
  sh -c "rm -f /run/docker /run/containerd /run/xtables.lock; {ENGINE} --rootless --storage-driver vfs"
"""

pytestmark = pytest.mark.engine


def missing(*programs: str) -> pytest.MarkDecorator:
    """Skip a test on a machine that lacks one of these programs."""
    lacking = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(bool(lacking), reason=f"not installed: {', '.join(lacking)}")


@contextlib.contextmanager
def engine(script: str) -> Iterator[str]:
    """Yield the address of a real engine that a script starts."""
    run = Path(tempfile.mkdtemp(prefix="snippetrun-"))  # tmp_path is no other user's to enter
    run.chmod(0o755)
    own = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    with (run / "log").open("wb") as log:
        started = subprocess.Popen([*own, "sh", "-c", script, "sh", run], stdout=log, stderr=log)
    try:
        while not (run / "docker.sock").exists():
            assert started.poll() is None, (run / "log").read_text()
            time.sleep(0.05)
        yield f"unix://{run}/docker.sock"
    finally:
        started.kill()
        started.wait()
        shutil.rmtree(run, ignore_errors=True)


def refusal(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """How an engine that the environment names is refused, as soon as it answers."""
    monkeypatch.setenv("DOCKER_HOST", url)
    message = ""
    deadline = time.monotonic() + patience.seconds(20)
    while time.monotonic() < deadline:
        try:
            with host_engine():
                return "not at all"
        except UnfitEngineError as error:
            return str(error)
        except EngineError as error:
            message = str(error)
            time.sleep(0.2)
    log = Path(url.removeprefix("unix://")).with_name("log").read_text()
    return f"it did not answer: {message}\n{log}"


PODMAN = f"""{OWN}
exec podman --root $run/data --runroot $run/exec --storage-driver vfs --cgroup-manager cgroupfs --events-backend file \
  system service --time 0 unix://$run/docker.sock
"""


@missing("podman")
def test_podman_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with engine(PODMAN) as url:
        assert f"the engine at {url} is Podman " in refusal(url, monkeypatch)


@missing("dockerd")
def test_an_engine_that_remaps_its_users_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with engine(REMAPPED) as url:
        message = refusal(url, monkeypatch)
    assert f"the Docker engine at {url} remaps its users (userns-remap)" in message
    assert "without userns-remap, or show what was recorded: SNIPPETRUN_MODE=replay" in message


@missing("dockerd", "newuidmap", "rootlesskit", "slirp4netns")
def test_a_rootless_engine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with engine(ROOTLESS) as url:
        assert f"the Docker engine at {url} is rootless" in refusal(url, monkeypatch)
        monkeypatch.setattr(discover, "endpoint", lambda: discover.Endpoint(url, ""))
        with pytest.raises(UnfitEngineError, match="is rootless"), host_engine():
            pytest.fail("one of our own has taken its place")
        assert discover.main() == 3
