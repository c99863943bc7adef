"""The real sandbox: a container on the host's engine, with an engine of its own inside."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from snippetrun.engine.host import ContainerSpec, HostEngine
from snippetrun.engine.labels import SANDBOX, labels
from snippetrun.engine.stream import ContainerStream
from snippetrun.errors import Problem, SandboxError
from snippetrun.facts import Facts
from snippetrun.model import ImageFact
from snippetrun.sandbox import learned
from snippetrun.sandbox.shell import PtyShell

IMAGE_FOLDER = Path(__file__).with_name("image")
"""The Dockerfile and the scripts of the sandbox's image."""

_LIB = "/usr/local/lib/snippetrun"
_SECCOMP = json.dumps(json.loads(Path(__file__).with_name("seccomp.json").read_text()))
_BOOT_SECONDS = 60.0
_FACTS_SECONDS = 10.0
_SETTLE_SECONDS = 5.0
_ANSWER_BYTES = 64_000_000


class LiveSandbox:
    """One page's engine; see `interface.Sandbox`."""

    def __init__(self, engine: HostEngine, spec: ContainerSpec, facts: Sequence[ImageFact] = ()) -> None:
        """Start it and wait until its engine answers.

        `facts` tells where the store's images come from; their digests come from the engine inside. Raises
        SandboxError, with the last words of the engine inside, if that does not answer.
        """
        began, self._began = time.monotonic(), time.time()
        self._engine = engine
        self._terminals: dict[str, PtyShell] = {}
        self._container, self._control = engine.start(spec)
        try:
            self._pid, version, digests = self._await_ready()
        except BaseException:
            self.close()
            raise
        self.boot_seconds = time.monotonic() - began
        self.engine_version = str(version["Version"])
        self.kernel = str(version["KernelVersion"])
        self.images = tuple(
            ImageFact(fact.name, digests[fact.name], fact.origin, fact.stand_in)
            for fact in facts
            if fact.name in digests
        )

    def terminal(self, name: str = "") -> PtyShell:
        """As `Sandbox.terminal`."""
        if name not in self._terminals:
            self._terminals[name] = PtyShell(self.enter)
        return self._terminals[name]

    def write(self, path: str, content: str) -> None:
        """As `Sandbox.write`."""
        script = 'mkdir -p "$(dirname "$1")" && cat > "$1" && echo written'
        said = self.feed(["sh", "-c", script, "sh", path], [content.encode()])
        if not said.endswith(b"written\n"):
            raise SandboxError(Problem(f"{path} cannot be written: {said.decode(errors='replace').strip()}"))

    def facts(self) -> Facts:
        """As `Sandbox.facts`."""
        asked = time.time()
        said = self._ask("facts", _FACTS_SECONDS)
        return Facts() if said is None else learned.facts(said, self._began, asked, time.time())

    def settle(self) -> None:
        """As `Sandbox.settle`."""
        self._ask("settle", _SETTLE_SECONDS)

    def close(self) -> None:
        """As `Sandbox.close`."""
        for terminal in self._terminals.values():
            terminal.close()
        self._control.close()
        self._engine.remove(self._container)

    def enter(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> ContainerStream:
        """Start a command in the page's world, with a clean environment, and return its stdin and stdout."""
        # Variables go through env's arguments: what the exec's own environment says, `enter` clears away.
        assignments = [f"{name}={value}" for name, value in (environment or {}).items()]
        return self._engine.execute(self._container, [f"{_LIB}/enter", str(self._pid), *assignments, *command], {})

    def feed(self, command: Sequence[str], content: Iterator[bytes] | Sequence[bytes] = ()) -> bytes:
        """Run a command in the page's world to its end with `content` on its stdin; return what it wrote."""
        stream = self.enter(command)
        try:
            for part in content:
                stream.write(part)
            stream.end_of_input()
            return stream.read_all(timeout=600)
        finally:
            stream.close()

    def wait(self, seconds: float) -> bool:
        """Wait until the sandbox has ended by itself; False if it has not in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._control.read(deadline - time.monotonic()) == b"":
                return True
        return False

    def _await_ready(self) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Follow what the launcher says until the engine answers.

        Return the engine's pid in the outer container, its version as it reports it, and the images' digests.
        """
        said, digests = b"", {}
        deadline = time.monotonic() + _BOOT_SECONDS
        while data := self._control.read(max(0.0, deadline - time.monotonic())):
            *lines, said = (said + data).split(b"\n")
            for line in lines:
                match line.decode(errors="replace").split(" ", 2):
                    case ["image", name, digest]:
                        digests[name] = digest
                    case ["ready", pid, version]:
                        return int(pid), json.loads(version), digests
                    case ["failed", *words]:
                        log = b"\n".join([*lines[lines.index(line) + 1 :], said, self._rest()])
                        raise SandboxError(
                            Problem(
                                f"the page's sandbox did not start: {' '.join(words)}",
                                log.decode(errors="replace").strip(),
                            )
                        )
        reason = f"did not answer within {_BOOT_SECONDS:.0f} s" if data is None else "ended at once"
        raise SandboxError(Problem(f"the page's engine {reason}", said.decode(errors="replace")))

    def _ask(self, what: str, seconds: float) -> str | None:
        """Return what the launcher answers; None if it does not in time, or is gone."""
        word = secrets.token_hex(8)
        self._control.write(f"{what} {word}\n".encode())
        end, said = f"\nend {word}\n".encode(), b"\n"
        deadline = time.monotonic() + seconds
        while not said.endswith(end) and len(said) < _ANSWER_BYTES:
            data = self._control.read(max(0.0, deadline - time.monotonic()))
            if not data:
                return None
            said += data
        return said.removesuffix(end).decode(errors="replace")

    def _rest(self) -> bytes:
        parts = []
        while part := self._control.read(1.0):
            parts.append(part)
        return b"".join(parts)


def specification(
    image: str, store: str, *, page: str = "", images: Sequence[str] = (), hub: bool = False
) -> ContainerSpec:
    """Return the outer container of a sandbox: never more rights than these.

    With a page, its engine has the `images` of the store, by name, and with `hub` a Docker Hub that has all of them;
    without one, it fills the store.
    """
    return ContainerSpec(
        image=image,
        labels=labels(SANDBOX, page=page),
        command=["page", *(["--hub"] if hub else []), *images] if page else ["fill"],
        capabilities=("SYS_ADMIN", "NET_ADMIN"),
        security=(f"seccomp={_SECCOMP}", "apparmor=unconfined"),
        volumes={"/var/lib/docker": "", "/template": f"{store}:ro" if page else store},
    )


@contextmanager
def sandbox(engine: HostEngine, spec: ContainerSpec, facts: Sequence[ImageFact] = ()) -> Iterator[LiveSandbox]:
    """Yield a live sandbox, removed in the end whatever happens."""
    live = LiveSandbox(engine, spec, facts)
    try:
        yield live
    finally:
        live.close()
