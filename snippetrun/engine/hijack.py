"""A connection to an engine that becomes the stdin and stdout of a process: the API calls it hijacked.

The SDK makes such connections too, but has no public way to their sockets, or to what it has read ahead from them.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import ssl
import subprocess
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

import docker.errors
import docker.utils
import requests
from docker.tls import TLSConfig

_HEAD = """\
POST {target} HTTP/1.1
Host: docker
Connection: Upgrade
Upgrade: tcp
Content-Type: application/json
Content-Length: {length}

"""


def connect(url: str, tls: TLSConfig | None, seconds: float) -> socket.socket:
    """Connect to the engine at `url`, which is as DOCKER_HOST has it; raise what the SDK raises.

    The engine has so many seconds for this, and as many for all that the connection is used for.
    """
    with _faults():
        return _connect(_address(url, tls), tls, seconds)


def hijack(url: str, tls: TLSConfig | None, target: str, body: bytes, seconds: float) -> socket.socket:
    """Post to an engine as `connect` does, and return the connection, which is the process's now.

    `target` is a path of the API, such as `/v1.41/exec/3f2a/start`, and `body` is JSON.
    """
    engine = _address(url, tls)
    prefix = engine.path if engine.scheme in ("http", "https") else ""
    head = _HEAD.format(target=prefix + target, length=len(body)).replace("\n", "\r\n")
    with contextlib.ExitStack() as opened, _faults():
        connection = opened.enter_context(_connect(engine, tls, seconds))
        connection.sendall(head.encode() + body)
        with http.client.HTTPResponse(_Unbuffered(connection)) as answer:  # type: ignore[arg-type] # all that it needs
            answer.begin()
            _raise_for_status(answer, url + target)
        opened.pop_all()
        return connection


def _address(url: str, tls: TLSConfig | None) -> SplitResult:
    return urlsplit(str(docker.utils.parse_host(url, tls=bool(tls))))


class _Unbuffered:
    """What an answer is read from, and not a byte more: behind its head begins what the process says."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def makefile(self, _mode: str) -> io.BufferedReader:
        return self._connection.makefile("rb", buffering=1)


def _connect(engine: SplitResult, tls: TLSConfig | None, seconds: float) -> socket.socket:
    if engine.scheme == "ssh":
        return _over_ssh(engine.geturl(), seconds)
    if engine.scheme == "http+unix":
        with contextlib.ExitStack() as opened:
            connection = opened.enter_context(socket.socket(socket.AF_UNIX))
            connection.settimeout(seconds)
            connection.connect(f"/{engine.netloc}{engine.path}")
            opened.pop_all()
            return connection
    context = _certified(tls) if engine.scheme == "https" else None
    connection = socket.create_connection((engine.hostname, engine.port), seconds)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what is typed goes out at once
    return context.wrap_socket(connection, server_hostname=engine.hostname) if context else connection


def _certified(tls: TLSConfig | None) -> ssl.SSLContext:
    """Return what a connection in TLS is made with: the certificates that the SDK would use."""
    context = ssl.create_default_context(
        cafile=(tls and tls.verify and tls.ca_cert) or requests.utils.DEFAULT_CA_BUNDLE_PATH
    )
    if tls and not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls and tls.cert:
        context.load_cert_chain(*tls.cert)
    return context


def _over_ssh(url: str, seconds: float) -> socket.socket:
    """Return what the engine of another machine is spoken to through; ssh ends with it."""
    connection, its_end = socket.socketpair()
    connection.settimeout(seconds)
    with its_end:
        command = ["setsid", "--fork", "ssh", "--", url, "docker system dial-stdio"]
        subprocess.run(command, stdin=its_end.fileno(), stdout=its_end.fileno(), check=True)
    return connection


def _raise_for_status(answer: http.client.HTTPResponse, url: str) -> None:
    """Raise the SDK's own error if the answer is one."""
    response = requests.Response()
    response.status_code, response.reason, response.url = answer.status, answer.reason, url
    try:
        response.raise_for_status()
    except requests.HTTPError as error:
        response.raw = io.BytesIO(answer.read())
        docker.errors.create_api_error_from_http_exception(error)


@contextlib.contextmanager
def _faults() -> Iterator[None]:
    """Turn what an address or a socket raises into what the SDK raises."""
    try:
        yield
    except requests.RequestException:
        raise
    except ValueError as error:  # tcp://localhost:23750000
        raise docker.errors.DockerException(error) from error
    except TimeoutError as error:
        raise requests.Timeout(error) from error
    except (OSError, http.client.HTTPException) as error:
        raise requests.ConnectionError(error) from error
