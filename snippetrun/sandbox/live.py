"""The real sandbox: a container on the host's engine, with an engine of its own inside."""

from __future__ import annotations

import json
import math
import re
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from snippetrun.engine.client import ContainerSpec, HostEngine
from snippetrun.engine.labels import SANDBOX, labels
from snippetrun.engine.stream import ContainerStream
from snippetrun.errors import EngineError, Problem, SandboxError
from snippetrun.model import Fact, ImageFact, Job, Network
from snippetrun.sandbox import engine_facts
from snippetrun.sandbox.shell import PtyShell
from snippetrun.support import patience
from snippetrun.support.limits import Limits, Usage

IMAGE_FOLDER = Path(__file__).with_name("image")
"""The Dockerfile and the scripts of the sandbox's image."""
APPARMOR_PROFILE = Path(__file__).with_name("apparmor-profile")
"""Ours, for the engine's host to load; it defines `snippetrun-sandbox`."""
FIRST_OWN_ID = 0x70000000
"""Where the users of pages begin on a host on which no two pages share one; see image/launch."""

_LIB = "/usr/local/lib/snippetrun"
_SECCOMP = json.dumps(json.loads(Path(__file__).with_name("seccomp.json").read_text()))
# The launcher mounts and makes namespaces; it gives files and processes to the page's user, and ends them.
_CAPABILITIES = (
    "SYS_ADMIN", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "SETFCAP", "SETGID", "SETPCAP", "SETUID",
)  # fmt: skip
# What it needs for itself, so that it can still end a page that has taken all it may.
_LAUNCHER_MEMORY = 128_000_000
_LAUNCHER_PROCESSES = 100
_BOOT_SECONDS = 60.0
_END_SECONDS = 20.0
_FACTS_SECONDS = 10.0
_LISTED_SECONDS = 5.0
_ANSWER_BYTES = 64_000_000
_LAST_BYTES = 10_000
_WRITE_SECONDS = 30.0


