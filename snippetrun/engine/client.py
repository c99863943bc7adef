"""The host's Docker engine, and all that we ask of it: the only module that speaks to the docker SDK."""

from __future__ import annotations

import contextlib
import io
import re
import socket
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import docker
import docker.errors
import ifaddr
import requests
from docker.types import LogConfig, Mount, Ulimit

from snippetrun.engine.labels import OURS, REPOSITORY, SESSION
from snippetrun.engine.session import Session
from snippetrun.engine.stream import ContainerStream
from snippetrun.errors import EngineError, ImageError, Problem, UnfitEngineError
from snippetrun.support import patience, stopping

_FAULTS = (docker.errors.DockerException, requests.RequestException)
_FIRST_API = (1, 41)
"""Engine 20.10, the oldest that we have tried: the first with private cgroup namespaces."""
_INSIDE = {
    "name=rootless": "is rootless",
    "name=userns": "remaps its users (userns-remap)",
}
"""What `docker info` lists under SecurityOptions if an engine's containers are in a user namespace -> what to say."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_ANSWER_SECONDS = 8.0
"""In which an engine has to say which version it is."""
_CALL_SECONDS = 120.0
"""In which it has to do what takes a moment; a build takes its time."""
_PULL_SECONDS = 300.0
"""In which it has to say something about a pull, or to take in an archive."""
_REMOVE_SECONDS, _REMOVE_SECONDS_AT_END = 30.0, 2.0
"""In which it has to remove a container; at the end that somebody has asked for, a guard may do the rest."""
_PULL_PAUSES = (1.0, 4.0)
"""Between the tries of a pull."""
_NO_SUCH_IMAGE = re.compile(
    r"manifest unknown|manifest for .* not found|access denied|unauthorized|no basic auth|denied:|invalid reference"
    r"|no such host|network is unreachable|x509:",
    re.IGNORECASE,
)
"""What another try does not mend: `manifest for nginx:nosuch not found: manifest unknown`, `no such host`."""


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """A container that we start."""

    image: str
    labels: Mapping[str, str]
    command: Sequence[str] = ()
    capabilities: Sequence[str] = ()
    """All that it has."""
    security: Sequence[str] = ()
    """`--security-opt` values, as the API takes them."""
    apparmor: str = ""
    """Its AppArmor profile; it is unconfined where the engine's host has not loaded that. "" for the engine's own."""
    devices: Sequence[str] = ()
    """Rules for devices that it may make and use, such as `b 7:* rwm`."""
    volumes: Mapping[str, str] = field(default_factory=dict)
    """Where it is mounted -> volume name, with `:ro` for read-only; "" makes an anonymous volume with our labels."""
    scratch: Sequence[str] = ()
    """Folders that are in memory; what else is not on a volume cannot be written."""
    memory: int = 0
    """Bytes, of which it gets no more; 0 for no limit, as for the next two."""
    cpus: float = 0.0
    """Processors."""
    processes: int = 0
    """Processes and threads."""
    internet: bool = False
    """Whether it has the engine's default network, and may route; else it has none."""


class _Client(docker.APIClient):
    """The SDK's client, which waits for ever for what a pull says."""

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401
        """As requests has it."""
        if kwargs.get("timeout", 0) is None and "/images/create" in str(url):
            kwargs["timeout"] = patience.seconds(_PULL_SECONDS)
        return super().request(method, url, *args, **kwargs)


