"""The host's Docker engine, and all that we ask of it: the only module that speaks to the docker SDK."""

from __future__ import annotations

import contextlib
import io
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import docker
import docker.errors
import requests
from docker.types import LogConfig, Mount

from snippetrun.engine.labels import OURS, REPOSITORY
from snippetrun.engine.stream import ContainerStream
from snippetrun.errors import EngineError, ImageError, Problem

_FAULTS = (docker.errors.DockerException, requests.RequestException)
_FIRST_API = (1, 41)
"""Engine 20.10, the oldest that we have tried: the first with private cgroup namespaces."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


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


class HostEngine:
    """A connection to one engine; close it when done."""

    def __init__(self, base_url: str, *, tls: Any = None) -> None:  # noqa: ANN401 - the SDK's
        """Connect; raise EngineError if no engine answers at `base_url`, or one that is too old."""
        self.base_url = base_url
        try:
            self._api = docker.APIClient(
                base_url, version="auto", tls=tls or False, timeout=120, use_ssh_client=base_url.startswith("ssh:")
            )
            self._version: dict[str, Any] = self._api.version()
        except _FAULTS as error:
            raise EngineError(Problem(f"no Docker engine answers at {base_url}: {_reason(error)}")) from error
        if tuple(int(part) for part in self._version["ApiVersion"].split(".")) < _FIRST_API:
            raise EngineError(
                Problem(
                    f"the Docker engine at {base_url} is too old: version {self.version}",
                    "Install Docker Engine 20.10 or newer.",
                )
            )

    @property
    def version(self) -> str:
        """The engine's version, e.g. `26.1.5+dfsg1`."""
        return str(self._version["Version"])

    @cached_property
    def _processors(self) -> int:
        return int(self.info()["NCPU"])

    def close(self) -> None:
        """Close the connection."""
        self._api.close()

    def info(self) -> dict[str, Any]:
        """Return what `docker info` knows."""
        with self._faults("cannot be asked about itself"):
            info: dict[str, Any] = self._api.info()
            return info

    # Containers

    def start(self, spec: ContainerSpec) -> tuple[str, ContainerStream]:
        """Start a container and return its id and its stdin and stdout.

        It has no network, a cgroup namespace of its own, and a root file system that cannot be written. The engine
        keeps no log of it, and removes it, with its anonymous volumes, as soon as it ends. It is told that its standard
        input has ended when the stream, or this process, is gone.
        """
        host_config = self._api.create_host_config(
            auto_remove=True,
            read_only=True,
            cap_drop=["ALL"],
            cap_add=list(spec.capabilities),
            security_opt=list(spec.security),
            network_mode="none",
            device_cgroup_rules=list(spec.devices),
            tmpfs=dict.fromkeys(spec.scratch, "mode=0755,size=64m"),
            mounts=[*_mounts(spec)],
            log_config=LogConfig(type=LogConfig.types.NONE),
            mem_limit=spec.memory,
            memswap_limit=spec.memory,
            nano_cpus=round(min(spec.cpus, self._processors) * 1e9),
            pids_limit=spec.processes or None,
        )
        host_config |= {"CgroupnsMode": "private"}  # the SDK has no name for it
        with self._faults("cannot start a sandbox"):
            container = self._api.create_container_from_config(  # type: ignore[no-untyped-call]
                {
                    "Image": spec.image,
                    "Cmd": list(spec.command),
                    "Labels": dict(spec.labels),
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
                stream = ContainerStream(self._api.attach_socket(container, params=params))
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
            return ContainerStream(self._api.exec_start(exec_id, socket=True))

    def remove(self, container: str) -> None:
        """End and remove a container with its anonymous volumes; one that is already gone is no error."""
        with self._faults("cannot remove a sandbox"), contextlib.suppress(docker.errors.NotFound):
            try:
                self._api.remove_container(container, force=True, v=True)
            except docker.errors.APIError as error:
                if error.status_code != 409:  # 409: its own end has begun to remove it
                    raise
                self._api.wait(container, timeout=30, condition="removed")

    # Volumes

    def create_volume(self, name: str, labels: Mapping[str, str]) -> None:
        """Create a named volume."""
        with self._faults(f"cannot create the volume {name}"):
            self._api.create_volume(name, labels=dict(labels))

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
        """Pull an image; raise ImageError if that fails."""
        try:
            for message in self._api.pull(reference, stream=True, decode=True):
                if "error" in message:
                    raise ImageError(Problem(f"{reference} cannot be pulled: {message['error']}"))
        except _FAULTS as error:
            raise ImageError(Problem(f"{reference} cannot be pulled: {_reason(error)}")) from error

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

    def ours(self) -> dict[str, list[dict[str, Any]]]:
        """Return our containers, volumes and images, each as the API describes it."""
        only = {"label": [OURS]}
        with self._faults("cannot list what is on it"):
            return {
                "containers": self._api.containers(all=True, filters=only),
                "volumes": self._api.volumes(filters=only)["Volumes"] or [],
                "images": self._api.images(name=f"{REPOSITORY}/*"),
            }

    @contextlib.contextmanager
    def _faults(self, what: str) -> Iterator[None]:
        """Turn the SDK's faults into ours."""
        try:
            yield
        except _FAULTS as error:
            raise EngineError(Problem(f"the Docker engine at {self.base_url} {what}: {_reason(error)}")) from error


def _mounts(spec: ContainerSpec) -> Iterator[Mount]:
    for target, name in spec.volumes.items():
        yield Mount(
            target,
            name.removesuffix(":ro") or None,
            read_only=name.endswith(":ro"),
            labels=None if name else dict(spec.labels),
        )


def _quoted(value: str) -> str:
    """Quote a value for a LABEL instruction."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _reason(error: Exception) -> str:
    """Return an SDK error in one line, without the SDK's wrapping."""
    explanation = getattr(error, "explanation", None) or str(error)
    return " ".join(str(explanation).split())[:500]
