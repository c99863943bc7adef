"""A connection to a Docker engine: who answers, and the SDK's faults as ours."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import docker
import docker.errors
import ifaddr
import requests

from snippetrun.engine.hijack import connect
from snippetrun.engine.labels import SESSION
from snippetrun.engine.session import Session
from snippetrun.errors import EngineError, Problem, UnfitEngineError
from snippetrun.support import patience

FAULTS = (docker.errors.DockerException, requests.RequestException)
"""What the SDK raises."""
_FIRST_API = (1, 41)
"""Engine 20.10, the oldest that we have tried: the first with private cgroup namespaces."""
_INSIDE = {
    "name=rootless": "is rootless",
    "name=userns": "remaps its users (userns-remap)",
}
"""What `docker info` lists under SecurityOptions if an engine's containers are in a user namespace -> what to say."""
_ANOTHER = (
    "Set DOCKER_HOST to an engine that runs as root and without userns-remap, or show what was recorded: "
    "SNIPPETRUN_MODE=replay"
)
_ANSWER_SECONDS = 8.0
"""In which an engine has to say which version it is."""
_CALL_SECONDS = 120.0
"""In which it has to do what takes a moment; a build takes its time."""
_PULL_SECONDS = 300.0
"""In which it has to say something about a pull, or to take in an archive."""
REMOVE_SECONDS, REMOVE_SECONDS_AT_END = 30.0, 2.0
"""In which it has to remove a container; at the end that somebody has asked for, a guard may do the rest."""


class _Client(docker.APIClient):
    """The SDK's client, which waits for ever for what a pull says."""

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401
        """As requests has it."""
        if kwargs.get("timeout", 0) is None and "/images/create" in str(url):
            kwargs["timeout"] = patience.seconds(_PULL_SECONDS)
        return super().request(method, url, *args, **kwargs)


class Connection:
    """A connection to one engine; close it when done."""

    def __init__(self, base_url: str, *, tls: Any = None) -> None:  # noqa: ANN401 - the SDK's
        """Connect; raise EngineError if no engine answers at `base_url`, UnfitEngineError if an unfit one does."""
        self.base_url, self._tls = base_url, tls
        self.session: Session | None = None
        """Whose mark is on all that is made; see `guard.guarded`."""
        seconds = patience.seconds(_ANSWER_SECONDS)
        if base_url.startswith("ssh:") and find_spec("paramiko") is None:
            message = f"the engine at {base_url} is behind ssh, for which the docker SDK needs paramiko"
            raise EngineError(Problem(message, "Type: pip install 'docker[ssh]'"))
        try:
            connect(base_url, tls, seconds).close()  # the SDK leaves sockets open that find nobody
            self._api = _Client(
                base_url,
                version="auto",
                tls=tls or False,
                timeout=seconds,  # type: ignore[arg-type] # the SDK takes fractions too
                use_ssh_client=base_url.startswith("ssh:"),
            )
            self._version: dict[str, Any] = self._api.version()
            self._api.timeout = int(patience.seconds(_CALL_SECONDS))
        except FAULTS as error:
            raise EngineError(Problem(f"no Docker engine answers at {base_url}: {reason(error)}")) from error
        if tuple(int(part) for part in self._version["ApiVersion"].split(".")) < _FIRST_API:
            raise UnfitEngineError(
                Problem(
                    f"the Docker engine at {base_url} is too old: version {self.version}",
                    "Install Docker Engine 20.10 or newer.",
                )
            )
        if any(part.get("Name") == "Podman Engine" for part in self._version.get("Components") or []):
            raise UnfitEngineError(
                Problem(
                    f"the engine at {base_url} is Podman {self.version}: an image that it takes in does not "
                    "get the tag that it is given, and no sandbox has been seen to run on it",
                    _ANOTHER,
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
                        _ANOTHER,
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

    def close(self) -> None:
        """Close the connection."""
        self._api.close()

    def hurry(self) -> None:
        """Wait no longer than a moment for answers from now on: somebody has asked us to end."""
        self._api.timeout = int(patience.seconds(REMOVE_SECONDS_AT_END)) or 1

    def info(self) -> dict[str, Any]:
        """Return what `docker info` knows."""
        with self._faults("cannot be asked about itself"):
            info: dict[str, Any] = self._api.info()
            return info

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
        except FAULTS as error:
            raise EngineError(Problem(f"the Docker engine at {self.base_url} {what}: {reason(error)}")) from error


def reason(error: BaseException) -> str:
    """Return an SDK error in one line, without the SDK's wrapping."""
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, requests.Timeout):
            return "it takes connections and says nothing"
        cause = cause.__cause__ or cause.__context__
    explanation = getattr(error, "explanation", None) or str(error)
    return " ".join(str(explanation).split())[:500]