class HostEngine:
    """A connection to one engine; close it when done."""

    def __init__(self, base_url: str, *, tls: Any = None) -> None:  # noqa: ANN401 - the SDK's
        """Connect; raise EngineError if no engine answers at `base_url`, UnfitEngineError if an unfit one does."""
        self.base_url = base_url
        self.session: Session | None = None
        """Whose mark is on all that is made; see `guard.guarded`."""
        try:
            self._api = _Client(
                base_url,
                version="auto",
                tls=tls or False,
                timeout=patience.seconds(_ANSWER_SECONDS),  # type: ignore[arg-type] # the SDK takes fractions too
                use_ssh_client=base_url.startswith("ssh:"),
            )
            self._version: dict[str, Any] = self._api.version()
            self._api.timeout = int(patience.seconds(_CALL_SECONDS))
        except _FAULTS as error:
            raise EngineError(Problem(f"no Docker engine answers at {base_url}: {_reason(error)}")) from error
        if tuple(int(part) for part in self._version["ApiVersion"].split(".")) < _FIRST_API:
            raise UnfitEngineError(
                Problem(
                    f"the Docker engine at {base_url} is too old: version {self.version}",
                    "Install Docker Engine 20.10 or newer.",
                )
            )
        options = self.info().get("SecurityOptions") or []
        self._apparmor = "name=apparmor" in options
        """Whether the host has AppArmor, with our profile as far as we know."""
        for option in options:
            if option in _INSIDE:
                raise UnfitEngineError(
                    Problem(
                        f"the Docker engine at {base_url} {_INSIDE[option]}: root of its containers can neither give a "
                        "page a user of its own nor mount what the page's engine needs",
                        "Set DOCKER_HOST to an engine that runs as root and without userns-remap, or show what was "
                        "recorded: SNIPPETRUN_MODE=replay",
                    )
                )

    @property
    def version(self) -> str:
        """The engine's version, e.g. `26.1.5+dfsg1`."""
        return str(self._version["Version"])

    @cached_property
    def addresses(self) -> tuple[str, ...]:
        """IPv4 addresses of this machine and of the engine's, as far as they are known here."""
        here = [ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if isinstance(ip.ip, str)]
        there: list[str] = []
        with contextlib.suppress(OSError):  # the name may be one that only ssh knows
            host = urlsplit(self.base_url).hostname
            there += [str(info[4][0]) for info in socket.getaddrinfo(host, None, socket.AF_INET)] if host else []
        return tuple(sorted({*here, *there}))

    @cached_property
    def _processors(self) -> int:
        return int(self.info()["NCPU"])

    def close(self) -> None:
        """Close the connection."""
        self._api.close()

    def hurry(self) -> None:
        """Wait no longer than a moment for answers from now on: somebody has asked us to end."""
        self._api.timeout = int(patience.seconds(_REMOVE_SECONDS_AT_END)) or 1

    def info(self) -> dict[str, Any]:
        """Return what `docker info` knows."""
        with self._faults("cannot be asked about itself"):
            info: dict[str, Any] = self._api.info()
            return info

    # Containers

    def start(self, spec: ContainerSpec) -> tuple[str, ContainerStream]:
        """Start a container and return its id and its stdin and stdout.

        It has a cgroup namespace of its own, and a root file system that cannot be written. The engine keeps no log of
        it, and removes it, with its anonymous volumes, as soon as it ends. It is told that its standard input has ended
        when the stream, or this process, is gone.
        """
        if spec.apparmor and self._apparmor:
            try:
                return self._start(spec, (*spec.security, f"apparmor={spec.apparmor}"))
            except EngineError as error:
                if "apparmor" not in str(error):
                    raise
                self._apparmor = False  # its host has no such profile: `doctor` warns of that
        return self._start(spec, (*spec.security, *(["apparmor=unconfined"] if spec.apparmor else [])))

    def _start(self, spec: ContainerSpec, security: Sequence[str]) -> tuple[str, ContainerStream]:
        host_config = self._api.create_host_config(
            auto_remove=True,
            read_only=True,
            cap_drop=["ALL"],
            cap_add=list(spec.capabilities),
            security_opt=list(security),
            network_mode="bridge" if spec.internet else "none",
            sysctls={"net.ipv4.ip_forward": "1"} if spec.internet else None,
            device_cgroup_rules=list(spec.devices),
            tmpfs=dict.fromkeys(spec.scratch, "mode=0755,size=64m"),
            mounts=[self._mount(target, name, spec) for target, name in spec.volumes.items()],
            log_config=LogConfig(type=LogConfig.types.NONE),
            mem_limit=spec.memory,
            memswap_limit=spec.memory,
            nano_cpus=round(min(spec.cpus, self._processors) * 1e9),
            pids_limit=spec.processes or None,
            # What crashes is given to a program of the host, where it has one for that, unless the limit is just 1.
            ulimits=[Ulimit(name="core", soft=1, hard=1)],
            oom_score_adj=500,  # no limit counts what the kernel keeps for its networks: it ends first
        )
        host_config |= {"CgroupnsMode": "private"}  # the SDK has no name for it
        with self._faults("cannot start a sandbox"):
            container = self._api.create_container_from_config(  # type: ignore[no-untyped-call]
                {
                    "Image": spec.image,
                    "Cmd": list(spec.command),
                    "Labels": self._marked(spec.labels),
                    "HostConfig": host_config,
                    "NetworkDisabled": False,
                    "OpenStdin": True,
                    "StdinOnce": True,
                    "AttachStdin": True,
                    "AttachStdout": True,
                    "AttachStderr": True,
                }
            )["Id"]
            try:
                params = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
                stream = ContainerStream(self._api.attach_socket(container, params=params), self._must_answer)
                self._api.start(container)
            except BaseException:
                self.remove(container)
                raise
            return container, stream

    def execute(self, container: str, command: Sequence[str], environment: Mapping[str, str]) -> ContainerStream:
        """Start a command in a container and return its stdin and stdout."""
        with self._faults("cannot start a command in a sandbox"):
            exec_id = self._api.exec_create(
                container, list(command), stdin=True, environment=dict(environment), user="root"
            )["Id"]
            return ContainerStream(self._api.exec_start(exec_id, socket=True), self._must_answer)

    def inspect(self, container: str) -> dict[str, Any]:
        """Return what the engine knows of a container."""
        with self._faults("cannot be asked about a sandbox"):
            inspected: dict[str, Any] = self._api.inspect_container(container)
            return inspected

    def remove(self, container: str, grace: float = 0.0) -> bool:
        """Remove a container with its anonymous volumes; return False if it is not gone in time.

        It has `grace` seconds to end by itself, and is killed then. One that is already gone is no error.
        """
        seconds = patience.seconds(_REMOVE_SECONDS_AT_END if stopping.asked() else _REMOVE_SECONDS)
        url = f"{self._api.base_url}/v{self._api.api_version}/containers/{container}"
        try:
            if grace and self._is_removed(container, min(grace, seconds)):
                return True
            answer = self._api.delete(url, params={"force": 1, "v": 1}, timeout=seconds)
            # 409: its own end has begun to remove it.
            return answer.ok or answer.status_code == 404 or self._is_removed(container, seconds)
        except _FAULTS:
            return False

    def _is_removed(self, container: str, seconds: float) -> bool:
        """Wait until a container is removed; return False if it is not in time."""
        try:
            self._api.wait(container, timeout=seconds, condition="removed")  # type: ignore[arg-type] # takes fractions
        except docker.errors.NotFound:
            return True
        except _FAULTS:
            return False
        return True

    def clear(self) -> None:
        """Remove every container, whoever made it; the steps of a build carry no labels of ours."""
        with self._faults("cannot list what is on it"):
            for container in self._api.containers(all=True):
                self.remove(container["Id"])

    # Volumes

    def create_volume(self, name: str, labels: Mapping[str, str]) -> None:
        """Create a named volume."""
        with self._faults(f"cannot create the volume {name}"):
            self._api.create_volume(name, labels=self._marked(labels))

    def has_volume(self, name: str) -> bool:
        """Tell whether a volume of that name exists."""
        with self._faults("cannot list its volumes"):
            return bool(self._api.volumes(filters={"name": f"^{name}$"})["Volumes"])

    def remove_volume(self, name: str) -> bool:
        """Remove a volume; return False if it is in use or gone."""
        with self._faults(f"cannot remove the volume {name}"):
            try:
                self._api.remove_volume(name)
            except docker.errors.APIError as error:
                if error.status_code in (404, 409):
                    return False
                raise
            return True

    # Images

    def image(self, name: str) -> dict[str, Any] | None:
        """Return what the engine knows of an image; None if it has none of that name."""
        with self._faults("cannot be asked about an image"):
            try:
                inspected: dict[str, Any] = self._api.inspect_image(name)  # type: ignore[no-untyped-call]
            except docker.errors.ImageNotFound:
                return None
            return inspected

    def tag(self, image: str, name: str) -> None:
        """Give an image one more name."""
        repository, _, tag_name = name.rpartition(":")
        with self._faults(f"cannot tag {image}"):
            self._api.tag(image, repository, tag_name)

    def pull(self, reference: str) -> None:
        """Pull an image, and try again if it is the registry or the way to it that fails; raise ImageError in the end.

        The SDK takes the rights of the user's own `docker login`.
        """
        for pause in (*_PULL_PAUSES, None):
            reason = self._pull(reference)
            if not reason:
                return
            if pause is None or _NO_SUCH_IMAGE.search(reason):
                break
            time.sleep(patience.seconds(pause))
            stopping.check()
        tries = f" ({len(_PULL_PAUSES) + 1} tries)" if pause is None else ""
        raise ImageError(Problem(f"{reference} cannot be pulled{tries}: {reason}"))

    def _pull(self, reference: str) -> str:
        """Pull an image once; return why that failed, or ""."""
        try:
            for message in self._api.pull(reference, stream=True, decode=True):
                stopping.check()
                if "error" in message:
                    return str(message["error"])
        except _FAULTS as error:
            return _reason(error)
        return ""

    def build(self, context: bytes, *, tag: str, arguments: Mapping[str, str]) -> Iterator[str]:
        """Build an image from a context (a tar archive with a Dockerfile) and yield the builder's lines.

        It gets no label: readers would find it in `docker history`. Its name tells that it is ours.
        Raises ImageError with the builder's last words if a step fails.
        """
        last_words: deque[str] = deque(maxlen=15)
        try:
            for message in self._api.build(
                fileobj=io.BytesIO(context),
                custom_context=True,
                tag=tag,
                buildargs=dict(arguments),
                rm=True,
                forcerm=True,
                decode=True,
            ):
                stopping.check()
                if "error" in message:
                    raise ImageError(
                        Problem(f"the image {tag} cannot be built: {message['error']}", "\n".join(last_words))
                    )
                for line in _COLOUR.sub("", message.get("stream", "")).splitlines():
                    last_words.append(line)
                    yield line
        except _FAULTS as error:
            raise ImageError(Problem(f"the image {tag} cannot be built: {_reason(error)}")) from error

    def import_rootfs(self, archive: str, *, tag: str, labels: Mapping[str, str]) -> None:
        """Make an image of one layer from a tar archive of a root file system."""
        repository, _, tag_name = tag.rpartition(":")
        changes = [f"LABEL {name}={_quoted(value)}" for name, value in labels.items()]
        with self._faults(f"cannot import {archive}"):
            self._api.import_image_from_file(
                archive, repository=repository, tag=tag_name, changes=[*changes, 'CMD ["bash"]']
            )

    def save(self, names: Sequence[str]) -> Iterator[bytes]:
        """Yield the bytes of one archive of several images, shared layers once, as `docker save` writes it."""
        url = f"{self._api.base_url}/v{self._api.api_version}/images/get"
        with self._faults("cannot save images"):
            response = self._api.get(url, params={"names": list(names)}, stream=True, timeout=600)
            response.raise_for_status()
            yield from response.iter_content(1 << 20)

    def load(self, archive: IO[bytes]) -> None:
        """Load the images of an archive as `save` yields it; raise ImageError if the engine does not take it."""
        with self._faults("cannot load an image"):
            for message in self._api.load_image(archive, quiet=True):  # type: ignore[no-untyped-call]
                if "error" in message:
                    raise ImageError(Problem(f"what was built cannot be loaded: {message['error']}"))

    def remove_image(self, name: str) -> bool:
        """Remove an image; return False if it is in use or gone."""
        with self._faults(f"cannot remove the image {name}"):
            try:
                self._api.remove_image(name, force=False)
            except docker.errors.APIError as error:
                if error.status_code in (404, 409):
                    return False
                raise
            return True

    # What we left

    def ours(self, mark: str = "") -> dict[str, list[dict[str, Any]]]:
        """Return our containers, volumes and images, each as the API describes it.

        With the mark of a session the containers and volumes are only those that it made.
        """
        only = {"label": [f"{SESSION}={mark}" if mark else OURS]}
        with self._faults("cannot list what is on it"):
            return {
                "containers": self._api.containers(all=True, filters=only),
                "volumes": self._api.volumes(filters=only)["Volumes"] or [],
                "images": self._api.images(name=f"{REPOSITORY}/*"),
            }

    def _mount(self, target: str, name: str, spec: ContainerSpec) -> Mount:
        """Return a mount; without a name the volume is a new one, which has our labels (one for `binds` has none)."""
        labels = None if name else self._marked(spec.labels)
        return Mount(target, name.removesuffix(":ro") or None, read_only=name.endswith(":ro"), labels=labels)

    @property
    def scratch(self) -> Path | None:
        """A folder for temporary files, which are gone with the session; None for the system's."""
        return self.session.scratch if self.session else None

    def _marked(self, labels: Mapping[str, str]) -> dict[str, str]:
        """Return labels with the mark of the session that the engine is used in."""
        return ({SESSION: self.session.mark} if self.session else {}) | dict(labels)

    def _must_answer(self) -> None:
        """Raise EngineError if the engine is gone, so that nobody takes its end for that of a page's command."""
        with self._faults("does not answer any more"):
            url = f"{self._api.base_url}/_ping"
            self._api.get(url, timeout=patience.seconds(_ANSWER_SECONDS)).raise_for_status()

    @contextlib.contextmanager
    def _faults(self, what: str) -> Iterator[None]:
        """Turn the SDK's faults into ours."""
        try:
            yield
        except requests.ConnectionError as error:
            hint = "Type the same command once more. If it ends again, its own log says why."
            raise EngineError(Problem(f"the Docker engine at {self.base_url} {what}: it has ended", hint)) from error
        except _FAULTS as error:
            raise EngineError(Problem(f"the Docker engine at {self.base_url} {what}: {_reason(error)}")) from error


def _quoted(value: str) -> str:
    """Quote a value for a LABEL instruction."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _reason(error: BaseException) -> str:
    """Return an SDK error in one line, without the SDK's wrapping."""
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, requests.Timeout):
            return "it takes connections and says nothing"
        cause = cause.__cause__ or cause.__context__
    explanation = getattr(error, "explanation", None) or str(error)
    return " ".join(str(explanation).split())[:500]
