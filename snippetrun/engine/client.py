"""The host's Docker engine, and all that we ask of it: this and its neighbours alone use the SDK."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import docker
import docker.errors
from docker.types import LogConfig, Mount, Ulimit

from snippetrun.engine.connection import FAULTS, REMOVE_SECONDS, REMOVE_SECONDS_AT_END
from snippetrun.engine.hijack import hijack
from snippetrun.engine.image_calls import Images
from snippetrun.engine.labels import OURS, REPOSITORY, SESSION
from snippetrun.engine.stream import ContainerStream
from snippetrun.errors import EngineError
from snippetrun.support import patience, stopping


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


class HostEngine(Images):
    """The engine of the host: what we ask of it about containers and volumes too."""

    @cached_property
    def _processors(self) -> int:
        return int(self.info()["NCPU"])

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
                    # Its network namespace then is the kernel's alone, and the engine starts no program to set one up.
                    "NetworkDisabled": not spec.internet,
                    "OpenStdin": True,
                    "StdinOnce": True,
                    "AttachStdin": True,
                    "AttachStdout": True,
                    "AttachStderr": True,
                }
            )["Id"]
            with contextlib.ExitStack() as undo:
                undo.callback(self.remove, container)
                stream = self._stream(f"/containers/{container}/attach?stdin=1&stdout=1&stderr=1&stream=1")
                undo.callback(stream.close)
                self._api.start(container)
                undo.pop_all()
            return container, stream

    def execute(self, container: str, command: Sequence[str], environment: Mapping[str, str]) -> ContainerStream:
        """Start a command in a container and return its stdin and stdout."""
        with self._faults("cannot start a command in a sandbox"):
            exec_id = self._api.exec_create(
                container, list(command), stdin=True, environment=dict(environment), user="root"
            )["Id"]
            return self._stream(f"/exec/{exec_id}/start", b'{"Detach": false, "Tty": false}')

    def _stream(self, target: str, body: bytes = b"") -> ContainerStream:
        target = f"/v{self._api.api_version}{target}"
        return ContainerStream(hijack(self.base_url, self._tls, target, body, self._api.timeout), self._must_answer)

    def inspect(self, container: str) -> dict[str, Any]:
        """Return what the engine knows of a container."""
        with self._faults("cannot be asked about a sandbox"):
            inspected: dict[str, Any] = self._api.inspect_container(container)
            return inspected

    def remove(self, container: str, grace: float = 0.0) -> bool:
        """Remove a container with its anonymous volumes; return False if it is not gone in time.

        It has `grace` seconds to end by itself, and is killed then. One that is already gone is no error.
        """
        seconds = patience.seconds(REMOVE_SECONDS_AT_END if stopping.asked() else REMOVE_SECONDS)
        url = f"{self._api.base_url}/v{self._api.api_version}/containers/{container}"
        try:
            if grace and self._is_removed(container, min(grace, seconds)):
                return True
            answer = self._api.delete(url, params={"force": 1, "v": 1}, timeout=seconds)
            # 409: its own end has begun to remove it.
            return answer.ok or answer.status_code == 404 or self._is_removed(container, seconds)
        except FAULTS:
            return False

    def _is_removed(self, container: str, seconds: float) -> bool:
        """Wait until a container is removed; return False if it is not in time."""
        try:
            self._api.wait(container, timeout=seconds, condition="removed")  # type: ignore[arg-type] # takes fractions
        except docker.errors.NotFound:
            return True
        except FAULTS:
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

    def sizes(self) -> dict[str, int]:
        """Return how many bytes the engine would have back for each container, volume and image, by its id or name."""
        with self._faults("cannot tell the sizes of what is on it"):
            used = self._api.df()
        return {
            **{item["Id"]: item.get("SizeRw", 0) for item in used["Containers"] or []},
            **{item["Name"]: (item.get("UsageData") or {}).get("Size", 0) for item in used["Volumes"] or []},
            **{item["Id"]: item["Size"] - max(item.get("SharedSize", 0), 0) for item in used["Images"] or []},
        }

    def _mount(self, target: str, name: str, spec: ContainerSpec) -> Mount:
        """Return a mount; without a name the volume is a new one, which has our labels (one for `binds` has none)."""
        labels = None if name else self._marked(spec.labels)
        return Mount(target, name.removesuffix(":ro") or None, read_only=name.endswith(":ro"), labels=labels)
