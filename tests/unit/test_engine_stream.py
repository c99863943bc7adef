"""The byte stream to a process in a container, over a connection that an engine has given over to it."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import docker
import docker.errors
import docker.tls
import pytest
import requests

from snippetrun.engine.connection import FAULTS, reason
from snippetrun.engine.hijack import hijack
from snippetrun.engine.stream import ContainerStream

TARGET = "/v1.41/exec/x/start"
UPGRADED = b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\n\r\n"
OLDER = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n"
END = struct.pack(">BxxxL", 1, 3) + b"end"
OUTPUT = struct.pack(">BxxxL", 1, 5) + b"first" + struct.pack(">BxxxL", 2, 6) + b"second"


@pytest.fixture
def unix(tmp_path: Path) -> Iterator[socket.socket]:
    """A socket that an engine can listen at."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "engine.sock"))
        listening.listen()
        yield listening


def address(unix: socket.socket) -> str:
    return f"unix://{unix.getsockname()}"


@contextlib.contextmanager
def engine(
    listening: socket.socket,
    *parts: bytes,
    at_end: bytes = b"",
    encrypt: Callable[[socket.socket], socket.socket] = lambda plain: plain,
) -> Iterator[list[bytes]]:
    """Play an engine that answers one connection with these parts, and once its input has ended, with `at_end`.

    Yield what is asked of it.
    """
    requests = []

    def answer() -> None:
        plain, _ = listening.accept()
        with plain, encrypt(plain) as connection:
            request = b""
            while b"\r\n\r\n" not in request:
                request += connection.recv(4096)
            requests.append(request)
            for part in parts:
                connection.sendall(part)
            if at_end:
                while connection.recv(4096):
                    pass
                connection.sendall(at_end)

    playing = threading.Thread(target=answer, daemon=True)
    playing.start()
    try:
        yield requests
    finally:
        playing.join(10)


def output_of(connection: socket.socket) -> bytes:
    with contextlib.closing(ContainerStream(connection)) as stream:
        stream.write(b"typed")
        stream.end_of_input()
        return stream.read_all(timeout=10)


@pytest.mark.parametrize("head", [UPGRADED, OLDER])
@pytest.mark.parametrize("together", [0, 3, 8, 13, 20, 27])
def test_what_comes_right_behind_the_head_of_the_answer_is_not_lost(
    unix: socket.socket, head: bytes, together: int
) -> None:
    with engine(unix, head + OUTPUT[:together], OUTPUT[together:], at_end=END) as requests:
        assert output_of(hijack(address(unix), None, TARGET, b"{}", 10)) == b"firstsecondend"
    [request] = requests
    assert request.startswith(b"POST /v1.41/exec/x/start HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\n")
    assert request.endswith(b"Content-Length: 2\r\n\r\n{}")


@pytest.mark.parametrize(
    "answer",
    [
        b'404 Not Found\r\nContent-Length: 37\r\n\r\n{"message":"No such exec instance: x"}'[:-1],
        b'409 Conflict\r\nContent-Length: 27\r\n\r\n{"message":"it has paused"}',
        b'500 Internal Server Error\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{"message":"oh"}\r\n0\r\n\r\n',
        b"502 Bad Gateway\r\nContent-Length: 10\r\n\r\n<p>no</p>\n",
    ],
    ids=lambda answer: answer[:3].decode(),
)
def test_an_error_of_the_engine_is_what_the_sdk_makes_of_it(unix: socket.socket, answer: bytes) -> None:
    errors = []
    with contextlib.closing(docker.APIClient(address(unix), version="1.41")) as sdk:
        for ask in (
            lambda: hijack(address(unix), None, TARGET, b"{}", 10),
            lambda: sdk.exec_start("x", socket=True),
        ):
            with engine(unix, b"HTTP/1.1 " + answer), pytest.raises(docker.errors.APIError) as refused:
                ask()
            errors.append((type(refused.value), reason(refused.value)))
    assert errors[0] == errors[1]
    assert "\n" not in errors[0][1]


