"""The tokens that the registry believes: JSON Web Tokens, signed with ECDSA on P-256 (RFC 7515, RFC 7518)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .access import Scope

ISSUER = "auth.docker.io"
SERVICE = "registry.docker.io"
LIFETIME = 300
"""Seconds, as on the real Hub."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who vouches for tokens."""

    certificate: str
    """What its signatures can be checked with, as PEM; the registry trusts it."""
    sign: Callable[[bytes], bytes]
    """Data -> its signature, in the DER form that openssl writes."""


def token(user: str, scopes: Iterable[Scope], signer: Signer, *, now: int, identity: str) -> str:
    """Return a token that gives `user` these scopes from `now`, seconds since 1970, on.

    `identity` is a word that no other token has.
    """
    access = [{"type": scope.type, "name": scope.name, "actions": scope.actions} for scope in scopes if scope.actions]
    head = {"typ": "JWT", "alg": "ES256", "x5c": ["".join(signer.certificate.split("-----")[2].split())]}
    claims = {
        "iss": ISSUER,
        "sub": user,
        "aud": SERVICE,
        "iat": now,
        "nbf": now - 1,  # the registry's clock is ours, but its second need not be
        "exp": now + LIFETIME,
        "jti": identity,
        "access": access,
    }
    signed = b".".join(_base64(json.dumps(part).encode()) for part in (head, claims))
    return b".".join([signed, _base64(raw_signature(signer.sign(signed)))]).decode()


def raw_signature(der: bytes) -> bytes:
    """Turn the SEQUENCE of two INTEGERs that is an ECDSA signature in DER into what JWS wants: 32 bytes of each."""
    numbers, at = [], 2
    for _ in "rs":
        end = at + 2 + der[at + 1]
        numbers.append(int.from_bytes(der[at + 2 : end], "big"))
        at = end
    return b"".join(number.to_bytes(32, "big") for number in numbers)


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
