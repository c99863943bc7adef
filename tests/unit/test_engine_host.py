"""What is asked of an engine that is not as it should be: one that plays its part badly, on a socket of its own."""

from __future__ import annotations

import json
import re
import socket
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from snippetrun.engine import connection, image_calls
from snippetrun.engine.client import HostEngine
from snippetrun.engine.discover import endpoint
from snippetrun.errors import EngineError, ImageError, UsageError
from snippetrun.support import patience

Pulls = list[tuple[int, str]]
"""What it answers to each pull: the status, and the body's message or error."""


@pytest.fixture
def playing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Pulls], HostEngine]]:
    """Return what plays an engine that answers to pulls like this."""
    monkeypatch.setattr(image_calls, "_PULL_PAUSES", (0.0, 0.0))
    servers: list[socketserver.BaseServer] = []
    engines: list[HostEngine] = []

    def play(pulls: Pulls) -> HostEngine:
        class Part(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(200, {"ApiVersion": "1.41", "Version": "20.10.0"})

            def do_POST(self) -> None:
                status, message = pulls.pop(0)
                self._answer(status, {"message" if status >= 400 else "error" if message else "status": message})

            def _answer(self, status: int, body: dict[str, str]) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

            def address_string(self) -> str:
                return ""

        server = socketserver.ThreadingUnixStreamServer(str(tmp_path / "engine.sock"), Part)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        engines.append(HostEngine(f"unix://{tmp_path}/engine.sock"))
        return engines[-1]

    yield play
    for engine in engines:
        engine.close()
    for server in servers:
        server.shutdown()
        server.server_close()


UNAVAILABLE = (500, "received unexpected HTTP status: 503 Service Unavailable")
TOO_MANY = (200, "toomanyrequests: You have reached your pull rate limit")
DONE = (200, "")


@pytest.mark.parametrize("fault", [UNAVAILABLE, TOO_MANY, (500, "read: connection reset by peer")])
def test_a_registry_that_fails_for_a_moment_is_asked_again(
    playing: Callable[[Pulls], HostEngine], fault: tuple[int, str]
) -> None:
    pulls = [fault, fault, DONE]
    playing(pulls).pull("nginx:1")
    assert pulls == []


def test_a_registry_that_goes_on_failing_is_asked_three_times(playing: Callable[[Pulls], HostEngine]) -> None:
    pulls = [UNAVAILABLE] * 4
    with pytest.raises(ImageError, match=r"nginx:1 cannot be pulled \(3 tries\): .*503") as failed:
        playing(pulls).pull("nginx:1")
    assert failed.value.exit_status == 3
    assert len(pulls) == 1


@pytest.mark.parametrize(
    "refusal",
    [
        (404, "manifest for nginx:1 not found: manifest unknown: manifest unknown"),
        (404, "pull access denied for nginx, repository does not exist"),
        (500, "unauthorized: authentication required"),
    ],
)
def test_an_image_that_there_is_not_is_asked_for_once(
    playing: Callable[[Pulls], HostEngine], refusal: tuple[int, str]
) -> None:
    pulls = [refusal] * 3
    with pytest.raises(ImageError, match=r"^nginx:1 cannot be pulled: "):
        playing(pulls).pull("nginx:1")
    assert len(pulls) == 2


def test_a_mute_socket_is_reported_within_ten_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert connection._ANSWER_SECONDS <= 10
    monkeypatch.setenv(patience.VARIABLE, "0.05")
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(tmp_path / "mute.sock"))
        mute.listen()
        with pytest.raises(EngineError, match="it takes connections and says nothing"):
            HostEngine(f"unix://{tmp_path}/mute.sock")


@pytest.mark.parametrize("text", ["much", "0", "-1", "inf", "nan"])
def test_patience_is_a_number(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(patience.VARIABLE, text)
    with pytest.raises(UsageError, match="SNIPPETRUN_PATIENCE is"):
        patience.seconds(1)


@pytest.mark.parametrize("host", ["localhost:23750000", "localhost:http", "[::1", "a..b:2375"])
def test_an_address_that_is_none_is_one_sentence(host: str) -> None:
    with pytest.raises(EngineError, match=rf"^no Docker engine answers at {re.escape(f'tcp://{host}')}: \S+ \S+"):
        HostEngine(f"tcp://{host}")


def test_an_engine_behind_ssh_needs_what_the_sdk_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paramiko", None)  # as where it is not installed
    with pytest.raises(EngineError, match="for which the docker SDK needs paramiko\n    Type: pip install 'docker"):
        HostEngine("ssh://nobody@localhost")


def test_certificates_that_are_not_there_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"HOST": "tcp://localhost:2376", "TLS_VERIFY": "1", "CERT_PATH": str(tmp_path)}.items():
        monkeypatch.setenv(f"DOCKER_{name}", value)
    with pytest.raises(EngineError, match="^the certificates for DOCKER_HOST cannot be used: ") as refused:
        endpoint()
    assert "cert.pem" in refused.value.problems[0].hint
