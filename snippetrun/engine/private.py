"""An engine of our own, for a machine that has dockerd installed and no engine running."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from snippetrun.config import cache_folder
from snippetrun.engine.locks import locked
from snippetrun.errors import EngineError, Problem

_SCRIPT = Path(__file__).with_name("private.sh")
_WAY_OUT = "slirp4netns"
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0


def why_not() -> str:
    """Return what keeps us from starting an engine, with the command that helps; "" if nothing does."""
    if shutil.which("dockerd") is None:
        return f"Install an engine (Debian: sudo apt-get install docker.io {_WAY_OUT}), or set DOCKER_HOST to one."
    if os.geteuid() != 0:
        return "Start it (sudo systemctl start docker), or run as root to get a private one."
    if shutil.which(_WAY_OUT) is None:
        return f"Start one, or install what a private one needs to reach the network: apt-get install {_WAY_OUT}"
    return ""


@contextmanager
def running() -> Iterator[str]:
    """Yield the address of our engine.

    Several processes share one engine; the last to leave waits until it has stopped. Raises EngineError with the end of
    the engine's log if it does not start.
    """
    data = cache_folder() / "engine"
    data.mkdir(parents=True, exist_ok=True)
    group = "snippetrun-" + hashlib.sha256(str(data).encode()).hexdigest()[:8]
    run = Path("/run") / group  # not in the cache: a socket's path may have 107 characters
    with ExitStack() as held:
        with locked(data / "starting"):
            # Granted only once an engine that is about to stop has stopped: see private.sh.
            users = held.enter_context(locked(data / "users", shared=True))
            if not _answers(run):
                _start(data, run, group)
        yield f"unix://{run}/docker.sock"
        last = users.nobody_else()
    if last:
        _wait_until_gone(run)


def _start(data: Path, run: Path, group: str) -> None:
    shutil.rmtree(run, ignore_errors=True)  # of an engine whose machine went down
    run.mkdir(mode=0o700)
    (run / "daemon.json").write_text("{}\n")
    log = data / "engine.log"
    with log.open("wb") as output:
        subprocess.run(
            ["setsid", "--fork", "sh", str(_SCRIPT), str(run), str(data), group],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=True,
        )
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(run):
        if not run.exists() or time.monotonic() > deadline:
            last_words = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
            raise EngineError(Problem("our private Docker engine did not start", f"{log} ends with:\n{last_words}"))
        time.sleep(0.02)


def _answers(run: Path) -> bool:
    """Tell whether the engine answers."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        try:
            probe.connect(str(run / "docker.sock"))
            probe.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
            return b" 200 " in probe.recv(64)
        except OSError:
            return False


def _wait_until_gone(run: Path) -> None:
    """Wait until the engine has removed its folder, the last thing that it does, unless it has a user again."""
    began = time.monotonic()
    while run.exists() and time.monotonic() < began + _STOP_SECONDS:
        if time.monotonic() > began + _STOP_SECONDS / 10 and _answers(run):
            return
        time.sleep(0.02)
