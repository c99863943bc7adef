"""An engine of our own, for a machine that has dockerd installed and no engine running."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from snippetrun.config import cache_folder
from snippetrun.errors import EngineError, Problem

_SCRIPT = Path(__file__).with_name("private.sh")
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0


def why_not() -> str:
    """Return what keeps us from starting an engine, with the command that helps; "" if nothing does."""
    if shutil.which("dockerd") is None:
        return "Install an engine (Debian: sudo apt-get install docker.io), or set DOCKER_HOST to one."
    if os.geteuid() != 0:
        return "Start it (sudo systemctl start docker), or run as root to get a private one."
    return ""


@contextlib.contextmanager
def running() -> Iterator[tuple[str, str]]:
    """Yield the address of our engine and the network mode that its build steps need.

    Several processes share one engine; the last to leave waits until it has stopped. Raises EngineError with the end of
    the engine's log if it does not start.
    """
    data = cache_folder() / "engine"
    data.mkdir(parents=True, exist_ok=True)
    group = "snippetrun-" + hashlib.sha256(str(data).encode()).hexdigest()[:8]
    run = Path("/run") / group  # not in the cache: a socket's path may have 107 characters
    with _using(data, run, group):
        yield f"unix://{run}/docker.sock", "host"


@contextlib.contextmanager
def _using(data: Path, run: Path, group: str) -> Iterator[None]:
    """Hold a shared lock on the engine's users, and see to it that it runs."""
    with contextlib.ExitStack() as held:
        with _lock(data / "starting", fcntl.LOCK_EX):
            if not _answers(run):
                _wait_until_gone(run)
                run.mkdir(mode=0o700)
                (run / "daemon.json").write_text("{}\n")
                users = held.enter_context(_lock(run / "users", fcntl.LOCK_SH))
                _start(data, run, group)
            else:
                users = held.enter_context(_lock(run / "users", fcntl.LOCK_SH))
        yield
        last = _upgrade(users)
    if last:
        _wait_until_gone(run)


def _start(data: Path, run: Path, group: str) -> None:
    log = data / "engine.log"
    with log.open("wb") as output:
        supervisor = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
             "sh", str(_SCRIPT), str(run), str(data), group],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(run):
        if supervisor.poll() is not None or time.monotonic() > deadline:
            supervisor.kill()
            shutil.rmtree(run, ignore_errors=True)
            last_words = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
            raise EngineError(Problem("our private Docker engine did not start", f"{log} ends with:\n{last_words}"))
        time.sleep(0.02)


def _answers(run: Path) -> bool:
    """Tell whether the engine is up: dockerd makes its socket when it begins to listen."""
    import socket

    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        try:
            probe.connect(str(run / "docker.sock"))
            probe.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
            return b" 200 " in probe.recv(64)
        except OSError:
            return False


def _wait_until_gone(run: Path) -> None:
    """Wait until an engine that is about to stop has removed its folder; then remove what a killed one left."""
    deadline = time.monotonic() + _STOP_SECONDS
    while (run / "docker.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    shutil.rmtree(run, ignore_errors=True)


@contextlib.contextmanager
def _lock(path: Path, kind: int) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, kind)
        yield descriptor
    finally:
        os.close(descriptor)


def _upgrade(descriptor: int) -> bool:
    """Tell whether nobody else holds the lock."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