def test_an_error_without_a_word_is_told_by_its_status(unix: socket.socket) -> None:
    with (
        engine(unix, b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"),
        pytest.raises(FAULTS) as refused,
    ):
        hijack(address(unix), None, TARGET, b"{}", 10)
    assert reason(refused.value) == f"503 Server Error for {address(unix)}{TARGET}: Service Unavailable"


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 1", b"what?\r\n\r\n", b"HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\n"]
)
def test_an_engine_that_ends_before_it_has_answered_is_a_lost_connection(unix: socket.socket, answer: bytes) -> None:
    with engine(unix, answer), pytest.raises(requests.ConnectionError):
        hijack(address(unix), None, TARGET, b"{}", 10)


def test_an_engine_that_is_not_there_is_a_lost_connection(tmp_path: Path) -> None:
    with pytest.raises(requests.ConnectionError):
        hijack(f"unix://{tmp_path}/none.sock", None, TARGET, b"{}", 10)


def test_an_engine_that_says_nothing_is_not_waited_for(unix: socket.socket) -> None:
    with pytest.raises(requests.Timeout):
        hijack(address(unix), None, TARGET, b"{}", 0.05)


def test_an_engine_may_be_reached_by_tcp_below_a_path() -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp, engine(tcp, UPGRADED, OUTPUT, at_end=END) as requests:
        port = tcp.getsockname()[1]
        assert output_of(hijack(f"tcp://127.0.0.1:{port}/proxied", None, TARGET, b"{}", 10)) == b"firstsecondend"
    assert requests[0].startswith(b"POST /proxied/v1.41/exec/x/start HTTP/1.1\r\n")


def test_an_engine_may_be_reached_by_ssh(tmp_path: Path, unix: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    # What `docker system dial-stdio` does on the other machine.
    (tmp_path / "dial").write_text(
        "import os, socket, sys, threading\n"
        "engine = socket.socket(socket.AF_UNIX)\n"
        f"engine.connect({unix.getsockname()!r})\n"
        "def answers():\n"
        "    while data := engine.recv(4096): os.write(1, data)\n"
        "answering = threading.Thread(target=answers)\n"
        "answering.start()\n"
        "while data := os.read(0, 4096): engine.sendall(data)\n"
        "engine.shutdown(socket.SHUT_WR)\n"
    )
    (tmp_path / "ssh").write_text(
        f'#!/bin/sh\necho "$*" >{tmp_path}/arguments\nexec {sys.executable} {tmp_path}/dial\n'
    )
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with engine(unix, UPGRADED, OUTPUT, at_end=END):
        assert output_of(hijack("ssh://me@there", None, TARGET, b"{}", 10)) == b"firstsecondend"
    assert (tmp_path / "arguments").read_text() == "-- ssh://me@there:22 docker system dial-stdio\n"


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    """A certificate of this machine's, which proves itself, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("not installed: openssl")
    files = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost"]
    made = ["-out", files[0], "-keyout", files[1]]
    subprocess.run(["openssl", "req", "-x509", *kind, *names, *made], check=True, capture_output=True)
    return files


def test_an_engine_may_be_reached_by_tls(certificate: tuple[str, str]) -> None:
    at_engine = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificate[0])
    at_engine.load_cert_chain(*certificate)
    at_engine.verify_mode = ssl.CERT_REQUIRED
    at_engine.options |= ssl.OP_IGNORE_UNEXPECTED_EOF  # as Go's TLS does
    encrypt = partial(at_engine.wrap_socket, server_side=True)
    with socket.create_server(("127.0.0.1", 0)) as tcp:
        url = f"tcp://localhost:{tcp.getsockname()[1]}"
        for tls in (
            docker.tls.TLSConfig(client_cert=certificate, ca_cert=certificate[0], verify=True),
            docker.tls.TLSConfig(client_cert=certificate, verify=False),
        ):
            with engine(tcp, UPGRADED, OUTPUT, at_end=END, encrypt=encrypt):
                assert output_of(hijack(url, tls, TARGET, b"{}", 10)) == b"firstsecondend"
