"""The token server itself: connections in, answers out."""

from __future__ import annotations

import datetime as dt
import json
import secrets
import ssl
import subprocess
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from . import seed, tokens
from .access import granted, scopes
from .request import Request, from_form, from_query
from .users import Users


class TokenServer(ThreadingHTTPServer):
    """Listens, and holds what all connections share."""

    request_queue_size = 128  # an engine has a connection for each layer

    def __init__(self, address: tuple[str, int], certificate: Path, key: Path, registry: Path) -> None:
        """Listen with a certificate, with which the tokens are signed too.

        `registry` is the registry's folder, which tells what repositories there are.
        """
        super().__init__(address, Connection)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        # The handshake is left to the connection's own thread, so that nobody can keep the others waiting.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self._key, self._registry = key, registry
        self._signer = tokens.Signer(certificate.read_text(), self._sign)
        self._users = Users()

    def issue(self, request: Request) -> str | None:
        """Return a token for as much as the user may do; None if the password is wrong."""
        if request.login and not self._users.admit(*request.login):
            return None
        user = request.login[0] if request.login else ""
        return tokens.token(
            user,
            [granted(scope, user, self._exists) for scope in scopes(request.scopes)],
            self._signer,
            now=int(time.time()),
            identity=secrets.token_hex(16),
        )

    def _exists(self, repository: str) -> bool:
        return seed.manifests(self._registry, repository).is_dir()

    def _sign(self, data: bytes) -> bytes:
        command = ["openssl", "dgst", "-sha256", "-sign", str(self._key)]
        return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


class Connection(BaseHTTPRequestHandler):
    """One client."""

    server: TokenServer
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        """Answer a client that sends its password in a header, or none."""
        url = urlsplit(self.path)
        self._answer(url.path, from_query, url.query, self.headers.get("Authorization", ""))

    def do_POST(self) -> None:
        """Answer a client that sends its password in a form."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode(errors="replace")
        self._answer(self.path, from_form, body)

    def log_message(self, *_: object) -> None:
        """Write nothing: what people send here is not for a log."""

    def _answer(self, path: str, read: Callable[..., Request], *sent: str) -> None:
        if path != "/token":
            self._send(HTTPStatus.NOT_FOUND, {"details": "not found"})
            return
        try:
            request = read(*sent)
        except ValueError as error:
            self._send(HTTPStatus.BAD_REQUEST, {"details": str(error)})
            return
        token = self.server.issue(request)
        if token is None:
            self._send(HTTPStatus.UNAUTHORIZED, {"details": "incorrect username or password"})
        else:
            # A GET's client reads `token`, that of OAuth2's POST the other.
            issued_at = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            names = {"token": token, "access_token": token}
            self._send(HTTPStatus.OK, names | {"expires_in": tokens.LIFETIME, "issued_at": issued_at})

    def _send(self, status: HTTPStatus, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