class LiveSandbox:
    """One page's engine; see `interface.Sandbox`."""

    def __init__(self, engine: HostEngine, spec: ContainerSpec, facts: Sequence[ImageFact] = ()) -> None:
        """Start it and wait until its engine answers.

        `facts` tells where the store's images come from; their digests come from the engine inside. Raises
        SandboxError, with the last words of the engine inside, if that does not answer.
        """
        began = time.monotonic()
        self._engine = engine
        self._terminals: dict[str, PtyShell] = {}
        self.user = 0
        """Root of the page, as the host knows it."""
        self._last_words = ""
        self._ready = False
        self._container, self._control = engine.start(spec)
        try:
            version, digests = self._await_ready()
            self._ready = True
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
            self._terminals[name] = PtyShell(self.enter, rests=self.rests)
        return self._terminals[name]

    def write(self, path: str, content: str) -> None:
        """As `Sandbox.write`."""
        script = 'mkdir -p "$(dirname "$1")" && cat > "$1" && echo written'
        # The programs are the page's, if it wants that.
        answer = self.feed(
            ["sh", "-c", script, "sh", path], [content.encode()], seconds=_WRITE_SECONDS, limit=_LAST_BYTES
        )
        if not answer.endswith(b"written\n"):
            raise SandboxError(Problem(f"{path} cannot be written: {answer.decode(errors='replace').strip()}"))

    def facts(self) -> tuple[Fact, ...]:
        """As `Sandbox.facts`."""
        return engine_facts.facts(self._ask("facts", _FACTS_SECONDS) or "")

    def rests(self) -> bool:
        """As `Sandbox.rests`."""
        running = self._ask("rests", _LISTED_SECONDS)
        return not (running or "").strip()

    def wait_until_listed(self) -> None:
        """As `Sandbox.wait_until_listed`."""
        self._ask("listed", _LISTED_SECONDS)

    def usage(self) -> Usage:
        """As `Sandbox.usage`."""
        answer = self._ask("usage", _LISTED_SECONDS)
        words = self._last_words.partition("\nlast\n")[2] if answer is None else answer
        numbers = re.findall(r"^(memory|processes|disk|files) (\d{1,18})$", words, re.MULTILINE)
        return Usage(
            **{name: int(number) for name, number in numbers}, ended=bool(self._last_words) or "\nended" in words
        )

    def inspect(self) -> dict[str, Any]:
        """Return what the host's engine knows of the outer container."""
        return self._engine.inspect(self._container)

    def close(self) -> None:
        """As `Sandbox.close`."""
        for terminal in self._terminals.values():
            terminal.close()
        self._control.close()
        # The launcher hears that, and ends all that is below it, what is frozen too. If it is killed, that stays.
        self._engine.remove(self._container, patience.seconds(_END_SECONDS) if self._ready else 0.0)

    def enter(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> ContainerStream:
        """Start a command in the page's world, with a clean environment, and return its stdin and stdout."""
        # Variables go through env's arguments: what the exec's own environment says, `enter` clears away.
        assignments = [f"{name}={value}" for name, value in (environment or {}).items()]
        try:
            return self._engine.execute(self._container, [f"{_LIB}/enter", *assignments, *command], {})
        except EngineError as error:
            if self.usage().ended:  # the page may have brought that about, and the host's engine is as it was
                raise SandboxError(Problem("the page's engine has ended")) from error
            raise

    def feed(
        self,
        command: Sequence[str],
        content: Iterator[bytes] | Sequence[bytes] = (),
        *,
        seconds: float = 600.0,
        limit: int = _ANSWER_BYTES,
    ) -> bytes:
        """Run a command in the page's world to its end with `content` on its stdin; return what it wrote.

        Raises SandboxError if it takes longer than `seconds` for one part or once it has all, or writes more than
        `limit` bytes.
        """
        stream = self.enter(command)
        try:
            for part in content:
                stream.write(part, patience.seconds(seconds))
            stream.end_of_input()
            output = b""
            deadline = time.monotonic() + patience.seconds(seconds)
            while data := stream.read(max(0.0, deadline - time.monotonic())):
                output += data
                if len(output) > limit or time.monotonic() > deadline:
                    break
            else:
                if data == b"":
                    return output
            raise TimeoutError
        except TimeoutError:
            raise SandboxError(Problem(f"{command[0]} does not end in the page's sandbox, or says too much")) from None
        finally:
            stream.close()

    def wait(self, seconds: float) -> bool:
        """Wait until the sandbox has ended by itself; False if it has not in time."""
        deadline = time.monotonic() + patience.seconds(seconds)
        while time.monotonic() < deadline:
            if self._control.read(deadline - time.monotonic()) == b"":
                return True
        return False

    def _await_ready(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Follow what the launcher says until the engine answers.

        Return the engine's version as it reports it, and the images' digests.
        """
        rest, digests = b"", {}
        deadline = time.monotonic() + patience.seconds(_BOOT_SECONDS)
        while data := self._control.read(max(0.0, deadline - time.monotonic())):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                match line.decode(errors="replace").split(" "):
                    case ["image", name, digest]:
                        digests[name] = digest
                    case ["user", number]:
                        self.user = int(number)
                    case ["ready", *version]:
                        return json.loads(" ".join(version)), digests
                    case ["failed", *words]:
                        log = b"\n".join([*lines[lines.index(line) + 1 :], rest, self._rest()])
                        raise SandboxError(
                            Problem(
                                f"the page's sandbox did not start: {' '.join(words)}",
                                log.decode(errors="replace").strip(),
                            )
                        )
        reason = f"did not answer within {patience.seconds(_BOOT_SECONDS):.0f} s" if data is None else "ended at once"
        raise SandboxError(Problem(f"the page's engine {reason}", rest.decode(errors="replace")))

    def _ask(self, what: str, seconds: float) -> str | None:
        """Return what the launcher answers; None if it does not in time, or is gone: then its last words are kept."""
        word = secrets.token_hex(8)
        self._control.write(f"{what} {word}\n".encode())
        end, words = f"\nend {word}\n".encode(), b"\n"
        deadline = time.monotonic() + patience.seconds(seconds)
        while not words.endswith(end) and len(words) < _ANSWER_BYTES:
            data = self._control.read(max(0.0, deadline - time.monotonic()))
            if not data:
                self._last_words += words[-_LAST_BYTES:].decode(errors="replace")
                return None
            words += data
        return words.removesuffix(end).decode(errors="replace")

    def _rest(self) -> bytes:
        parts = []
        while part := self._control.read(1.0):
            parts.append(part)
        return b"".join(parts)


def page_specification(engine: HostEngine, image: str, store: str, job: Job) -> ContainerSpec:
    """Return the outer container of a page's sandbox: never more rights than these.

    Its engine has the job's images of the store, and its Docker Hub, if the page has one, has all of them.
    """
    command = ["page", *(["--hub"] if job.hub else []), *job.images]
    spec = _specification(image, command, {"/template": f"{store}:ro"}, job.limits, job.page.path)
    return _connected(engine, spec, job.network)


def build_specification(engine: HostEngine, image: str, limits: Limits, network: Network) -> ContainerSpec:
    """Return the outer container of a sandbox in which an image is built, with the same rights."""
    return _connected(engine, _specification(image, ["build"], {}, limits), network)


def fill_specification(image: str, store: str) -> ContainerSpec:
    """Return the outer container of a sandbox that fills a store, with the same rights."""
    return _specification(image, ["fill"], {"/template": store}, Limits())


def _specification(
    image: str, command: Sequence[str], volumes: Mapping[str, str], limits: Limits, page: str = ""
) -> ContainerSpec:
    mode, *rest = command
    options = ["--memory", limits.memory, "--processes", limits.processes]
    options += ["--disk", limits.disk // 1024, "--files", limits.files]
    options += ["--patience", math.ceil(patience.seconds(1))]
    return ContainerSpec(
        image=image,
        labels=labels(SANDBOX, page=page),
        command=[mode, *map(str, options), *rest],
        capabilities=_CAPABILITIES,
        security=(f"seccomp={_SECCOMP}",),
        apparmor="snippetrun-sandbox",
        devices=("b 7:* rwm", "c 10:237 rwm"),  # loop devices: the page's disk is one
        volumes={"/disk": "", **volumes},
        scratch=("/run",),
        memory=limits.memory + _LAUNCHER_MEMORY,
        cpus=limits.cpus,
        processes=limits.processes + _LAUNCHER_PROCESSES,
    )


def _connected(engine: HostEngine, spec: ContainerSpec, network: Network) -> ContainerSpec:
    """Return the outer container of a sandbox that reaches a network; its launcher filters what passes."""
    if network is Network.NONE:
        return spec
    mode, *options = spec.command
    command = [mode, "--internet", ",".join(engine.addresses), *options]
    return replace(spec, command=command, capabilities=(*spec.capabilities, "NET_ADMIN"), internet=True)


@contextmanager
def sandbox(engine: HostEngine, spec: ContainerSpec, facts: Sequence[ImageFact] = ()) -> Iterator[LiveSandbox]:
    """Yield a live sandbox, removed in the end whatever happens."""
    live = LiveSandbox(engine, spec, facts)
    try:
        yield live
    finally:
        live.close()
