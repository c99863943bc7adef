"""An engine of our own, for a machine that has dockerd installed and no engine running."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from snippetrun.config import cache_folder
from snippetrun.errors import EngineError, Problem
from snippetrun.support import patience, stopping
from snippetrun.support.locks import locked, locked_if_free

NAME = "private"
"""What it is called where its address would change from start to start; there is one for each cache."""
_SCRIPT = Path(__file__).with_name("private.sh")
_WAY_OUT = "slirp4netns"
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_STOP_SECONDS_AT_END = 1.5
"""The same where somebody has asked us to end: the engine ends without us."""
_RUNS = Path("/run")
"""Not the cache: a socket's path may have 107 characters."""


def why_not() -> str:
    """Return what keeps us from starting an engine, with the command that helps; "" if nothing does."""
    if shutil.which("dockerd") is None:
        return f"Install an engine (Debian: sudo apt-get install docker.io {_WAY_OUT}), or set DOCKER_HOST to one."
    if os.geteuid() != 0:
        return "Start it (sudo systemctl start docker), or run as root to get a private one."
    if shutil.which(_WAY_OUT) is None:
        return f"Start one, or install what a private one needs to reach the network: apt-get install {_WAY_OUT}"
    return ""


@dataclass(frozen=True, slots=True)
class Running:
    """Our engine, which runs."""

    url: str
    users: int
    """A descriptor: as long as any process has it open, the engine runs."""
    fresh: bool
    """Whether it was started just now: then all containers on it were left by an earlier one."""


@contextmanager
def running() -> Iterator[Running]:
    """Yield our engine.

    Several processes share one engine; the last to leave waits until it has stopped. Raises EngineError with the end of
    the engine's log if it does not start.
    """
    data = cache_folder().absolute() / "engine"
    data.mkdir(parents=True, exist_ok=True)
    run = _RUNS / f"{_stem(data)}-{secrets.token_hex(4)}"
    last = False
    try:
        with ExitStack() as held:
            with locked(data / "starting"):
                # Granted only once an engine that is about to stop has stopped: see private.sh.
                users = held.enter_context(locked(data / "users", shared=True))
                try:
                    current = _current(data)
                    run = current or run
                    if current is None:
                        _start(data, run)
                except BaseException:
                    last = users.nobody_else()
                    raise
            try:
                yield Running(_url(run), users.fileno(), fresh=current is None)
            finally:
                last = users.nobody_else()
    finally:
        with stopping.held():
            if last:
                _wait_until_gone(run)
                _remove_if_dead(run)


def tidy(url: str) -> None:
    """Remove what an engine of ours has left that was killed; do nothing if it still runs, or is no engine of ours."""
    run = Path(url.removeprefix("unix://")).parent
    if run.parent == _RUNS and run.name.startswith("snippetrun-"):
        _remove_if_dead(run)


def has_ended(url: str) -> bool:
    """Tell whether an address is that of an engine of ours that is no more."""
    run = Path(url.removeprefix("unix://")).parent
    return run.parent == _RUNS and run.name.startswith("snippetrun-") and not _is_alive(run)


def _url(run: Path) -> str:
    return f"unix://{run}/docker.sock"


def _stem(data: Path) -> str:
    return "snippetrun-" + hashlib.sha256(str(data).encode()).hexdigest()[:8]


def _current(data: Path) -> Path | None:
    """Return the folder of the engine that runs, once it answers; None if there is none.

    Two engines on the same data would ruin it: one that is there and does not answer is an error.
    """
    run = next(filter(_is_alive, _RUNS.glob(f"{_stem(data)}-*")), None)
    deadline = time.monotonic() + patience.seconds(_START_SECONDS)
    while run and _is_alive(run):
        if _answers(run):
            return run
        if time.monotonic() > deadline:
            hint = f"End it, and type the same command once more: pkill -f '{_SCRIPT.name} {run}'"
            raise EngineError(Problem(f"our private Docker engine at {run} does not answer", hint))
        time.sleep(0.02)
    return None


def _start(data: Path, run: Path) -> None:
    """Start an engine in a folder of its own, so that one that ends late can do it no harm.

    Between the folder and the engine, which removes it, as little as can be: whoever is killed there leaves it.
    """
    folders = [_RUNS, Path("/sys/fs/cgroup"), *Path("/sys/fs/cgroup").iterdir()]
    for name in {old.name for folder in folders for old in folder.glob(f"{_stem(data)}-*")}:
        _remove_if_dead(_RUNS / name)
    log = data / "engine.log"
    run.mkdir(mode=0o700)
    (run / "daemon.json").write_text("{}\n")
    with locked(run / "alive") as alive, log.open("wb") as output:
        subprocess.run(
            ["setsid", "--fork", "sh", str(_SCRIPT), str(run), str(data)],
            stdin=alive.fileno(),
            stdout=output,
            stderr=output,
            check=True,
        )
    deadline = time.monotonic() + patience.seconds(_START_SECONDS)
    while not _answers(run):
        if not _is_alive(run) or time.monotonic() > deadline:
            last_words = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
            raise EngineError(Problem("our private Docker engine did not start", f"{log} ends with:\n{last_words}"))
        time.sleep(0.02)


def _is_alive(run: Path) -> bool:
    with locked_if_free(run / "alive") as free:
        return not free and run.exists()


def _remove_if_dead(run: Path) -> None:
    """Remove the folder and the control groups of an engine that could not do so itself."""
    with locked_if_free(run / "alive") as dead:
        if dead or not run.exists():
            subprocess.run(["sh", str(_SCRIPT), str(run), "remove"], stderr=subprocess.DEVNULL, check=False)


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
    """Wait until the engine has ended, unless it has a user again."""
    began = time.monotonic()
    seconds = patience.seconds(_STOP_SECONDS_AT_END if stopping.asked() else _STOP_SECONDS)
    while _is_alive(run) and time.monotonic() < began + seconds:
        if time.monotonic() > began + _STOP_SECONDS / 10 and _answers(run):
            return
        time.sleep(0.02)
