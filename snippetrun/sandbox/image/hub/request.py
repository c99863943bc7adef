"""What clients ask of https://auth.docker.io/token, in the two ways that they have."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from urllib.parse import parse_qs


@dataclass(frozen=True, slots=True)
class Request:
    """One wish for a token."""

    login: tuple[str, str] | None = field(repr=False)
    """Name and password; None for somebody who gave neither."""
    scopes: tuple[str, ...]
    """As they were asked for; none is asked for by `docker login`, which only wants to know the password checked."""


def from_query(query: str, authorization: str) -> Request:
    """Read a GET: its query, and its header for HTTP's basic authentication, which may be empty.

    Raises ValueError if the header is no such thing.
    """
    login = None
    if authorization:
        kind, _, encoded = authorization.partition(" ")
        if kind.lower() != "basic":
            raise ValueError("not basic authentication")
        name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        login = name, password
    return Request(login, tuple(parse_qs(query).get("scope", [])))


def from_form(body: str) -> Request:
    """Read a POST, in which OAuth2 sends the password in a form; raise ValueError if it wants something else."""
    form = parse_qs(body)
    if form.get("grant_type") != ["password"]:
        raise ValueError("only a password is good for a token")  # refresh tokens are never handed out
    [name], [password] = (form.get(key, [""]) for key in ("username", "password"))
    return Request((name, password), tuple(form.get("scope", [])))
