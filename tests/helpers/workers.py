"""A Dask cluster of processes on this machine: each in a network namespace of its own, and each with its own engine."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from helpers.waiting import wait_for

PROGRAMS = Path(sys.executable).parent
_NETWORK = "10.77.0"
_PORT = 8786


@dataclass
class Workers:
    """The scheduler and its workers; whoever submits is where the scheduler is."""

    folder: Path
    name: str
    """What the namespaces' names begin with."""
    scheduler: subprocess.Popen[bytes] | None = None
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"{_NETWORK}.1:{_PORT}"

    def start_scheduler(self) -> None:
        where = ["--host", f"{_NETWORK}.1", "--port", str(_PORT)]
        self.scheduler = self._start("hub", os.environ, "scheduler", *where, "--no-dashboard")

    def start_worker(self, number: int) -> None:
        """Start a worker that runs a page at a time."""
        name = f"w{number}"
        options = ["--host", f"{_NETWORK}.{number + 2}", "--name", name, "--no-nanny", "--no-dashboard"]
        options += ["--nthreads", "2", "--resources", "sandboxes=1", "--death-timeout", "60"]
        options += ["--local-directory", str(self.folder / f"{name}-data")]
        environment = self.environment(name)
        self.workers[name] = self._start(name, environment, "worker", f"tcp://{self.address}", *options)

    def environment(self, name: str) -> dict[str, str]:
        """Return an environment in which there is no engine but the private one of a cache."""
        cache = self.cache(name)
        config = cache / "docker-config"
        meta = config / "contexts" / "meta" / hashlib.sha256(b"gone").hexdigest() / "meta.json"
        meta.parent.mkdir(parents=True, exist_ok=True)
        docker = {"Host": "unix:///nowhere", "SkipTLSVerify": False}
        meta.write_text(json.dumps({"Name": "gone", "Metadata": {}, "Endpoints": {"docker": docker}}))
        (config / "config.json").write_text('{"currentContext": "gone"}')
        ours = {key: value for key, value in os.environ.items() if key not in {"DOCKER_HOST", "DOCKER_CONTEXT"}}
        return ours | {"SNIPPETRUN_CACHE": str(cache), "DOCKER_CONFIG": str(config)}

    def cache(self, name: str) -> Path:
        return self.folder / f"{name}-cache"

    def said(self, name: str) -> str:
        """Return what a scheduler or a worker has said."""
        return (self.folder / f"{name}.log").read_text()

    def submit(self, site: Path, *command: str) -> subprocess.Popen[str]:
        """Start a command of ours where the scheduler is."""
        inside = ["nsenter", f"--net=/run/netns/{self.name}-hub", str(PROGRAMS / command[0]), *command[1:]]
        out = subprocess.PIPE
        return subprocess.Popen(inside, cwd=site, stdout=out, stderr=subprocess.STDOUT, text=True)

    def stem(self, name: str) -> str:
        """What the names of a worker's engine begin with."""
        return "snippetrun-" + hashlib.sha256(str(self.cache(name) / "engine").encode()).hexdigest()[:8]

    def left(self, name: str) -> list[str]:
        """What there is on this machine of a worker's engine."""
        stem = self.stem(name)
        listed = subprocess.run(["ps", "axo", "pid,args"], capture_output=True, text=True, check=True).stdout
        traces = (stem, f"{self.cache(name)}/sessions")
        groups = Path("/sys/fs/cgroup")
        return [
            *(line for line in listed.splitlines() if any(trace in line for trace in traces)),
            *map(str, [*Path("/run").glob(f"{stem}*"), *groups.glob(f"{stem}*"), *groups.glob(f"*/{stem}*")]),
        ]

    def _start(self, name: str, environment: Mapping[str, str], *command: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("wb") as log:
            inside = ["nsenter", f"--net=/run/netns/{self.name}-{name}", str(PROGRAMS / "dask"), *command]
            return subprocess.Popen(inside, env=dict(environment), stdout=log, stderr=log, cwd=self.folder)


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[Workers]:
    """Yield a cluster of so many workers; nothing of it is left in the end."""
    made = Workers(folder, f"snippetrun-{os.getpid()}")
    with ExitStack() as held:
        for name in ("hub", *(f"w{number}" for number in range(workers))):
            _ip("netns", "add", f"{made.name}-{name}")
            held.callback(_ip, "netns", "delete", f"{made.name}-{name}")
            _ip("-n", f"{made.name}-{name}", "link", "set", "lo", "up")
        hub = f"{made.name}-hub"
        _ip("-n", hub, "link", "add", "hub", "type", "bridge")
        _ip("-n", hub, "address", "add", f"{_NETWORK}.1/24", "dev", "hub")
        _ip("-n", hub, "link", "set", "hub", "up")
        for number in range(workers):
            own = f"{made.name}-w{number}"
            _ip("-n", hub, "link", "add", f"w{number}", "type", "veth", "peer", "name", "eth0", "netns", own)
            _ip("-n", hub, "link", "set", f"w{number}", "master", "hub", "up")
            _ip("-n", own, "address", "add", f"{_NETWORK}.{number + 2}/24", "dev", "eth0")
            _ip("-n", own, "link", "set", "eth0", "up")
        held.callback(_end, made)
        made.start_scheduler()
        for number in range(workers):
            made.start_worker(number)
        for name in made.workers:
            wait_for(lambda name=name: "Registered to:" in made.said(name), 60, lambda name=name: made.said(name))  # type: ignore[misc]
        yield made


def _end(made: Workers) -> None:
    running = [*made.workers.values(), *([made.scheduler] if made.scheduler else [])]
    for process in running:
        process.kill()  # nobody has to tidy up after a worker
        process.wait(60)
    wait_for(lambda: not any(map(made.left, made.workers)), 60, lambda: str([*map(made.left, made.workers)]))
    shutil.rmtree(made.folder, ignore_errors=True)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
